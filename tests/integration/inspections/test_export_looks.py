"""The looks of an export: what the page offers, what each file holds, and what is too long for one."""

import datetime as dt
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils.http import parse_header_parameters
from pytest_django import DjangoAssertNumQueries

from audit.models import AuditEntry
from common.spreadsheets.models import Pile
from inspections.enums import AttachmentStage
from inspections.export_rows import export_rows
from inspections.importing import Stager
from inspections.ledger import EXPORT_COLUMNS, HAZARDS, PLAIN_COLUMNS
from inspections.models import Hazard
from tests.cast import Cast
from tests.factories import CommunityFactory, HazardFactory, UserFactory
from tests.hazards import stored
from tests.pictures import photo

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("summer"), pytest.mark.either_database]
SignIn = Callable[[Any], Client]


@pytest.fixture
def ledger(cast: Cast) -> Cast:
    """城源: one closed, one overdue; 北苑: one due today; nobody's: one void."""

    def hazard(**fields: Any) -> Hazard:
        return HazardFactory(season=cast.season, township=cast.town_a, **fields)

    first = hazard(
        lead_unit=cast.chengyuan, status="closed", problem_point="幸福换热站", category="electric", source="hotline",
        cause="老化", measure="更换轴封", urgency="engineering", estimated_cost_yuan="15300.50", grade="serious",
        funding_source="county", progress_percent=100, remark="已复查", version=4,
    )  # fmt: skip
    first.communities.add(cast.community, CommunityFactory(county=cast.county, township=cast.town_a, name="和平里"))
    first.cooperating_units.add(cast.wanjia, cast.beiyuan)
    hazard(lead_unit=cast.beiyuan, status="rectifying", due_on=dt.date(2026, 8, 3), problem_point="北苑换热站")
    hazard(lead_unit=cast.chengyuan, status="rectifying", due_on=dt.date(2026, 7, 30), problem_point="幸福里12号楼")
    hazard(lead_unit=None, status="void", problem_point="重复登记")
    return cast


def book_of(response: Any) -> Any:
    assert response.status_code == 200, response
    return openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))


def lines(sheet: Any) -> list[list[Any]]:
    return [[cell.value for cell in row if cell.value is not None] for row in sheet.iter_rows()]


def test_the_list_offers_the_looks_and_keeps_its_filters(ledger: Cast, client_as: SignIn) -> None:
    page = client_as(ledger.admin).get("/hazards/?tab=overdue&grade=general").content.decode()
    assert 'action="/hazards/export/?tab=overdue&amp;grade=general"' in page
    for look in ("official", "plain", "photos"):
        assert f'type="radio" name="look" value="{look}"' in page
    assert 'value="export_plain"' in page, "chosen rows may be exported for the way back too"


def test_subtotals_by_company(ledger: Cast, client_as: SignIn) -> None:
    book = book_of(client_as(ledger.admin).post("/hazards/export/", {"look": "official", "subtotals": "on"}))
    bands = [line for line in lines(book.worksheets[0]) if line[0] in ("小计", "合计")]
    assert bands == [
        ["小计", "北苑供热站：共 1 条，已销号 0 条，未销号 1 条，逾期 0 条"],
        ["小计", "城源热力有限公司：共 2 条，已销号 1 条，未销号 1 条，逾期 1 条"],
        ["小计", "未明确责任单位：共 1 条，已销号 0 条，未销号 0 条，逾期 0 条"],
        ["合计", "共 4 条，已销号 1 条，未销号 2 条，逾期 1 条"],
    ]


def test_overdue_days_begin_on_the_day_after(ledger: Cast, client_as: SignIn) -> None:
    sheet = book_of(client_as(ledger.admin).get("/hazards/export/")).worksheets[0]
    heads = [cell.value for cell in sheet[3]]
    point, days = heads.index("问题点位"), heads.index("逾期天数")
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4, max_row=7)]
    assert {row[point]: row[days] for row in rows} == {
        "幸福换热站": None, "北苑换热站": None, "幸福里12号楼": 4, "重复登记": None,
    }  # fmt: skip


