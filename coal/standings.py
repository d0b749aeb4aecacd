"""How each company stands on a day: target, what is in place, stock, days of supply, light and forecast.

All of it is made of five reads, whatever the number of companies and movements: companies with their yards, what lies
in the yards on three days (a step into the index for each), the yards' rows of the season (`StockDay`: one a day, not
one a movement) with what the reports say was used, estimates with the targets that rest on them, contracts with their
amendments.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.urls import reverse

from accounts.models import Unit
from coal.agreements import Agreed, Basis, bases
from coal.cover import Cover, Stock, known_use, least_days, measured_by_day, week_before
from coal.demand import rounded
from coal.demand_enums import Light, MilestoneKind
from coal.history import History, together
from coal.keepers import Keeper, KeptYard, keepers_of
from coal.lights import Verdict, verdict
from coal.models import Target, TargetMilestone
from coal.progress import PACE_DAYS, Supply, forecast, share_of
from coal.selectors import histories, stocks_on
from coal.supply_selectors import contracted_supplies
from common import clock
from common.columns import group_digits
from common.ui import prose_day
from facilities.models import Season

NOTHING = Decimal(0)
WEEK = dt.timedelta(7)
LATE, NONE_ARRIVED = f"按近 {PACE_DAYS} 天进度无法完成", f"近 {PACE_DAYS} 天没有到货"


@dataclass(frozen=True, slots=True)
class YardStanding:
    """One yard of a company on the day."""

    company: Unit
    yard: KeptYard
    stock: Stock
    cover: Cover


@dataclass(frozen=True)
class Standing:
    """One company on `day`; what has `_before` in its name is as of a week before.

    `stocks`: by the yard's pk; `history` is None without a yard; `signed`: what was bought by contracts;
    `reported_t`: what was used on a day by the company's reports. `is_look_back`: whether the day is an earlier one
    than that as of which the season is shown, so that what holds now did not yet hold.
    """

    season: Season
    day: dt.date
    keeper: Keeper
    basis: Basis
    stocks: dict[int, Stock]
    stocks_before: dict[int, Stock]
    history: History | None
    signed: Supply
    reported_t: Mapping[dt.date, Decimal] = field(default_factory=dict)
    is_look_back: bool = False

    @property
    def company(self) -> Unit:
        return self.keeper.company

    @property
    def path(self) -> str:
        """The company's own page."""
        return reverse("coal:company", args=[self.company.pk])

    @property
    def before(self) -> dt.date:
        return self.day - WEEK

    # --- target and arrivals

    @property
    def agreed(self) -> Agreed | None:
        """The revision that is in force; of a look back that which was."""
        return self.basis.in_force_on(self.day) if self.is_look_back else self.basis.in_force

    @property
    def target(self) -> Target | None:
        return self.agreed.target if self.agreed else None

    @property
    def owes_target(self) -> bool:
        """False for one that burns no coal; what was agreed all the same counts."""
        return self.target is not None or not self.keeper.is_coal_free

    @property
    def target_before(self) -> Target | None:
        agreed = self.basis.in_force_on(self.before)
        return agreed.target if agreed else None

    def milestones(self, kind: MilestoneKind = MilestoneKind.ARRIVED) -> list[TargetMilestone]:
        """Those of the target in force, by date."""
        return self.agreed.of_kind(kind) if self.agreed else []

    @cached_property
    def supply(self) -> Supply:
        return self.history.supply if self.history else Supply(self.season.summer_start_on, NOTHING, {})

    @property
    def in_place_t(self) -> Decimal:
        return self.supply.in_place_t(self.day)

    @property
    def in_place_before_t(self) -> Decimal:
        return self.supply.in_place_t(self.before)

    @property
    def percent(self) -> Decimal | None:
        """Of the target in force."""
        if not self.target:
            return None
        marks = [each.share_percent for each in self.milestones() if each.share_percent is not None]
        return share_of(self.in_place_t, self.target.quantity_t, marks)

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """On arrivals and on contracts, as the sweep over milestones has them; empty without a target."""
        held = ((MilestoneKind.ARRIVED, self.supply), (MilestoneKind.CONTRACTED, self.signed))
        borders = self.keeper.borders
        return [verdict(self.milestones(kind), supply, self.day, borders) for kind, supply in held if self.target]

    @property
    def verdict(self) -> Verdict:
        """The worst; of two alike that on arrivals."""
        return max(self.verdicts, key=lambda each: each.light.severity, default=Verdict(Light.NONE))

    @property
    def milestone(self) -> str:
        """严重落后：8月31日应到 40%，差 1 200 t / 落后：…按近 14 天进度差… / 按节点 / 没有已批准的目标"""
        if self.target is None:
            return "没有已批准的目标" if self.owes_target else "不用煤"
        said = milestone_in_words(self.verdict)
        light = self.verdict.light
        return f"{light.label}：{said}" if light.severity >= Light.BEHIND.severity else "按节点"

    @property
    def milestone_text(self) -> str:
        """Without the light's word: 8月31日应到 40%，差 1 200 t."""
        return milestone_in_words(self.verdict)

    @property
    def forecast(self) -> str:
        """已达到 / 2026年11月3日 / 按近 14 天进度无法完成 (not before the end of heating) / 近 14 天没有到货"""
        if self.target is None:
            return ""
        if self.history is None:
            return "没有煤场"
        if self.supply.reached_on(self.target.quantity_t):
            return "已达到"
        day = forecast(self.supply, self.target.quantity_t, self.day)
        if day is None:
            return NONE_ARRIVED
        return f"{day.year}年{day.month}月{day.day}日" if day <= self.season.heating_end_on else LATE

    # --- stock and days

    @cached_property
    def stock(self) -> Stock:
        return sum(self.stocks.values(), Stock())

    @cached_property
    def stock_before(self) -> Stock:
        return sum(self.stocks_before.values(), Stock())

    @property
    def used_t(self) -> Decimal:
        """Since the summer's storing began."""
        return sum(self.history.used_t.values(), NOTHING) if self.history else NOTHING

    def change_t(self, days: int) -> Decimal:
        """By how much the stock is more than so many days ago."""
        if self.history is None:
            return NOTHING
        return self.stock.stock_t - self.history.stock_t(self.day - dt.timedelta(days))

    @property
    def change_7_t(self) -> Decimal:
        return self.change_t(7)

    @property
    def change_14_t(self) -> Decimal:
        return self.change_t(14)

    @cached_property
    def known_use_t(self) -> Mapping[dt.date, Decimal]:
        return known_use(self.history.used_t if self.history else {}, self.reported_t)

    def cover_on(self, day: dt.date, stock_t: Decimal | None = None) -> Cover:
        """How long the coal lasts from a day of the season on. In season by the use of the 7 days before."""
        need = self.basis.day_need_by(self.agreed)
        if self.history is None:
            return Cover(NOTHING, need)
        if week := week_before(day, self.season.heating_start_on, self.season.heating_end_on):
            need = measured_by_day(self.known_use_t, *week, need)
        return Cover(self.history.stock_t(day) if stock_t is None else stock_t, need)

    @cached_property
    def cover(self) -> Cover:
        return self.cover_on(self.day, self.stock.stock_t)

    @cached_property
    def cover_before(self) -> Cover:
        return self.cover_on(self.before, self.stock_before.stock_t)

    @property
    def yards(self) -> list[YardStanding]:
        """How long each yard's coal alone would feed all of the company's boilers."""
        need = self.cover.need
        found = ((yard, self.stocks.get(yard.pk, Stock())) for yard in self.keeper.yards)
        return [YardStanding(self.company, yard, stock, Cover(stock.stock_t, need)) for yard, stock in found]

    def least_days(self, day: dt.date) -> int | None:
        """How long the coal has to last at least, by the rule of the sweep; None for not at all."""
        agreed = [(each.due_on, each.cover_days or 0) for each in self.milestones(MilestoneKind.COVER)]
        heating = self.season.heating_start_on, self.season.heating_end_on
        has_yard = any(yard.is_active for yard in self.keeper.yards)
        return least_days(agreed, self.keeper.least_days, day, *heating, has_yard=has_yard)

    @property
    def least_days_now(self) -> int | None:
        return self.least_days(self.day)

    @property
    def is_short(self) -> bool:
        """Whether the coal lasts for fewer days than it has to."""
        least, days = self.least_days_now, self.cover.mean_days
        return least is not None and days is not None and days < least


