"""The demo county's complaints over two seasons, made by the moves themselves, each at its own moment."""

import datetime as dt
import heapq
import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from accounts.models import Unit
from common import clock
from common.workdays import start_of
from complaints import services, workflow
from complaints.enums import Category, Cause, Source, Urgency
from complaints.models import Order
from facilities.models import Community, Season
from heating.demo.people import People

SAID: dict[str, tuple[str, ...]] = {
    Category.LOW_TEMPERATURE: (
        "家里只有 15 度，老人孩子受不了",
        "卧室不热，白天也就 16 度",
        "末端户一直不热，去年也这样",
    ),
    Category.LATE_HEATING: ("别的楼都热了，我们楼还没有供暖", "说好今天供热，到现在没来"),
    Category.STOPPED: ("暖气突然全凉了，整个单元都停了", "昨晚停暖到现在没有通知"),
    Category.LEAK: ("楼道暖气管漏水，水流到一楼了", "家里暖气片接口漏水，关不住"),
    Category.FEES: ("房子空着，想办停供退费", "收费面积和房本不一样"),
    Category.ATTITUDE: ("打维修电话没人接，接了说话很冲",),
    Category.ADVICE: ("问今年什么时候开始供暖", "问热计量怎么收费"),
}
USUAL = (Category.LOW_TEMPERATURE,) * 9 + (Category.LATE_HEATING, Category.STOPPED, Category.LEAK) * 2 + (
    Category.FEES, Category.ATTITUDE, Category.ADVICE,
)  # fmt: skip
IN_SUMMER = (Category.FEES, Category.ADVICE, Category.LEAK, Category.ATTITUDE)
FOUND = ("暖气上热下不热，已排气", "滤网堵塞，已清洗", "进户阀门没有全开，已打开", "接口渗水，已处理")
DONE = ("已排气并调节阀门，末端恢复供热", "已更换阀门、冲洗滤网，现场复测正常", "已处理，恢复正常")
SURNAMES, TITLES = "王李张刘陈杨赵黄周吴徐孙", ("先生", "女士")
FITTERS = ("赵师傅", "钱师傅", "孙师傅")
HOUSEHOLD = ("caller", "phone", "community", "building", "building_unit", "room", "address")


@dataclass(frozen=True)
class Fate:
    """How an order's story goes: `stops_at` is the move that nobody makes any more, in the last round if it has two."""

    stops_at: str = ""
    turn: str = ""  # send_back, redo, extend, ask, unreached, invalid, merge, withdraw
    late: bool = False


# Every state and every turn occurs, told of the last days.
CERTAIN = (
    Fate("accept"), Fate("dispatch"), Fate("sign"), Fate("sign", late=True), Fate("visit"), Fate("visit", late=True),
    Fate("report"), Fate("call_back"), Fate("close"), Fate("dispatch", turn="send_back"), Fate("report", turn="ask"),
    Fate("report", turn="extend"), Fate("sign", turn="redo"), Fate(turn="invalid"), Fate(turn="merge"),
    Fate(turn="withdraw"), Fate(turn="unreached"), Fate(),
)  # fmt: skip
# In heating so many households of one community call within the last half day, the first so many hours ago.
IN_CLUSTER, CLUSTER_HOURS = 6, 9
TURNS = ("",) * 12 + ("redo", "send_back", "unreached", "extend", "withdraw", "invalid", "merge")


class Desk:
    """Whoever acts in the stories, and the events to come in order of time. Each event may add later ones."""

    def __init__(self, people: People, communities: Sequence[Community], dice: random.Random) -> None:
        self.hotline, self.inspector = people.users["rexian"], people.users["dudao"]
        self.clerks = {unit.pk: _clerk(people, unit) for unit in people.companies}
        self.communities, self.dice = communities, dice
        self.events: list[tuple[dt.datetime, int, Callable[[], Any]]] = []
        self.counter = itertools.count()
        self.told: list[Order] = []

    def at(self, moment: dt.datetime, event: Callable[[], Any]) -> None:
        heapq.heappush(self.events, (moment, next(self.counter), event))

    def after(self, minutes: int, event: Callable[[], Any]) -> None:
        """Within a third of that, more or less."""
        self.at(clock.now() + dt.timedelta(minutes=minutes * self.dice.uniform(0.7, 1.3)), event)

    def replay(self, until: dt.datetime) -> None:
        while self.events and self.events[0][0] <= until:
            moment, _, event = heapq.heappop(self.events)
            with clock.pretend(moment):
                event()


def _clerk(people: People, unit: Unit) -> Any:
    return next(user for user in people.users.values() if user.unit_id == unit.pk)


