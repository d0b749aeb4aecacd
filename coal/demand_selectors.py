"""Reads of temperatures, estimates and targets. Each docstring states its number of queries."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, DecimalField, Exists, OuterRef, QuerySet, Subquery, Sum, When

from accounts.models import Region, Unit, UnitQuerySet
from accounts.scoping import sees_region
from coal.coal_free import coal_free_on
from coal.cover import DayNeed, measured, week_before
from coal.degree_days import Climate, Winter, climate, winter, winters_before
from coal.demand import rounded
from coal.demand_enums import Method, MilestoneKind, TargetStatus, WinterChoice
from coal.history import together
from coal.inputs import Input, adjusted
from coal.models import (
    CoalFree,
    DailyReport,
    DailyTemperature,
    Estimate,
    ParameterRange,
    StockDay,
    Target,
    TargetMilestone,
    Yard,
)
from coal.progress import Reach, Supply, reach
from coal.selectors import histories, stocks_on, used_by_yard
from coal.supply_selectors import contracted_supplies
from common import clock
from facilities.models import Community, Season

BY_TARGET = "已批准的储备目标"


def inputs_of(county: Region) -> dict[str, Input]:
    """The table of inputs with the county's own bounds. One query."""
    own = ParameterRange.objects.filter(county=county).values_list("name", "least", "typical", "most")
    return adjusted(own)


def companies_of(user: Any, county: Region) -> list[Unit]:
    """The active heating companies of the county whose coal the user sees. One query."""
    found = coal_companies(user, county).active()
    return list(found.order_by("pk"))


def coal_companies(user: Any, county: Region) -> UnitQuerySet:
    """Those of the county whose coal the user sees."""
    return visible_companies(user).filter(region__code__startswith=county.scope_prefix)


def visible_companies(user: Any) -> UnitQuerySet:
    """Those of the region for bureaus and leaders, its own for everybody else, as `of_user` has it for rows."""
    visible = Unit.objects.visible_to(user).companies()
    return visible if sees_region(user) else visible.filter(pk=user.unit_id)


# --- weather


def temperatures_of(county: Region) -> dict[dt.date, Decimal]:
    """Every day that is known. One query."""
    return dict(DailyTemperature.objects.filter(county=county).values_list("day", "mean_c"))


@dataclass(frozen=True, slots=True)
class Weather:
    """`past`: winters before the season; `present`: what is known of the season itself; `climate`: what `past` says."""

    past: list[Winter]
    present: Winter | None
    climate: Climate | None
    temperatures: Mapping[dt.date, Decimal]

    def degree_days(self, first: dt.date, last: dt.date) -> Decimal | None:
        """Of the days from `first` to `last`; None where too little is known."""
        found = winter(self.temperatures, first, last)
        return found.degree_days if found and found.is_complete_enough else None


def weather_of(season: Season) -> Weather:
    """The season's dates in the years before, as its county's temperatures have them. One query."""
    known = temperatures_of(season.county)
    first, last = season.heating_start_on, season.heating_end_on
    past = winters_before(known, first, last)
    return Weather(past, winter(known, first, last), climate(past, (last - first).days + 1), known)


# --- estimates


def heated_area_m2(company: Unit, county: Region) -> Decimal | None:
    """The sum over the company's communities; None if none says its area. One query."""
    communities = Community.objects.filter(company=company, county=county)
    total = communities.aggregate(total=Sum("heated_area_m2"))["total"]
    # SQLite adds in binary fractions.
    return None if total is None else rounded(total, 2)


def latest_estimate(company: Unit, season: Season) -> Estimate | None:
    """One query."""
    return Estimate.objects.filter(company=company, season=season).select_related("saved_by__unit").first()


def latest_estimates(season: Season, companies: Iterable[Unit]) -> dict[int, Estimate]:
    """{company's pk: its last estimate}. One query."""
    rows = Estimate.objects.filter(season=season, company__in=companies).order_by("number")
    return {row.company_id: row for row in rows.select_related("company", "season")}


