"""Many orders that come in together handed out together: limits, records and news as of one dispatch, without asking
the database for each."""

from collections.abc import Iterable, Sequence
from typing import Any

from accounts.models import Unit
from audit.services import build, record_many
from common import clock
from complaints import messages
from complaints.enums import LimitStage, OrderStatus, Urgency
from complaints.limits import Moments
from complaints.models import Order
from complaints.moves import MOVES
from complaints.workflow import in_words


def may_dispatch(user: Any) -> bool:
    return bool(user.has_perm(f"complaints.{MOVES['dispatch'].permission}"))


class Dispatching:
    """`values` are what `workflow.dispatch` would write on an order that is new; `tell` records and says it. Two
    queries at the beginning, one for the people of each company."""

    def __init__(self, *, by: Any, key: str, note: str) -> None:
        """`key`: what makes the news of this import one for each company. `note`: goes into each order's history."""
        self.by, self.key, self.note = by, key, note
        self.now = clock.now()
        self._limits = Moments(self.now)

    def values(self, company: Unit, *, category: str, urgency: str) -> dict[str, Any]:
        of = {"category": category, "urgency": urgency}
        due_at = self._limits.of(LimitStage.HANDLING, **of)
        return {
            "company": company, "status": OrderStatus.DISPATCHED, "status_since": self.now, "dispatched_at": self.now,
            "due_at": due_at, "original_due_at": due_at,
            "visit_due_at": self._limits.of(LimitStage.VISIT, **of),
        }  # fmt: skip

    def tell(self, orders: Sequence[Order]) -> None:
        """One entry for each order, written already; one message for each company, and one for each urgent order."""
        record_many(
            build(
                actor=self.by, action=MOVES["dispatch"].label, target=order, note=self.note,
                from_status=OrderStatus.NEW, to_status=OrderStatus.DISPATCHED, region_code=order.county.code,
                changes={"承办企业": [None, str(order.company)], "办理时限": [None, in_words(order.due_at)]},
            )
            for order in orders
        )  # fmt: skip
        for company, theirs in _by_company(orders).items():
            urgent = [(order, in_words(order.due_at)) for order in theirs if order.urgency != Urgency.ORDINARY]
            messages.dispatched_together(company, urgent, key=self.key, note=self.note, by=self.by)


def _by_company(orders: Iterable[Order]) -> dict[int, list[Order]]:
    found: dict[int, list[Order]] = {}
    for order in orders:
        if order.company_id:
            found.setdefault(order.company_id, []).append(order)
    return found
