"""Rows that are hazards of the site already: their differences, applied on a tick; and the way back of an export."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from openpyxl import load_workbook

from audit.models import AuditEntry
from common.jobs.models import Job
from common.spreadsheets.models import ImportBatch, Pile
from common.spreadsheets.staging import read_upload
from common.spreadsheets.tasks import update_from_ledger
from inspections import services, workflow
from inspections.enums import HazardStatus
from inspections.importing import Stager
from inspections.models import Hazard
from notifications.models import Message
from tests.cast import Cast
from tests.hazard_imports import apply_updates, import_ready, settle
from tests.hazards import add_photo, hazard_of
from tests.ledgers import HEAD, ledger_file, ledger_row

pytestmark = [pytest.mark.either_database, pytest.mark.django_db, pytest.mark.usefixtures("summer")]
ClientAs = Callable[[Any], Client]


def stage(cast: Cast, content: bytes, *, by: Any = None) -> ImportBatch:
    return Stager(by=by or cast.admin).stage(content, filename="台账.xlsx")


def registered(cast: Cast, **changed: Any) -> Hazard:
    [hazard] = import_ready(stage(cast, ledger_file([ledger_row("甲站", **changed)])), by=cast.admin)
    return Hazard.objects.get(pk=hazard.pk)


def changes(batch: ImportBatch, row: int = 4) -> list[tuple[str, str, str]]:
    return [(each["field"], each["old"], each["new"]) for each in batch.rows.get(row=row).changes]


def apply_all(batch: ImportBatch, by: Any) -> tuple[int, list[str]]:
    return apply_updates(batch, batch.rows.filter(pile=Pile.UPDATE), by=by)


def test_a_known_row_that_says_something_else_is_an_update_and_waits_for_its_tick(cast: Cast) -> None:
    hazard = registered(cast)
    changed = ledger_row("甲站", 责任人="赵六", 整改时限="2026-10-15", 隐患等级="较大", 联系电话="13900000000")
    batch = stage(cast, ledger_file([changed]))
    row = batch.rows.get()
    assert (row.pile, row.item_id, row.reason) == (Pile.UPDATE, hazard.pk, hazard.number)
    assert changes(batch) == [
        ("grade", "一般", "较大"),
        ("responsible_person", "周德福", "赵六"),
        ("phone", "13812345678", "13900000000"),
        ("due_on", "2026-09-30", "2026-10-15"),
    ]
    hazard.refresh_from_db()
    assert hazard.responsible_person == "周德福", "nothing changes without the tick"
    assert apply_all(batch, cast.admin) == (1, [])
    hazard.refresh_from_db()
    assert (hazard.responsible_person, hazard.responsible_phone) == ("赵六", "13900000000")
    assert (str(hazard.due_on), hazard.get_grade_display()) == ("2026-10-15", "较大")
    assert batch.rows.get().pile == Pile.UPDATED
    assert [entry.action for entry in AuditEntry.objects.of(hazard)] == ["导入登记", "修改"]
    assert apply_all(batch, cast.admin) == (0, []), "applied once"
    assert stage(cast, ledger_file([changed], title="再来一次的隐患台账")).rows.get().pile == Pile.REPEAT


def test_columns_that_the_file_does_not_have_and_empty_cells_touch_nothing(cast: Cast) -> None:
    registered(cast)
    head = ["序号", "问题点位", "存在问题", "责任单位", "联系电话", "验收标准"]
    row = [1, "甲站", "循环泵轴封漏水", "城源热力有限公司", None, "打压1.6MPa，30分钟不渗不漏"]
    batch = stage(cast, ledger_file([row], head=head))
    assert changes(batch) == [
        ("acceptance_standard", "打压试验1.5倍工作压力30分钟无渗漏", "打压1.6MPa，30分钟不渗不漏")
    ]


def test_after_issue_unit_person_and_deadline_are_amended_with_the_file_as_reason(cast: Cast) -> None:
    hazard = registered(cast)
    workflow.issue(hazard, by=cast.admin)
    batch = stage(cast, ledger_file([ledger_row("甲站", 整改时限="2026-10-10", 存在问题="循环泵轴封漏水")]))
    assert apply_all(batch, cast.admin) == (1, [])
    hazard.refresh_from_db()
    assert (str(hazard.due_on), str(hazard.original_due_on)) == ("2026-10-10", "2026-09-30")
    entry = AuditEntry.objects.of(hazard).last()
    assert entry is not None
    assert (entry.action, entry.note) == ("调整责任或时限", "按导入的台账“台账.xlsx”第 4 行调整")


def test_a_change_that_the_rules_refuse_stays_and_says_why(cast: Cast) -> None:
    hazard = registered(cast)
    workflow.issue(hazard, by=cast.admin)
    batch = stage(cast, ledger_file([ledger_row("甲站", 整改时限="2026-12-20")]))
    done, refused = apply_all(batch, cast.admin)
    assert done == 0 and "晚于本采暖季试运行日期" in refused[0]
    row = batch.rows.get()
    assert row.pile == Pile.UPDATE and "晚于本采暖季试运行日期" in row.conflict
    hazard.refresh_from_db()
    assert str(hazard.due_on) == "2026-09-30"


def test_what_has_changed_since_the_row_was_judged_is_looked_at_again(cast: Cast) -> None:
    hazard = registered(cast)
    batch = stage(cast, ledger_file([ledger_row("甲站", 责任人="赵六")]))
    services.edit(hazard, by=cast.admin, version=hazard.version, values={"responsible_person": "钱七"})
    assert apply_all(batch, cast.admin) == (0, ["第 4 行：系统里刚有改动，请重新核对"])
    assert changes(batch) == [("responsible_person", "钱七", "赵六")]
    assert "请重新核对" in batch.rows.get().conflict
    assert apply_all(batch, cast.admin) == (1, [])


def test_done_of_a_known_hazard_goes_to_acceptance_and_progress_to_the_record(cast: Cast) -> None:
    head = (*HEAD, "整改进度")
    first, second = registered(cast), None
    [second] = import_ready(stage(cast, ledger_file([ledger_row("乙站")])), by=cast.admin)
    second = Hazard.objects.get(pk=second.pk)
    for hazard in (first, second):
        workflow.issue(hazard, by=cast.admin)
        workflow.sign(hazard, by=cast.chengyuan_clerk)
    rows = [[*ledger_row("甲站", 是否销号="已完成"), "100%"], [*ledger_row("乙站"), "60%"]]
    batch = stage(cast, ledger_file(rows, head=head), by=cast.chengyuan_clerk)
    assert changes(batch, 4) == [("claimed_closed", "整改中", "待验收")]
    assert changes(batch, 5) == [("progress_percent", "0%", "60%")]
    done, refused = apply_all(batch, cast.chengyuan_clerk)
    assert done == 1 and "请先上传本轮整改后的照片" in refused[0], "a company shows what it did, by file too"
    add_photo(first)
    assert apply_all(batch, cast.chengyuan_clerk) == (1, [])
    told = Message.objects.filter(recipient=cast.admin, subject__contains="申请验收")
    assert told.count() == 1
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, first.progress_percent, first.closed_at) == (HazardStatus.AWAITING_ACCEPTANCE, 100, None)
    assert (second.status, second.progress_percent) == (HazardStatus.RECTIFYING, 60)


def test_a_company_sees_what_only_the_bureau_may_change_and_changes_none_of_it(cast: Cast) -> None:
    hazard = registered(cast)
    batch = stage(cast, ledger_file([ledger_row("甲站", 整改时限="2026-10-20")]), by=cast.chengyuan_clerk)
    assert batch.rows.get().changes[0]["blocked"] == "只有住建局能修改"
    done, refused = apply_all(batch, cast.chengyuan_clerk)
    assert done == 0 and "只有住建局能修改" in refused[0]
    hazard.refresh_from_db()
    assert str(hazard.due_on) == "2026-09-30"


def test_the_same_hazard_found_again_after_it_was_struck_off_is_a_new_one(cast: Cast) -> None:
    hazard_of(cast, HazardStatus.CLOSED, problem_point="甲站", description="循环泵轴封漏水")
    again = stage(cast, ledger_file([ledger_row("甲站", 发现日期="2026-07-15")]))
    assert again.rows.get().pile == Pile.READY
    same = stage(cast, ledger_file([ledger_row("甲站", 发现日期=None)]))
    assert same.rows.get().pile == Pile.REPEAT


def test_what_the_bureau_takes_over_as_done_goes_to_acceptance(cast: Cast) -> None:
    hazard = registered(cast)
    assert apply_all(stage(cast, ledger_file([ledger_row("甲站", 是否销号="√")])), cast.admin) == (1, [])
    hazard.refresh_from_db()
    assert (hazard.status, hazard.closed_at) == (HazardStatus.AWAITING_ACCEPTANCE, None)


def test_another_companys_hazard_tells_a_company_nothing(cast: Cast, client_as: ClientAs) -> None:
    hazard = registered(cast)
    content = ledger_file(
        [["", hazard.number, "x", "y", "北苑供热站"]], head=["序号", "编号", "问题点位", "存在问题", "责任单位"]
    )
    batch = stage(cast, content, by=cast.beiyuan_clerk)
    row = batch.rows.get()
    assert (row.pile, row.item_id, row.changes, row.conflict) == (Pile.WAITS, None, [], "")
    page = client_as(cast.beiyuan_clerk).get(f"/hazards/import/{batch.pk}/").content.decode()
    assert "这是别的单位的隐患" in page
    assert "甲站" not in page and "周德福" not in page


def test_an_update_row_that_is_mended_is_compared_again_or_becomes_another_hazard(cast: Cast) -> None:
    hazard = registered(cast)
    batch = stage(cast, ledger_file([ledger_row("甲站", 责任人="赵六", 整改时限="2026/9/31")]))
    row = batch.rows.get()
    assert [each["field"] for each in row.problems] == ["due_on"], "what cannot be read is said beside the changes"
    values = {**row.fields, "due_on": "2026-10-11"}
    row = settle(row, by=cast.admin, values={**values, "is_another": False})
    assert (row.pile, row.item_id) == (Pile.UPDATE, hazard.pk)
    assert changes(batch) == [("responsible_person", "周德福", "赵六"), ("due_on", "2026-09-30", "2026-10-11")]
    row = settle(row, by=cast.admin, values={**values, "is_another": True})
    assert (row.pile, row.item_id) == (Pile.READY, None)
    [other] = import_ready(batch, by=cast.admin)
    assert other.pk != hazard.pk


def test_many_changes_are_applied_in_the_background(cast: Cast, client_as: ClientAs, settings: Any) -> None:
    settings.UPDATE_IN_BACKGROUND_ABOVE_ROWS = 1
    names = ("甲站", "乙站", "丙站")
    import_ready(stage(cast, ledger_file([ledger_row(name) for name in names])), by=cast.admin)
    batch = stage(cast, ledger_file([ledger_row(name, 责任人="赵六") for name in names]))
    page = client_as(cast.admin).post(f"/hazards/import/{batch.pk}/update/", {"all": "1"})
    job = Job.objects.get()
    assert page.headers["Location"] == f"/accounts/tasks/{job.pk}/"
    update_from_ledger(job.pk)
    job.refresh_from_db()
    assert (job.state, job.message) == ("done", "已更新 3 条")
    assert set(Hazard.objects.values_list("responsible_person", flat=True)) == {"赵六"}


def test_a_person_with_an_account_becomes_the_hazards_user(cast: Cast) -> None:
    hazard = registered(cast)
    person = cast.chengyuan_clerk
    apply_all(stage(cast, ledger_file([ledger_row("甲站", 责任人=person.full_name)])), cast.admin)
    hazard.refresh_from_db()
    assert (hazard.responsible_person, hazard.responsible_user) == (person.full_name, person)


def test_what_is_too_long_is_refused_and_the_others_go_on(cast: Cast) -> None:
    import_ready(stage(cast, ledger_file([ledger_row("甲站"), ledger_row("乙站")])), by=cast.admin)
    rows = [ledger_row("甲站", 责任人="赵六" * 40), ledger_row("乙站", 责任人="赵六")]
    done, [refused] = apply_all(stage(cast, ledger_file(rows)), cast.admin)
    assert done == 1 and "责任人最多 60 个字" in refused


def test_the_other_sheet_of_a_file_is_not_taken_for_the_first(cast: Cast) -> None:
    book = load_workbook(io.BytesIO(ledger_file([ledger_row("甲站")])))
    second = book.copy_worksheet(book.worksheets[0])
    second["C4"] = "乙站"
    out = io.BytesIO()
    book.save(out)
    first = stage(cast, out.getvalue())
    import_ready(first, by=cast.admin)
    again = Stager(by=cast.admin).keep(out.getvalue(), filename="台账.xlsx")
    again.layout = {"sheet": second.title, "head_rows": [3], "mapping": first.head["mapping"]}
    read_upload(again, Stager.of(again, by=cast.admin))
    assert again.rows.get().pile == Pile.READY


def test_null_characters_are_left_out(cast: Cast) -> None:
    rows = [["2026年隐患台账"], list(HEAD), ledger_row("甲\0站")]
    text = "\r\n".join(",".join("" if cell is None else str(cell) for cell in row) for row in rows)
    row = stage(cast, text.encode("utf-16")).rows.get()
    assert row.fields["problem_point"] == "甲站" and row.raw["问题点位"] == "甲站"


class TestRoundTrip:
    """The plain export, edited in an office program and imported again."""

    def export(self, cast: Cast, tmp_path: Any) -> Any:
        out = tmp_path / "台账.xlsx"
        call_command(
            "export_ledger", "hazards", "--look", "plain", "--as", cast.admin.username, "--out", str(out),
            stdout=io.StringIO(),
        )  # fmt: skip
        return load_workbook(out)

    def edited(self, book: Any, **cells: Any) -> bytes:
        sheet = book.worksheets[0]
        titles = {cell.value: cell.column for row in sheet.iter_rows(max_row=3) for cell in row if cell.value}
        numbers = [cell for [cell] in sheet.iter_rows(min_col=titles["编号"], max_col=titles["编号"])]
        line = next(cell.row for cell in numbers if str(cell.value).startswith("YH-"))
        for title, value in cells.items():
            sheet.cell(line, titles[title]).value = value
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()

    def test_nothing_edited_changes_nothing(self, cast: Cast, tmp_path: Any) -> None:
        registered(cast)
        batch = stage(cast, self.edited(self.export(cast, tmp_path)))
        assert [row.pile for row in batch.rows.exclude(pile=Pile.SKIPPED)] == [Pile.REPEAT]

    def test_edited_cells_are_the_differences_and_emptied_ones_empty(self, cast: Cast, tmp_path: Any) -> None:
        hazard = registered(cast)
        services.edit(hazard, by=cast.admin, version=hazard.version, values={"remark": "先看", "cause": "老化"})
        content = self.edited(self.export(cast, tmp_path), 备注=None, 问题点位="甲站（新站）", 成因="磨损")
        batch = stage(cast, content)
        [row] = batch.rows.exclude(pile=Pile.SKIPPED)
        assert changes(batch, row.row) == [
            ("problem_point", "甲站", "甲站（新站）"), ("cause", "老化", "磨损"), ("remark", "先看", ""),
        ]  # fmt: skip
        assert apply_all(batch, cast.admin) == (1, [])
        hazard.refresh_from_db()
        assert (hazard.problem_point, hazard.cause, hazard.remark) == ("甲站（新站）", "磨损", "")

    def test_what_the_site_changed_meanwhile_is_a_conflict_that_all_at_once_leaves_out(
        self, cast: Cast, client_as: ClientAs, tmp_path: Any
    ) -> None:
        hazard = registered(cast)
        book = self.export(cast, tmp_path)
        services.edit(hazard, by=cast.inspector, version=hazard.version, values={"responsible_person": "钱七"})
        batch = stage(cast, self.edited(book, 责任人="赵六"))
        [row] = batch.rows.exclude(pile=Pile.SKIPPED)
        assert row.pile == Pile.UPDATE
        assert "导出以后系统里又有改动" in row.conflict and "责任人" in row.conflict
        assert cast.inspector.full_name in row.conflict
        client = client_as(cast.admin)
        address = f"/hazards/import/{batch.pk}/update/"
        assert "没有勾选任何一行" in client.post(address, {"all": "1"}, follow=True).content.decode()
        hazard.refresh_from_db()
        assert hazard.responsible_person == "钱七"
        said = client.post(address, {"row": str(row.row)}, follow=True).content.decode()
        assert "已按台账更新 1 条隐患" in said
        hazard.refresh_from_db()
        assert hazard.responsible_person == "赵六"


class TestHistory:
    """What was done before this system was there."""

    def test_who_may_accept_takes_it_as_struck_off_on_record(self, cast: Cast, client_as: ClientAs) -> None:
        batch = stage(cast, ledger_file([ledger_row("甲站", 是否销号="√"), ledger_row("乙站")]))
        client = client_as(cast.admin)
        assert "按历史销号登记" in client.get(f"/hazards/import/{batch.pk}/").content.decode()
        said = client.post(f"/hazards/import/{batch.pk}/run/", {"history": "on"}, follow=True).content.decode()
        assert "其中 1 条原表写明已完成，按历史销号登记，没有经过本系统验收" in said
        first, second = Hazard.objects.order_by("pk")
        assert (first.status, second.status) == (HazardStatus.CLOSED, HazardStatus.PENDING)
        entry = AuditEntry.objects.of(first).get()
        assert (entry.action, entry.note) == ("历史销号", "台账.xlsx：原表写明已完成，未经本系统验收")
        assert first.acceptances.count() == 0 and first.origin["history"] is True

    def test_a_company_cannot(self, cast: Cast, client_as: ClientAs) -> None:
        batch = stage(cast, ledger_file([ledger_row("甲站", 是否销号="√")]), by=cast.chengyuan_clerk)
        client = client_as(cast.chengyuan_clerk)
        assert "按历史销号登记" not in client.get(f"/hazards/import/{batch.pk}/").content.decode()
        assert client.post(f"/hazards/import/{batch.pk}/run/", {"history": "on"}).status_code == 403
        assert not Hazard.objects.exists()
