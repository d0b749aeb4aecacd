"""News of a yard check: an emergency is told at once, and if it was none, that too.

Written into the outbox in the transaction of the check and looked at once more before it is sent: what has been
corrected meanwhile is not told, nor is anybody who has left.
"""

from collections.abc import Sequence

from django.db.models import CharField, DateField, F, IntegerField, Q, QuerySet, Value
from django.urls import reverse

from accounts.enums import UnitKind
from accounts.models import User
from accounts.roles import ADMIN, COMPANY_ADMIN, DEVELOPMENT, INSPECTOR
from coal.models import YardCheck
from common import clock
from common.due import WHOLE_DAY
from common.ui import moment
from notifications.models import Outgoing, OutgoingState
from notifications.outbox import Matter, deliver_soon, queue_selected, register_matter

MATTER = "yard_check"
EMERGENCY, TAKEN_BACK = "emergency", "taken_back"


def register_news() -> None:
    register_matter(Matter(MATTER, _holding, _bundled))


def people(check: YardCheck) -> QuerySet[User]:
    """The county's housing bureau and 发改局, and the administrators of the company."""
    county = Q(unit__region__code__startswith=check.yard.county.scope_prefix)
    bureau = county & Q(unit__kind=UnitKind.HOUSING_BUREAU, groups__name__in=(ADMIN, INSPECTOR))
    development = county & Q(unit__kind=UnitKind.DEVELOPMENT_BUREAU, groups__name=DEVELOPMENT)
    company = Q(unit=check.yard.company_id, groups__name=COMPANY_ADMIN)
    return User.objects.active().filter(bureau | development | company).order_by().distinct()


def emergency(check: YardCheck) -> None:
    """To everybody but who has entered it; to each once for each check."""
    subject = f"紧急：{check.yard.company.label} {check.yard}，{check.sentences[0][1]}"
    lines = [sentence for _, sentence in check.sentences]
    lines.append(f"{check.checked_by} {moment(check.checked_at)} 检查，{check.entered_by.display_name} 登记")
    _queue(check, people(check).exclude(pk=check.entered_by_id), EMERGENCY, subject, "\n".join(lines))


def taken_back(check: YardCheck) -> None:
    """To those whom the corrected check has alarmed, or is about to."""
    told = Outgoing.objects.filter(
        matter=MATTER, item_id=check.corrects_id or 0, step=EMERGENCY,
        state__in=(OutgoingState.WAITING, OutgoingState.SENT),
    )  # fmt: skip
    subject = f"{check.yard.company.label} {check.yard} 的紧急情况已更正为“{check.state.label}”"
    alarmed = people(check).filter(pk__in=told.values("recipient"))
    _queue(check, alarmed, TAKEN_BACK, subject, f"更正理由：{check.correction_reason}")


def _queue(check: YardCheck, recipients: QuerySet[User], step: str, subject: str, body: str) -> None:
    texts = {
        "key": f"yard-check:{check.pk}:{step}", "subject": subject[:200], "body": body,
        "path": reverse("coal:check_detail", args=[check.pk]),
    }  # fmt: skip
    part = recipients.annotate(
        recipient=F("pk"),
        **{name: Value(text, output_field=CharField()) for name, text in texts.items()},
        **{name: Value(n, output_field=IntegerField()) for name, n in
           (("item_id", check.pk), ("round", 1), ("repeat", 0), ("due_minute", WHOLE_DAY))},
        due_on=Value(clock.local_date(check.checked_at), output_field=DateField()),
    )  # fmt: skip
    queue_selected(part, matter=MATTER, step=step, bundle="")  # type: ignore[arg-type]
    deliver_soon()


def _holding(rows: Sequence[Outgoing]) -> set[int]:
    """Those whose check nobody has corrected, for people whom it still concerns. Two queries a check."""
    checks = YardCheck.objects.filter(pk__in={row.item_id for row in rows}).select_related("yard__county")
    concerned = {check.pk: set(people(check).values_list("pk", flat=True)) for check in checks.current()}
    return {row.pk for row in rows if row.recipient_id in concerned.get(row.item_id, ())}


def _bundled(rows: Sequence[Outgoing]) -> tuple[str, str]:
    """煤场检查：4 条紧急情况. Each stands alone, so this is of use only where much is sent again at once."""
    return f"煤场检查：{len(rows)} 条紧急情况", reverse("coal:check_list")
