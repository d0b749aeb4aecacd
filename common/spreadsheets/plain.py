"""Plain tables for further work: one head row with a filter, no title, nothing merged, no signature."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, BinaryIO

from common.spreadsheets.columns import Ledger
from common.spreadsheets.layout import lay_out_head, new_book, set_up_print
from common.spreadsheets.streaming import SheetRows, streamed
from common.spreadsheets.styles import Styles
from common.spreadsheets.workbook import column_letter

WORKBOOK = "xl/workbook.xml"


def write_plain(
    out: BinaryIO,
    *,
    ledger: Ledger,
    rows: Iterable[Sequence[Any] | Mapping[str, Any]],
    columns: Sequence[str] | None = None,
) -> int:
    """Write an .xlsx to `out`, which need not be seekable; return the number of rows. `rows` as in `write_official`."""
    picked = ledger.pick(columns)
    book, sheet = new_book(ledger.title, ledger.title)
    lay_out_head(sheet, 1, picked)
    set_up_print(sheet, 1, sum(column.width for column in picked))
    last = column_letter(len(picked) - 1)
    sheet.auto_filter.ref = f"A1:{last}1"
    styles = Styles.of(sheet)
    with streamed(out, book) as package:
        table = SheetRows(picked, styles, first=2)

        def reaching_down(xml: str) -> str:
            return xml.replace(f'<autoFilter ref="A1:{last}1"', f'<autoFilter ref="A1:{last}{table.number - 1}"')

        package.write_sheet(1, table.stream(rows), after=reaching_down)
        # The filter's range has a name in the workbook too.
        whole = f"$A$1:${last}${table.number - 1}"
        package.parts[WORKBOOK] = package.parts[WORKBOOK].replace(f"$A$1:${last}$1".encode(), whole.encode())
    return table.count
