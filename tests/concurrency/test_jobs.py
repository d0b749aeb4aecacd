"""Several workers get the same message at the same moment: one of them does the job. Nobody gets past the cap."""

from typing import Any

import pytest

from accounts.models import User
from common.jobs.models import Job, JobState
from common.jobs.services import TooManyJobs, start, work
from tests.cast import build_cast
from tests.together import PROCESSES, at_once

pytestmark = [
    pytest.mark.usefixtures("on_postgresql", "summer"),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]


def take(n: int, barrier: Any, pk: int) -> bool:
    barrier.wait(20)
    with work(pk) as running:
        if running is None:
            return False
        running.finish(url=f"/{n}/")
        return True


def take_naively(n: int, barrier: Any, pk: int) -> bool:
    """The control case: looking first and writing afterwards lets several through."""
    job = Job.objects.get(pk=pk)
    barrier.wait(20)
    if job.state != JobState.QUEUED:
        return False
    Job.objects.filter(pk=pk).update(state=JobState.RUNNING)
    return True


def test_one_worker_gets_it() -> None:
    job = Job.objects.create(owner=build_cast().admin, kind="k", title="t", task="t")
    assert sum(at_once(take, job.pk)) == 1
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.DONE, 1)


def test_the_naive_way_would_let_several_through() -> None:
    job = Job.objects.create(owner=build_cast().admin, kind="k", title="t", task="t")
    assert sum(at_once(take_naively, job.pk)) == PROCESSES


def ask(n: int, barrier: Any, pk: int) -> bool:
    owner = User.objects.get(pk=pk)
    barrier.wait(20)
    try:
        start(owner=owner, kind="k", title="t", task="tests.nobody", params={})
    except TooManyJobs:
        return False
    return True


def ask_naively(n: int, barrier: Any, pk: int) -> bool:
    """The control case: who only counts does not see those who ask at the same moment."""
    count = Job.objects.filter(owner=pk).count()
    barrier.wait(20)
    if count >= 3:
        return False
    Job.objects.create(owner_id=pk, kind="k", title="t", task="t")
    return True


def test_the_cap_holds_for_those_who_ask_at_once(settings: Any) -> None:
    settings.JOBS_AT_ONCE = 3
    assert sum(at_once(ask, build_cast().admin.pk)) == 3
    assert Job.objects.count() == 3


def test_counting_alone_would_let_all_through() -> None:
    assert sum(at_once(ask_naively, build_cast().admin.pk)) == PROCESSES
