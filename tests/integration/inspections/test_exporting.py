"""The export: the list's own rows, the official look, text that stays text, and the way back in."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils.http import parse_header_parameters

from audit.models import AuditEntry
from inspections.importing import Stager
from tests.cast import Cast
from tests.factories import HazardFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("summer")]
EVIL = '=HYPERLINK("http://evil","点我")'


@pytest.fixture
def ledger(cast: Cast) -> Cast:
    def hazard(**fields: Any) -> Any:
        return HazardFactory(season=cast.season, township=cast.town_a, **fields)

    hazard(lead_unit=cast.chengyuan, problem_point=EVIL, status="rectifying", responsible_phone="13800001111")
    hazard(lead_unit=cast.beiyuan, problem_point="北苑换热站", status="closed").cooperating_units.add(cast.wanjia)
    HazardFactory(season=cast.foreign.season, lead_unit=cast.foreign.company, problem_point="外县换热站")
    return cast


def sheet_of(response: Any) -> Any:
    return openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active


def points(sheet: Any) -> list[str]:
    titles = [cell.value for cell in sheet[3]]
    column = titles.index("问题点位") + 1
    return [sheet.cell(row, column).value for row in range(4, sheet.max_row) if sheet.cell(row, column).value]


def test_the_official_look(ledger: Cast, client_as: Callable[[Any], Client]) -> None:
    response = client_as(ledger.admin).get("/hazards/export/")
    _, parameters = parse_header_parameters(response["Content-Disposition"])
    assert parameters["filename"] == "冬病夏治隐患台账-2026-2027-20260803.xlsx"
    sheet = sheet_of(response)
    assert sheet["A1"].value == "2026年临岭县供热“冬病夏治”隐患排查整改台账"
    assert sheet["A2"].value == "填报单位（盖章）：临岭县住房和城乡建设局"
    assert "填报日期：2026年8月3日" in [cell.value for cell in sheet[2]]
    assert sheet.freeze_panes == "A4" and sheet.print_title_rows == "$3:$3"
    assert sheet["A4"].border.left.style == "thin" and sheet["D4"].alignment.wrap_text
    assert AuditEntry.objects.get(action="导出台账").note == "导出 2 条隐患（上报格式）：没有筛选"


def test_text_that_looks_like_a_formula_stays_text(ledger: Cast, client_as: Callable[[Any], Client]) -> None:
    sheet = sheet_of(client_as(ledger.admin).get("/hazards/export/?q=HYPERLINK"))
    [cell] = [cell for row in sheet.iter_rows(min_row=4) for cell in row if cell.value == EVIL]
    assert cell.data_type == "s"
    phone = next(cell for row in sheet.iter_rows(min_row=4) for cell in row if cell.value == "13800001111")
    assert phone.data_type == "s"


@pytest.mark.parametrize(
    ("who", "wanted"),
    [
        ("admin", {EVIL, "北苑换热站"}),
        ("chengyuan_admin", {EVIL}),
        ("beiyuan_clerk", {"北苑换热站"}),
        ("wanjia_reader", {"北苑换热站"}),
        ("leader", {EVIL, "北苑换热站"}),
    ],
)
def test_everybody_exports_what_they_see(
    ledger: Cast, client_as: Callable[[Any], Client], who: str, wanted: set[str]
) -> None:
    assert set(points(sheet_of(client_as(getattr(ledger, who)).get("/hazards/export/")))) == wanted


def test_the_lists_filter_and_the_chosen_rows(ledger: Cast, client_as: Callable[[Any], Client]) -> None:
    client = client_as(ledger.admin)
    assert points(sheet_of(client.get("/hazards/export/?tab=closed"))) == ["北苑换热站"]
    wrong = client.get("/hazards/export/?grade=nonsense", follow=True)
    assert "查询条件有误，没有导出" in wrong.content.decode()
    from inspections.models import Hazard

    everything = [str(pk) for pk in Hazard.objects.values_list("pk", flat=True)]
    chosen = client.post("/hazards/export/", {"selected": everything})
    assert set(points(sheet_of(chosen))) == {EVIL, "北苑换热站"}, "another county's row cannot be asked for by its id"


def test_what_goes_out_comes_back_as_known(ledger: Cast, tmp_path: Path) -> None:
    out = tmp_path / "台账.xlsx"
    call_command("export_ledger", "hazards", "--as", ledger.admin.username, "--out", str(out), stdout=io.StringIO())
    content = out.read_bytes()
    stager = Stager(by=ledger.admin)
    rows = stager.stage(content, filename="台账.xlsx").rows.exclude(pile="skipped")
    assert [row.pile for row in rows] == ["repeat", "repeat"]


def test_the_command_takes_the_lists_filters(ledger: Cast, tmp_path: Path) -> None:
    out, printed = tmp_path / "a.xlsx", io.StringIO()
    call_command(
        "export_ledger", "hazards", "tab=closed", "--as", ledger.admin.username, "--out", str(out), stdout=printed
    )
    assert "已导出 1 条" in printed.getvalue()
    with pytest.raises(CommandError, match="名称=值"):
        call_command("export_ledger", "hazards", "closed", "--as", ledger.admin.username, "--out", str(out))
    with pytest.raises(CommandError, match="采暖季"):
        call_command("export_ledger", "hazards", "--season", "1999", "--as", ledger.admin.username, "--out", str(out))
