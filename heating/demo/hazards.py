"""The demo ledger's history, replayed day by day through the real moves: every record is what the site writes."""

import datetime as dt
import heapq
import io
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from common import clock
from common.uploads import inspect_upload
from facilities.enums import FacilityKind
from facilities.models import Facility, Season
from heating.demo.people import People
from heating.demo.pictures import site_photo
from inspections import services, workflow
from inspections.enums import AttachmentStage, Category, FundingSource, Grade, Source, Urgency
from inspections.models import Hazard
from inspections.rules import FIVE_FIELDS
from notifications.outbox import deliver
from supervision.enums import Measure
from supervision.proposals import APPROVE, decide, due_for
from supervision.sweep import sweep

PROBLEMS: dict[str, tuple[tuple[str, Category, str], ...]] = {
    FacilityKind.BOILER: (
        ("2#锅炉水冷壁管减薄", Category.BOILER, "更换减薄管段并探伤"),
        ("1#炉引风机振动超标", Category.BOILER, "更换轴承、做动平衡"),
        ("除渣机链条磨损", Category.BOILER, "更换链条"),
        ("3#锅炉安全阀超过校验周期", Category.SPECIAL_EQUIPMENT, "送检校验"),
    ),
    FacilityKind.STATION: (
        ("循环泵轴封漏水", Category.VALVE_METER, "更换机械密封"),
        ("板式换热器结垢，换热效率低", Category.LOW_EXCHANGE, "拆洗板片、更换胶垫"),
        ("电控柜接线老化", Category.ELECTRIC, "更换电缆、重新压接"),
        ("站内电磁流量计失灵", Category.VALVE_METER, "更换并校验"),
    ),
    FacilityKind.MAIN_PIPE: (
        ("保温层脱落约120米", Category.INSULATION_WELL, "恢复保温和外护层"),
        ("DN500一次网补偿器渗漏", Category.PIPE_LEAK, "更换补偿器并试压"),
        ("阀门井积水、阀门锈死", Category.INSULATION_WELL, "抽水、换阀、做防水"),
    ),
    FacilityKind.YARD_PIPE: (
        ("回水管腐蚀穿孔打卡子3处", Category.PIPE_LEAK, "更换腐蚀管段"),
        ("分支阀门关闭不严", Category.VALVE_METER, "更换阀门"),
        ("水力失调末端不热", Category.HYDRAULIC, "加装平衡阀并调试"),
    ),
    FacilityKind.RISER: (
        ("3单元立管锈蚀", Category.PIPE_LEAK, "更换立管"),
        ("立管堵塞末端不热", Category.HYDRAULIC, "冲洗或更换"),
    ),
    FacilityKind.INDOOR: (
        ("暖气片漏水", Category.INDOOR, "更换暖气片"),
        ("地暖分水器渗水", Category.INDOOR, "更换分水器"),
    ),
}
STANDARDS = (
    "打压试验1.5倍工作压力30分钟无渗漏",
    "运行24小时无渗漏、压降不超过0.05MPa",
    "校验合格并出具报告",
    "末端户室温不低于18℃",
)
BUREAU_SOURCES = (Source.BUREAU_CHECK, Source.HOTLINE, Source.LAST_SEASON)
DAILY_SWEEPS = 40
STEPS = ("方案和材料确定", "材料设备到场", "施工完成", "自检试压合格")
FIVE = {
    "five_duty": "企业主要负责人包保，{person}现场负责",
    "five_measure": "{measure}，施工前停运隔离，设围挡和警示",
    "five_funding": "列入本年大修计划，资金已到位",
    "five_time_limit": "{due}前完成",
    "five_plan": "备用管段和抢修队伍24小时待命",
}


@dataclass(frozen=True)
class Fate:
    """How a hazard's story goes. Days are counted from the find; the story stops where today cuts it off."""

    stops_at: str = ""  # the move that nobody makes: "", "issue", "sign", "plan", "request_acceptance", "accept"
    late_days: int = 0  # acceptance asked for so long after the deadline
    recent: bool = False  # found these days and not yet due
    extended: bool = False
    extension_open: bool = False
    rejected: bool = False
    reopened: bool = False
    voided: bool = False


