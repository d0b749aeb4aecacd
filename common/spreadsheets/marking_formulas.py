"""What formulas came to, kept in a workbook that openpyxl has saved: it writes formulas without their values.

Office programs compute them anew when they open the file; what only reads it, the import or a phone's viewer, does not.
"""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Mapping
from functools import partial
from typing import Any
from xml.sax.saxutils import escape

from openpyxl import Workbook as Book
from openpyxl import load_workbook
from openpyxl.utils.datetime import to_excel

from common.spreadsheets.cell_xml import plain_text

# As openpyxl writes a formula: no value, and no type unless it is an array's.
_FORMULA = re.compile(r'<c r="([A-Z]+[0-9]+)"((?: s="[0-9]+")?)(?: t="[a-z]+")?>(<f[ >][^<]*</f>)<v ?(?:/>|></v>)</c>')

# {sheet: {address: value}}
Values = Mapping[str, Mapping[str, tuple[str, Any]]]


def values_of_formulas(book: Book, content: bytes) -> Values:
    """What the formulas of `book`, which was read from `content`, came to there; {} without any."""
    formulas = {
        sheet.title: {cell.coordinate for row in sheet.iter_rows() for cell in row if cell.data_type == "f"}
        for sheet in book.worksheets
    }
    if not any(formulas.values()):
        return {}
    computed = load_workbook(io.BytesIO(content), data_only=True)
    return {
        name: {address: (cell.data_type, cell.value) for address in addresses if (cell := computed[name][address])}
        for name, addresses in formulas.items()
        if addresses
    }


def with_values(content: bytes, names: list[str], values: Values) -> bytes:
    """The saved workbook, its formulas with their values. `names`: of its worksheets in their order."""
    if not values:
        return content
    parts = {f"xl/worksheets/sheet{number}.xml": values.get(name, {}) for number, name in enumerate(names, 1)}
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            part = old.read(member)
            if known := parts.get(member.filename):
                part = _FORMULA.sub(partial(_valued, known), part.decode()).encode()
            new.writestr(member, part, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _valued(known: Mapping[str, tuple[str, Any]], match: re.Match[str]) -> str:
    address, style, formula = match.groups()
    kind, value = known.get(address, ("n", None))
    if value is None:
        return match[0]
    if isinstance(value, bool):
        kind, text = "b", str(int(value))
    elif isinstance(value, (dt.date, dt.time, dt.timedelta)):
        kind, text = "n", repr(to_excel(value))
    elif isinstance(value, (int, float)):
        kind, text = "n", repr(value)
    else:
        kind, text = ("e" if kind == "e" else "str"), escape(plain_text(str(value)))
    return f'<c r="{address}"{style} t="{kind}">{formula}<v>{text}</v></c>'
