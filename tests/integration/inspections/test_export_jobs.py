"""A long export: asked for by the page, made by a worker, found under 我的任务."""

import io
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import openpyxl
import pytest
from django.test import Client

from audit.models import AuditEntry
from common.jobs.models import Job
from common.spreadsheets.tasks import EXPORT, export_ledger
from tests.cast import Cast, build_cast
from tests.hazards import hazard_of

ClientAs = Callable[[Any], Client]
POINTS = ["一号换热站", "二号换热站", "三号换热站"]


def three_hazards(cast: Cast) -> None:
    for point in POINTS:
        hazard_of(cast, "rectifying", problem_point=point)


def points(response: Any) -> set[str]:
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    assert sheet is not None
    head, *rows = sheet.iter_rows(values_only=True)
    column = head.index("问题点位")
    return {str(row[column]) for row in rows if row[column]}


@pytest.mark.django_db
@pytest.mark.usefixtures("summer")
class TestInOneProcess:
    @pytest.fixture(autouse=True)
    def _few(self, settings: Any) -> None:
        settings.EXPORT_IN_BACKGROUND_ABOVE = 2

    def test_as_many_as_the_setting_says_come_at_once(self, cast: Cast, client_as: ClientAs) -> None:
        three_hazards(cast)
        at_once = client_as(cast.admin).post("/hazards/export/?q=一号", {"look": "plain"})
        assert points(at_once) == {"一号换热站"} and not Job.objects.exists()

    def test_a_link_asks_before_it_starts_anything(self, cast: Cast, client_as: ClientAs, settings: Any) -> None:
        three_hazards(cast)
        page = client_as(cast.admin).get("/hazards/export/?look=plain").content.decode()
        assert "导出 3 条隐患" in page and f"保留 {settings.JOBS_KEPT.days} 天" in page
        assert not Job.objects.exists()

    def test_the_worker_writes_what_was_asked_for(self, cast: Cast, client_as: ClientAs) -> None:
        three_hazards(cast)
        client = client_as(cast.admin)
        asked = client.post("/hazards/export/?q=换热站&lead_unit=&sort=", {"look": "plain"})
        job = Job.objects.get()
        assert asked.headers["Location"] == f"/accounts/tasks/{job.pk}/"
        assert (job.task, job.title, job.owner) == (EXPORT, "导出隐患台账（普通表格）", cast.admin)
        hazard_of(cast, problem_point="锅炉房")  # not among what was asked for
        export_ledger(job.pk)
        export_ledger(job.pk)
        job.refresh_from_db()
        assert (job.state, job.done, job.total, job.message) == ("done", 3, 3, "共 3 条")
        file = client.get(f"/accounts/tasks/{job.pk}/file/")
        name = file.headers["Content-Disposition"].partition("filename*=UTF-8''")[2]
        assert unquote(name) == "冬病夏治隐患台账-普通表格-2026-2027-20260803.xlsx"
        assert points(file) == set(POINTS)
        assert AuditEntry.objects.filter(action="导出台账", actor=cast.admin).count() == 1

    def test_chosen_rows_are_the_ones_that_are_written(self, cast: Cast, client_as: ClientAs) -> None:
        chosen = [hazard_of(cast, problem_point=point).pk for point in POINTS]
        hazard_of(cast, problem_point="锅炉房")
        client = client_as(cast.admin)
        client.post("/hazards/export/", {"look": "plain", "selected": chosen})
        job = Job.objects.get()
        export_ledger(job.pk)
        assert points(client.get(f"/accounts/tasks/{job.pk}/file/")) == set(POINTS)

    @pytest.mark.parametrize("gone", ["roles", "account"])
    def test_who_may_not_export_any_more_gets_no_file(self, cast: Cast, client_as: ClientAs, gone: str) -> None:
        three_hazards(cast)
        client_as(cast.admin).post("/hazards/export/", {"look": "plain"})
        if gone == "roles":
            cast.admin.groups.clear()
        else:
            cast.admin.is_active = False
            cast.admin.save()
        job = Job.objects.get()
        export_ledger(job.pk)
        job.refresh_from_db()
        assert (job.state, job.error, job.result.name) == ("failed", "您没有导出台账的权限", "")


def test_through_a_real_broker_and_worker(celery_worker_process: Any, client_as: ClientAs, settings: Any) -> None:
    settings.EXPORT_IN_BACKGROUND_ABOVE = 2
    cast = build_cast()
    three_hazards(cast)
    client = client_as(cast.admin)
    client.post("/hazards/export/", {"look": "plain"})
    job = Job.objects.get()
    deadline = time.monotonic() + 20
    while job.is_unfinished and time.monotonic() < deadline:
        time.sleep(0.1)
        job.refresh_from_db()
    assert (job.state, job.error, job.attempts) == ("done", "", 1)
    assert points(client.get(f"/accounts/tasks/{job.pk}/file/")) == set(POINTS)
