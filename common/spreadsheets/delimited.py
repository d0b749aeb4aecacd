"""Delimited text (CSV and the like) as other systems export it: encoding and delimiter are found out."""

import csv
import io
from collections.abc import Iterator

from common.spreadsheets.errors import SpreadsheetError, no_spreadsheet, too_large
from common.spreadsheets.limits import Limits, check_extent

DELIMITERS = ",\t;|"
SAMPLE_LINES = 50
# A quoted cell may span lines, but one that spans this many was never closed.
MAX_LINES_OF_ROW = 200

Line = tuple[int, tuple[str, ...]]


def read_delimited(data: bytes, limits: Limits) -> list[Line]:
    """[(physical line on which the row starts, cells)], trailing blank rows left off."""
    text = _decode(data)
    start = text.lstrip()[:200].lower()
    if start.startswith(("<html", "<!doctype", "<table", "<?xml", "<meta")):
        raise SpreadsheetError("这是网页格式的表格。请用 WPS 或 Excel 打开，另存为 .xlsx 后再上传")
    rows: list[Line] = []
    cells = 0
    for number, line in _records(text):
        cells += len(line)
        check_extent(number, len(line), cells, limits)
        rows.append((number, line))
    while rows and not any(rows[-1][1]):
        rows.pop()
    return rows


def _decode(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
        if b"\0" in data:
            raise no_spreadsheet("二进制文件")
    for encoding in encodings:
        try:
            return data.decode(encoding).replace("\0", "")
        except UnicodeDecodeError:
            continue
    raise SpreadsheetError("看不懂文件的文字编码。请用 WPS 或 Excel 打开，另存为 .xlsx 后再上传")


def _delimiter(text: str) -> str:
    """The sign that splits the first lines into the most columns, alike from line to line."""
    lines = [line for line in text.split("\n", SAMPLE_LINES)[:SAMPLE_LINES] if line.strip()]

    def score(sign: str) -> tuple[int, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=sign)]
        usual = max(set(widths), key=widths.count, default=1)
        return (usual > 1, widths.count(usual) * usual)

    try:
        return max(DELIMITERS, key=score)
    except csv.Error:
        return ","


def _records(text: str) -> Iterator[Line]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    before = 0
    try:
        for line in reader:
            if reader.line_num - before > MAX_LINES_OF_ROW:
                raise SpreadsheetError(
                    f"第 {before + 1} 行有一个双引号没有配对，后面的内容分不清列。请补上引号后再上传"
                )
            yield before + 1, tuple(cell.strip() for cell in line)
            before = reader.line_num
    except csv.Error as error:
        if "field larger" in str(error):
            raise too_large(f"第 {before + 1} 行有一格超长", f"{csv.field_size_limit()} 字") from error
        raise SpreadsheetError(f"第 {before + 1} 行分不清列，请检查双引号后再上传") from error