def season_before(season: Season) -> Season | None:
    """The county's season before this one, if it is registered. One query."""
    return Season.objects.filter(county=season.county, name__lt=season.name).order_by("-name").first()


# --- targets


def targets_of(season: Season, user: Any) -> QuerySet[Target]:
    """Every revision that the user sees, the newest of a company first."""
    visible = Target.objects.visible_to(user).filter(season=season)
    return visible.select_related("company", "season", "county", "estimate").order_by("company_id", "-revision")


def targets_in_force(season: Season) -> dict[int, Target]:
    """{company's pk: its approved target}. One query."""
    rows = Target.objects.filter(season=season, status=TargetStatus.APPROVED).select_related("company")
    return {row.company_id: row for row in rows}


def supplies(season: Season, companies: Iterable[Unit], until: dt.date) -> dict[int, Supply]:
    """What each company has in place up to that day, by its pk. Three queries."""
    first = season.summer_start_on
    eve = first - dt.timedelta(days=1)
    found = Yard.objects.filter(company__in=[company.pk for company in companies]).order_by()
    owner: dict[int, int] = dict(found.values_list("pk", "company_id"))
    opening = stocks_on(list(owner), (eve,))[eve]
    by_yard = histories({key: opening[key].stock_t if key in opening else None for key in owner}, first, until).by_yard
    together_of = {
        company: together(by_yard[key] for key in owner if owner[key] == company) for company in set(owner.values())
    }
    return {company: history.supply for company, history in together_of.items() if history}


def supplies_by_kind(
    season: Season, companies: Iterable[Unit], until: dt.date
) -> dict[MilestoneKind, dict[int, Supply]]:
    """What the milestones that are shares of a target are held against: contracts signed, coal in place. 4 queries."""
    kept = list(companies)
    return {
        MilestoneKind.CONTRACTED: contracted_supplies(season, kept, until),
        MilestoneKind.ARRIVED: supplies(season, kept, until),
    }


def reach_of(milestone: TargetMilestone, supply: Supply | None, today: dt.date) -> Reach:
    """How a milestone for contracts or arrivals stands; `supply`: what the company has signed for or in place by
    then (`contracted_supplies`, `supplies`), None for nothing. No query."""
    nothing = Supply(milestone.due_on, Decimal(0), {})
    return reach(supply or nothing, milestone.quantity_t or Decimal(0), milestone.due_on, today)


def day_needs(season: Season, companies: Iterable[Unit | int]) -> dict[int, DayNeed]:
    """What a day burns, by the company's pk: of the target in force, else of the last estimate by the design load.

    One query: a target always rests on an estimate.
    """
    in_force = Target.objects.filter(
        company=OuterRef("company"), season=OuterRef("season"), status=TargetStatus.APPROVED
    )
    estimates = Estimate.objects.filter(season=season, company__in=list(companies)).annotate(
        agreed_mean_t=Subquery(in_force.values("mean_day_t")),
        agreed_coldest_t=Subquery(in_force.values("coldest_day_t")),
    )
    return {each.company_id: _day_need(each) for each in estimates.order_by("number")}


def with_burn(yards: QuerySet[Yard], seasons: Iterable[Season], day: dt.date) -> QuerySet[Yard]:
    """Each yard with what `burns_of` needs of its company; `seasons`: those to which the day belongs. No query."""
    kept = list(seasons)
    in_force = Target.objects.filter(company=OuterRef("company"), season__in=kept, status=TargetStatus.APPROVED)
    estimates = Estimate.objects.filter(company=OuterRef("company"), season__in=kept).order_by("-number")
    return yards.annotate(
        agreed_mean_t=Subquery(in_force.values("mean_day_t")[:1]),
        agreed_coldest_t=Subquery(in_force.values("coldest_day_t")[:1]),
        estimate_pk=Subquery(estimates.values("pk")[:1]),
        **_known_use(kept, day),
    )


