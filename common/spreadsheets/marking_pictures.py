"""Pictures that office programs put into cells, which openpyxl does not know: in a marked copy they lie over the cell.

There the import finds them again, at the same row and column.
"""

import io
from typing import Any

from openpyxl import Workbook as Book
from openpyxl.cell.cell import MergedCell
from openpyxl.drawing.image import Image

from common.spreadsheets.cell_pictures import CellPicture, read_pictures

# Of columns in characters and rows in points that have no size of their own.
USUAL_WIDTH, USUAL_HEIGHT = 8.43, 15.0
PIXELS_PER_CHARACTER, PIXELS_PER_POINT = 7, 4 / 3
SMALLEST = 40


def lay_over_cells(book: Book, content: bytes) -> None:
    """Put the pictures in the cells of `content` over the same cells of `book`, which was read from it."""
    for sheet in book.worksheets:
        for picture in read_pictures(io.BytesIO(content), sheet_name=sheet.title):
            if isinstance(picture, CellPicture):
                cell = sheet.cell(picture.row, picture.column + 1)
                if _stands_for_a_picture(cell):
                    _lay(sheet, cell, picture)


def _stands_for_a_picture(cell: Any) -> bool:
    """WPS names the picture by a formula; Excel leaves an error for programs that know no pictures in cells."""
    if isinstance(cell, MergedCell):
        return False
    return cell.data_type == "e" or (cell.data_type == "f" and "DISPIMG(" in str(cell.value).upper())


def _lay(sheet: Any, cell: Any, picture: CellPicture) -> None:
    try:
        image = Image(io.BytesIO(picture.content))
    except Exception:  # no picture that Pillow can read: the cell stays as it is
        return
    width = (sheet.column_dimensions[cell.column_letter].width or USUAL_WIDTH) * PIXELS_PER_CHARACTER
    height = (sheet.row_dimensions[cell.row].height or USUAL_HEIGHT) * PIXELS_PER_POINT
    scale = min(max(width, SMALLEST) / image.width, max(height, SMALLEST) / image.height, 1)
    image.width, image.height = max(1, int(image.width * scale)), max(1, int(image.height * scale))
    cell.value = None
    sheet.add_image(image, cell.coordinate)
