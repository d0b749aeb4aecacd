"""Tables in the official look: merged title, 填报单位 and date line, head, borders, print set-up, signature line.

With subtotals after each group, pictures in the cells and a sheet 口径 that says what is counted, if the caller wants.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from common.spreadsheets.columns import Column, Ledger
from common.spreadsheets.layout import (
    ABOUT_COLUMNS,
    lay_out_about,
    lay_out_head,
    lay_out_title,
    new_book,
    set_up_print,
)
from common.spreadsheets.pictures import Pictures, make_room
from common.spreadsheets.streaming import SheetRows, streamed
from common.spreadsheets.styles import Styles
from common.spreadsheets.subtotals import Subtotals, with_subtotals

SIGNATURE = "填表人：                    审核人：                    联系电话："
# What a sheet 口径 says, as (label, text); it is asked once the number of rows is known.
About = Callable[[int], Sequence[tuple[str, str]]]


def write_official(
    out: BinaryIO,
    *,
    ledger: Ledger,
    rows: Iterable[Sequence[Any] | Mapping[str, Any]],
    title: str,
    unit_line: str = "",
    date_line: str = "",
    columns: Sequence[str] | None = None,
    notes: Sequence[str] = (),
    signature: str = SIGNATURE,
    subtotals: Subtotals | None = None,
    about: About | None = None,
) -> int:
    """Write an .xlsx to `out`, which need not be seekable; return the number of rows. Raise SpreadsheetError for more
    rows than a sheet holds.

    `rows`: by column name, or values in the order of `columns` (names; the ledger's shown columns by default). A value
    is text, a number, a date, an aware or naive datetime, a bool, None or a list of texts; in a column of kind photos
    a list of `pictures.Photo`. With `subtotals` the rows come in the order of their groups.
    """
    picked = ledger.pick(columns)
    book, sheet = new_book(title, ledger.title)
    head_row = lay_out_title(sheet, len(picked), title, unit_line, date_line)
    lay_out_head(sheet, head_row, picked)
    set_up_print(sheet, head_row, sum(column.width for column in picked))
    has_photos = any(column.kind == "photos" for column in picked)
    if has_photos:
        make_room(sheet)
    about_first = lay_out_about(book) if about else 0
    styles = Styles.of(sheet)
    with streamed(out, book) as package:
        pictures = Pictures(package) if has_photos else None
        table = SheetRows(picked, styles, first=head_row + 1, pictures=pictures)
        lines = [line for line in (*notes, signature) if line]
        body = _body(table, rows, picked, subtotals, lines)
        package.write_sheet(1, body, after=table.with_merges, spooled=has_photos)
        if pictures:
            pictures.close(package)
        if about:
            explained = SheetRows(ABOUT_COLUMNS, styles, first=about_first)
            package.write_sheet(2, explained.stream(about(table.count)))
    return table.count


def _body(
    table: SheetRows, rows: Any, columns: Sequence[Column], subtotals: Subtotals | None, lines: Sequence[str]
) -> Iterator[bytes]:
    yield from table.stream(with_subtotals(rows, subtotals, columns) if subtotals else rows)
    for line in lines:
        yield table.line(line)