def _known_use(seasons: Iterable[Season], day: dt.date) -> dict[str, Any]:
    """What a yard's company used in the week before, and on how many days, by its book (booked) and, of days of which
    that says nothing, by its reports (told); columns of a list of yards. No query."""
    whens: dict[str, list[When]] = {"booked_t": [], "booked_days": [], "told_t": [], "told_days": []}
    for season in seasons:
        if week := week_before(day, season.heating_start_on, season.heating_end_on):
            in_week = {"day__range": week}
            booked = StockDay.objects.filter(yard__company=OuterRef("company"), used_t__gt=0, **in_week).order_by()
            of_day = StockDay.objects.filter(yard__company=OuterRef("company"), day=OuterRef("day"), used_t__gt=0)
            told = DailyReport.objects.current().filter(~Exists(of_day), company=OuterRef("company"), **in_week)
            by_book, by_report = booked.values("yard__company"), told.order_by().values("company")
            sums: dict[str, Any] = {
                "booked_t": by_book.annotate(sum=Sum("used_t")), "told_t": by_report.annotate(sum=Sum("used_t")),
                "booked_days": by_book.annotate(sum=Count("day", distinct=True)),
                "told_days": by_report.annotate(sum=Count("day")),
            }  # fmt: skip
            for name, of_company in sums.items():
                whens[name].append(When(county=season.county_id, then=Subquery(of_company.values("sum"))))
    return {name: Case(*cases, default=None, output_field=DecimalField()) for name, cases in whens.items()}


def burns_of(yards: Iterable[Any], seasons: Iterable[Season], day: dt.date) -> dict[int, DayNeed]:
    """What a day burns as of that day at each company of these yards (`with_burn`), by its pk: in heating by what all
    its yards used in the week before. One query where a company has an estimate and no target, else none."""
    weeks = {
        season.county_id: week for season in seasons
        if (week := week_before(day, season.heating_start_on, season.heating_end_on))
    }  # fmt: skip
    rows = {yard.company_id: yard for yard in yards}
    wanted = [row.estimate_pk for row in rows.values() if row.agreed_mean_t is None and row.estimate_pk]
    estimates = Estimate.objects.in_bulk(wanted) if wanted else {}
    found: dict[int, DayNeed] = {}
    for company, row in rows.items():
        need = DayNeed(row.agreed_mean_t, row.agreed_coldest_t, BY_TARGET) if row.agreed_mean_t else DayNeed()
        if row.agreed_mean_t is None and row.estimate_pk:
            need = estimated_need(estimates[row.estimate_pk])
        week = weeks.get(row.county_id)
        # SQLite adds in binary fractions.
        used_t = rounded((row.booked_t or Decimal(0)) + (row.told_t or Decimal(0)), 2)
        known = int((row.booked_days or 0) + (row.told_days or 0))
        found[company] = measured(used_t, known, *week, need) if week else need
    return found


def _day_need(estimate: Any) -> DayNeed:
    if estimate.agreed_mean_t is not None:
        return DayNeed(estimate.agreed_mean_t, estimate.agreed_coldest_t, BY_TARGET)
    return estimated_need(estimate)


def estimated_need(estimate: Estimate) -> DayNeed:
    """What a day burns by an estimate alone. No query."""
    demand = estimate.demands[Method.DESIGN_LOAD]
    return DayNeed(demand.mean_day_t, demand.coldest_day_t, "本季测算")


# --- the county's sheet


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A company with its last revision; `in_force` the approved one, which may be an earlier; `share_percent` of the
    county's tonnes of standard coal."""

    company: Unit
    estimate: Estimate | None
    latest: Target | None
    in_force: Target | None
    coal_free: CoalFree | None = None
    share_percent: Decimal | None = None

    @property
    def counted(self) -> Target | None:
        """What goes into the totals: the approved one, else what is being agreed."""
        return self.in_force or self.latest

    @property
    def is_excepted(self) -> bool:
        """It burns no coal, and nothing was agreed all the same."""
        return self.coal_free is not None and self.counted is None


