"""The demo county's coal, written as the companies write it: two seasons of arrivals, use, counts and daily reports.

One company is up to its milestones, one a little behind the last; one is far behind, and its coal lasts for too few
days once heating has begun. One has not filed its last reports, one has reported a stock that its book does not
give, and one has reversed a load that was entered twice.
"""

import datetime as dt
import random
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import cos, pi
from typing import Any

from django.utils import timezone

from accounts.models import Unit
from coal import bookkeeping
from coal.balances import stock_at
from coal.demand_selectors import day_needs, temperatures_of
from coal.enums import MovementKind
from coal.models import Yard
from coal.reporting import file_report
from coal.services import create_yard
from common import clock
from facilities.models import Season
from heating.demo import coal_supply
from heating.demo.coal_supply import SUPPLIERS
from heating.demo.people import People

DAYS_IN_STOCK_AT_START = 9
INDOOR_C, MEAN_C = 18, -2
# Of a company without an estimate.
USUAL_DAY_T = Decimal(60)
# Of what usually comes, to whom is far behind: before heating, and from hand to mouth from then on.
BEHIND, HAND_TO_MOUTH = Decimal("0.2"), Decimal(2)
LORRIES = ("汽运 冀A7K213", "汽运 晋B50318", "铁路 C70 敞车", "汽运 冀F91T06")


@dataclass(frozen=True)
class Habit:
    """How a company keeps its coal. `stored`: which share of the season's need arrives by the start of heating,
    `in_all`: by its end."""

    company: str
    user: str
    yards: tuple[tuple[str, str, int, bool], ...]  # name, place, capacity in t, covered
    stored: Decimal
    boilers: int
    heat_value: Decimal
    in_all: Decimal = Decimal("1.15")
    is_behind: bool = False  # with this season's coal
    waits: bool = False  # for its next load since heating has begun
    unfiled: int = 0  # how many of the last days are not reported


