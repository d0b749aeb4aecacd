"""An office program opens what is exported and prints it as offices want it: LibreOffice makes PDFs of all looks."""

import io
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from common.spreadsheets.marking import Mark, mark_workbook
from common.spreadsheets.template import write_template
from inspections.exporting import SUBTOTALS
from inspections.ledger import HAZARDS, PHOTO_COLUMNS, TEMPLATE_COLUMNS
from tests.ledgers import ledger_file, ledger_row
from tests.unit.spreadsheets.test_export_parts import hazard, official, photo, plain

ROWS = 90


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The texts of the pages, by look. One run of the office program for all of them."""
    if not (shutil.which("soffice") and shutil.which("pdftotext")):
        pytest.skip("no LibreOffice and pdftotext: install libreoffice-calc and poppler-utils")
    folder = tmp_path_factory.mktemp("office")
    blank = io.BytesIO()
    write_template(blank, ledger=HAZARDS, columns=TEMPLATE_COLUMNS)
    units = ("北苑供热站", "城源热力有限公司", "惠民供热中心")
    rows = [hazard(number, units[number * 3 // (ROWS + 1)], problem_point="=1+1") for number in range(1, ROWS + 1)]
    files = {
        "official": official(
            rows, unit_line="填报单位：住建局", date_line="填报日期：2025年8月3日", subtotals=SUBTOTALS,
            about=lambda count: [("行数", f"共 {count} 条")],
        ),
        "plain": plain(rows),
        "photos": official([hazard(n, photo_before=[photo()]) for n in range(1, 26)], columns=PHOTO_COLUMNS),
        "template": blank.getvalue(),
        "marked": _marked(),
    }  # fmt: skip
    for name, content in files.items():
        (folder / f"{name}.xlsx").write_bytes(content)
    command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "pdf"]
    books = [str(folder / f"{name}.xlsx") for name in files]
    subprocess.run([*command, "--outdir", str(folder), *books], check=True, capture_output=True, timeout=120)
    return {name: _pages(folder / f"{name}.pdf") for name in files}


def _marked() -> bytes:
    content = ledger_file([ledger_row(f"{n}号站", 整改时限="尽快") for n in range(1, 4)])
    marks = [Mark(row, f"J{row}", "请写到具体日期", "waits", "整改时限", "尽快") for row in (4, 5, 6)]
    return mark_workbook(content, "台账.xlsx", sheet="Sheet", marks=marks).content


def _pages(path: Path) -> list[str]:
    text = subprocess.run(["pdftotext", "-layout", str(path), "-"], check=True, capture_output=True, text=True).stdout
    return [re.sub(r"[ \n]+", " ", page) for page in text.split("\f") if page.strip()]


def test_the_official_look_on_paper(pages: dict[str, list[str]]) -> None:
    *table, about = pages["official"]
    assert len(table) >= 3
    assert "2025年隐患台账" in table[0] and "填报单位：住建局" in table[0] and "填报日期：2025年8月3日" in table[0]
    for number, page in enumerate(table, 1):
        assert "序号" in page and "验收标准" in page and "逾期天数" in page, "the head stands on every page"
        assert f"第 {number} 页，共 {len(table) + 1} 页" in page
    text = " ".join(table)
    for line in ("北苑供热站：共 30 条，已销号 0 条，未销号 30 条，逾期 0 条", "共 90 条，已销号 0 条", "填表人："):
        assert line in text
    assert text.count("小计") == 3 and text.count("合计") == 1
    assert text.count("=1+1") == ROWS, "text stays text"
    assert "本表口径" in about and f"共 {ROWS} 条" in about


def test_the_plain_look_on_paper(pages: dict[str, list[str]]) -> None:
    assert len(pages["plain"]) >= 2
    assert all("编号" in page and "资金来源" in page for page in pages["plain"])
    assert "LL2025-0001" in pages["plain"][0]


def test_the_marked_copy_opens(pages: dict[str, list[str]]) -> None:
    text = " ".join(pages["marked"])
    assert "3号站" in text and "核对说明" in text and "请写到具体日期" in text


def test_the_look_with_photos_on_paper(pages: dict[str, list[str]]) -> None:
    assert len(pages["photos"]) >= 2
    assert all("整改前照片" in page and "整改后照片" in page for page in pages["photos"])


def test_the_blank_ledger_on_paper(pages: dict[str, list[str]]) -> None:
    table, guide = pages["template"][0], pages["template"][-1]
    assert "问题点位*" in table and "填报单位" in table
    assert "填写要求" in guide and "写到具体小区、楼栋、管段或设备" in guide
