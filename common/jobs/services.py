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
from django.contrib.auth import get_user_model
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.core.files import File
from django.db import DatabaseError, transaction
from django.db.models import F, Q

from common import clock
from common.concurrency import Stale
from common.jobs.models import UNFINISHED, Job, JobState
from common.spreadsheets.errors import SpreadsheetError
from common.uploads import random_name

logger = logging.getLogger(__name__)
# Progress is written at most so often.
SECONDS_BETWEEN_WRITES = 1.0
# A connection that has gone stale is made anew once; for a broker that is gone nobody waits.
SEND_RETRIES = {"max_retries": 1, "interval_start": 0}


class TooManyJobs(Exception):
    """The owner has as many unfinished jobs as one may have; the text says so in Chinese."""


class _Superseded(Exception):
    """Another worker has taken the job up meanwhile."""


def start(*, owner: Any, kind: str, title: str, task: str, params: dict[str, Any]) -> Job:
    """A job, sent to the workers once the transaction is through. Raises TooManyJobs."""
    most = settings.JOBS_AT_ONCE
    with transaction.atomic():
        # Requests of the same person at the same moment line up here, or each would count the others out.
        get_user_model()._default_manager.select_for_update(no_key=True).get(pk=owner.pk)
        if Job.objects.filter(owner=owner, state__in=UNFINISHED).count() >= most:
            raise TooManyJobs(f"您已有 {most} 个任务没有做完，请在“我的任务”里等其中一个完成后再试")
        job = Job.objects.create(owner=owner, kind=kind, title=title[:200], task=task, params=params)
        transaction.on_commit(lambda: send(job))
    return job


def send(job: Job) -> None:
    """Hand the job to the workers. If the broker does not take it, it stays queued and is sent again later."""
    try:
        current_app.send_task(job.task, [job.pk], retry_policy=SEND_RETRIES)
    except Exception:  # each broker has errors of its own, and whoever asked for the job need not know any of them
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
        except Exception:
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
        except _Superseded:
            raise
        except Exception as error:
            running.fail(_told(error, job))
        else:
            if running.job.state == JobState.RUNNING:
                running.finish()
    except _Superseded:
        logger.warning("job %s was taken up by another worker", job.pk)
    except DatabaseError:
        logger.exception("the end of job %s could not be written; it will be taken up again", job.pk)


def _told(error: Exception, job: Job) -> str:
    """What the owner is told of an error. What they can do nothing about is logged under a number that they read."""
    if isinstance(error, SpreadsheetError | PermissionDenied | Stale) and str(error):
        return str(error)
    if isinstance(error, PermissionDenied):
        return "您没有做这件事的权限，没有做完。需要时请联系管理员"
    reference = uuid.uuid4().hex[:8]
    logger.error("job %s (%s) failed, reference %s", job.pk, job.task, reference, exc_info=error)
    if isinstance(error, ObjectDoesNotExist):
        return f"要处理的内容已经删除，或者您已不能查看，没有做完。有疑问时，把编号 {reference} 告诉管理员"
    return f"程序出错，没有做完。请稍后再试一次；还不行时，把编号 {reference} 告诉管理员"


def _take_up(job_id: int) -> Job | None:
    now = clock.now()
    is_free = Q(state=JobState.QUEUED) | Q(state=JobState.RUNNING, heartbeat_at__lt=now - settings.JOB_LOST_AFTER)
    taken = Job.objects.filter(is_free, pk=job_id, attempts__lt=settings.JOB_ATTEMPTS).update(
        state=JobState.RUNNING, started_at=now, heartbeat_at=now, attempts=F("attempts") + 1
    )
    return Job.objects.select_related("owner__unit__region").get(pk=job_id) if taken else None


def resume_lost() -> int:
    """Send again what no worker has: not fetched for a while, or its worker is gone. After the last attempt it has
    failed. Returns how many were sent."""
    now = clock.now()
    lost = Job.objects.filter(
        Q(state=JobState.QUEUED, heartbeat_at__lt=now - settings.JOB_SENT_AGAIN_AFTER)
        | Q(state=JobState.RUNNING, heartbeat_at__lt=now - settings.JOB_LOST_AFTER)
    )
    lost.filter(attempts__gte=settings.JOB_ATTEMPTS).update(
        state=JobState.FAILED, finished_at=now, expires_at=now + settings.JOBS_KEPT,
        error=f"试了 {settings.JOB_ATTEMPTS} 次都中断了。请把范围缩小后再试，或告诉管理员",
    )  # fmt: skip
    sent = 0
    for job in lost.filter(attempts__lt=settings.JOB_ATTEMPTS):
        # Of sweeps that meet, one sends it.
        as_seen = Job.objects.filter(pk=job.pk, heartbeat_at=job.heartbeat_at, state=job.state)
        if as_seen.update(state=JobState.QUEUED, heartbeat_at=now):
            send(job)
            sent += 1
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