# Every state and every turn occurs at least once a season, the common ones often.
CERTAIN = (
    Fate(stops_at="issue"),
    Fate(stops_at="sign"),
    Fate(stops_at="plan"),
    Fate(stops_at="request_acceptance"),
    Fate(stops_at="accept"),
    Fate(stops_at="request_acceptance", extended=True),
    Fate(stops_at="sign", recent=True),
    Fate(stops_at="request_acceptance", extension_open=True),
    Fate(rejected=True),
    Fate(rejected=True, stops_at="accept"),
    Fate(reopened=True),
    Fate(voided=True),
)


class History:
    """One season's events in order of time. Each event may add later ones."""

    def __init__(self, people: People, season: Season, facilities: list[Facility], dice: random.Random) -> None:
        self.people, self.season, self.facilities, self.dice = people, season, facilities, dice
        self.events: list[tuple[dt.datetime, int, Callable[[], Any]]] = []
        self.counter = itertools.count()

    def at(self, day: dt.date, event: Callable[[], Any], hour: int | None = None) -> None:
        moment = timezone.make_aware(dt.datetime.combine(day, dt.time(hour or self.dice.randrange(8, 18), 7)))
        heapq.heappush(self.events, (moment, next(self.counter), event))

    def replay(self, until: dt.datetime) -> None:
        """Let everything up to `until` happen, each at its own moment."""
        while self.events and self.events[0][0] <= until:
            moment, _, event = heapq.heappop(self.events)
            with clock.pretend(moment):
                event()

    def morning(self) -> None:
        """The sweep and its post. The inspector approves what is mild; what is severe is left to whoever looks on."""
        if sweep(clock.today()).announced:
            inspector = self.people.users["dudao"]
            notices = due_for(inspector).of_measure(Measure.NOTICE)
            decide(dict(notices.values_list("pk", "version")), by=inspector, move=APPROVE)
        deliver()


def tell(people: People, season: Season, facilities: list[Facility], *, count: int, today: dt.date, seed: int) -> None:
    """Register `count` hazards of a season and let their stories run up to now, with a sweep every morning."""
    dice = random.Random(seed)
    history = History(people, season, facilities, dice)
    for n in range(count):
        fate = _fate(dice, n, season.heating_end_on < today)
        found, due_in = _days(fate, n, season, today, dice)
        history.at(found, Story(history, fate, dice.choice(facilities), due_in).register)
    end = min(today, season.heating_end_on)
    for offset in range((end - season.summer_start_on).days + 1):
        day = season.summer_start_on + dt.timedelta(days=offset)
        # Long ago once a week is history enough: the sweep catches up.
        if day.weekday() == 0 or (today - day).days < DAILY_SWEEPS:
            history.at(day, history.morning, hour=7)
    history.replay(clock.now())


def _days(fate: Fate, n: int, season: Season, today: dt.date, dice: random.Random) -> tuple[dt.date, int]:
    """When a hazard is found, and in how many days it is due."""
    first = season.summer_start_on
    if fate.extension_open or fate.recent:
        found = max(today - dt.timedelta(days=dice.randrange(5, 18)), first)
        return found, (today - found).days + 2 + n % 13
    if fate.stops_at:
        found = max(today - dt.timedelta(days=dice.randrange(28, 48)), first)
        return found, max((today - found).days - dice.randrange(2, 24), 4)
    # Most is found in the first two thirds of the summer.
    last = max(min(today, season.trial_run_on) - dt.timedelta(days=25), first + dt.timedelta(days=1))
    found = first + dt.timedelta(days=int((last - first).days * dice.triangular(0, 1, 0.35)))
    return found, max(min(dice.randrange(25, 75), (season.trial_run_on - found).days), 4)


def _fate(dice: random.Random, n: int, is_past: bool) -> Fate:
    if is_past:
        return Fate(voided=n % 29 == 3, rejected=dice.random() < 0.08, late_days=dice.choice([-6, -4, -2, -1, 0, 3, 9]))
    if n < len(CERTAIN):
        return CERTAIN[n]
    lot = dice.random()
    if lot < 0.05:
        return Fate(stops_at="request_acceptance")
    if lot < 0.07:
        return Fate(stops_at="accept")
    if lot < 0.15:
        return Fate(stops_at="request_acceptance", recent=True)
    if lot < 0.18:
        return Fate(recent=True, late_days=-20)
    if lot < 0.19:
        return Fate(stops_at="issue", recent=True)
    return Fate(
        late_days=dice.choice([-12, -9, -7, -5, -4, -3, -2, -1, -1, 0, 2, 5, 11]),
        rejected=lot > 0.93,
        extended=0.88 < lot < 0.92,
    )


