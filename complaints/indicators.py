"""The indicators of complaints: what is counted, and the formula of each. Pure; the counts are those of tallies.py.

投诉量 is all that was received in the period, withdrawn or not; 撤件量 what was formally withdrawn in it; 净投诉量
leaves out only what was received *and* withdrawn within the same period, so that the net figures of days do not add up
to a month's (one heating group's own definitions). 三率 are taken over valid callbacks, those that reached somebody: an
order that had to be done again is called back twice and counts twice. A question that was not answered is no “no”:
its callback is left out of that rate.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from decimal import ROUND_HALF_UP, Decimal

from complaints.models import Counting
from complaints.sizes import Size

M2_IN_10K = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class Volume:
    """What came over one platform or over all."""

    received: int = 0
    withdrawn: int = 0
    received_and_withdrawn: int = 0

    @property
    def net(self) -> int:
        return self.received - self.received_and_withdrawn

    def __add__(self, other: "Volume") -> "Volume":
        return Volume(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


@dataclass(slots=True)
class Tally:
    """The counts of one company, or of all, in one period.

    `at_desk`: of what was received the orders that wait to be handed out, for the first time or after they were sent
    back; no company's. `valid`: neither invalid nor merged, of categories and causes that count, repeats among them.
    `answerable`: valid in any category, reported or past the limit. `asked_contact`, `asked_satisfaction`: callbacks
    in which these two were answered. `platforms`: by platform.
    """

    volume: Volume = field(default_factory=Volume)
    platforms: dict[str, Volume] = field(default_factory=dict)
    at_desk: int = 0
    valid: int = 0
    repeats: int = 0
    answerable: int = 0
    in_time: int = 0
    called_back: int = 0
    asked_contact: int = 0
    contacted: int = 0
    solved: int = 0
    asked_satisfaction: int = 0
    satisfied: int = 0
    fairly_satisfied: int = 0
    measured: int = 0
    warm_enough: int = 0

    def add(self, other: "Tally") -> None:
        self.volume += other.volume
        for platform, volume in other.platforms.items():
            self.platforms[platform] = self.platforms.get(platform, Volume()) + volume
        for each in fields(self):
            if each.name not in ("volume", "platforms"):
                setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    def counted(self, counting: Counting) -> int:
        return self.valid if counting.with_repeats else self.valid - self.repeats


@dataclass(frozen=True, slots=True)
class Fraction:
    numerator: Decimal
    denominator: Decimal


@dataclass(frozen=True, slots=True)
class Indicator:
    """`parts` gives numerator and denominator; the value is factor × numerator ÷ denominator. Without `parts` it is a
    plain count. `nothing`: why there is no value where the denominator is zero."""

    name: str
    label: str
    unit: str
    formula: str
    places: int = 0
    count: Callable[[Tally], int] | None = None
    parts: Callable[[Tally, Size, Counting], Fraction] | None = None
    factor: int = 1
    nothing: str = ""
    more_is_better: bool | None = None

    def figure(self, tally: Tally, size: Size, counting: Counting) -> "Figure":
        if self.count:
            return Figure(self, Decimal(self.count(tally)))
        assert self.parts
        parts = self.parts(tally, size, counting)
        if not parts.denominator:
            return Figure(self, None, parts, self.nothing)
        value = self.factor * parts.numerator / parts.denominator
        return Figure(self, value.quantize(Decimal(1).scaleb(-self.places), ROUND_HALF_UP), parts)


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` None: there is none, and `why` says why."""

    indicator: Indicator
    value: Decimal | None
    parts: Fraction | None = None
    why: str = ""


def _of(numerator: str, denominator: str) -> Callable[[Tally, Size, Counting], Fraction]:
    def parts(tally: Tally, size: Size, counting: Counting) -> Fraction:
        return Fraction(Decimal(getattr(tally, numerator)), Decimal(getattr(tally, denominator)))

    return parts


def _per_household(tally: Tally, size: Size, counting: Counting) -> Fraction:
    return Fraction(Decimal(tally.counted(counting)), Decimal(size.households))


def _per_area(tally: Tally, size: Size, counting: Counting) -> Fraction:
    return Fraction(Decimal(tally.volume.net), size.area_m2 / M2_IN_10K)


def _satisfied(tally: Tally, size: Size, counting: Counting) -> Fraction:
    weighed = tally.satisfied * counting.satisfied_weight + tally.fairly_satisfied * counting.fairly_weight
    return Fraction(weighed, Decimal(tally.asked_satisfaction))


NO_CALLS = "期内没有联系上诉求人的回访"
INDICATORS = (
    Indicator(
        "received", "投诉量", "件", "期内各平台受理的全部工单，撤件的也计", count=lambda tally: tally.volume.received,
        more_is_better=False,
    ),
    Indicator(
        "withdrawn", "撤件量", "件", "期内经办理后由来源平台正式撤件的工单", count=lambda tally: tally.volume.withdrawn
    ),
    Indicator(
        "net", "净投诉量", "件", "投诉量 − 期内受理又在期内撤件的；按日、月、季各自计算，不能相加",
        count=lambda tally: tally.volume.net, more_is_better=False,
    ),
    Indicator(
        "per_10k_households", "万户投诉率", "件/万户", "计入的有效投诉 ÷ 供热户数 × 10 000", 2, parts=_per_household,
        factor=10_000, nothing="小区没有登记户数", more_is_better=False,
    ),
    Indicator(
        "per_10k_m2", "万平方米净投诉量", "件/万㎡", "净投诉量 ÷ 供热面积（万㎡）", 3, parts=_per_area,
        nothing="小区没有登记供热面积", more_is_better=False,
    ),
    Indicator(
        "contacted", "响应率", "%", "企业联系过诉求人的 ÷ 答了这一问的有效回访", 1,
        parts=_of("contacted", "asked_contact"), factor=100, nothing="期内没有答了这一问的回访", more_is_better=True,
    ),
    Indicator(
        "solved", "解决率", "%", "诉求人说已解决的 ÷ 有效回访", 1, parts=_of("solved", "called_back"), factor=100,
        nothing=NO_CALLS, more_is_better=True,
    ),
    Indicator(
        "satisfied", "满意率", "%", "（满意 × 权重 + 基本满意 × 权重）÷ 答了这一问的有效回访", 1,
        parts=_satisfied, factor=100, nothing="期内没有答了这一问的回访", more_is_better=True,
    ),
    Indicator(
        "in_time", "及时率", "%", "从未超时、在时限内反馈的 ÷（已反馈的 + 已超时还没有反馈的，时限内撤件的除外）", 1,
        parts=_of("in_time", "answerable"), factor=100, nothing="期内受理的工单还没有到反馈的时候", more_is_better=True,
    ),
    Indicator(
        "warm_enough", "室温合格率", "%", "卧室、起居室实测室温合格的 ÷ 按规程实测的", 1,
        parts=_of("warm_enough", "measured"), factor=100, nothing="期内没有按规程测的卧室、起居室室温",
        more_is_better=True,
    ),
    Indicator(
        "repeated", "重复投诉率", "%", "重复投诉 ÷ 有效投诉（重复的在内）", 1, parts=_of("repeats", "valid"),
        factor=100, nothing="期内没有计入的有效投诉", more_is_better=False,
    ),
)  # fmt: skip