class Story:
    """One complaint from the call to where it stands."""

    order: Order

    def __init__(self, desk: Desk, season: Season, fate: Fate, place: Community | None = None) -> None:
        """`place`: where a new household complains of the cold; None for anybody about anything."""
        self.desk, self.season, self.fate, self.dice, self.place = desk, season, fate, desk.dice, place
        self.bounced = self.redone = False

    @property
    def clerk(self) -> Any:
        return self.desk.clerks[self.order.company_id]  # type: ignore[index]

    def _go(self, move: str, minutes: int, step: Callable[[], Any]) -> None:
        """On to the next move, unless the story stops there."""
        first_time = (self.fate.turn == "redo" and not self.redone) or (
            self.fate.turn == "send_back" and not self.bounced
        )  # fmt: skip
        if self.fate.stops_at != move or first_time:
            self.desk.after(minutes * (9 if self.fate.late else 1), step)

    def begin(self) -> None:
        dice, desk = self.dice, self.desk
        is_cold = clock.today() >= self.season.heating_start_on
        category = dice.choice(USUAL if is_cold else IN_SUMMER)
        if (self.fate.turn in ("extend", "ask", "redo") and is_cold) or self.place:
            category = Category.LOW_TEMPERATURE
        source = dice.choice((Source.HOTLINE, Source.HOTLINE, Source.PHONE, Source.PHONE, Source.VISIT, Source.ONLINE))
        number = f"{clock.today():%Y%m%d}{next(desk.counter):05d}" if source == Source.HOTLINE else ""
        urgency = Urgency.URGENT if category in (Category.STOPPED, Category.LEAK) else Urgency.ORDINARY
        if category == Category.LEAK and dice.random() < 0.2:
            urgency = Urgency.DANGER
        stated = Decimal(dice.randrange(130, 175)) / 10 if category == Category.LOW_TEMPERATURE else None
        self.order = services.register(
            by=desk.hotline, season=self.season, received_at=clock.now(), category=category, urgency=urgency,
            content=dice.choice(SAID[category]), source=source, outside_number=number, stated_temperature_c=stated,
            **self._household(),
        )  # fmt: skip
        desk.told.append(self.order)
        self._go("accept", 6, self.accept)

    def _household(self) -> dict[str, Any]:
        """Somebody who called before, or somebody new."""
        dice, told = self.dice, self.desk.told
        if told and not self.place and dice.random() < 0.12:
            before = dice.choice(told[-40:])
            known = {name: getattr(before, name) for name in HOUSEHOLD}
            return known | {"company": before.community.company if before.community else None}
        place = self.place or dice.choice(self.desk.communities)
        building, unit = dice.randrange(1, 19), dice.randrange(1, 5)
        room = dice.randrange(1, 7) * 100 + dice.choice((1, 2))
        return {
            "caller": dice.choice(SURNAMES) + dice.choice(TITLES), "phone": f"139{dice.randrange(10**7, 10**8)}",
            "community": place, "building": str(building), "building_unit": str(unit), "room": str(room),
            "address": f"{place.name}{building}号楼{unit}单元{room}室", "company": place.company,
        }  # fmt: skip

    def accept(self) -> None:
        workflow.accept(self.order, by=self.desk.hotline)
        if self.fate.turn == "invalid":
            self.desk.after(10, self.invalidate)
        elif self.fate.turn == "merge":
            self.desk.after(10, self.merge)
        else:
            self._go("dispatch", 12, self.dispatch)

    def invalidate(self) -> None:
        workflow.invalidate(self.order, by=self.desk.hotline, reason="反映的是燃气问题，不属于供热，已转燃气公司")

    def merge(self) -> None:
        # What is with a company by now and no less urgent: at the desk it may turn out to be invalid, or to be merged
        # itself, and of what is reported the callers have perhaps been called.
        rank = Urgency.values.index
        others = (
            each
            for each in reversed(self.desk.told)
            if each.dispatched_at
            and each.state.is_open
            and not each.is_reported
            and rank(each.urgency) >= rank(self.order.urgency)
        )
        into = next(others, None)
        if into is None:
            self.dispatch()
        else:
            workflow.merge(self.order, by=self.desk.hotline, into=into, note="同一处管网引起，是同一件事")

    def dispatch(self) -> None:
        company = self.order.company or (self.order.community and self.order.community.company)
        workflow.dispatch(self.order, by=self.desk.hotline, company=company)  # type: ignore[arg-type]
        if self.fate.turn == "send_back" and not self.bounced:
            self.desk.after(40, self.send_back)
        else:
            self._go("sign", 30, self.sign)

    def send_back(self) -> None:
        workflow.send_back(self.order, by=self.clerk, reason="该楼由开发商自管站供热，请核实")
        self.bounced = True
        self._go("dispatch", 30, self.dispatch)

    def sign(self) -> None:
        workflow.sign(self.order, by=self.clerk)
        due_at = self.order.due_at
        if self.fate.turn in ("extend", "ask") and due_at and due_at > clock.now():
            later = due_at + dt.timedelta(days=2)
            workflow.request_extension(self.order, by=self.clerk, new_due_at=later, reason="须等配件到货")
            if self.fate.turn == "extend":
                self.desk.after(60, self.extend)
                return
        self._go("visit", 180, self.visit)

    def extend(self) -> None:
        workflow.decide_extension(self.order, by=self.desk.inspector, approve=True, opinion="同意，期间做好解释")
        self._go("visit", 120, self.visit)

    def visit(self) -> None:
        if Category(self.order.category).is_about_heating:
            measured = self._measured() if self.order.category == Category.LOW_TEMPERATURE else {}
            workflow.visit(
                self.order, by=self.clerk, visited_at=clock.now() - dt.timedelta(minutes=15),
                visitor=self.dice.choice(FITTERS), found=self.dice.choice(FOUND), **measured,
            )  # fmt: skip
        self._go("report", 60, self.report)

    def _measured(self) -> dict[str, Any]:
        by_rules = self.dice.random() < 0.7
        return {
            "temperature_c": Decimal(self.dice.randrange(155, 215)) / 10, "place": "bedroom", "is_centre": True,
            "shut_minutes": 30 if by_rules else 10, "height_m": Decimal("1.5"), "device": "CW-07",
            "calibrated_until": clock.today() + dt.timedelta(days=120), "signed_by_visitor": True,
            "signed_by_user": by_rules,
        }  # fmt: skip

    def report(self) -> None:
        cause = self.dice.choice((Cause.COMPANY,) * 4 + (Cause.USER, Cause.SOURCE, Cause.NONE))
        workflow.report(self.order, by=self.clerk, result=self.dice.choice(DONE), cause=cause)
        self._go("call_back", 300, self.call_back)

    def call_back(self) -> None:
        now = clock.now()
        if self.fate.turn == "unreached":
            for minutes in (60, 30, 0):
                called = max(now - dt.timedelta(minutes=minutes), self.order.reported_at or now)
                self._call(is_reached=False, called_at=called, note="无人接听")
            self._go("close", 5, self.close)
            return
        is_solved = self.fate.turn != "redo" or self.redone
        self._call(
            is_reached=True, called_at=now, is_solved=is_solved, was_contacted=True,
            satisfaction=self.dice.choice(("satisfied", "satisfied", "fairly")) if is_solved else "not",
            note="" if is_solved else "说还是不热",
        )  # fmt: skip
        if is_solved:
            self._go("close", 5, self.close)
        else:
            self.desk.after(5, self.redo)

    def _call(self, **heard: Any) -> None:
        """The caller, and those whose orders were merged into this one."""
        for order in (self.order, *Order.objects.filter(merged_into=self.order.pk)):
            workflow.call_back(order, by=self.desk.hotline, **heard)

    def redo(self) -> None:
        workflow.redo(self.order, by=self.desk.hotline, reason="回访时说晚上仍只有 16 度")
        self.redone = True
        self._go("sign", 30, self.sign)

    def close(self) -> None:
        workflow.close(self.order, by=self.desk.hotline)
        if self.fate.turn == "withdraw":
            workflow.withdraw(self.order, by=self.desk.hotline, reason="市平台通知撤件")


