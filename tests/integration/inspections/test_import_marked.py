"""The marked copy of an import: what needs a person is coloured and explained; mended and sent again it is ready."""

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.test import Client
from openpyxl import load_workbook
from openpyxl.styles import Font

from common.jobs.models import Job, JobState
from common.spreadsheets.ledgers.settling import dismiss
from common.spreadsheets.models import ImportBatch, Pile
from common.spreadsheets.staging import forget_files
from common.spreadsheets.tasks import mark_ledger
from common.storage import private_storage
from inspections.importing import Stager
from tests.cast import Cast
from tests.hazard_imports import import_ready
from tests.ledgers import HEAD, ledger_file, ledger_row

pytestmark = [pytest.mark.either_database, pytest.mark.django_db, pytest.mark.usefixtures("summer")]
ClientAs = Callable[[Any], Client]
AMBER, BLUE, PURPLE = "FFFFC000", "FF9BC2E6", "FFCDB4E6"


def stage(cast: Cast, content: bytes, filename: str = "台账.xlsx") -> ImportBatch:
    return Stager(by=cast.admin).stage(content, filename=filename)


def marked(client: Client, batch: ImportBatch) -> tuple[bytes, str]:
    response = client.get(f"/hazards/import/{batch.pk}/marked/")
    assert response.status_code == 200
    return b"".join(response.streaming_content), response.headers["Content-Disposition"]  # type: ignore[attr-defined]


def dressed(content: bytes) -> Any:
    """The ledger with the looks that an office gives it."""
    book = load_workbook(io.BytesIO(content))
    sheet = book.worksheets[0]
    sheet.merge_cells("A1:L1")
    sheet["A1"].font = Font(size=20)
    sheet.column_dimensions["D"].width = 44
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_problem_cells_are_coloured_and_say_what_is_expected(cast: Cast, client_as: ClientAs) -> None:
    import_ready(stage(cast, ledger_file([ledger_row("老站")])), by=cast.admin)
    content = dressed(
        ledger_file(
            [
                ledger_row("甲站"),
                ledger_row("乙站", 整改时限="2026/9/31", 责任人="相关人员"),
                ledger_row("甲站"),
                ledger_row("老站", 责任人="赵六"),
            ]
        )
    )
    copy, disposition = marked(client_as(cast.admin), stage(cast, content))
    assert "%E5%8F%B0%E8%B4%A6-%E6%A0%B8%E5%AF%B9.xlsx" in disposition  # 台账-核对.xlsx
    book = load_workbook(io.BytesIO(copy))
    sheet = book.worksheets[0]
    assert (sheet.column_dimensions["D"].width, sheet["A1"].font.size) == (44, 20), "it keeps its look"
    assert [str(each) for each in sheet.merged_cells.ranges] == ["A1:L1"]
    colours = {c.coordinate: c.fill.fgColor.rgb for row in sheet.iter_rows(min_row=4) for c in row if c.comment}
    assert colours == {"J5": AMBER, "H5": AMBER, "A6": PURPLE, "H7": BLUE}
    assert "写的是“2026/9/31”" in sheet["J5"].comment.text and "没有这一天" in sheet["J5"].comment.text
    assert "系统里现在是“周德福”，这里是“赵六”" in sheet["H7"].comment.text
    listed = [[cell.value for cell in row[:5]] for row in book["核对说明"].iter_rows(min_row=8)]
    assert [5, "J5", "待处理", "整改时限", "2026/9/31"] in listed


def test_mended_and_sent_again_it_is_ready_and_reads_no_mark(cast: Cast, client_as: ClientAs) -> None:
    batch = stage(cast, ledger_file([ledger_row("甲站"), ledger_row("乙站", 整改时限="2026/9/31")]))
    import_ready(batch, by=cast.admin)
    copy, _ = marked(client_as(cast.admin), batch)
    book = load_workbook(io.BytesIO(copy))
    book.worksheets[0]["J5"] = "2026-09-30"
    out = io.BytesIO()
    book.save(out)
    again = stage(cast, out.getvalue(), "台账-核对.xlsx")
    assert dict(again.rows.values_list("row", "pile")) == {4: Pile.REPEAT, 5: Pile.READY}
    assert again.head["other_sheets"] == []


