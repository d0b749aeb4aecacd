"""A kind for tests whose deadlines are moments: an exported file is to be fetched before it is deleted."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db.models import F, QuerySet, Value

from accounts.enums import UnitKind
from accounts.models import Unit
from common import clock
from common.jobs.models import Job, JobState
from notifications.models import Message
from notifications.outbox import deliver
from supervision import kinds
from supervision.enums import OffsetUnit
from supervision.first_steps import FirstStep
from supervision.kinds import Facts, Kind
from supervision.models import Escalation
from supervision.news import register_matters
from supervision.sweep import sweep

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str) -> dt.datetime:
    """2026-08-20 14:30 in Shanghai."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def _people_of_bureau(items: QuerySet[Any]) -> list[QuerySet[Any]]:
    bureau = {"owner__unit__region__units__kind": UnitKind.HOUSING_BUREAU}
    people = items.filter(**bureau, owner__unit__region__units__users__is_active=True)
    return [people.annotate(recipient=F("owner__unit__region__units__users"))]


def _facts(ids: Any) -> dict[int, Facts]:
    return {
        job.pk: Facts(
            title=job.title,
            unit=job.owner.unit.label if job.owner.unit else "",
            status=JobState(job.state).label,
            path="/accounts/tasks/",
            due_at=job.expires_at if job.state == JobState.DONE else None,
        )
        for job in Job.objects.filter(pk__in=list(ids)).select_related("owner__unit")
    }


HOURS = OffsetUnit.HOURS
KEPT = Kind(
    name="kept", label="导出文件", watched=lambda: Job.objects.filter(state=JobState.DONE),
    visible=lambda user: Job.objects.filter(owner__unit__in=Unit.objects.visible_to(user)),
    due="expires_at", due_label="保留到", unit="owner__unit",
    title=F("title"), text=Value("到期后删除"), path=Value("/accounts/tasks/"),
    recipients={
        "tells_responsible": lambda items: [items.annotate(recipient=F("owner"))],
        "tells_bureau": _people_of_bureau,
    },
    facts=_facts,
    pause=lambda job: "" if job.state == JobState.DONE else "文件已删除。",
    first_steps=(
        FirstStep("remind-2h", -2, ("responsible",), unit=HOURS),
        FirstStep("remind-0h", 0, ("responsible",), unit=HOURS),
        FirstStep("urge-1h", 1, ("responsible", "bureau"), unit=HOURS, repeat_every=3),
        FirstStep("notice-1d", 1, ("responsible", "bureau"), is_proposed=True),
    ),
)  # fmt: skip


def add_kept_files(monkeypatch: pytest.MonkeyPatch, kind: Kind = KEPT) -> None:
    monkeypatch.setitem(kinds.KINDS, kind.name, kind)
    register_matters()


def file_of(owner: Any, due: str, title: str = "隐患台账", **more: Any) -> Job:
    values = {"kind": "export", "task": "export", "state": JobState.DONE, "title": title} | more
    return Job.objects.create(owner=owner, expires_at=at(due), **values)


def swept(traveller: Any, now: str) -> dict[str, int]:
    """What a sweep at that moment newly finds of the files; its news is delivered."""
    traveller.move_to(at(now))
    found = sweep(clock.today()).new["kept"]
    deliver()
    return found


def told(person: Any) -> list[str]:
    """Of the files, in the order in which the messages came."""
    messages = Message.objects.filter(recipient=person, key__contains=":kept:").order_by("pk")
    return list(messages.values_list("subject", flat=True))


def records() -> set[tuple[int, str, int, bool]]:
    """(item, step, repetition, whether announced)"""
    found = Escalation.objects.filter(kind="kept")
    return set(found.values_list("item_id", "step", "repeat", "announced"))
