"""Linking a complaint with a hazard that is already in the ledger: several cold flats, one valve."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from audit.services import record
from common.moves import MoveRefused, refuse_if
from complaints import rules
from complaints.enums import OrderStatus
from complaints.models import Order
from complaints.occasions import OCCASION, label_of
from inspections.models import Hazard, HazardOccasion

if TYPE_CHECKING:
    from inspections.querysets import HazardQuerySet

LABEL = "引出的隐患"
# What is no complaint any more leads to none.
NOT_FOR_HAZARDS = (OrderStatus.INVALID, OrderStatus.MERGED)


@transaction.atomic
def link_hazard(order: Order, *, by: Any, number: str) -> Hazard:
    """By the hazard's number. On record with both. Raises MoveRefused for a hazard that the user does not see, of
    another county, settled or linked already; PermissionDenied."""
    _check(by)
    if order.status in NOT_FOR_HAZARDS:
        raise MoveRefused([f"{order.number} 现在是“{order.state.label}”，不能关联隐患"])
    number = number.strip().upper()
    hazard = Hazard.objects.visible_to(by).filter(county=order.county_id, number=number).first()
    if hazard is None:
        raise MoveRefused([f"隐患台账里没有“{number}”，请核对编号，例如 YH-2026-0001"])
    # Locked: it must not be struck off in between, without its callers.
    hazard = Hazard.objects.select_for_update().get(pk=hazard.pk)
    if not hazard.state.is_open:
        raise MoveRefused([f"{hazard.number} 现在是“{hazard.state.label}”，不能再关联；问题又出现的，请复发或另行登记"])
    try:
        with transaction.atomic():
            HazardOccasion.objects.create(hazard=hazard, kind=OCCASION, item_id=order.pk, label=label_of(order)[:200])
    except IntegrityError:
        raise MoveRefused([f"{order.number} 已经关联 {hazard.number}，不用再关联"]) from None
    _record_both(order, hazard, by, "关联隐患", [None, hazard.number], [None, label_of(order)])
    return hazard


@transaction.atomic
def unlink_hazard(order: Order, *, by: Any, hazard: Hazard, reason: str) -> None:
    """Take back a link that was wrong, with the reason. Raises MoveRefused where there is none."""
    _check(by)
    refuse_if(rules.missing(reason, "请写明取消关联的理由"))
    gone, _ = HazardOccasion.objects.filter(hazard=hazard, kind=OCCASION, item_id=order.pk).delete()
    if not gone:
        raise MoveRefused([f"{order.number} 没有关联 {hazard.number}"])
    _record_both(order, hazard, by, "取消关联隐患", [hazard.number, None], [label_of(order), None], note=reason)


def linked_hazards(order: Order) -> "HazardQuerySet":
    """Registered from the order or linked with it."""
    kept = HazardOccasion.objects.filter(kind=OCCASION, item_id=order.pk).values("hazard")
    return Hazard.objects.filter(pk__in=kept)


def may_link(user: Any) -> bool:
    """The desk, who knows what callers mean; the bureau too."""
    return bool(user.has_perm("complaints.dispatch_order") and user.has_perm("inspections.view_hazard"))


def _check(by: Any) -> None:
    if not may_link(by):
        raise PermissionDenied("您没有把投诉与隐患关联的权限")


def _record_both(
    order: Order, hazard: Hazard, by: Any, action: str, of_order: list[Any], of_hazard: list[Any], note: str = ""
) -> None:
    code = order.county.code
    record(actor=by, action=action, target=order, changes={LABEL: of_order}, note=note, region_code=code)
    record(
        actor=by, action=action.replace("隐患", "投诉"), target=hazard, changes={"来自": of_hazard}, note=note,
        region_code=code,
    )  # fmt: skip
