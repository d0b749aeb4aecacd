"""Several officers decide about the same proposal at the same moment: one wins, and its people are told once."""

from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from audit.models import AuditEntry
from notifications.models import Outgoing
from supervision.models import Proposal
from supervision.proposals import APPROVE, DECLINE, decide, due_for
from supervision.sweep import sweep
from tests.cast import build_cast
from tests.factories import HazardFactory
from tests.integration.supervision.conftest import DUE, day
from tests.together import at_once

pytestmark = [
    pytest.mark.usefixtures("on_postgresql", "summer"),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
OFFICERS, HAZARDS = 4, 40


def run(n: int, barrier: Any) -> tuple[int, int]:
    """How many one officer decided about, and how many somebody else had been first with."""
    connection.ensure_connection()
    officer = User.objects.get(username="ll_admin" if n % 2 else "ll_inspector")
    seen = dict(Proposal.objects.values_list("pk", "version"))
    barrier.wait(20)
    outcome = decide(seen, by=officer, move=APPROVE if n % 2 else DECLINE, reason="理由")
    return len(outcome.done), len(outcome.stale)


def test_each_is_decided_about_once() -> None:
    cast = build_cast()
    for _ in range(HAZARDS):
        HazardFactory(season=cast.season, lead_unit=cast.chengyuan, status="rectifying", due_on=DUE)
    sweep(day(3))
    assert Proposal.objects.filter(state="open").count() == HAZARDS

    found = at_once(run, processes=OFFICERS)

    assert sum(done for done, _ in found) == HAZARDS
    assert sum(stale for _, stale in found) == HAZARDS * (OFFICERS - 1)
    assert set(Proposal.objects.values_list("version", flat=True)) == {1}
    assert AuditEntry.objects.filter(action__in=["批准督办单", "不同意督办单"]).count() == HAZARDS
    approved = Proposal.objects.filter(state="approved").count()
    # Two of the company, three of the bureau.
    assert Outgoing.objects.filter(key__startswith="approved:").count() == approved * 5


def test_what_is_in_the_way_of_a_proposal_is_looked_up_and_never_joined() -> None:
    """A join is planned by what the database believes of the table: filled a moment ago, it was gone through for every
    row."""
    plan = due_for(build_cast().admin).explain()
    assert not [each for each in missing_of_anti_joins(plan) if "supervision_proposal" in each]
    assert "SubPlan" in plan


def missing_of_anti_joins(plan: str) -> list[str]:
    """Of each the second branch: what must not be there. Whether a report has come is one too."""
    lines = plan.splitlines()
    depth = [len(line) - len(line.lstrip()) for line in lines]
    found = []
    for number, line in enumerate(lines):
        if "Anti Join" not in line:
            continue
        end = next((n for n in range(number + 1, len(lines)) if depth[n] <= depth[number]), len(lines))
        nodes = [n for n in range(number + 1, end) if lines[n].lstrip().startswith("->")]
        second = [n for n in nodes if depth[n] == depth[nodes[0]]][1]
        found.append("\n".join(lines[second:end]))
    return found
