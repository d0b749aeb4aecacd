"""An .xlsx whose rows are streamed: openpyxl lays the workbook out, the rows are written into its sheets as they come.

    with streamed(out, book) as package:
        package.write_sheet(1, rows.stream(values), after=rows.close)

So there is one look and one code path for ten rows and for a million, and memory does not grow with them.
"""

import io
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import getitem
from typing import Any, BinaryIO

from openpyxl import Workbook

from common.spreadsheets.cell_xml import Cells, Tall, inline, lines_of, plain_text
from common.spreadsheets.columns import Column
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.pictures import PHOTOS_HEIGHT, Pictures
from common.spreadsheets.styles import MOST_ROWS, Styles, row_height
from common.spreadsheets.subtotals import Band
from common.spreadsheets.workbook import column_letter

# Below the last row: notes, totals, the signature.
KEPT_FREE = 100
BATCH = 500
# More XML than this in one part of the file and office programs may offer to repair it.
LONGEST_PART = 2**31 - 2**20
# Repeated heads and borders leave little to gain: level 1 is 4 × as fast as 6 for files a fifth longer.
COMPRESSION = 1
CONTENT_TYPES = "[Content_Types].xml"

Values = Sequence[Any] | Mapping[str, Any] | Band


class Package:
    """The parts of the file. Those that openpyxl made are written last, so that they may be changed until then."""

    def __init__(self, archive: zipfile.ZipFile, parts: dict[str, bytes]) -> None:
        self.archive = archive
        self.parts = parts
        archive.writestr(CONTENT_TYPES, parts.pop(CONTENT_TYPES))

    def write_sheet(
        self, number: int, rows: Iterable[bytes], *, after: Callable[[str], str] = str, spooled: bool = False
    ) -> None:
        """The sheet, with `rows` below what was laid out. `after` may change the XML behind the rows once they are
        known. `spooled`: `rows` writes parts of its own meanwhile, so that the sheet has to wait."""
        name = f"xl/worksheets/sheet{number}.xml"
        # The sheet's extent is not known yet; it may be left out.
        head, foot = re.sub(r"<dimension [^>]*/>", "", self.parts.pop(name).decode()).split("</sheetData>")
        if spooled:
            with tempfile.TemporaryFile() as waiting:
                _write(waiting, head, rows, foot, after)
                waiting.seek(0)
                self.copy(name, waiting)
        else:
            with self.archive.open(name, "w") as part:
                _write(part, head, rows, foot, after)

    def copy(self, name: str, content: BinaryIO) -> None:
        with self.archive.open(name, "w") as part:
            shutil.copyfileobj(content, part, 1 << 20)

    def write_rest(self) -> None:
        for name, content in self.parts.items():
            self.archive.writestr(name, content)
        self.parts.clear()


@contextmanager
def streamed(out: BinaryIO, book: Workbook) -> Iterator[Package]:
    """The workbook as a file in the making, written to `out`, which need not be seekable."""
    buffer = io.BytesIO()
    book.save(buffer)
    with zipfile.ZipFile(buffer) as laid_out:
        parts = {name: laid_out.read(name) for name in laid_out.namelist()}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION) as archive:
        package = Package(archive, parts)
        yield package
        package.write_rest()


def _write(part: Any, head: str, rows: Iterable[bytes], foot: str, after: Callable[[str], str]) -> None:
    size = part.write(head.encode())
    for chunk in rows:
        size += len(chunk)
        if size > LONGEST_PART:
            raise SpreadsheetError("内容太多，一张工作表放不下，请缩小筛选范围后分几次导出")
        part.write(chunk)
    part.write(("</sheetData>" + after(foot)).encode())


