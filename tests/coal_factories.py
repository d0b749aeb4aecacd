"""Estimates, targets, temperatures, contracts and laboratory reports for tests.

The field's check case unless a test says otherwise.
"""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from hashlib import sha256
from typing import Any

from accounts.models import Unit
from coal.contract_services import create_contract
from coal.demand import rounded, tce
from coal.demand_enums import Method, MilestoneKind
from coal.enums import MovementKind
from coal.fund_enums import FundKind
from coal.models import (
    ArrivalDay,
    CoalFree,
    Contract,
    DailyTemperature,
    Estimate,
    FundEntry,
    Movement,
    QualityBatch,
    Target,
    TargetMilestone,
    Yard,
)
from coal.quality_services import create_batch
from common.uploads import InspectedUpload
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


def make_coal_free(*, company: Unit, by: Any, **values: Any) -> CoalFree:
    """Since 1 May 2026, written directly: whoever `by` is."""
    fields = {"from_on": dt.date(2026, 5, 1), "reason": "燃气供热", "declared_by": by, **values}
    return CoalFree.objects.create(county=company.region.county, company=company, **fields)


def make_contract(*, company: Unit, by: Any, **values: Any) -> Contract:
    """1000 t of long-term coal, 20.9 MJ/kg and at most 1 % of sulphur, for the company's season of 2026."""
    county = company.region.county
    fields: dict[str, Any] = {
        "county": county, "company": company, "number": "CY-2026-01", "supplier": "晋北煤业", "kind": "long_term",
        "quantity_t": Decimal(1000), "price_yuan_per_t": Decimal(720), "signed_on": dt.date(2026, 5, 20),
        "starts_on": dt.date(2026, 6, 1), "ends_on": dt.date(2026, 9, 8), "sulphur_percent": Decimal(1),
        "heat_value_mj_per_kg": Decimal("20.9"), "note": "", **values,
    }  # fmt: skip
    fields.setdefault("season", Season.objects.get(county=county, name="2026-2027"))
    return create_contract(by=by, **fields)


def make_batch(*, company: Unit, by: Any, **values: Any) -> QualityBatch:
    """Sampled on 2 July 2026 and not yet tested."""
    fields: dict[str, Any] = {
        "county": company.region.county, "company": company, "number": "260701", "sampled_on": dt.date(2026, 7, 2),
        "sampled_by": "", "tested_on": None, "tested_by": "", "report_number": "", "heat_value_mj_per_kg": None,
        "moisture_percent": None, "ash_percent": None, "volatile_percent": None, "sulphur_percent": None, "note": "",
        **values,
    }  # fmt: skip
    return create_batch(by=by, **fields)


def a_scan(name: str = "合同.pdf", content: bytes = b"%PDF-1.4 scan") -> InspectedUpload:
    return InspectedUpload(name, "pdf", "application/pdf", False, content, sha256(content).hexdigest())


ArrivalSums = dict[tuple[Any, ...], tuple[int, Decimal, Decimal, Decimal]]


def arrivals_kept(yards: Iterable[Yard]) -> ArrivalSums:
    """{(yard's pk, day, contract, batch): (loads, t, t with a price, yuan)} as the book keeps it."""
    fields = "yard", "day", "contract", "batch", "loads", "quantity_t", "priced_t", "value_yuan"
    return {tuple(row[:4]): tuple(row[4:]) for row in ArrivalDay.objects.filter(yard__in=yards).values_list(*fields)}


def arrivals_told(yards: Iterable[Yard]) -> ArrivalSums:
    """The same by the movements alone."""
    movements = list(Movement.objects.filter(yard__in=yards))
    gone, sums = {each.reverses_id for each in movements}, {}
    for each in movements:
        if each.kind != MovementKind.ARRIVAL or each.pk in gone:
            continue
        key = each.yard_id, each.day, each.contract, each.batch
        loads, quantity_t, priced_t, value_yuan = sums.get(key, (0, Decimal(0), Decimal(0), Decimal(0)))
        if (price := each.unit_price_yuan_per_t) is not None:
            priced_t, value_yuan = priced_t + each.quantity_t, value_yuan + each.quantity_t * price
        sums[key] = (loads + 1, quantity_t + each.quantity_t, priced_t, value_yuan)
    return sums
