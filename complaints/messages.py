"""Who is told about a move. Called inside the move's transaction; the key makes news reach a person once."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from accounts.enums import UnitKind
from accounts.models import User
from accounts.roles import ADMIN, COMPANY_ROLES, HOTLINE, INSPECTOR
from complaints.masking import masked_text
from notifications.services import notify

if TYPE_CHECKING:
    from audit.models import AuditEntry
    from common.occasions import Settled
    from complaints.models import Cluster, Order, OrderExtension

MOST_NAMED = 20


def company_people(unit_id: int | None) -> list[User]:
    """Who files for the company."""
    return list(User.objects.active().filter(unit_id=unit_id).with_role(*COMPANY_ROLES)) if unit_id else []


def desk_people(order: "Order | Cluster") -> list[User]:
    """The hotline desk of the county; where there is none, the bureau's administrators and inspectors."""
    of_the_county = Q(unit__region=order.county_id) | Q(unit__region=order.county.parent_id)
    desk = list(User.objects.active().filter(of_the_county).with_role(HOTLINE))
    return desk or bureau_people(order)


def bureau_people(order: "Order | Cluster") -> list[User]:
    of_the_county = Q(unit__region=order.county_id) | Q(unit__region=order.county.parent_id)
    bureau = User.objects.active().filter(of_the_county, unit__kind=UnitKind.HOUSING_BUREAU)
    return list(bureau.with_role(ADMIN, INSPECTOR))


def _tell(order: "Order", entry: "AuditEntry", people: Iterable[Any], subject: str) -> None:
    notify(
        [person for person in people if person.pk != entry.actor_id],
        key=f"order:{order.pk}:entry:{entry.pk}",
        subject=f"{order.number} {subject}",
        # News leave the house by other ways and stay when the order is settled.
        body="\n".join(filter(None, [order.address, masked_text(entry.note, order.caller)])),
        path=order.get_absolute_url(),
    )


def registered(order: "Order", entry: "AuditEntry") -> None:
    """By somebody else than the desk, who has to hand it out."""
    desk = desk_people(order)
    if entry.actor_id not in {person.pk for person in desk}:
        urgent = f"（{order.get_urgency_display()}）" if order.urgency != "ordinary" else ""
        _tell(order, entry, desk, f"由{entry.unit_name}登记{urgent}，请受理、派单")


def dispatched(order: "Order", entry: "AuditEntry", due: str) -> None:
    urgent = f"（{order.get_urgency_display()}）" if order.urgency != "ordinary" else ""
    _tell(order, entry, company_people(order.company_id), f"已派单{urgent}，请签收；时限 {due}")


def dispatched_together(
    company_id: int, urgent: Sequence[tuple["Order", str]], *, key: str, note: str, by: Any
) -> None:
    """What came in by one import: one message for the company, and one for each of the `urgent` with its limit."""
    people = [person for person in company_people(company_id) if person.pk != by.pk]
    notify(
        people, key=f"{key}:company:{company_id}", subject="有一批投诉已派单，请签收", body=f"来自{note}",
        path="/complaints/?tab=dispatched",
    )  # fmt: skip
    for order, due in urgent:
        said = f"{order.number} 已派单（{order.get_urgency_display()}），请签收；时限 {due}"
        notify(
            people, key=f"order:{order.pk}:dispatched", subject=said, body=order.address, path=order.get_absolute_url()
        )


def sent_back(order: "Order", entry: "AuditEntry") -> None:
    _tell(order, entry, desk_people(order), f"被{entry.unit_name}退单，时限照算，请改派")


def reported(order: "Order", entry: "AuditEntry") -> None:
    _tell(order, entry, desk_people(order), f"{entry.unit_name}已反馈，请回访")


def redone(order: "Order", entry: "AuditEntry", due: str) -> None:
    _tell(order, entry, company_people(order.company_id), f"诉求人说没有解决，请重办；时限 {due}")


def extension_requested(order: "Order", entry: "AuditEntry") -> None:
    _tell(order, entry, bureau_people(order), "申请延期，请审批")


def extension_decided(order: "Order", entry: "AuditEntry", extension: "OrderExtension") -> None:
    _tell(order, entry, company_people(order.company_id), f"延期申请：{extension.get_status_display()}")


def changed(order: "Order", entry: "AuditEntry", due: str) -> None:
    _tell(order, entry, company_people(order.company_id), f"类别或紧急程度有调整；时限 {due}")


def limit_taken_over(order: "Order", entry: "AuditEntry", limits: str) -> None:
    """From an order merged into it, whose limit is earlier."""
    _tell(order, entry, company_people(order.company_id), f"时限提前：{limits}")


def ended(order: "Order", entry: "AuditEntry", unit_id: int | None) -> None:
    """Taken off the company's hands: invalid, merged, withdrawn."""
    _tell(order, entry, company_people(unit_id), f"不用再办：{order.state.label}")


def cluster_found(cluster: "Cluster", level: int) -> None:
    """To the desk and the bureau, once for each level."""
    people = {person.pk: person for person in (*desk_people(cluster), *bureau_people(cluster))}
    what = "集中投诉" if level == 1 else f"集中投诉扩大（第 {level} 次预警）"
    notify(
        people.values(),
        key=f"cluster:{cluster.pk}:{level}",
        subject=f"{cluster.place} {what}：{cluster.households} 户",
        body=f"{cluster.window_hours} 小时内 {cluster.households} 户，按历史应有 {cluster.expected:.1f} 户。"
        "请核实原因，需要时转隐患或发紧急通报。",
        path=cluster.get_absolute_url(),
    )


def hazard_settled(orders: "Sequence[Order]", settled: "Settled", path: str) -> None:
    """The desk gets the list of the callers (at `path`) of the orders, all of one county; their numbers in the body."""
    named = "、".join(order.number for order in orders[:MOST_NAMED])
    notify(
        desk_people(orders[0]), key=f"{settled.key}:callers", path=path,
        subject=f"{settled.label} 已销号，请回访 {len(orders)} 件投诉的诉求人",
        body=f"{named}{f' 等 {len(orders)} 件' if orders[MOST_NAMED:] else ''}",
    )  # fmt: skip