@dataclass(frozen=True, slots=True)
class Sheet:
    rows: list[SheetRow]
    need_t: Decimal
    quantity_t: Decimal
    quantity_tce: Decimal
    approved: int
    # Whether these are all of the county's companies: a company sees its own line, which is no total.
    is_whole: bool

    @property
    def is_final(self) -> bool:
        """Whether every company that burns coal has an approved target and nothing is being revised."""
        return bool(self.asked) and all(row.in_force and row.latest == row.in_force for row in self.asked)

    @property
    def asked(self) -> list[SheetRow]:
        """Those of which a target is asked: all but those that burn no coal."""
        return [row for row in self.rows if not row.is_excepted]


def county_sheet(season: Season, user: Any) -> Sheet:
    """Four queries. Tonnes of different heat value are added only beside their tonnes of standard coal."""
    companies = companies_of(user, season.county)
    estimates = latest_estimates(season, companies)
    latest: dict[int, Target] = {}
    in_force: dict[int, Target] = {}
    for target in targets_of(season, user):
        if target.status != TargetStatus.DROPPED:
            latest.setdefault(target.company_id, target)
        if target.status == TargetStatus.APPROVED:
            in_force[target.company_id] = target
    # A company that was closed since keeps its line as long as it has a target.
    known = {company.pk: company for company in companies}
    known |= {target.company_id: target.company for target in latest.values()}
    free = coal_free_on(known, min(clock.today(), season.heating_end_on))
    rows = [
        SheetRow(company, estimates.get(pk), latest.get(pk), in_force.get(pk), free.get(pk))
        for pk, company in sorted(known.items())
    ]
    counted = [row.counted for row in rows if row.counted]
    total_tce, is_whole = sum((target.quantity_tce for target in counted), Decimal(0)), sees_region(user)
    return Sheet(
        rows=[_with_share(row, total_tce) for row in rows] if is_whole else rows,
        need_t=sum((target.need_t for target in counted), Decimal(0)),
        quantity_t=sum((target.quantity_t for target in counted), Decimal(0)),
        quantity_tce=total_tce,
        approved=len(in_force),
        is_whole=is_whole,
    )


def _with_share(row: SheetRow, total_tce: Decimal) -> SheetRow:
    share = rounded(row.counted.quantity_tce * 100 / total_tce, 1) if row.counted and total_tce else None
    return replace(row, share_percent=share)


# --- what an estimate begins with


def starting_values(
    company: Unit, season: Season, *, inputs: Mapping[str, Input], weather: Weather
) -> dict[str, Decimal | str | None]:
    """For the first estimate of a season: what is usual, the company's own area, and last season's figures as far as
    they are known: the coal by the book of the company's yards. Five queries."""
    values: dict[str, Decimal | str | None] = {name: each.typical for name, each in inputs.items()}
    values["heating_days"] = Decimal((season.heating_end_on - season.heating_start_on).days + 1)
    values["area_m2"] = heated_area_m2(company, season.county)
    values["winter"] = WinterChoice.DESIGN.value
    values |= dict.fromkeys(("last_coal_t", "last_heat_value_mj_per_kg", "last_area_m2", "last_degree_days"))
    before = season_before(season)
    if before:
        used = used_by_yard(Yard.objects.filter(company=company), before.heating_start_on, before.heating_end_on)
        values["last_coal_t"] = rounded(sum(used.values(), Decimal(0)), 2) or None
        values["last_degree_days"] = weather.degree_days(before.heating_start_on, before.heating_end_on)
    if before and (last := latest_estimate(company, before)):
        for name in ("heat_index_w_per_m2", "indoor_c", "design_c", "boiler_efficiency", "network_efficiency"):
            values[name] = getattr(last, name)
        values["last_heat_value_mj_per_kg"], values["last_area_m2"] = last.heat_value_mj_per_kg, last.area_m2
    return values
