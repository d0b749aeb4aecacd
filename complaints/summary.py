"""投诉日报、周报: what came in and what became of it, by company and category, on the page and as a workbook."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from django.db.models import Count, Q
from django.utils import timezone

from accounts.models import Unit
from accounts.scoping import sees_region
from audit.services import record
from common import clock
from common.spreadsheets.columns import Column, Ledger
from common.spreadsheets.official import write_official
from complaints.enums import Category
from complaints.models import Order
from complaints.periods import Period, days, just_after, midnight
from complaints.querysets import OrderQuerySet
from complaints.tallies import HANDLED_BY
from facilities.models import Season

UNDISPATCHED = "未派单"
SIGNATURE = (20 * " ").join(("填表人：", "审核人：", "    年    月    日"))
FORMULAS = (
    ("受理", "期内受理的全部工单，撤件的也计；按派给的企业，没有派给企业的单列。"),
    ("撤件", "期内由来源平台正式撤件的工单，不论何时受理。"),
    ("净投诉", "受理 − 期内受理又在期内撤件的。各日的净投诉不能相加成一周的。"),
    ("办结", "期内办结的工单，不论何时受理。"),
    ("期末未办结", "本季受理、到期末没有办结的工单；无效和已并单的不计。"),
    ("其中超时", "期末未办结的当中，还没有反馈而办理时限已过的。"),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """`length`: days; a week runs from Monday to Sunday."""

    code: str
    label: str
    length: int

    def first_day(self, day: dt.date) -> dt.date:
        return day - dt.timedelta(day.weekday()) if self.length > 1 else day

    def period(self, season: Season, day: dt.date) -> Period:
        return days(season, self.first_day(day), self.length)


KINDS = {kind.code: kind for kind in (Kind("day", "日报", 1), Kind("week", "周报", 7))}


@dataclass(slots=True)
class Line:
    """One company's; `company` None: what is not dispatched, or all of it together."""

    company: Unit | None
    categories: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    received: int = 0
    withdrawn: int = 0
    received_and_withdrawn: int = 0
    closed: int = 0
    open: int = 0
    overdue: int = 0

    @property
    def net(self) -> int:
        return self.received - self.received_and_withdrawn

    @property
    def by_category(self) -> list[int]:
        """In the order of the categories."""
        return [self.categories.get(category, 0) for category in Category.values]

    def add(self, other: "Line") -> None:
        for category, count in other.categories.items():
            self.categories[category] += count
        for name in ("received", "withdrawn", "received_and_withdrawn", "closed", "open", "overdue"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(frozen=True, slots=True)
class Summary:
    kind: Kind
    period: Period
    lines: list[Line]
    total: Line

    @property
    def title_days(self) -> str:
        """2026年11月25日 / 2026年11月23日至29日"""
        first, last = clock.local_date(self.period.start), self.period.last_day
        said = f"{first.year}年{first.month}月{first.day}日"
        if last == first:
            return said
        return f"{said}至{'' if last.month == first.month else f'{last.month}月'}{last.day}日"


def summary(user: Any, season: Season, kind: Kind, day: dt.date) -> Summary:
    """As far as the user sees the orders. Five queries, whatever the number of orders."""
    period = kind.period(season, day)
    orders = Order.objects.visible_to(user).filter(county=season.county_id)
    found: defaultdict[int | None, Line] = defaultdict(lambda: Line(None))
    _received(found, orders, period)
    _ended(found, orders, period)
    _standing(found, orders, period)
    companies = {each.pk: each for each in Unit.objects.filter(pk__in=[key for key in found if key is not None])}
    total = Line(None)
    for key, line in found.items():
        line.company = companies[key] if key is not None else None
        total.add(line)
    lines = sorted(found.values(), key=lambda line: (line.company is None, str(line.company)))
    return Summary(kind, period, lines, total)


def _received(found: dict[int | None, Line], orders: OrderQuerySet, period: Period) -> None:
    rows = orders.filter(period.holds("received_at")).annotate(handled_by=HANDLED_BY).order_by()
    for row in rows.values("handled_by", "category").annotate(
        received=Count("pk"), both=Count("pk", filter=period.holds("withdrawn_at"))
    ):
        line = found[row["handled_by"]]
        line.categories[row["category"]] += row["received"]
        line.received += row["received"]
        line.received_and_withdrawn += row["both"]


def _ended(found: dict[int | None, Line], orders: OrderQuerySet, period: Period) -> None:
    for name, moment in (("withdrawn", "withdrawn_at"), ("closed", "closed_at")):
        rows = orders.filter(period.holds(moment)).annotate(handled_by=HANDLED_BY).order_by()
        for company, count in rows.values_list("handled_by").annotate(count=Count("pk")):
            setattr(found[company], name, count)


def _standing(found: dict[int | None, Line], orders: OrderQuerySet, period: Period) -> None:
    end = min(period.end, just_after(clock.now()))
    since = midnight(period.season.summer_start_on)
    open_then = orders.counted().filter(
        Q(closed_at__isnull=True) | Q(closed_at__gte=end), received_at__gte=since, received_at__lt=end
    )
    overdue = Q(due_at__lte=end) & (Q(reported_at__isnull=True) | Q(reported_at__gte=end))
    rows = open_then.annotate(handled_by=HANDLED_BY).order_by().values("handled_by")
    for row in rows.annotate(open=Count("pk"), overdue=Count("pk", filter=overdue)):
        found[row["handled_by"]].open, found[row["handled_by"]].overdue = row["open"], row["overdue"]


SHEET = Ledger(
    kind="complaint_summary",
    title="投诉汇总",
    content=frozenset({"company"}),
    columns=(
        Column("sequence", "序号", width=6, is_centred=True),
        Column("company", "供热企业", width=26),
        *(Column(value, str(label), width=11, kind="number") for value, label in Category.choices),
        Column("received", "受理合计", width=10, kind="number"),
        Column("withdrawn", "撤件", width=8, kind="number"),
        Column("net", "净投诉", width=9, kind="number"),
        Column("closed", "办结", width=8, kind="number"),
        Column("open", "期末未办结", width=11, kind="number"),
        Column("overdue", "其中超时", width=10, kind="number"),
    ),
)


def write_summary(out: BinaryIO, found: Summary, *, by: Any) -> None:
    """Write the workbook and put the export on record."""
    season = found.period.season
    write_official(
        out,
        ledger=SHEET,
        rows=_rows(found),
        title=f"{_whose(season, by)}供热投诉{found.kind.label}",
        unit_line=f"填报单位（盖章）：{by.unit.name if by.unit_id else ''}",
        date_line=f"统计期：{found.title_days}",
        signature=SIGNATURE,
        about=lambda count: [
            ("导出人", by.display_name),
            ("导出时间", f"{timezone.localtime(clock.now()):%Y-%m-%d %H:%M}"),
            *FORMULAS,
            ("范围", "只含导出人有权查看的工单；不含诉求人姓名和电话。"),
        ],
    )
    record(
        actor=by, action=f"导出投诉{found.kind.label}", note=found.title_days, region_code=season.county.code
    )  # fmt: skip


def _rows(found: Summary) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(found.lines, 1):
        yield {"sequence": number, "company": str(line.company or UNDISPATCHED), **_cells(line)}
    yield {"company": "合计", **_cells(found.total)}


def _cells(line: Line) -> dict[str, int]:
    counted = {name: getattr(line, name) for name in ("received", "withdrawn", "net", "closed", "open", "overdue")}
    return dict(zip(Category.values, line.by_category, strict=True)) | counted


def _whose(season: Season, by: Any) -> Any:
    return season.county if sees_region(by) else by.unit


def summary_name(found: Summary, *, by: Any) -> str:
    """临岭县供热投诉日报-20261125.xlsx"""
    first = clock.local_date(found.period.start)
    return f"{_whose(found.period.season, by)}供热投诉{found.kind.label}-{first:%Y%m%d}.xlsx"