def test_the_sheet_that_says_what_counts(ledger: Cast, client_as: SignIn) -> None:
    book = book_of(client_as(ledger.admin).get("/hazards/export/?tab=open&grade=general&q=换热站"))
    said = {line[0]: line[1] for line in lines(book["口径"])[1:]}
    assert said["导出单位"] == "临岭县住房和城乡建设局" and said["导出人"] == "周管"
    assert said["导出时间"] == "2026-08-03 10:00" and said["采暖季"] == "2026-2027"
    assert said["筛选条件"] == "状态：未销号；等级：一般；查找：换热站"
    assert said["行数"].startswith("共 1 条")
    assert "时限当天不算" in said["逾期"] and "验收合格" in said["已销号"] and "小计、合计" not in said
    assert AuditEntry.objects.get(action="导出台账").note == (
        "导出 1 条隐患（上报格式）：状态：未销号；等级：一般；查找：换热站"
    )


def test_the_plain_look_holds_all_that_may_be_edited(ledger: Cast, client_as: SignIn) -> None:
    hazard = Hazard.objects.get(problem_point="幸福换热站")
    response = client_as(ledger.admin).post("/hazards/export/", {"move": "export_plain", "selected": [hazard.pk]})
    [head, row] = [[cell.value for cell in row] for row in book_of(response).worksheets[0].iter_rows()]
    assert dict(zip(head, row, strict=True)) == {
        "编号": hazard.number, "设施类别": "庭院管网", "问题点位": "幸福换热站",
        "存在问题": "供水管道外壁腐蚀，有渗漏痕迹", "隐患等级": "较大", "隐患分类": "电气控制", "来源": "12345",
        "小区": "幸福小区、和平里", "乡镇、街道": "城关镇", "发现日期": dt.datetime(2026, 7, 1), "成因": "老化",
        "整改措施": "更换轴封", "整改类型": "工程改造", "责任单位": "城源热力有限公司",
        "配合单位": "北苑供热站、万家物业", "责任人": "王建国", "联系电话": "13800000001",
        "整改时限": dt.datetime(2026, 9, 30), "验收标准": "打压 0.8 MPa 稳压 30 分钟无渗漏", "整改进度": "100%",
        "预计费用（元）": 15300.5, "资金来源": "县级财政", "是否销号": "是", "当前状态": "已销号", "逾期天数": None,
        "备注": "已复查", "数据版本": 4,
    }  # fmt: skip


def test_photos_in_the_cells(ledger: Cast, client_as: SignIn) -> None:
    hazard = Hazard.objects.get(problem_point="北苑换热站")
    stored(hazard, ledger.admin, photo(1), stage=AttachmentStage.BEFORE)
    stored(hazard, ledger.admin, photo(2), stage=AttachmentStage.AFTER)
    lost = stored(hazard, ledger.admin, photo(3), stage=AttachmentStage.AFTER)
    lost.thumbnail.storage.delete(lost.thumbnail.name)
    sheet = book_of(client_as(ledger.admin).post("/hazards/export/?q=北苑换热站", {"look": "photos"})).worksheets[0]
    heads = [cell.value for cell in sheet[3]]
    assert [heads[image.anchor._from.col] for image in sheet._images] == ["整改前照片", "整改后照片"]
    assert sheet.cell(4, heads.index("整改后照片") + 1).value == "1 张缺失"


def test_names_for_every_browser(ledger: Cast, client_as: SignIn) -> None:
    response = client_as(ledger.admin).post("/hazards/export/", {"look": "plain"})
    header = response["Content-Disposition"]
    assert header.startswith('attachment; filename="') and header.isascii()
    assert parse_header_parameters(header)[1]["filename"] == "冬病夏治隐患台账-普通表格-2026-2027-20260803.xlsx"
    assert response["Cache-Control"] == "private, no-cache"
    response.close()


