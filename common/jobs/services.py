"""Starting jobs, and working on them.

    job = start(owner=user, kind="export", title="导出隐患台账", task="inspections.tasks.export_hazards", params={…})

    @shared_task(name="inspections.tasks.export_hazards")
    def export_hazards(job_id):
        with work(job_id) as running:
            if running is None:      # somebody else has it, or it is finished
                return
            running.progress(10, 100)
            running.finish(file=opened, name="台账.xlsx")

A message may come twice or never, and a worker may be killed: a job is taken up by one worker at a time, and taken up
again when its worker has not been heard of for a while.
"""

import logging
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from celery import current_app
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files import File
from django.db import transaction
from django.db.models import F, Q
from kombu.exceptions import OperationalError

from common import clock
from common.concurrency import Stale
from common.jobs.models import UNFINISHED, Job, JobState
from common.spreadsheets.errors import SpreadsheetError
from common.uploads import random_name

logger = logging.getLogger(__name__)
# Progress is written at most so often.
SECONDS_BETWEEN_WRITES = 0.7


class TooManyJobs(Exception):
    """The owner has as many unfinished jobs as one may have; the text says so in Chinese."""


class _Superseded(Exception):
    """Another worker has taken the job up meanwhile."""


def start(*, owner: Any, kind: str, title: str, task: str, params: dict[str, Any]) -> Job:
    """A job, sent to the workers once the transaction is through. Raises TooManyJobs."""
    if Job.objects.filter(owner=owner, state__in=UNFINISHED).count() >= settings.JOBS_AT_ONCE:
        raise TooManyJobs(f"您已有 {settings.JOBS_AT_ONCE} 个任务没有做完，请等其中一个完成后再试")
    job = Job.objects.create(owner=owner, kind=kind, title=title[:200], task=task, params=params)
    transaction.on_commit(lambda: send(job))
    return job


def send(job: Job) -> None:
    """Hand the job to the workers. If the broker cannot be reached it stays queued and is sent again later."""
    try:
        current_app.send_task(job.task, [job.pk])
    except (OperationalError, OSError):
        logger.warning("job %s could not be sent", job.pk, exc_info=True)


class Running:
    """A job while this worker has it."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.params: dict[str, Any] = job.params
        self._written_at = time.monotonic()

    def progress(self, done: int, total: int | None = None, message: str = "") -> None:
        """How far it is: `done` of `total` (None: as before, or unknown), with a few words."""
        job = self.job
        job.done, job.message = done, message[:300] or job.message
        job.total = total if total is not None else job.total
        is_due = time.monotonic() - self._written_at >= SECONDS_BETWEEN_WRITES
        if is_due or done == 0 or done == job.total:
            self._write(done=job.done, total=job.total, message=job.message, heartbeat_at=clock.now())
            self._written_at = time.monotonic()

    def finish(self, *, file: IO[bytes] | None = None, name: str = "", url: str = "") -> None:
        """Done: with a file to download under `name`, or with a page to go to."""
        job = self.job
        values: dict[str, Any] = {"result_name": name[:200], "result_url": url}
        if file is not None:
            extension = name.rpartition(".")[2] or "bin"
            values["result"] = job.result.storage.save(f"jobs/{random_name(extension)}", File(file))
        try:
            self._end(JobState.DONE, **values, error="")
        except _Superseded:
            if file is not None:
                job.result.storage.delete(values["result"])
            raise

    def fail(self, error: str) -> None:
        self._end(JobState.FAILED, error=error)

    def _end(self, state: JobState, **values: Any) -> None:
        now = clock.now()
        self._write(
            state=state, finished_at=now, heartbeat_at=now, expires_at=now + settings.JOBS_KEPT, done=self.job.done,
            total=self.job.total, message=self.job.message, **values,
        )  # fmt: skip
        self.job.refresh_from_db()

    def _write(self, **values: Any) -> None:
        mine = Job.objects.filter(pk=self.job.pk, state=JobState.RUNNING, attempts=self.job.attempts)
        if not mine.update(**values):
            raise _Superseded


@contextmanager
def work(job_id: int) -> Iterator[Running | None]:
    """Take the job up; None if it is somebody else's or finished. What goes wrong inside ends it with the reason."""
    job = _take_up(job_id)
    if job is None:
        yield None
        return
    running = Running(job)
    try:
        try:
            yield running
        except (SpreadsheetError, PermissionDenied, Stale) as error:
            running.fail(str(error))
        except _Superseded:
            raise
        except Exception:
            reference = uuid.uuid4().hex[:8]
            logger.exception("job %s (%s) failed, reference %s", job.pk, job.task, reference)
            running.fail(f"程序出错，没有做完。请稍后再试一次；还不行时，把编号 {reference} 告诉管理员")
        else:
            if running.job.state == JobState.RUNNING:
                running.finish()
    except _Superseded:
        logger.warning("job %s was taken up by another worker", job.pk)


def _take_up(job_id: int) -> Job | None:
    now = clock.now()
    is_free = Q(state=JobState.QUEUED) | Q(state=JobState.RUNNING, heartbeat_at__lt=now - settings.JOB_LOST_AFTER)
    taken = Job.objects.filter(is_free, pk=job_id, attempts__lt=settings.JOB_ATTEMPTS).update(
        state=JobState.RUNNING, started_at=now, heartbeat_at=now, attempts=F("attempts") + 1
    )
    return Job.objects.select_related("owner__unit__region").get(pk=job_id) if taken else None


def resume_lost() -> int:
    """Send again what no worker has: queued for long, or its worker is gone. After the last attempt it has failed."""
    lost = Job.objects.filter(state__in=UNFINISHED, heartbeat_at__lt=clock.now() - settings.JOB_LOST_AFTER)
    lost.filter(attempts__gte=settings.JOB_ATTEMPTS).update(
        state=JobState.FAILED, finished_at=clock.now(), expires_at=clock.now() + settings.JOBS_KEPT,
        error=f"试了 {settings.JOB_ATTEMPTS} 次都中断了。请把范围缩小后再试，或告诉管理员",
    )  # fmt: skip
    sent = 0
    for job in lost.filter(attempts__lt=settings.JOB_ATTEMPTS):
        # Sent once by whichever sweep comes first.
        sent += Job.objects.filter(pk=job.pk, heartbeat_at=job.heartbeat_at, state=job.state).update(
            state=JobState.QUEUED, heartbeat_at=clock.now()
        )
        send(job)
    return sent


def forget_expired() -> int:
    """Delete finished jobs whose time is over, with their files."""
    expired = list(Job.objects.filter(expires_at__lte=clock.now()))
    for job in expired:
        name, storage = job.result.name, job.result.storage
        job.delete()
        if name:
            storage.delete(name)
    return len(expired)
