"""Every write to orders that is not a move: registration and corrections."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.enums import UnitKind
from audit.models import AuditEntry
from audit.services import build, record, record_many
from common import clock
from common.concurrency import change
from common.moves import MoveRefused, refuse_if
from common.uploads import InspectedUpload
from complaints import clusters, messages, rules
from complaints.enums import LimitStage, OrderStatus, Urgency
from complaints.files import with_files
from complaints.limits import Moments
from complaints.masking import masked_text
from complaints.merging import desk_limit_from
from complaints.models import Order, OrderCounter
from facilities.models import Season

# What may be corrected at any time before the order is settled. Category and urgency set limits: a move changes them.
EDITABLE_FIELDS = (
    "source", "platform", "outside_number", "received_at", "caller", "phone", "content", "stated_temperature_c",
    "address", "township", "community", "building", "building_unit", "room",
)  # fmt: skip
# Before dispatch nothing hangs on them yet.
BEFORE_DISPATCH = ("category", "urgency")
# Who is to get it next; a company that has it in hand is changed by sending it back.
AT_DESK = ("company",)


def take_numbers(season: Season, count: int = 1) -> range:
    """The next `count` sequence numbers of the season's orders.

    The counter row is locked by the UPDATE until the caller's transaction ends, so that numbers are neither given out
    twice nor skipped: a registration that fails gives its number back by rolling back.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("take_numbers must run in the transaction of the registration")
    counters = OrderCounter.objects.filter(pk=season.pk)
    if not counters.update(last_sequence=F("last_sequence") + count):
        OrderCounter.objects.bulk_create([OrderCounter(season=season)], ignore_conflicts=True)
        counters.update(last_sequence=F("last_sequence") + count)
    last = counters.values_list("last_sequence", flat=True).get()
    return range(last - count + 1, last + 1)


def number_text(season: Season, sequence: int) -> str:
    """TS-2026-00001."""
    return f"TS-{season.year}-{sequence:05d}"


def build_order(*, season: Season, sequence: int, by: Any, **fields: Any) -> Order:
    """An unsaved order with its number and all that follows from its fields; for `register` and for imports."""
    fields.setdefault("watched_since", clock.now())
    fields |= _as_kept(fields)
    order = Order(
        season=season, county=season.county, sequence=sequence, number=number_text(season, sequence), registered_by=by,
        **fields,
    )  # fmt: skip
    if not order.address and order.community:
        house = (order.building, order.building_unit, order.room)
        order.address = rules.written_address(order.community.name, *house)
    for name, value in _derived(order).items():
        setattr(order, name, value)
    return order


def _as_kept(fields: dict[str, Any]) -> dict[str, Any]:
    """Of these fields those that are kept otherwise than people write them."""
    kept: dict[str, Callable[[str], str]] = {"outside_number": rules.outside_number, "phone": rules.phone_of}
    return {name: keep(fields[name]) for name, keep in kept.items() if fields.get(name)}


def _derived(order: Order) -> dict[str, Any]:
    """What is kept beside the fields, to be found by."""
    township_id = order.township_id or (order.community.township_id if order.community else None)
    return {
        "township_id": township_id, "phone_reversed": rules.digits_reversed(order.phone),
        "household": rules.household_of(order), "search_terms": rules.search_terms(order),
    }  # fmt: skip


@transaction.atomic
def register(*, by: Any, season: Season, uploads: Sequence[InspectedUpload] = (), **fields: Any) -> Order:
    """Enter a new order as 待受理 under the next number. `fields` are those of the model.

    Raises MoveRefused for an outside number that the source has used before, PermissionDenied.
    """
    _check_registrant(by, fields)
    refuse_if(problems_of_time(season, fields["received_at"]))
    now = clock.now()
    order = build_order(
        season=season, sequence=take_numbers(season)[0], by=by, registered_at=now,
        dispatch_due_at=dispatch_limit(now, fields), **fields,
    )  # fmt: skip
    try:
        with transaction.atomic():
            order.save(force_insert=True)
    except IntegrityError:
        raise MoveRefused([_said_before(order)]) from None

    def write() -> AuditEntry:
        return record(
            actor=by, action="登记", target=order, to_status=OrderStatus.NEW, region_code=season.county.code,
            note=order.masked_content,
        )  # fmt: skip

    messages.registered(order, with_files(order, write, by=by, uploads=uploads))
    clusters.watch([order])
    return order