def tell(
    people: People, seasons: tuple[Season, Season], communities: Sequence[Community], *, count: int, seed: int
) -> None:
    """`count` complaints over the past season and the present one, up to now."""
    dice, now = random.Random(seed), clock.now()
    desk = Desk(people, communities, dice)
    in_cluster = IN_CLUSTER if seasons[1].heating_start_on <= clock.today() and count >= 10 * IN_CLUSTER else 0
    rest = range(len(CERTAIN), count - in_cluster)
    fates = [*CERTAIN[:count], *(Fate(turn=dice.choice(TURNS), late=dice.random() < 0.1) for _ in rest)]
    for number, fate in enumerate(fates):
        season, moment = _when(seasons, number, dice, now)
        desk.at(moment, Story(desk, season, fate).begin)
    place = dice.choice(communities)
    for number in range(in_cluster):
        moment = now - dt.timedelta(hours=CLUSTER_HOURS) * (1 - number / IN_CLUSTER)
        desk.at(moment, Story(desk, seasons[1], Fate("visit"), place).begin)
    desk.replay(now)


def _when(
    seasons: tuple[Season, Season], number: int, dice: random.Random, now: dt.datetime
) -> tuple[Season, dt.datetime]:
    """The certain ones in the last days; of the rest half in the past winter, half in the present season so far."""
    past, present = seasons
    beginning = start_of(present.summer_start_on)
    if number < len(CERTAIN):
        earliest = max(now - dt.timedelta(hours=60), beginning)
        latest = max(now - dt.timedelta(hours=30), earliest)
        return present, earliest + (latest - earliest) * dice.random()
    if number % 2:
        winter = start_of(present.heating_start_on)
        first = winter if winter < now - dt.timedelta(days=3) else beginning
        return present, first + (now - first) * dice.random()
    days = (past.heating_end_on - past.heating_start_on).days
    evening = start_of(past.heating_start_on + dt.timedelta(days=dice.randrange(days)))
    return past, evening + dt.timedelta(minutes=dice.randrange(420, 1260))