class Story:
    """One hazard from its find on. Each method is one move and plans the next."""

    def __init__(self, history: History, fate: Fate, facility: Facility, due_in: int) -> None:
        self.history, self.fate, self.facility, self.dice = history, fate, facility, history.dice
        self.due_in = due_in
        self.users = history.people.users
        self.hazard: Hazard

    @property
    def company_user(self) -> Any:
        # Whoever of the lead unit may plan and report.
        return next(user for user in self.users.values() if user.unit_id == self.hazard.lead_unit_id)

    def later(self, days: int, event: Callable[[], Any]) -> None:
        self.history.at(clock.today() + dt.timedelta(days=max(days, 0)), event)

    def register(self) -> None:
        dice, facility, season, today = self.dice, self.facility, self.history.season, clock.today()
        problem, category, self.measure = dice.choice(PROBLEMS[facility.kind])
        urgency = Urgency.IMMEDIATE if self.due_in < 7 else dice.choice([Urgency.LIMITED, Urgency.ENGINEERING])
        due_on = today + dt.timedelta(days=self.due_in)
        company_users = [user for user in self.users.values() if user.unit_id == facility.company_id]
        by_company = dice.random() < 0.5
        cooperating = dice.sample(self.history.people.property_companies, 1) if dice.random() < 0.15 else []
        building = f"{dice.randrange(1, 19)}号楼" if facility.kind in (FacilityKind.RISER, FacilityKind.INDOOR) else ""
        place = f"{facility.community.name}{building}" if building and facility.community else facility.name
        self.hazard = services.register(
            by=company_users[0] if by_company else self.users["dudao"],
            season=season,
            communities=[facility.community] if facility.community else [],
            cooperating_units=cooperating,
            problem_point=place,
            description=problem,
            facility=facility,
            facility_kind=facility.kind,
            township=facility.township,
            category=category,
            grade=dice.choices([Grade.GENERAL, Grade.SERIOUS, Grade.MAJOR], [7, 2, 1])[0],
            urgency=urgency,
            source=Source.SELF_CHECK
            if by_company
            else dice.choice([Source.BUREAU_CHECK, Source.HOTLINE, Source.LAST_SEASON]),
            found_on=today,
            lead_unit=facility.company,
            responsible_person=company_users[0].full_name,
            responsible_phone=f"1{dice.choice('358')}{dice.randrange(10**8, 10**9)}",
            responsible_user=company_users[0],
            due_on=due_on,
            late_due_reason="供暖期间发现，须错开负荷高峰处理" if due_on > season.trial_run_on else "",
            acceptance_standard=dice.choice(STANDARDS),
        )
        services.add_attachments(
            self.hazard, by=self.hazard.registered_by, stage=AttachmentStage.BEFORE, uploads=[self.photo(mended=False)]
        )
        if self.fate.voided:
            self.later(2, self.void)
        elif self.fate.stops_at != "issue":
            self.later(dice.randrange(1, 4), self.issue)

    def photo(self, *, mended: bool) -> Any:
        name = f"{'整改后' if mended else '整改前'}-{self.hazard.number}-{clock.today():%m%d}.jpg"
        return inspect_upload(io.BytesIO(site_photo(self.dice, mended=mended)), filename=name)

    def void(self) -> None:
        workflow.void(self.hazard, by=self.users["zhujian"], reason="与先前登记的隐患重复")

    def issue(self) -> None:
        workflow.issue(self.hazard, by=self.users[self.dice.choice(["dudao", "dudao2"])])
        if self.fate.stops_at != "sign":
            self.later(self.dice.randrange(0, 4), self.sign)

    def sign(self) -> None:
        workflow.sign(self.hazard, by=self.company_user)
        if self.fate.stops_at != "plan":
            self.later(self.dice.randrange(1, 5), self.plan)

    def plan(self) -> None:
        today, due_on = clock.today(), self.hazard.due_on
        assert due_on is not None
        room = max((due_on - today).days, 0)
        steps = [
            workflow.PlannedStep(title, due_on - dt.timedelta(days=room * (len(STEPS) - 1 - n) // len(STEPS)))
            for n, title in enumerate(STEPS)
        ]
        five = {}
        if self.hazard.grade == Grade.MAJOR:
            words = {"person": self.hazard.responsible_person, "measure": self.measure, "due": due_on}
            five = {name: FIVE[name].format(**words) for name in FIVE_FIELDS}
        workflow.plan(
            self.hazard, by=self.company_user, measure=self.measure, steps=steps, five=five,
            estimated_cost_yuan=self.dice.randrange(2, 400) * 500, funding_source=FundingSource.COMPANY,
        )  # fmt: skip
        asked = room + self.fate.late_days
        self.later(asked // 2, self.report)
        if self.fate.extended or self.fate.extension_open:
            self.later(1 if self.fate.extension_open else max(room - 2, 0), self.request_extension)
        elif self.fate.stops_at != "request_acceptance":
            self.later(max(asked, 1), self.request_acceptance)

    def report(self) -> None:
        if self.hazard.status != "rectifying":
            return
        first = self.hazard.milestones.filter(round=self.hazard.round, done_on__isnull=True).values_list(
            "pk", flat=True
        )
        percent = max(self.hazard.progress_percent, self.dice.randrange(30, 80, 5))
        workflow.report(
            self.hazard,
            by=self.company_user,
            percent=percent,
            text="材料已到场，正在施工",
            done_milestones=list(first[:2]),
        )

    def request_extension(self) -> None:
        due_on = self.hazard.due_on
        assert due_on is not None
        if clock.today() > due_on or self.hazard.status != "rectifying":
            return
        workflow.request_extension(
            self.hazard, by=self.company_user, new_due_on=due_on + dt.timedelta(days=30),
            reason="配件厂家排产推迟，到货晚于计划", interim_measures="每日巡检两次，现场备好抢修材料",
        )  # fmt: skip
        if not self.fate.extension_open:
            self.later(1, self.approve_extension)

    def approve_extension(self) -> None:
        workflow.decide_extension(
            self.hazard, by=self.users["dudao"], approve=True, opinion="情况属实，同意延期，不得再延",
            late_due_reason="配件到货推迟，已落实临时安全措施",
        )  # fmt: skip
        if self.fate.stops_at != "request_acceptance":
            self.later(20, self.request_acceptance)

    def request_acceptance(self) -> None:
        if self.hazard.status != "rectifying":
            return
        services.add_attachments(
            self.hazard, by=self.company_user, stage=AttachmentStage.AFTER, uploads=[self.photo(mended=True)]
        )
        workflow.request_acceptance(self.hazard, by=self.company_user, note="已按方案整改完成，自检合格，请验收")
        if self.fate.stops_at != "accept" or (self.fate.rejected and self.hazard.acceptance_attempt == 1):
            self.later(self.dice.randrange(1, 4), self.conclude)

    def conclude(self) -> None:
        if self.fate.rejected and self.hazard.acceptance_attempt == 1:
            workflow.reject(
                self.hazard, by=self.users["dudao"], opinion="复测压降0.08MPa，超过标准，须查漏后再报",
                inspectors="李海燕、刘建平", accepted_on=clock.today(),
            )  # fmt: skip
            self.later(4, self.request_acceptance)
            return
        acceptors = ["dudao", "dudao2"] if self.hazard.grade == Grade.MAJOR else ["dudao"]
        for username in acceptors:
            user = self.users[username]
            workflow.accept(
                self.hazard, by=user, opinion=f"现场核查，{self.hazard.acceptance_standard}，符合标准",
                inspectors=user.full_name, accepted_on=clock.today(),
            )  # fmt: skip
        if self.fate.reopened and self.hazard.round == 1:
            self.later(12, self.reopen)

    def reopen(self) -> None:
        workflow.reopen(
            self.hazard, by=self.users["dudao"], reason="巡查发现同一部位再次渗漏",
            due_on=clock.today() + dt.timedelta(days=30), late_due_reason="试运行后复发，限期一个月",
        )  # fmt: skip
        self.later(1, self.sign)