def test_what_cannot_be_exported_is_said_on_the_list(
    ledger: Cast, client_as: SignIn, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_as(ledger.admin)

    def told(response: Any) -> list[str]:
        return [str(message) for message in response.context["messages"]]

    page = client.post("/hazards/export/?tab=open", {"look": "pdf"}, follow=True)
    assert told(page) == ["没有“pdf”这种导出格式，请重新选择"]
    assert page.redirect_chain == [("/hazards/?tab=open", 302)]
    page = client.post("/hazards/export/", {"move": "export"}, follow=True)
    assert told(page) == ["没有勾选任何一条，请先在列表左侧勾选要导出的隐患"]
    settings.EXPORT_MOST_WITH_PHOTOS = 3
    page = client.post("/hazards/export/", {"look": "photos"}, follow=True)
    assert told(page) == ["带照片的台账一次最多导出 3 条，现有 4 条，请加上筛选条件，分几次导出"]
    monkeypatch.setattr("common.spreadsheets.ledgers.exporting.MOST_EXPORTED", 3)
    page = client.post("/hazards/export/", {"look": "plain"}, follow=True)
    assert told(page) == ["一张 Excel 工作表最多放 3 条，请加上筛选条件，分几次导出"]


def test_the_command_has_the_same_looks(ledger: Cast, tmp_path: Path) -> None:
    out = tmp_path / "台账.xlsx"
    options = ["--as", ledger.admin.username, "--out", str(out)]
    call_command("export_ledger", "hazards", *options, "--look", "plain", stdout=io.StringIO())
    assert openpyxl.load_workbook(out).active.auto_filter.ref == "A1:AA5"
    call_command("export_ledger", "hazards", *options, "--subtotals", stdout=io.StringIO())
    assert "合计" in [cell.value for cell in openpyxl.load_workbook(out).worksheets[0]["A"]]


def test_queries_do_not_grow_with_the_rows(ledger: Cast, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    today = dt.date(2026, 8, 3)
    for _ in range(2):
        with django_assert_num_queries(2):
            list(export_rows(Hazard.objects.in_list_order(), EXPORT_COLUMNS, today))
        with django_assert_num_queries(3):
            list(export_rows(Hazard.objects.in_list_order(), PLAIN_COLUMNS, today))
        HazardFactory.create_batch(5, season=ledger.season, lead_unit=ledger.beiyuan)


def test_keys_far_apart_are_asked_for_by_themselves(ledger: Cast) -> None:
    hazards = list(Hazard.objects.order_by("pk"))
    hazards[-1].cooperating_units.add(ledger.wanjia)
    few = Hazard.objects.filter(pk__in=[hazards[0].pk, hazards[-1].pk]).order_by("pk")
    for scattered in (0, 1000):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("inspections.export_rows.SCATTERED", scattered)
            rows = list(export_rows(few, ("number", "cooperating_units"), dt.date(2026, 8, 3)))
        assert [row[1] for row in rows] == [("北苑供热站", "万家物业"), ("万家物业",)]


# --- the blank ledger -----------------------------------------------------------------------------------------------


def blank(client: Client) -> Any:
    response = client.get("/hazards/template/")
    name = parse_header_parameters(response["Content-Disposition"])[1]["filename"]
    assert name == "冬病夏治隐患台账-模板-2026-2027.xlsx"
    return book_of(response)


def filled(book: Any, *rows: dict[str, Any]) -> bytes:
    sheet = book.worksheets[0]
    columns = {str(cell.value).strip("*"): cell.column for cell in sheet[3]}
    for number, row in enumerate(rows, 4):
        for title, value in row.items():
            sheet.cell(number, columns[title]).value = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_the_blank_ledger_filled_in_as_its_example_is_ready(cast: Cast, client_as: SignIn) -> None:
    book = blank(client_as(cast.admin))
    guide = [[cell.value for cell in row] for row in book["填表说明"].iter_rows(min_row=2)]
    example = {row[0]: row[3] for row in guide if row[3] is not None}
    assert example["整改时限"] == dt.datetime(2026, 9, 30) and example["发现日期"] == dt.datetime(2026, 5, 15)
    assert example["责任单位"] in ("北苑供热站", "城源热力有限公司")
    content = filled(book, example, example | {"问题点位": "幸福小区3号楼", "责任单位": "城源热力有限公司"})
    batch = Stager(by=cast.admin, season=cast.season).stage(content, filename="台账.xlsx")
    rows = list(batch.rows.exclude(pile=Pile.SKIPPED))
    assert [(row.pile, row.problems) for row in rows] == [(Pile.READY, []), (Pile.READY, [])]
    assert rows[1].fields["due_on"] == "2026-09-30" and rows[1].fields["phone"] == "13800001234"


def test_the_blank_ledger_offers_and_checks(cast: Cast, client_as: SignIn) -> None:
    book = blank(client_as(cast.admin))
    sheet = book.worksheets[0]
    titles = {cell.column_letter: str(cell.value).strip("*") for cell in sheet[3]}
    checks = {titles[str(check.sqref).split("4:")[0]]: check for check in sheet.data_validations.dataValidation}
    assert set(checks) == set(titles.values())
    assert checks["整改类型"].formula1 == '"立行立改,限期整改,工程改造"'
    due = checks["整改时限"]
    assert (due.type, due.formula1, due.formula2) == ("date", "DATE(2025,3,16)", "DATE(2027,3,15)")
    assert due.errorStyle == "warning", "立行立改 may be written too"
    assert due.showInputMessage and due.prompt.startswith(
        "必填。写到具体日期，例如 2026-09-30；最迟在试运行（2026-10-31）"
    )
    assert {title for title, check in checks.items() if check.type == "list"} == {
        "设施类别", "隐患等级", "来源", "整改类型", "责任单位", "配合单位", "小区",
    }  # fmt: skip
    assert sheet.protection.sheet and not sheet.protection.password
    assert not sheet.protection.insertRows and not sheet.protection.deleteRows and not sheet.protection.sort
    assert sheet["C3"].protection.locked and not sheet["C4"].protection.locked and not sheet["A2"].protection.locked
    assert all(sheet.column_dimensions[name].protection.locked is False for name in ("C", "R"))
    phone = next(letter for letter, title in titles.items() if title == "联系电话")
    assert sheet[f"{phone}4"].number_format == "@", "long digits stay digits"


def test_a_list_too_long_for_a_cell_stands_on_a_sheet_of_its_own(cast: Cast, client_as: SignIn) -> None:
    CommunityFactory.create_batch(60, county=cast.county, township=cast.town_a)
    book = blank(client_as(cast.admin))
    assert book["选项"].sheet_state == "hidden" and book["选项"].max_row == 61
    formulas = {check.formula1 for check in book.worksheets[0].data_validations.dataValidation}
    assert "'选项'!$A$1:$A$61" in formulas


def test_a_company_is_offered_itself(cast: Cast, client_as: SignIn) -> None:
    sheet = blank(client_as(cast.beiyuan_clerk)).worksheets[0]
    titles = [str(cell.value).strip("*") for cell in sheet[3]]
    letter = openpyxl.utils.get_column_letter(titles.index("责任单位") + 1)
    [check] = [c for c in sheet.data_validations.dataValidation if str(c.sqref).startswith(f"{letter}4:")]
    assert check.formula1 == '"北苑供热站"'
    assert sheet["A2"].value == "填报单位：北苑供热站"


def test_every_column_of_the_ledger_can_be_exported() -> None:
    columns = [name for name in HAZARDS.by_name if name not in ("company", "unit_and_person")]
    assert set(PLAIN_COLUMNS) | set(EXPORT_COLUMNS) | {"photo_before", "photo_after"} == set(columns)


def test_the_command_refuses_what_the_page_refuses(ledger: Cast, tmp_path: Path, settings: Any) -> None:
    settings.EXPORT_MOST_WITH_PHOTOS = 3
    out = ["--out", str(tmp_path / "台账.xlsx")]
    with pytest.raises(CommandError, match="带照片的台账一次最多导出 3 条"):
        call_command("export_ledger", "hazards", "--as", ledger.admin.username, *out, "--look", "photos")
    nobody = UserFactory(unit=ledger.bureau, role=())
    with pytest.raises(CommandError, match="没有导出台账的权限"):
        call_command("export_ledger", "hazards", "--as", nobody.username, *out)
