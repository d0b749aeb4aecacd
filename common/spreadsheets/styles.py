"""How cells look: the fonts, borders and alignments of office tables, and the numbers a workbook gives them."""

from dataclasses import dataclass
from typing import Any

from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.worksheet.worksheet import Worksheet

MOST_ROWS = 1_048_576
POINTS_PER_LINE = 15.0
LOWEST_ROW, HIGHEST_ROW = 20.0, 409.0
HEAD_FILL, BAND_FILL = "FFF2F2F2", "FFF7F7F2"
DATE_FORMAT, MOMENT_FORMAT = "yyyy-mm-dd", "yyyy-mm-dd hh:mm"

_THIN = Side(style="thin", color="FF808080")
BOX = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)


def title_font() -> Font:
    return Font(name="方正小标宋简体", size=20)


def head_font() -> Font:
    return Font(name="黑体", size=11)


def body_font(*, bold: bool = False) -> Font:
    return Font(name="仿宋", size=11, bold=bold)


def dress(cell: Any, *, is_centred: bool, across: str = "", number_format: str = "General") -> None:
    """An ordinary cell of a table's body."""
    cell.font = body_font()
    cell.border = BOX
    cell.alignment = Alignment(across or ("center" if is_centred else "left"), "center", wrap_text=True)
    cell.number_format = number_format


def dress_head(cell: Any) -> None:
    cell.font = head_font()
    cell.alignment = Alignment("center", "center", wrap_text=True)
    cell.border = BOX
    cell.fill = PatternFill("solid", fgColor=HEAD_FILL)


def unlock(cell: Any) -> None:
    cell.protection = Protection(locked=False)


def row_height(lines: int) -> float:
    """In points, for a row whose longest cell takes so many lines."""
    return min(HIGHEST_ROW, lines * POINTS_PER_LINE + 5)


@dataclass(frozen=True, slots=True)
class Styles:
    """Style numbers: by (centred, kind), kind being text, digits, quoted or number; and of the rest.

    `band` is of the lines between the rows (小计), `note` of the lines below them.
    """

    of_kind: dict[tuple[bool, str], int]
    date: int
    moment: int
    picture: int
    band: int
    band_centred: int
    band_number: int
    note: int

    @classmethod
    def of(cls, sheet: Worksheet) -> "Styles":
        """Dress a cell in each style to have it registered; the cell itself goes again."""

        def register(*, quoted: bool = False, band: bool = False, border: bool = True, **look: Any) -> int:
            cell = sheet.cell(MOST_ROWS, 1)
            dress(cell, **look)
            if quoted:
                cell.quotePrefix = True
            if band:
                cell.font = body_font(bold=True)
                cell.fill = PatternFill("solid", fgColor=BAND_FILL)
            if not border:
                cell.border = Border()
            number = cell.style_id
            del sheet._cells[(MOST_ROWS, 1)]
            return int(number)

        of_kind = {}
        for is_centred in (False, True):
            of_kind[is_centred, "text"] = register(is_centred=is_centred)
            of_kind[is_centred, "digits"] = register(is_centred=is_centred, number_format="@")
            of_kind[is_centred, "quoted"] = register(is_centred=is_centred, quoted=True)
            of_kind[is_centred, "number"] = register(is_centred=is_centred, across="" if is_centred else "right")
        picture = sheet.cell(MOST_ROWS, 1)
        dress(picture, is_centred=True)
        picture.alignment = Alignment("center", "bottom", wrap_text=True)
        picture_style = int(picture.style_id)
        del sheet._cells[(MOST_ROWS, 1)]
        return cls(
            of_kind=of_kind,
            date=register(is_centred=True, number_format=DATE_FORMAT),
            moment=register(is_centred=True, number_format=MOMENT_FORMAT),
            picture=picture_style,
            band=register(is_centred=False, band=True),
            band_centred=register(is_centred=True, band=True),
            band_number=register(is_centred=False, across="right", band=True),
            note=register(is_centred=False, border=False),
        )
