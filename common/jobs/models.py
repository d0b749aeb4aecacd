"""Work that takes longer than a person waits for a page: asked for by somebody, done by a worker, kept for a week."""

from typing import Any

from django.conf import settings
from django.db import models

from common import clock
from common.storage import private_storage


class JobState(models.TextChoices):
    QUEUED = "queued", "排队中"
    RUNNING = "running", "进行中"
    DONE = "done", "已完成"
    FAILED = "failed", "未完成"

    @property
    def colour(self) -> str:
        return {"running": "blue", "done": "green", "failed": "red"}.get(self.value, "grey")


UNFINISHED = (JobState.QUEUED, JobState.RUNNING)


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, user: Any) -> "JobQuerySet":
        """Only whoever asked for it: what a file holds depends on what that person sees."""
        return self.filter(owner=user)


class Job(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="申请人")
    kind = models.CharField(max_length=30)
    title = models.CharField("任务", max_length=200)
    # The Celery task that does it, called with the job's pk; `params` are for it alone.
    task = models.CharField(max_length=100)
    params = models.JSONField(default=dict)
    state = models.CharField("状态", max_length=8, choices=JobState.choices, default=JobState.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True, blank=True)
    message = models.CharField("进展", max_length=300, blank=True)
    # What came of it: a file to download, or a page to go to.
    result = models.FileField(upload_to="jobs/", storage=private_storage, max_length=200, blank=True)
    result_name = models.CharField(max_length=200, blank=True)
    result_url = models.CharField(max_length=200, blank=True)
    error = models.TextField("原因", blank=True)
    created_at = models.DateTimeField("提交时间", default=clock.now)
    started_at = models.DateTimeField("开始时间", null=True, blank=True)
    # Of a queued job: when it was last sent; of a running one: when its worker was last heard of.
    heartbeat_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField("完成时间", null=True, blank=True)
    expires_at = models.DateTimeField("保留到", null=True, blank=True)
    # Counts the workers that took it up; who is no longer the last one writes nothing more.
    attempts = models.PositiveSmallIntegerField(default=0)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = "后台任务"
        verbose_name_plural = verbose_name
        ordering = ["-created_at", "-pk"]
        default_permissions = ()
        indexes = [models.Index(fields=["owner", "-created_at"], name="job_owner")]

    def __str__(self) -> str:
        return self.title

    @property
    def is_unfinished(self) -> bool:
        return self.state in UNFINISHED

    @property
    def colour(self) -> str:
        return JobState(self.state).colour

    @property
    def waits_long(self) -> bool:
        """Whether it has not begun although a worker could have taken it up."""
        return self.state == JobState.QUEUED and clock.now() - self.created_at > settings.JOB_SENT_AGAIN_AFTER

    @property
    def result_size(self) -> int | None:
        """Bytes; None without a file, also if the disk has lost it."""
        try:
            return self.result.size if self.result else None
        except FileNotFoundError:
            return None