def milestone_in_words(found: Verdict) -> str:
    """8月31日应到 40%，差 1 200 t / 6月30日应签合同 100%，还差 1 200 t；empty when there is none to come."""
    each = found.milestone
    if each is None:
        return ""
    what = "应签合同" if each.kind == MilestoneKind.CONTRACTED else "应到"
    due = f"{prose_day(each.due_on)}{what} {(each.share_percent or NOTHING).normalize():f}%"
    if found.is_past:
        return f"{due}，差 {_tonnes(found.lacking_t)} t"
    if found.light is Light.BEHIND:
        return f"{due}，按近 {PACE_DAYS} 天进度差 {_tonnes(found.short_t)} t"
    return f"{due}，还差 {_tonnes(found.lacking_t)} t"


def _tonnes(value: Decimal) -> str:
    return group_digits(rounded(value, 0))


def last_day(season: Season, today: dt.date) -> dt.date:
    """As of which day a season is shown: today, of a past one the last day of its heating."""
    return min(today, season.heating_end_on)


def standings(season: Season, user: Any, today: dt.date) -> list[Standing]:
    """By company. Five queries, whatever their number."""
    return standings_of(season, keepers_of(season, user, today), today)


def standings_of(season: Season, keepers: Iterable[Keeper], today: dt.date) -> list[Standing]:
    """Four queries."""
    kept, day, eve = list(keepers), last_day(season, today), season.summer_start_on - dt.timedelta(1)
    companies = [keeper.company for keeper in kept]
    found, signed = bases(season, companies), contracted_supplies(season, companies, day)
    yards = [yard.pk for keeper in kept for yard in keeper.yards]
    stocks = stocks_on(yards, (eve, day - WEEK, day))
    openings = {yard: stocks[eve][yard].stock_t if yard in stocks[eve] else None for yard in yards}
    moved = histories(openings, season.summer_start_on, day, (company.pk for company in companies))
    opened = dict.fromkeys(stocks[eve], eve) | moved.opened

    def standing(keeper: Keeper) -> Standing:
        keys = [yard.pk for yard in keeper.yards]
        return Standing(
            season, day, keeper.with_book(opened), found[keeper.company.pk],
            {key: stocks[day].get(key, Stock()) for key in keys},
            {key: stocks[day - WEEK].get(key, Stock()) for key in keys},
            together(moved.by_yard[key] for key in keys),
            signed.get(keeper.company.pk, Supply(season.summer_start_on, NOTHING, {})),
            moved.reported_t[keeper.company.pk], day < last_day(season, clock.today()),
        )  # fmt: skip

    return [standing(keeper) for keeper in kept]
