"""Which orders an export has, what its columns hold, and what is said about them.

Callers' names and phones are left out unless somebody asks for them (`callers=1` in the address). Who may export them
gets them as they are, which the journal then says; anybody else gets them masked. So it is with names and phones in
what callers said.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.db.models import F
from django.http import QueryDict

from common import clock
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.ledgers.differences import VERSION
from common.spreadsheets.ledgers.exporting import Chosen, Look
from common.spreadsheets.subtotals import Count, Subtotals
from complaints.callers import mask_name, mask_phone
from complaints.enums import OrderStatus
from complaints.filters import OrderFilter
from complaints.ledger import RECORD
from complaints.masking import masked_text
from complaints.models import Order
from facilities.models import Season
from facilities.selectors import current_season

CHUNK = 2000
CALLERS = ("caller", "phone")
AS_THEY_ARE, MASKED = "as they are", "masked"
OFFICIAL = (
    "sequence", "own_number", "source", "received_at", *CALLERS, "address", "category", "content", "urgency",
    "company",
    "status", "dispatched_at", "due_at", "reported_at", "result", "cause", "measured_c", "overdue",
)  # fmt: skip
PLAIN = (
    "number", "source", "platform", "received_at", *CALLERS, "address", "community", "building", "building_unit",
    "room",
    "category", "content", "temperature_c", "urgency", "company", "status", "dispatched_at", "due_at", "reported_at",
    "result", "cause", "measured_c", "overdue", "closed_at", RECORD, VERSION,
)  # fmt: skip
SUBTOTALS = Subtotals(
    by="company",
    counts=(
        Count("共"),
        Count("已办结", "status", lambda status: status == OrderStatus.CLOSED),
        Count("逾期", "overdue", lambda text: text == "是"),
    ),
    nobody="还没有确定企业",
    unit="件",
)
# Column → field of the model as values() names it, where they differ.
FIELDS = {
    "own_number": "number", "number": "outside_number", "community": "community__name", "company": "company__name",
    "temperature_c": "stated_temperature_c", "measured_c": "measured_temperature_c", RECORD: "number",
    VERSION: "version",
}  # fmt: skip
# Of every order, whatever columns are wanted.
BASE = ("status", "due_at", "reported_at", "first_overdue_at", "caller")


def columns_for(look: Look, callers: str | None) -> Sequence[str]:
    columns = OFFICIAL if look == Look.OFFICIAL else PLAIN
    return columns if callers else [name for name in columns if name not in CALLERS]


def chosen_orders(
    source: Any, *, query: str = "", pks: Sequence[int] | None = None, scope: Mapping[str, Any] | None = None
) -> Chosen:
    """What the list's query string leaves, or those of `pks`, of what a user sees. `source`: a request or a user."""
    user, params = getattr(source, "user", source), QueryDict(query)
    visible = Order.objects.visible_to(user)
    season = _season_of(source, user, scope)
    callers = _callers(user) if "callers" in params or (scope or {}).get("callers") else None
    about = {"season": season.pk if season else None, "callers": callers}
    said = {AS_THEY_ARE: "；含诉求人姓名和电话", MASKED: "；诉求人姓名和电话已隐去"}.get(callers or "", "")
    if pks is not None:
        chosen = visible.filter(pk__in=pks).in_list_order()
        return Chosen(chosen, f"在列表里逐条勾选{said}", scope=season, scope_json=about)
    filtered = params.copy()
    filtered.pop("callers", None)
    of_season = visible.filter(season=season) if season else visible
    filters = OrderFilter(filtered, queryset=of_season.in_list_order(), user=user, season=season)
    errors = tuple(map(str, filters.bar.errors))
    conditions = f"{filters.bar.in_words or '没有筛选'}{said}"
    return Chosen(filters.qs, conditions, errors, scope=season, scope_json=about)


def _callers(user: Any) -> str:
    return AS_THEY_ARE if user.has_perm("complaints.export_callers") else MASKED


def _season_of(source: Any, user: Any, scope: Mapping[str, Any] | None) -> Season | None:
    """The one that is asked for by name or key, else the one of the page, else today's."""
    seasons = Season.objects.visible_to(user)
    wanted = (scope or {}).get("season")
    if isinstance(wanted, str):
        if found := seasons.filter(name=wanted).first():
            return found
        raise SpreadsheetError(f"没有名为“{wanted}”的采暖季")
    if scope is not None:
        return seasons.filter(pk=wanted).first() if wanted else None
    if hasattr(source, "session"):
        return current_season(source)
    return seasons.containing(clock.today()).first() or seasons.first()


def export_rows(chosen: Chosen, columns: Sequence[str], *, in_groups: bool) -> Iterator[list[Any]]:
    """The columns' values of each order, in the list's order. One query, read in parts."""
    now, callers = clock.now(), chosen.scope_json.get("callers")
    orders = chosen.items
    if in_groups:
        company = F("company__name").asc(nulls_last=True)
        orders = orders.order_by(company, F("company_id"), F("received_at").desc(), F("pk").desc())
    derived: Mapping[str, Callable[[Mapping[str, Any], int], Any]] = {
        "sequence": lambda _, number: number,
        "overdue": lambda order, _: _overdue(order, now),
        VERSION: lambda order, _: f"v{order['version']}",
    }
    if callers != AS_THEY_ARE:
        derived = {**derived, "content": _masked("content"), "result": _masked("result")}
    if callers == MASKED:
        derived = {
            **derived,
            "caller": lambda order, _: mask_name(order["caller"]),
            "phone": lambda order, _: mask_phone(order["phone"]) if order["phone"] else "",
        }
    fields = {FIELDS.get(name, name) for name in columns if name not in ("sequence", "overdue")} | set(BASE)
    for number, order in enumerate(orders.values(*sorted(fields)).iterator(chunk_size=CHUNK), 1):
        yield [derived[name](order, number) if name in derived else order[FIELDS.get(name, name)] for name in columns]


def _masked(name: str) -> Callable[[Mapping[str, Any], int], str]:
    return lambda order, _: masked_text(order[name], order["caller"])


def _overdue(order: Mapping[str, Any], now: Any) -> str:
    """是 for what was once overdue, and for what is by now."""
    due_at = order["due_at"]
    runs = OrderStatus(order["status"]).is_open and order["reported_at"] is None
    return "是" if order["first_overdue_at"] or (runs and due_at and due_at <= now) else "否"


def title_of(season: Season | None, *, by: Any) -> str:
    county = by.unit.region.name if by.unit_id else ""
    return f"{county}{f'{season.name}采暖季' if season else ''}供热投诉工单台账"


def about_orders(*, with_subtotals: bool) -> list[tuple[str, str]]:
    said = [
        ("办理时限", "从派单起算，退单改派不重新起算；批准过延期的，是延期后的时限。"),
        ("是否逾期", "过了办理时限还没有反馈的算逾期；曾经逾期的，办结后仍写“是”。"),
        ("诉求人", "姓名和电话是个人信息，默认不导出，写在诉求内容、办理结果里的也隐去。"),
    ]
    return [*said, ("小计、合计", "小计按承办企业，“共”含无效和并单的。")] if with_subtotals else said
