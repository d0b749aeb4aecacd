"""Background jobs: asked for, worked on by one worker at a time, told about, kept for a week, seen by nobody else."""

import datetime as dt
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.test import Client

from common.jobs.models import Job, JobState
from common.jobs.services import Running, TooManyJobs, resume_lost, start, work
from common.jobs.tasks import resume
from common.spreadsheets.errors import SpreadsheetError
from common.storage import private_storage
from heating.celery import app
from heating.tasks import clean_up
from tests.cast import Cast
from tests.hazards import hazard_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("summer")]
ClientAs = Callable[[Any], Client]
TASK = "tests.a_job"


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[int]]]:
    """What was handed to the broker."""
    messages: list[tuple[str, list[int]]] = []
    monkeypatch.setattr(app, "send_task", lambda task, args, **options: messages.append((task, args)))
    return messages


def a_job(cast: Cast, **params: Any) -> Job:
    return start(owner=cast.admin, kind="test", title="导出隐患台账", task=TASK, params=params)


@contextmanager
def working(job: Job) -> Iterator[Running]:
    """`work` for tests: what is asserted inside fails the test, and not only the job."""
    wrong: AssertionError | None = None
    with work(job.pk) as running:
        assert running is not None
        try:
            yield running
        except AssertionError as error:
            wrong = error
    if wrong:
        raise wrong


def finished(cast: Cast, name: str = "隐患台账（2026）.xlsx") -> Job:
    job = a_job(cast)
    with working(job) as running:
        running.finish(file=io.BytesIO(b"PK-content"), name=name)
    return Job.objects.get(pk=job.pk)


def taken_up_and_killed(job: Job) -> Running:
    """A worker takes the job up and is heard of no more."""
    running = work(job.pk).__enter__()
    assert running is not None
    return running


def minutes(count: float) -> time_machine.travel:
    """So much later than now."""
    return time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=count))


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
    with working(job) as running:
        running.progress(0, 5000, "正在写入")
        page = client.get(f"/accounts/tasks/{job.pk}/").content.decode()
        assert "进行中" in page and "0 / 5\u00a0000" in page and "正在写入" in page
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


def test_how_far_it_is_without_knowing_how_much_there_is(cast: Cast, client_as: ClientAs) -> None:
    job, client = a_job(cast), client_as(cast.admin)
    with working(job) as running:
        running._written_at -= 1
        running.progress(40, message="正在读取照片")
        for address in ("/accounts/tasks/", f"/accounts/tasks/{job.pk}/"):
            assert "已处理 40<" in client.get(address).content.decode()


def test_a_job_with_a_page_leads_there(cast: Cast, client_as: ClientAs) -> None:
    job = a_job(cast)
    with working(job) as running:
        running.finish(url="/hazards/import/5/")
    part = client_as(cast.admin).get(f"/accounts/tasks/{job.pk}/", headers={"HX-Request": "true"})
    assert part.headers["HX-Redirect"] == "/hazards/import/5/"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (SpreadsheetError("文件是空的"), "文件是空的"),
        (PermissionDenied("您没有导入台账的权限"), "您没有导入台账的权限"),
        (PermissionDenied(), "您没有做这件事的权限"),
        (ObjectDoesNotExist("secret"), "要处理的内容已经删除，或者您已不能查看"),
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


