"""The heat of what each company has in place and has burnt in a season: what 进度表 shows in tce."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.db.models import Exists, OuterRef

from coal.balances import heat_gj
from coal.demand import TCE_MJ_PER_KG, rounded
from coal.enums import MovementKind
from coal.heat_flow import Flow, HeatDay, flow
from coal.heat_values import counted_values
from coal.models import Movement, StockDay
from coal.supply_selectors import without_test

NOTHING = Decimal(0)
FIGURES = (
    "arrived_t", "transferred_in_t", "came_gj", "used_t", "lost_t", "transferred_out_t", "close_t",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SeasonHeat:
    """None where the heat value of some of the coal has not been told."""

    in_place_gj: Decimal | None = NOTHING
    used_gj: Decimal | None = NOTHING

    @property
    def in_place_tce(self) -> Decimal | None:
        return in_tce(self.in_place_gj)

    @property
    def used_tce(self) -> Decimal | None:
        return in_tce(self.used_gj)


def in_tce(heat: Decimal | None) -> Decimal | None:
    """Tonnes of standard coal."""
    return None if heat is None else rounded(heat / TCE_MJ_PER_KG, 2)


def added(heats: Iterable[SeasonHeat]) -> SeasonHeat:
    """Of several companies together; a sum of which a part is not known is not known."""
    kept = list(heats)
    return SeasonHeat(_sum([each.in_place_gj for each in kept]), _sum([each.used_gj for each in kept]))


def _sum(amounts: list[Decimal | None]) -> Decimal | None:
    known = [each for each in amounts if each is not None]
    return sum(known, NOTHING) if len(known) == len(amounts) else None


def season_heats(owners: Mapping[int, int], first: dt.date, last: dt.date) -> dict[int, SeasonHeat]:
    """By the company's pk. `owners`: {yard's pk: its company's}. Four queries; it reads every day of these yards'
    books, not every movement."""
    carried = _carried(owners, last)
    untold = _untold(owners, carried, last)
    by_yard: dict[int, list[HeatDay]] = {key: [] for key in owners}
    rows = StockDay.objects.filter(yard__in=list(owners), day__lte=last).order_by("yard", "day")
    for yard, day, arrived_t, in_t, came_gj, used_t, lost_t, out_t, close_t in rows.values_list(
        "yard", "day", *FIGURES
    ):
        is_told, left_t = (yard, day) not in untold, used_t + lost_t + out_t
        by_yard[yard].append(HeatDay(day, arrived_t + in_t, came_gj, used_t, left_t, close_t, is_told))
    usual = settings.COAL_USUAL_HEAT_VALUE_MJ_PER_KG
    flows: dict[int, list[Flow]] = {}
    for yard, days in by_yard.items():
        flows.setdefault(owners[yard], []).append(flow(days, first, usual))
    brought_gj: dict[int, Decimal] = {}
    for each, value in carried:
        if each.day >= first:
            company = owners[each.yard_id]
            brought_gj[company] = brought_gj.get(company, NOTHING) + heat_gj(each.quantity_t, value)
    return {company: _heat(parts, brought_gj.get(company, NOTHING)) for company, parts in flows.items()}


def _heat(flows: list[Flow], brought_gj: Decimal) -> SeasonHeat:
    """`brought_gj`: what came from another yard of the same company, which is no arrival."""
    in_place = sum((each.opening_gj + each.came_gj + each.counted_gj for each in flows), NOTHING) - brought_gj
    used = sum((each.used_gj for each in flows), NOTHING)
    return SeasonHeat(
        in_place if all(each.in_place_is_told for each in flows) else None,
        used if all(each.used_is_told for each in flows) else None,
    )


def _carried(owners: Mapping[int, int], last: dt.date) -> list[tuple[Movement, Decimal | None]]:
    """What was carried into each yard from another and holds, with the heat value it is reckoned with. Two queries."""
    undone = Movement.objects.filter(reverses=OuterRef("pk"), reverses__isnull=False)
    came = Movement.objects.filter(
        ~Exists(undone), yard__in=list(owners), kind=MovementKind.TRANSFER_IN, day__lte=last
    )  # fmt: skip
    kept = list(came)
    values = counted_values(kept, owners)
    return [(each, values[each.pk].mj_per_kg) for each in kept]


def _untold(
    owners: Mapping[int, int], carried: Iterable[tuple[Movement, Decimal | None]], last: dt.date
) -> set[tuple[int, dt.date]]:  # fmt: skip
    """The yards' days on which coal came of whose heat value nobody has told anything: by an arrival, or from another
    yard of a company that has such arrivals. One query."""
    arrivals = Movement.objects.filter(yard__in=list(owners), heat_value_mj_per_kg__isnull=True, day__lte=last)
    found = set(without_test(arrivals).order_by().values_list("yard", "day").distinct())
    companies = {owners[yard] for yard, _ in found}
    return found | {
        (each.yard_id, each.day) for each, value in carried if value is None and owners[each.yard_id] in companies
    }
