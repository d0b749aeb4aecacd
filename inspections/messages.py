"""Who is told about a move. Called inside the move's transaction; the key makes news reach a person once."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from accounts.models import User
from accounts.roles import ADMIN, COMPANY_ADMIN, COMPANY_CLERK, INSPECTOR
from notifications.services import notify

if TYPE_CHECKING:
    from audit.models import AuditEntry
    from inspections.models import Extension, Hazard


def people_of(unit_id: int | None, *roles: str) -> Iterable[User]:
    """Active users of the unit with one of the roles."""
    if unit_id is None:
        return []
    return User.objects.active().filter(unit_id=unit_id).with_role(*roles)


def company_people(hazard: "Hazard", unit_id: int | None = None) -> list[User]:
    """The responsible person where there is an account, and the people of the lead unit who file for it."""
    people = list(people_of(unit_id or hazard.lead_unit_id, COMPANY_ADMIN, COMPANY_CLERK))
    person = hazard.responsible_user
    # Somebody who has gone to another unit since is not told.
    if unit_id is None and person and person.is_active and person.unit_id == hazard.lead_unit_id:
        people.append(person)
    return people


def bureau_people(hazard: "Hazard") -> list[User]:
    """The hazard's supervisor; without one, all inspectors and admins of the county's bureau."""
    supervisor = User.objects.active().filter(pk=hazard.supervisor_id, unit__kind="housing_bureau")
    of_the_county = Q(unit__region=hazard.county_id) | Q(unit__region=hazard.county.parent_id)
    if found := list(supervisor.filter(of_the_county)):
        return found
    prefix = hazard.county.scope_prefix
    bureau = User.objects.active().filter(unit__kind="housing_bureau", unit__region__code__startswith=prefix)
    return list(bureau.with_role(ADMIN, INSPECTOR))


def _tell(hazard: "Hazard", entry: "AuditEntry", people: Iterable[Any], subject: str) -> None:
    notify(
        [person for person in people if person.pk != entry.actor_id],
        key=f"hazard:{hazard.pk}:entry:{entry.pk}",
        subject=f"{hazard.number} {subject}",
        body="\n".join(filter(None, [hazard.problem_point, entry.note])),
        path=hazard.get_absolute_url(),
    )


def issued(hazard: "Hazard", entry: "AuditEntry") -> None:
    _tell(hazard, entry, company_people(hazard), f"已下达，请签收；时限 {hazard.due_on}")


def returned(hazard: "Hazard", entry: "AuditEntry") -> None:
    _tell(hazard, entry, bureau_people(hazard), f"被{entry.unit_name}退回")


def acceptance_requested(hazard: "Hazard", entry: "AuditEntry") -> None:
    _tell(hazard, entry, bureau_people(hazard), "申请验收")


def closed(hazard: "Hazard", entry: "AuditEntry") -> None:
    _tell(hazard, entry, company_people(hazard), "已验收销号")


def rejected(hazard: "Hazard", entry: "AuditEntry") -> None:
    _tell(hazard, entry, company_people(hazard), "验收不合格，请继续整改")


def extension_requested(hazard: "Hazard", entry: "AuditEntry") -> None:
    _tell(hazard, entry, bureau_people(hazard), "申请延期，请审批")


def extension_decided(hazard: "Hazard", entry: "AuditEntry", extension: "Extension") -> None:
    _tell(hazard, entry, company_people(hazard), f"延期申请：{extension.get_status_display()}")


def amended(hazard: "Hazard", entry: "AuditEntry", old_unit: Any) -> None:
    if hazard.status != "pending":
        _tell(hazard, entry, company_people(hazard), "责任或时限有调整，请查看")
        if old_unit and old_unit.pk != hazard.lead_unit_id:
            _tell(hazard, entry, company_people(hazard, old_unit.pk), "已改由其他单位负责")


def voided(hazard: "Hazard", entry: "AuditEntry") -> None:
    if entry.from_status != "pending":
        _tell(hazard, entry, company_people(hazard), "已作废")


def reminded(hazard: "Hazard", entry: "AuditEntry") -> None:
    when = f"时限 {hazard.due_on}" if hazard.due_on else "尚无时限"
    _tell(hazard, entry, company_people(hazard), f"催办：请抓紧整改，{when}")