def test_text_is_rebuilt_as_a_workbook_with_its_values_in_their_places(cast: Cast, client_as: ClientAs) -> None:
    rows = [["2026年隐患台账"], list(HEAD), ledger_row("=甲站", 整改时限="长期坚持", 联系电话="013812345678")]
    text = "\r\n".join(",".join("" if cell is None else str(cell) for cell in row) for row in rows)
    copy, _ = marked(client_as(cast.admin), stage(cast, text.encode("gb18030"), "台账.csv"))
    sheet = load_workbook(io.BytesIO(copy)).worksheets[0]
    assert (sheet["C3"].value, sheet["C3"].data_type, sheet["I3"].value) == ("=甲站", "s", "013812345678")
    assert sheet["J3"].fill.fgColor.rgb == AMBER


def test_old_uploads_are_taken_off_the_disk_and_their_rows_stay(cast: Cast) -> None:
    batch = stage(cast, ledger_file([ledger_row("甲站")]))
    name = str(batch.file.name)
    now = dt.datetime.now(dt.UTC)
    with time_machine.travel(now + dt.timedelta(days=179)):
        assert forget_files() == 0 and private_storage().exists(name)
    with time_machine.travel(now + dt.timedelta(days=181)):
        assert forget_files() == 1 and not private_storage().exists(name)
        assert forget_files() == 0
    assert batch.rows.count() == 1


def test_nothing_to_mark_and_a_file_that_is_gone_are_told(cast: Cast, client_as: ClientAs) -> None:
    client = client_as(cast.admin)
    fine = stage(cast, ledger_file([ledger_row("甲站")]))
    page = client.get(f"/hazards/import/{fine.pk}/marked/", follow=True).content.decode()
    assert "不需要核对副本" in page
    gone = stage(cast, ledger_file([ledger_row("乙站", 责任人="")]))
    gone.file.delete()
    page = client.get(f"/hazards/import/{gone.pk}/marked/", follow=True).content.decode()
    assert "上传的原文件已不在系统里" in page


def test_of_a_long_ledger_it_is_made_in_the_background(
    cast: Cast, client_as: ClientAs, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.IMPORT_IN_BACKGROUND_ABOVE_ROWS = 1
    batch = stage(cast, ledger_file([ledger_row("甲站"), ledger_row("乙站", 整改时限="2026/9/31")]))
    client = client_as(cast.admin)
    address = f"/hazards/import/{batch.pk}/marked/"
    assert "这份台账有 2 行" in client.get(address).content.decode()
    assert not Job.objects.exists(), "asking by a link starts nothing"
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(address)["Location"] == f"/accounts/tasks/{Job.objects.get().pk}/"
    job = Job.objects.get()
    mark_ledger(job.pk)
    mark_ledger(job.pk)
    job.refresh_from_db()
    assert (job.state, job.result_name, job.owner) == (JobState.DONE, "台账-核对.xlsx", cast.admin)
    with job.result.open("rb") as file:
        assert load_workbook(file).worksheets[0]["J5"].fill.fgColor.rgb == AMBER


def test_a_job_that_finds_nothing_to_mark_any_more_says_so(cast: Cast, client_as: ClientAs, settings: Any) -> None:
    settings.IMPORT_IN_BACKGROUND_ABOVE_ROWS = 0
    batch = stage(cast, ledger_file([ledger_row("乙站", 整改时限="2026/9/31")]))
    client_as(cast.admin).post(f"/hazards/import/{batch.pk}/marked/")
    dismiss(batch.rows.get(), reason="重复")
    job = Job.objects.get()
    mark_ledger(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED and "不需要核对副本" in job.error
