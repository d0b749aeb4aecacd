"""Background jobs: asked for, worked on by one worker at a time, told about, kept for a week, seen by nobody else."""

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.test import Client

from common.jobs.models import Job, JobState
from common.jobs.services import TooManyJobs, forget_expired, resume_lost, start, work
from common.spreadsheets.errors import SpreadsheetError
from common.storage import private_storage
from heating.celery import app
from tests.cast import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("summer")]
ClientAs = Callable[[Any], Client]
TASK = "tests.a_job"


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[int]]]:
    """What was handed to the broker."""
    messages: list[tuple[str, list[int]]] = []
    monkeypatch.setattr(app, "send_task", lambda task, args: messages.append((task, args)))
    return messages


def a_job(cast: Cast, **params: Any) -> Job:
    return start(owner=cast.admin, kind="test", title="导出隐患台账", task=TASK, params=params)


def finished(cast: Cast) -> Job:
    job = a_job(cast)
    with work(job.pk) as running:
        assert running is not None
        running.finish(file=io.BytesIO(b"PK-content"), name="隐患台账（2026）.xlsx")
    return Job.objects.get(pk=job.pk)


def test_a_job_is_sent_once_the_transaction_is_through(
    cast: Cast, sent: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        job = a_job(cast, rows=3)
        assert sent == []
    assert sent == [(TASK, [job.pk])]
    assert (job.state, job.params) == (JobState.QUEUED, {"rows": 3})


def test_what_a_worker_writes_is_what_the_page_shows(cast: Cast, client_as: ClientAs) -> None:
    job, client = a_job(cast), client_as(cast.admin)
    with work(job.pk) as running:
        assert running is not None
        running.progress(0, 5000, "正在写入")
        page = client.get(f"/accounts/tasks/{job.pk}/").content.decode()
        assert "进行中" in page and "0 / 5000" in page and "正在写入" in page
        running.progress(5000, 5000, "正在写入")
        running.finish(file=io.BytesIO(b"PK-content"), name="隐患台账（2026）.xlsx")
    page = client.get(f"/accounts/tasks/{job.pk}/").content.decode()
    assert "已完成" in page and "隐患台账（2026）.xlsx" in page
    file = client.get(f"/accounts/tasks/{job.pk}/file/")
    assert b"".join(file.streaming_content) == b"PK-content"  # type: ignore[attr-defined]
    assert "filename*=UTF-8''%E9%9A%90%E6%82%A3%E5%8F%B0%E8%B4%A6%EF%BC%882026%EF%BC%89.xlsx" in file.headers[
        "Content-Disposition"
    ]  # fmt: skip
    assert "下载" in client.get("/accounts/tasks/").content.decode()


def test_a_job_with_a_page_leads_there(cast: Cast, client_as: ClientAs) -> None:
    job = a_job(cast)
    with work(job.pk) as running:
        assert running is not None
        running.finish(url="/hazards/import/5/")
    part = client_as(cast.admin).get(f"/accounts/tasks/{job.pk}/", headers={"HX-Request": "true"})
    assert part.headers["HX-Redirect"] == "/hazards/import/5/"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (SpreadsheetError("文件是空的"), "文件是空的"),
        (PermissionDenied("您没有导入台账的权限"), "您没有导入台账的权限"),
        (ValueError("secret"), "程序出错，没有做完"),
    ],
)
def test_what_goes_wrong_is_told_and_ends_the_job(cast: Cast, client_as: ClientAs, error: Exception, told: str) -> None:
    job = a_job(cast)
    with work(job.pk):
        raise error
    job.refresh_from_db()
    assert job.state == JobState.FAILED and job.error.startswith(told) and "secret" not in job.error
    assert told in client_as(cast.admin).get(f"/accounts/tasks/{job.pk}/").content.decode()
    with work(job.pk) as again:
        assert again is None, "a finished job is not taken up again"


def test_a_job_is_nobody_elses(cast: Cast, client_as: ClientAs) -> None:
    job = finished(cast)
    client = client_as(cast.inspector)
    assert "导出隐患台账" not in client.get("/accounts/tasks/").content.decode()
    for address in (f"/accounts/tasks/{job.pk}/", f"/accounts/tasks/{job.pk}/file/"):
        assert client.get(address).status_code == 404


def test_a_worker_that_is_gone_is_followed_by_another_and_writes_nothing_more(cast: Cast, sent: list[Any]) -> None:
    job = a_job(cast)
    with work(job.pk) as first:
        assert first is not None
        with work(job.pk) as second:
            assert second is None, "one at a time"
        assert resume_lost() == 0
        with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=6)):
            assert resume_lost() == 1
            assert resume_lost() == 0
            with work(job.pk) as second:
                assert second is not None
                first.job.attempts = 1
                second.finish(url="/second/")
        first.finish(url="/first/")
    job.refresh_from_db()
    assert (job.state, job.result_url, job.attempts) == (JobState.DONE, "/second/", 2)
    assert sent == [(TASK, [job.pk])]


def test_after_three_attempts_it_has_failed(cast: Cast) -> None:
    job = a_job(cast)
    now = dt.datetime.now(dt.UTC)
    for minutes in (0, 6, 12):
        with time_machine.travel(now + dt.timedelta(minutes=minutes)):
            resume_lost()
            Job.objects.filter(pk=job.pk).update(state=JobState.QUEUED)
            with work(job.pk) as running:
                assert running is not None
                Job.objects.filter(pk=job.pk).update(attempts=running.job.attempts)
                running.job.attempts = -1  # killed: it writes nothing more
    with time_machine.travel(now + dt.timedelta(minutes=30)):
        assert resume_lost() == 0
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.FAILED, 3)
    assert "3 次都中断了" in job.error


def test_results_are_kept_for_a_week(cast: Cast, client_as: ClientAs) -> None:
    job = finished(cast)
    name = str(job.result.name)
    now = dt.datetime.now(dt.UTC)
    with time_machine.travel(now + dt.timedelta(days=6, hours=23)):
        assert forget_expired() == 0
    with time_machine.travel(now + dt.timedelta(days=7, minutes=1)):
        assert forget_expired() == 1
    assert not private_storage().exists(name) and not Job.objects.exists()


def test_nobody_fills_the_queue(cast: Cast, settings: Any) -> None:
    settings.JOBS_AT_ONCE = 2
    finished(cast)
    a_job(cast)
    a_job(cast)
    with pytest.raises(TooManyJobs, match="您已有 2 个任务没有做完"):
        a_job(cast)


def test_one_job_too_many_is_told_on_the_page(cast: Cast, client_as: ClientAs, settings: Any) -> None:
    settings.JOBS_AT_ONCE = settings.EXPORT_IN_BACKGROUND_ABOVE = 0
    from tests.hazards import hazard_of

    hazard_of(cast)
    page = client_as(cast.admin).post("/hazards/export/", {"look": "plain"}, follow=True)
    assert page.redirect_chain[-1][0] == "/accounts/tasks/"
    assert "任务没有做完" in page.content.decode()