HABITS = (
    Habit(
        "城源热力有限公司", "chengyuan",
        (("东厂煤场", "城关镇建设路热源厂院内", 9_000, True), ("北站煤场", "临岭火车站货场", 3_500, False)),
        Decimal("0.62"), 4, Decimal("21.771"),
    ),
    Habit(
        "北苑供热站", "beiyuan", (("北苑煤场", "北苑镇热源厂院内", 3_600, False),), Decimal("0.58"), 2,
        Decimal("20.934"), waits=True,
    ),
    Habit(
        "兴隆热力有限责任公司", "xinglong", (("兴隆煤棚", "兴隆镇工业街", 9_000, True),), Decimal("0.55"), 3,
        Decimal("20.097"), in_all=Decimal("1.02"), is_behind=True,
    ),
    Habit(
        "惠民供热中心", "huimin", (("惠民煤场", "府前街道西环路", 18_000, False),), Decimal("0.55"), 5,
        Decimal("19.259"), unfiled=2,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Firm:
    """A company as the story needs it. `mean_day_t`: what a mean day burns by its estimate."""

    habit: Habit
    company: Unit
    user: Any
    yards: list[Yard]
    mean_day_t: Decimal
    dice: random.Random


def tell(people: People, seasons: tuple[Season, ...], *, today: dt.date, seed: int) -> None:
    """Everything up to yesterday, after the estimates are made. The same seed and day give the same data."""
    weather = temperatures_of(people.county)
    needs = day_needs(seasons[-1], people.companies)
    companies = {company.name: company for company in people.companies}
    for number, habit in enumerate(HABITS):
        company, user = companies[habit.company], people.users[habit.user]
        with _at(seasons[0].summer_start_on):
            yards = [_yard(people, company, user, *each) for each in habit.yards]
        mean_day_t = needs[company.pk].mean_t or USUAL_DAY_T
        firm = Firm(habit, company, user, yards, mean_day_t, random.Random(seed + number))
        opening_t = (mean_day_t * DAYS_IN_STOCK_AT_START).quantize(Decimal(1))
        _count(firm, yards[0], seasons[0].summer_start_on, opening_t, "期初盘点")
        for season in seasons:
            _season(firm, season, weather, today=today, is_present=season == seasons[-1])
    users = {habit.company: habit.user for habit in HABITS}
    coal_supply.tell(people, users, seasons, today=today, seed=seed + 100)


def _at(day: dt.date, hour: int = 18) -> Any:
    """That hour of the day, but never later than now."""
    return clock.pretend(min(timezone.make_aware(dt.datetime.combine(day, dt.time(hour))), timezone.now()))


def _yard(people: People, company: Unit, user: Any, name: str, place: str, capacity: int, covered: bool) -> Yard:
    return create_yard(
        by=user, county=people.county, company=company, name=name, place=place, capacity_t=Decimal(capacity),
        is_covered=covered,
    )  # fmt: skip


def _count(firm: Firm, yard: Yard, day: dt.date, quantity_t: Decimal, note: str) -> None:
    with _at(day):
        bookkeeping.count(yard, by=firm.user, day=day, quantity_t=quantity_t, note=note)


def _season(
    firm: Firm, season: Season, weather: Mapping[dt.date, Decimal], *, today: dt.date, is_present: bool
) -> None:
    last = min(season.heating_end_on, today - dt.timedelta(1))
    for number in range((last - season.summer_start_on).days + 1):
        day = season.summer_start_on + dt.timedelta(number)
        low_c, high_c = _temperatures(day, weather)
        with _at(day):
            share = _share(firm.habit, day >= season.heating_start_on) if is_present else Decimal(1)
            arrived_t = _arrive(firm, season, day, share)
            used_t = _burn(firm, season, day, (low_c + high_c) / 2)
        if day.day == 1 and day.month in (10, 12, 2):
            found_t = _rough(stock_at(firm.yards[0], day), firm.dice, Decimal("0.006"))
            _count(firm, firm.yards[0], day, found_t, "月度盘点")
        if len(firm.yards) > 1 and (day.month, day.day) in ((10, 20), (12, 15)):
            _carry(firm, day)
        if season.trial_run_on <= day and (today - day).days > firm.habit.unfiled:
            _report(firm, day, today, low_c, high_c, arrived_t, used_t)


def _share(habit: Habit, is_heating: bool) -> Decimal:
    """Of what usually comes, of this season's coal."""
    if habit.is_behind:
        return HAND_TO_MOUTH if is_heating else BEHIND
    return Decimal(0) if habit.waits and is_heating else Decimal(1)


def _arrive(firm: Firm, season: Season, day: dt.date, share: Decimal) -> Decimal:
    """What comes that day, into the yard that has most room; nothing for which there is none. How much it was."""
    quantity_t = _rough(_usual_t(firm, season, day) * share, firm.dice)
    yard = max(firm.yards, key=lambda each: each.capacity_t - stock_at(each, day))
    if not quantity_t or stock_at(yard, day) + quantity_t > yard.capacity_t:
        return Decimal(0)
    dice = firm.dice
    load: dict[str, Any] = {
        "by": firm.user, "day": day, "kind": MovementKind.ARRIVAL, "quantity_t": quantity_t,
        "heat_value_mj_per_kg": _rough(firm.habit.heat_value, dice, Decimal("0.03")).quantize(Decimal("0.001")),
        "contract": dice.choice(SUPPLIERS).number(season), "transport": dice.choice(LORRIES), "batch": f"{day:%y%m%d}",
        "unit_price_yuan_per_t": Decimal(dice.randrange(6800, 8600)) / 10,
    }  # fmt: skip
    bookkeeping.record_movement(yard, **load)
    if dice.random() < 0.02:
        twice = bookkeeping.record_movement(yard, **load)
        bookkeeping.reverse(twice, by=firm.user, reason="同一车过磅单重复登记")
    return quantity_t


def _usual_t(firm: Firm, season: Season, day: dt.date) -> Decimal:
    """Weekly loads from June on until heating starts, then every third day what is still needed."""
    if day >= season.heating_start_on:
        still = firm.habit.in_all - firm.habit.stored
        return Decimal(0) if day.toordinal() % 3 else firm.mean_day_t * 3 * still
    if day.month < 6 or day.weekday() != 2:
        return Decimal(0)
    weeks = Decimal((season.heating_start_on - dt.date(season.year, 6, 1)).days) / 7
    need_t = firm.mean_day_t * ((season.heating_end_on - season.heating_start_on).days + 1)
    return need_t * firm.habit.stored / weeks


def _temperatures(day: dt.date, weather: Mapping[dt.date, Decimal]) -> tuple[Decimal, Decimal]:
    """Lowest and highest of the day, about the mean that was measured; of a day without one, about the usual."""
    dice = random.Random(day.toordinal())
    usual = 12 - 16 * cos(2 * pi * ((day - dt.date(day.year, 1, 15)).days) / 365.25)
    mean_c, spread_c = weather.get(day, Decimal(f"{usual:.1f}")), Decimal(f"{dice.uniform(3.5, 6.5):.1f}")
    return mean_c - spread_c, mean_c + spread_c


def _burn(firm: Firm, season: Season, day: dt.date, mean_c: Decimal) -> Decimal:
    """What the day takes, from the yard that has most; nothing before the trial run."""
    if day < season.trial_run_on:
        return Decimal(0)
    share = max(Decimal("0.25"), (INDOOR_C - mean_c) / (INDOOR_C - MEAN_C))
    if day < season.heating_start_on:
        share = share / 4
    yard = max(firm.yards, key=lambda each: stock_at(each, day))
    quantity_t = min(_rough(firm.mean_day_t * share, firm.dice, Decimal("0.05")), stock_at(yard, day))
    if quantity_t > 0:
        bookkeeping.record_movement(yard, by=firm.user, day=day, kind=MovementKind.USE, quantity_t=quantity_t)
    return quantity_t


def _carry(firm: Firm, day: dt.date) -> None:
    """Coal from the station to the works, when there is enough of it."""
    works, station = firm.yards
    quantity_t = min(Decimal(600), stock_at(station, day), works.capacity_t - stock_at(works, day))
    if quantity_t >= 100:
        with _at(day):
            bookkeeping.transfer(station, works, by=firm.user, day=day, quantity_t=quantity_t, note="倒运进厂")


def _report(
    firm: Firm, day: dt.date, today: dt.date, low_c: Decimal, high_c: Decimal, arrived_t: Decimal, used_t: Decimal
) -> None:  # fmt: skip
    is_last, user = day == today - dt.timedelta(1), firm.habit.user
    stock_t = sum((stock_at(yard, day) for yard in firm.yards), Decimal(0))
    if is_last and user == "beiyuan":
        stock_t = max(stock_t - Decimal("86.40"), Decimal(0))
    # What the boilers and the network leave of the coal's heat.
    heat_gj = (used_t * firm.habit.heat_value * Decimal("0.72")).quantize(Decimal("0.01"))
    on_the_way_t = firm.mean_day_t if day.toordinal() % 3 else Decimal(0)
    with _at(day + dt.timedelta(1), 8):
        file_report(
            firm.company, day, by=firm.user, arrived_t=arrived_t, used_t=used_t, stock_yard_t=stock_t,
            stock_port_t=Decimal(0), stock_transit_t=on_the_way_t, heat_gj=heat_gj, low_c=low_c, high_c=high_c,
            boilers_running=max(1, firm.habit.boilers - (low_c > -6)), make_up_water_t=None, power_10k_kwh=None,
            events="2#引风机跳闸，停炉 40 分钟后恢复" if is_last and user == "xinglong" else "",
        )  # fmt: skip


def _rough(value: Decimal, dice: random.Random, by: Decimal = Decimal("0.12")) -> Decimal:
    return (value * (1 + by * Decimal(str(round(dice.uniform(-1, 1), 4))))).quantize(Decimal("0.01"))