class SheetRows:
    """The rows of one sheet as XML: `stream` those of the table, then `band` and `line` for what stands below them.

    `count`: the rows of the table so far. `number`: the row that comes next, as the office program counts.
    """

    def __init__(
        self, columns: Sequence[Column], styles: Styles, *, first: int, pictures: Pictures | None = None
    ) -> None:
        self.columns, self.styles, self.pictures = columns, styles, pictures
        self.first = self.number = first
        self.count = 0
        self.merges: list[str] = []
        letters = [column_letter(index) for index in range(len(columns))]
        self.start = f'<c r="{letters[0]}'.encode()
        afters = [f'<c r="{letter}'.encode() for letter in letters[1:]] + [b"</row>"]
        self.wrapping: list[int] = []
        self.cells = [
            Cells(column, index, styles, after, self.wrapping)
            for index, (column, after) in enumerate(zip(columns, afters, strict=True))
        ]
        self.photo_indexes = [index for index, column in enumerate(columns) if column.kind == "photos"]
        self.openings: dict[float, bytes] = {}

    def opening(self, height: float) -> bytes:
        """What stands between the row's number and the first cell's."""
        opening = self.openings.get(height)
        if opening is None:
            opening = f'" ht="{height:g}" customHeight="1">'.encode() + self.start
            self.openings[height] = opening
        return opening

    def stream(self, rows: Iterable[Values]) -> Iterator[bytes]:
        """The XML of the next few rows, again and again."""
        names = [column.name for column in self.columns]
        cells, wrapping, width = self.cells, self.wrapping, len(self.columns)
        of_lines = {lines: self.opening(row_height(lines)) for lines in range(1, 40)}
        batch: list[bytes] = []
        made: Any
        for row in rows:
            kind = type(row)
            if kind is list or kind is tuple:
                values: Any = row
            elif isinstance(row, Band):
                batch.append(self.band(row))
                continue
            else:
                values = [row.get(name) for name in names] if isinstance(row, Mapping) else row
            if len(values) != width:
                raise ValueError(f"{len(values)} values for {width} columns")
            if self.photo_indexes:
                batch.append(self._with_photos(list(values)))
            else:
                try:
                    made = list(map(getitem, cells, values))
                except TypeError:
                    made = self._made(values)
                lines = 1
                for index in wrapping:
                    cell = made[index]
                    if type(cell) is not bytes and cell.lines > lines:
                        lines = cell.lines
                opening = of_lines[lines] if lines < 40 else self.opening(row_height(lines))
                batch.append((b"%d" % self.number).join((b'<row r="', opening, *made)))
            self.number += 1
            self.count += 1
            if len(batch) >= BATCH:
                self._check_room()
                for column in cells:
                    column.review(len(batch))
                yield b"".join(batch)
                batch.clear()
        self._check_room()
        yield b"".join(batch)

    def _check_room(self) -> None:
        if self.number > MOST_ROWS - KEPT_FREE:
            most = MOST_ROWS - KEPT_FREE - self.first
            raise SpreadsheetError(f"一张工作表最多放 {most} 行，请缩小筛选范围后分几次导出")

    def _made(self, values: Sequence[Any]) -> list[bytes]:
        """The cells of a row in which there are lists, which cannot be looked up."""
        hashable = (tuple(value) if isinstance(value, list) else value for value in values)
        return list(map(getitem, self.cells, hashable))

    def _with_photos(self, values: list[Any]) -> bytes:
        assert self.pictures is not None
        height = 0.0
        for index in self.photo_indexes:
            photos = values[index] or ()
            values[index] = self.pictures.place(photos, row=self.number, index=index, width=self.columns[index].width)
            if photos:
                height = PHOTOS_HEIGHT
        made = self._made(values)
        lines = max(cell.lines if isinstance(cell, Tall) else 1 for cell in made)
        opening = self.opening(max(height, row_height(lines)))
        return (b"%d" % self.number).join((b'<row r="', opening, *made))

    def band(self, band: Band) -> bytes:
        """A line between or below the rows over the table's whole width, and its merged cells."""
        number, last = self.number, len(self.columns) - 1
        texts = {0: band.label}
        spans = _spans(last, band.sums)
        if spans:
            texts[spans[0][0]] = band.text
        else:
            texts[0] = f"{band.label} {band.text}".strip()
        self.merges += [_merged(first, end, number) for first, end in spans if end > first]
        written = [self._band_cell(index, band, plain_text(texts.get(index, ""))) for index in range(last + 1)]
        width = sum(column.width for column in self.columns[1:]) if spans else self.columns[0].width
        height = row_height(lines_of(band.text, width)) + 2
        self.number += 1
        return f'<row r="{number}" ht="{height:g}" customHeight="1">{"".join(written)}</row>'.encode()

    def _band_cell(self, index: int, band: Band, text: str) -> str:
        styles, address = self.styles, f'<c r="{column_letter(index)}{self.number}" s="'
        if index in band.sums:
            return f'{address}{styles.band_number}"><v>{band.sums[index]}</v></c>'
        if not text:
            return f'{address}{styles.band}"/>'
        return f"{address}{styles.band if index else styles.band_centred}{inline(text)}"

    def line(self, text: str) -> bytes:
        """A line below the table, without borders."""
        last, number = len(self.columns) - 1, self.number
        height = row_height(lines_of(text, sum(column.width for column in self.columns))) + 8
        if last:
            self.merges.append(_merged(0, last, number))
        self.number += 1
        cell = f'<c r="A{number}" s="{self.styles.note}{inline(plain_text(text))}'
        return f'<row r="{number}" ht="{height:g}" customHeight="1">{cell}</row>'.encode()

    def with_merges(self, xml: str) -> str:
        """What stands behind the rows, with the cells that were merged in them; the layout has merged some above."""
        added = "".join(f'<mergeCell ref="{merge}"/>' for merge in self.merges)
        without_count = re.sub(r'<mergeCells count="\d+">', "<mergeCells>", xml)
        return without_count.replace("</mergeCells>", f"{added}</mergeCells>")


def _spans(last: int, sums: Mapping[int, Any]) -> list[tuple[int, int]]:
    """From the second column on the ranges of columns that hold no sum, both ends included."""
    spans: list[tuple[int, int]] = []
    for index in range(1, last + 1):
        if index in sums:
            continue
        if spans and spans[-1][1] == index - 1:
            spans[-1] = spans[-1][0], index
        else:
            spans.append((index, index))
    return spans


def _merged(first: int, last: int, row: int) -> str:
    return f"{column_letter(first)}{row}:{column_letter(last)}{row}"