def test_an_error_of_the_program_is_logged_under_the_number_that_its_owner_reads(
    cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    job = a_job(cast)
    with work(job.pk):
        raise ValueError("secret")
    job.refresh_from_db()
    [logged] = [record for record in caplog.records if record.exc_info]
    reference = logged.getMessage().rpartition(" ")[2]
    assert len(reference) == 8 and f"编号 {reference} " in job.error
    assert logged.getMessage().startswith(f"job {job.pk} ({TASK})") and str(logged.exc_info[1]) == "secret"  # type: ignore[index]


def test_progress_is_written_once_a_second(cast: Cast, django_assert_num_queries: Any) -> None:
    job = a_job(cast)
    with working(job) as running:
        running.progress(0, 1000, "正在写入")
        with django_assert_num_queries(0):
            for done in range(1, 500):
                running.progress(done)
        running._written_at -= 1
        with django_assert_num_queries(1):
            running.progress(500)
            running.progress(501)
        seen = Job.objects.get(pk=job.pk)
        assert (seen.done, seen.total, seen.message) == (500, 1000, "正在写入")
    seen.refresh_from_db()
    assert (seen.state, seen.done) == (JobState.DONE, 501), "what was held back is written at the end"


def test_without_a_broker_the_job_waits_and_goes_on_later(
    cast: Cast, sent: list[Any], monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def refuse(*arguments: Any, **options: Any) -> None:
        raise ConnectionRefusedError("no broker")

    with monkeypatch.context() as without_broker:
        without_broker.setattr(app, "send_task", refuse)
        with django_capture_on_commit_callbacks(execute=True):
            job = a_job(cast)
    job.refresh_from_db()
    assert job.state == JobState.QUEUED and sent == []
    with minutes(1.1):
        resume()
    assert sent == [(TASK, [job.pk])]


def test_a_message_that_got_lost_is_sent_again_after_a_minute(cast: Cast, client_as: ClientAs, sent: list[Any]) -> None:
    job = a_job(cast)
    with minutes(0.9):
        assert resume_lost() == 0
        assert "前面还有别的任务" not in client_as(cast.admin).get(f"/accounts/tasks/{job.pk}/").content.decode()
    with minutes(1.1):
        assert resume_lost() == 1
        assert resume_lost() == 0, "it is given another minute"
        assert "前面还有别的任务" in client_as(cast.admin).get(f"/accounts/tasks/{job.pk}/").content.decode()
    assert sent == [(TASK, [job.pk])]


def test_a_worker_that_is_gone_is_followed_by_another_and_writes_nothing_more(cast: Cast, sent: list[Any]) -> None:
    job = a_job(cast)
    with working(job) as first:
        with work(job.pk) as second:
            assert second is None, "one at a time"
        with minutes(4.9):
            assert resume_lost() == 0
        with minutes(5.1):
            assert resume_lost() == 1
            with working(job) as second:
                second.finish(url="/second/")
        first.finish(file=io.BytesIO(b"late"), name="late.xlsx")
    job.refresh_from_db()
    assert (job.state, job.result_url, job.attempts) == (JobState.DONE, "/second/", 2)
    kept = Path(private_storage().path("jobs"))
    assert [path for path in kept.rglob("*") if path.is_file()] == [], "and leaves no file behind"
    assert sent == [(TASK, [job.pk])]


def test_a_worker_that_was_given_up_does_not_touch_what_the_next_one_is_doing(cast: Cast) -> None:
    job = a_job(cast)
    with work(job.pk) as first:
        assert first is not None
        with minutes(5.1):
            taken_up_and_killed(job).progress(0, 9, "second")
            first.finish(url="/first/")
    job.refresh_from_db()
    assert (job.state, job.attempts, job.message, job.result_url) == (JobState.RUNNING, 2, "second", "")


def test_a_worker_that_is_heard_of_keeps_its_job(cast: Cast) -> None:
    job = a_job(cast)
    with working(job) as running:
        with minutes(4):
            running.progress(0, 10)
        with minutes(8):
            assert resume_lost() == 0
            with work(job.pk) as second:
                assert second is None


def test_after_three_attempts_it_has_failed(cast: Cast, sent: list[Any]) -> None:
    job = a_job(cast)
    for attempt in range(3):
        with minutes(6 * attempt):
            assert resume_lost() == min(attempt, 1)
            taken_up_and_killed(job)
    with minutes(18):
        with work(job.pk) as fourth:
            assert fourth is None, "a message that comes late starts no fourth attempt"
        assert resume_lost() == 0
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.FAILED, 3)
    assert job.error == "试了 3 次都中断了。请把范围缩小后再试，或告诉管理员"
    assert sent == [(TASK, [job.pk])] * 2


def test_results_are_kept_for_a_week(cast: Cast, client_as: ClientAs, settings: Any) -> None:
    settings.JOBS_KEPT = dt.timedelta(days=7)
    job, waiting = finished(cast), a_job(cast)
    name = str(job.result.name)
    with minutes(7 * 24 * 60 - 1):
        clean_up()
    assert private_storage().exists(name) and Job.objects.count() == 2
    with minutes(7 * 24 * 60 + 1):
        clean_up()
    assert not private_storage().exists(name)
    assert Job.objects.get() == waiting, "what is not finished does not expire"


def test_a_file_that_the_disk_has_lost_is_told_and_no_error(cast: Cast, client_as: ClientAs) -> None:
    job, client = finished(cast), client_as(cast.admin)
    private_storage().delete(str(job.result.name))
    assert "文件已经不在了，请重新提交一次" in client.get(f"/accounts/tasks/{job.pk}/").content.decode()
    page = client.get(f"/accounts/tasks/{job.pk}/file/", follow=True)
    assert "已经过了保留期" in page.content.decode()


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("台账.XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("通知.zip", "application/zip"),
        ("别的.exe", "application/octet-stream"),
    ],
)
def test_a_file_is_sent_as_what_it_is(cast: Cast, client_as: ClientAs, name: str, content_type: str) -> None:
    file = client_as(cast.admin).get(f"/accounts/tasks/{finished(cast, name).pk}/file/")
    assert file.headers["Content-Type"] == content_type
    assert file.headers["Content-Disposition"].startswith("attachment; ")


def test_the_list_is_asked_for_again_only_while_something_moves(cast: Cast, client_as: ClientAs) -> None:
    job, client = a_job(cast), client_as(cast.admin)
    page = client.get("/accounts/tasks/").content.decode()
    assert 'hx-trigger="every 3s"' in page and ">刷新</a>" in page
    assert client.get("/accounts/tasks/", headers={"HX-Request": "true"}).status_code == 200
    with work(job.pk):
        pass
    stopped = client.get("/accounts/tasks/", headers={"HX-Request": "true"})
    assert stopped.status_code == 286 and "已完成" in stopped.content.decode()
    assert "hx-trigger" not in client.get(f"/accounts/tasks/{job.pk}/").content.decode().split('id="job"')[1]


def test_nobody_fills_the_queue(cast: Cast, settings: Any) -> None:
    settings.JOBS_AT_ONCE = 2
    finished(cast)
    a_job(cast)
    a_job(cast)
    with pytest.raises(TooManyJobs, match="您已有 2 个任务没有做完，请在“我的任务”里等其中一个完成后再试"):
        a_job(cast)
    start(owner=cast.inspector, kind="test", title="t", task=TASK, params={})


def test_one_job_too_many_is_told_on_the_page(cast: Cast, client_as: ClientAs, settings: Any) -> None:
    settings.JOBS_AT_ONCE = settings.EXPORT_IN_BACKGROUND_ABOVE = 0
    hazard_of(cast)
    page = client_as(cast.admin).post("/hazards/export/", {"look": "plain"}, follow=True)
    assert page.redirect_chain[-1][0] == "/accounts/tasks/"
    assert "任务没有做完" in page.content.decode()