def dispatch_limit(registered_at: Any, fields: Mapping[str, Any]) -> Any:
    """By when an order of that category and urgency has to be handed out. Two queries."""
    urgency = fields.get("urgency", Urgency.ORDINARY)
    return Moments(registered_at).of(LimitStage.DISPATCH, category=fields["category"], urgency=urgency)


def _said_before(order: Order) -> str:
    before = Order.objects.filter(
        county=order.county_id, source=order.source, outside_number=order.outside_number
    ).first()  # fmt: skip
    named = f"，编号 {before.number}" if before else ""
    return f"{order.get_source_display()} 的工单 {order.outside_number} 已经登记过{named}，请不要重复登记"


def problems_of_time(season: Season, received_at: Any) -> list[str]:
    day = clock.local_date(received_at)
    if received_at > clock.now():
        return [f"受理时间 {day} 还没有到，请核对"]
    if not season.summer_start_on <= day <= season.heating_end_on:
        return [
            f"受理时间 {day} 不在 {season.name} 采暖季（{season.summer_start_on} 至 {season.heating_end_on}）内，请核对"
        ]
    return []


def _check_registrant(by: Any, fields: dict[str, Any]) -> None:
    if not by.has_perm("complaints.register_order"):
        raise PermissionDenied("您没有登记投诉的权限")
    if by.unit_id and by.unit.kind == UnitKind.TOWNSHIP:
        township, community = fields.get("township"), fields.get("community")
        where = township.pk if township else (community.township_id if community else None)
        if where != by.unit.region_id:
            raise PermissionDenied("乡镇、街道只能登记本辖区的投诉")


def audit_registered(orders: Iterable[Order], *, by: Any, action: str, note: str) -> None:
    """One entry for each of many orders that came in together, which are then looked through for clusters."""
    came = list(orders)
    record_many(
        build(actor=by, action=action, target=order, to_status=order.status, region_code=order.county.code, note=note)
        for order in came
    )
    clusters.watch(came)


@transaction.atomic
def edit(order: Order, *, by: Any, version: int, values: dict[str, Any]) -> AuditEntry | None:
    """Correct what was written down. `version` is the one that was seen; raises Stale if it has moved on.

    Nothing changed: None. Raises MoveRefused for an order that is settled.
    """
    if not by.has_perm("complaints.dispatch_order"):
        raise PermissionDenied("您没有修改投诉内容的权限")
    if not order.state.is_open:
        raise MoveRefused([f"{order.number} 现在是“{order.state.label}”，内容不能再修改"])
    allowed = EDITABLE_FIELDS + (BEFORE_DISPATCH if order.dispatched_at is None else ())
    allowed += AT_DESK if order.state.is_at_desk else ()
    values = values | _as_kept(values)
    values = {name: value for name, value in values.items() if name in allowed and getattr(order, name) != value}
    if not values:
        return None
    if "received_at" in values:
        refuse_if(problems_of_time(order.season, values["received_at"]))
    changes = rules.field_differences(order, values)
    if {"category", "urgency"} & values.keys():
        said = {name: values.get(name, getattr(order, name)) for name in ("category", "urgency")}
        values["dispatch_due_at"] = desk_limit_from(order, **said)
    order.version = version
    seen = Order.objects.select_related("community").get(pk=order.pk)
    for name, value in values.items():
        setattr(seen, name, value)
    if "community" in values and "township" not in values:
        seen.township = None  # it lies where the community lies
    try:
        with transaction.atomic():
            change(order, expect={"status": order.status}, **values, **_derived(seen))
    except IntegrityError:
        raise MoveRefused([_said_before(seen)]) from None
    return record(actor=by, action="修改", target=order, changes=_masked(changes, order), region_code=order.county.code)


def _masked(changes: dict[str, list[Any]], order: Order) -> dict[str, list[Any]]:
    """Who reads the history does not thereby read names and phones."""
    hidden = {rules.label("caller"), rules.label("phone")}
    shown = {name: ["（已改）", "（不显示）"] if name in hidden else pair for name, pair in changes.items()}
    if content := shown.get(rules.label("content")):
        shown[rules.label("content")] = [masked_text(text or "", order.caller) for text in content]
    return shown
