"""Estimates, targets and temperatures for tests: the field's check case unless a test says otherwise."""

import datetime as dt
from decimal import Decimal
from typing import Any

from accounts.models import Unit
from coal.demand import rounded, tce
from coal.demand_enums import Method, MilestoneKind
from coal.fund_enums import FundKind
from coal.models import DailyTemperature, Estimate, FundEntry, Target, TargetMilestone
from facilities.models import Season

CHECK_CASE: dict[str, Any] = {
    "area_m2": Decimal(2_000_000), "heat_index_w_per_m2": Decimal(45), "heating_days": 150, "indoor_c": Decimal(18),
    "mean_c": Decimal(-5), "design_c": Decimal(-15), "boiler_efficiency": Decimal("0.8"),
    "network_efficiency": Decimal("0.9"), "heat_value_mj_per_kg": Decimal("20.934"), "degree_days": Decimal(3450),
}  # fmt: skip
LAST_SEASON: dict[str, Any] = {
    "last_coal_t": Decimal(50_000), "last_heat_value_mj_per_kg": Decimal("20.934"),
    "last_area_m2": Decimal(2_000_000), "last_degree_days": Decimal(3450), "margin_percent": Decimal(5),
}  # fmt: skip


def make_estimate(*, company: Unit, season: Season, by: Any, **values: Any) -> Estimate:
    fields = {**CHECK_CASE, **values}
    return Estimate.objects.create(county=season.county, company=company, season=season, saved_by=by, **fields)


def make_target(estimate: Estimate, **values: Any) -> Target:
    """All of the need by the design load, with one milestone: 40 % arrived by the end of August."""
    demand = estimate.demands[Method.DESIGN_LOAD]
    quantity_t = values.pop("quantity_t", demand.coal_t)
    fields: dict[str, Any] = {
        "county": estimate.county, "company": estimate.company, "season": estimate.season, "estimate": estimate,
        "amount": Decimal(100), "need_t": demand.coal_t, "mean_day_t": demand.mean_day_t,
        "coldest_day_t": demand.coldest_day_t, "heat_value_mj_per_kg": estimate.heat_value_mj_per_kg,
        "quantity_t": quantity_t, "quantity_tce": rounded(tce(quantity_t, estimate.heat_value_mj_per_kg)),
        **values,
    }  # fmt: skip
    target = Target.objects.create(**fields)
    TargetMilestone.objects.create(
        target=target, kind=MilestoneKind.ARRIVED, due_on=dt.date(estimate.season.year, 8, 31),
        share_percent=Decimal(40), quantity_t=rounded(quantity_t * 40 / 100),
    )  # fmt: skip
    return target


def a_winter_of(season: Season, start_year: int, mean_c: str, *, days: int = 121) -> None:
    """So many days from 15 November of that year on, each as cold as the others."""
    first = dt.date(start_year, 11, 15)
    DailyTemperature.objects.bulk_create(
        DailyTemperature(county=season.county, day=first + dt.timedelta(days=n), mean_c=Decimal(mean_c))
        for n in range(days)
    )


def make_fund(*, company: Unit, season: Season, by: Any, **values: Any) -> FundEntry:
    """A loan of 100 万元 on 1 July, written directly: whoever `by` is."""
    usual: dict[str, Any] = {
        "kind": FundKind.LOAN, "day": dt.date(season.year, 7, 1), "amount_yuan": Decimal(1_000_000), "note": "农商行",
    }  # fmt: skip
    fields = {**usual, **values, "county": season.county, "company": company, "season": season, "entered_by": by}
    return FundEntry.objects.create(**fields)
