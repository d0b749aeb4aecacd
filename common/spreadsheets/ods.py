"""The merged ranges and the extent of an .ods, measured before its reader takes the whole rectangle."""

import io
import re

from lxml import etree

from common.spreadsheets.errors import broken, unsafe
from common.spreadsheets.limits import Limits, check_extent

# (first row, first column, last row, last column), from 0, both ends included.
Merge = tuple[int, int, int, int]

_TABLE_NS = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE_NS = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE, _ROW = f"{_TABLE_NS}table", f"{_TABLE_NS}table-row"
_CELL, _COVERED = f"{_TABLE_NS}table-cell", f"{_TABLE_NS}covered-table-cell"
# The reader goes by the prefixes, lxml by what they stand for.
_PREFIX = re.compile(rb"""xmlns:(table|office)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_MEANT = {b"table": _TABLE_NS[1:-1].encode(), b"office": _OFFICE_NS[1:-1].encode()}
FAR = 10**9


def _count(element: etree._Element, name: str) -> int:
    text = element.get(f"{_TABLE_NS}number-{name}", "1").strip().lstrip("+")
    if not text.isdigit():
        return 1
    return max(1, int(text)) if len(text) < 10 else FAR


def ods_merges(content: bytes, limits: Limits) -> dict[str, list[Merge]]:
    """The merged ranges by sheet name. Raises SpreadsheetError for what is too large or no XML."""
    if any(double + single != _MEANT[prefix] for prefix, double, single in _PREFIX.findall(content)):
        raise unsafe("里面的 XML 命名空间与标准不符")
    merges: dict[str, list[Merge]] = {}
    here: list[Merge] = []
    row = cells = rows = columns = 0
    events = etree.iterparse(
        io.BytesIO(content), events=("start", "end"), tag=[_TABLE, _ROW], resolve_entities=False, no_network=True
    )
    try:
        for event, element in events:
            if element.tag == _TABLE and event == "start":
                here = merges.setdefault(element.get(f"{_TABLE_NS}name", ""), [])
                row = rows = columns = 0
            elif element.tag == _TABLE:
                cells += rows * columns
                check_extent(rows, columns, cells, limits)
                element.clear()
            elif event == "end":
                used = _ods_row(element, row, here)
                row += _count(element, "rows-repeated")
                if used:
                    rows, columns = row, max(columns, used)
                element.clear()
    except etree.XMLSyntaxError as error:
        raise broken("内容不完整") from error
    return merges


def _ods_row(element: etree._Element, row: int, merges: list[Merge]) -> int:
    """Note the row's merged ranges; return how many columns are in use."""
    column = used = 0
    for cell in element.iter(_CELL, _COVERED):
        rows, columns = _count(cell, "rows-spanned"), _count(cell, "columns-spanned")
        if rows * columns > 1:
            merges.append((row, column, row + rows - 1, column + columns - 1))
        column += _count(cell, "columns-repeated")
        if len(cell) or any(name.startswith(_OFFICE_NS) for name in map(str, cell.attrib)):
            used = column
    return used
