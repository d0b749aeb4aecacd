"""The pages of an import of orders: what is looked at is on record, and one click registers and hands out."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import AuditEntry
from common.jobs.models import Job
from tests.cast import Cast
from tests.integration.complaints.test_import import line, stage, table

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("summer"), pytest.mark.either_database]


def test_a_look_at_the_callers_of_a_table_is_on_record(cast: Cast, client_as: Callable[[Any], Client]) -> None:
    batch = stage(cast.hotline, table(line("LL1")))
    assert "19527408846" in client_as(cast.hotline).get(
        reverse("complaints:order_import_batch", args=[batch.pk])
    ).content.decode()  # fmt: skip
    entry = AuditEntry.objects.get(action="查看导入表中的诉求人信息")
    assert (entry.actor, entry.note, entry.region_code) == (cast.hotline, "12345导出.csv", cast.county.code)


def test_so_is_the_copy_that_is_taken_away(cast: Cast, client_as: Callable[[Any], Client]) -> None:
    batch = stage(cast.hotline, table(line("LL1", 来电时间="尽快")))
    address = reverse("complaints:order_import_marked", args=[batch.pk])
    response = client_as(cast.hotline).get(address)
    assert response["Content-Disposition"].startswith("attachment")
    entry = AuditEntry.objects.get(action="下载标出问题的导入表（含诉求人信息）")
    assert (entry.actor, entry.note, entry.region_code) == (cast.hotline, "12345导出.csv", cast.county.code)


def test_a_copy_that_a_job_makes_is_on_record_if_the_job_is(
    cast: Cast, client_as: Callable[[Any], Client], settings: Any
) -> None:
    settings.IMPORT_IN_BACKGROUND_ABOVE_ROWS = settings.JOBS_AT_ONCE = 0
    batch = stage(cast.hotline, table(line("LL1", 来电时间="尽快")))
    address = reverse("complaints:order_import_marked", args=[batch.pk])
    client_as(cast.hotline).post(address)
    taken = AuditEntry.objects.filter(action="下载标出问题的导入表（含诉求人信息）")
    assert (Job.objects.count(), taken.count()) == (0, 0)
    settings.JOBS_AT_ONCE = 1
    client_as(cast.hotline).post(address)
    assert (Job.objects.count(), taken.count()) == (1, 1)


def test_the_page_imports_and_hands_out(cast: Cast, client_as: Callable[[Any], Client]) -> None:
    batch = stage(cast.hotline, table(line("LL1"), line("LL2", 承办单位="待核实")))
    client = client_as(cast.hotline)
    page = client.get(reverse("complaints:order_import_batch", args=[batch.pk])).content.decode()
    assert "只差小区或企业的 1 件也登记" in page and "导入并派单" in page
    answer = client.post(
        reverse("complaints:order_import_run", args=[batch.pk]), {"queue": "on", "dispatch": "on"}, follow=True
    )
    assert "已登记 2 件：TS-2026-00001 至 TS-2026-00002。其中 2 件已派单，等待企业签收。" in answer.content.decode()
