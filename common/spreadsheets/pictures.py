"""Pictures in the cells of a streamed sheet. Each is written to the file when its row is; none is kept in memory."""

import io
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openpyxl.drawing.image import Image
from openpyxl.worksheet.worksheet import Worksheet
from PIL import Image as Pillow

if TYPE_CHECKING:
    from common.spreadsheets.streaming import Package

# The most that stand side by side in one cell.
MOST_IN_A_CELL = 2
PHOTO_PX = (156, 116)
GAP_PX = 4
# Width of a column of photos in characters, of 7 px each; height of a row with photos in points, with a line below.
PHOTOS_WIDTH = 46.0
PHOTOS_HEIGHT = (PHOTO_PX[1] + 2 * GAP_PX) * 0.75 + 15
EMU_PER_PX = 9525
DRAWING, RELATIONS = "xl/drawings/drawing1.xml", "xl/drawings/_rels/drawing1.xml.rels"

_ANCHOR = (
    "<xdr:oneCellAnchor><xdr:from><xdr:col>{column}</xdr:col><xdr:colOff>{left}</xdr:colOff><xdr:row>{row}</xdr:row>"
    '<xdr:rowOff>{top}</xdr:rowOff></xdr:from><xdr:ext cx="{width}" cy="{height}"/><xdr:pic><xdr:nvPicPr>'
    '<xdr:cNvPr id="{id}" name="照片 {number}"/><xdr:cNvPicPr><a:picLocks noChangeAspect="1"/></xdr:cNvPicPr>'
    '</xdr:nvPicPr><xdr:blipFill><a:blip r:embed="rId{number}"/><a:stretch><a:fillRect/></a:stretch></xdr:blipFill>'
    '<xdr:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'
    '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr></xdr:pic><xdr:clientData/></xdr:oneCellAnchor>'
)
_DRAWING_START = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
)
_RELATIONS_START = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
)
_RELATION = (
    '<Relationship Id="rId{number}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" '
    'Target="../media/image{number}.jpeg"/>'
)


@dataclass(frozen=True, slots=True)
class Photo:
    """A JPEG, read when its turn comes; `read` gives None for one that is lost. Sizes are those of the picture."""

    read: Callable[[], bytes | None]
    width_px: int
    height_px: int


def make_room(sheet: Worksheet) -> None:
    """Lay out what a sheet with pictures needs beside its rows: a stand-in, in whose place the pictures come."""
    dot = io.BytesIO()
    Pillow.new("RGB", (1, 1), "white").save(dot, "JPEG")
    sheet.add_image(Image(dot), "A1")


class Pictures:
    """The pictures of the first sheet, in the order in which they are placed."""

    def __init__(self, package: "Package") -> None:
        self.archive = package.archive
        package.parts.pop("xl/media/image1.jpeg")
        for name in (DRAWING, RELATIONS):
            package.parts.pop(name)
        # A line for each picture: they wait outside the memory until the last picture is in the file.
        self.anchors, self.relations = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115
        self.anchors.write(_DRAWING_START.encode())
        self.relations.write(_RELATIONS_START.encode())
        self.count = 0

    def place(self, photos: Sequence[Photo], *, row: int, index: int, width: float) -> str:
        """Write the photos into the cell; return what the cell says below them: how many more there are."""
        placed = 0
        room = (width * 7 - GAP_PX) / MOST_IN_A_CELL
        for photo in photos[:MOST_IN_A_CELL]:
            content = photo.read()
            if content:
                self._write(content, photo, row=row, index=index, left=GAP_PX + placed * room)
                placed += 1
        lost = min(len(photos), MOST_IN_A_CELL) - placed
        said = [f"共 {len(photos)} 张"] if len(photos) > MOST_IN_A_CELL else []
        return "，".join([*said, f"{lost} 张缺失"] if lost else said)

    def _write(self, content: bytes, photo: Photo, *, row: int, index: int, left: float) -> None:
        self.count += 1
        # A JPEG cannot be packed any closer.
        entry = zipfile.ZipInfo(f"xl/media/image{self.count}.jpeg")
        self.archive.writestr(entry, content, compress_type=zipfile.ZIP_STORED)
        scale = min(PHOTO_PX[0] / max(1, photo.width_px), PHOTO_PX[1] / max(1, photo.height_px))
        anchor = _ANCHOR.format(
            column=index, row=row - 1, left=round(left * EMU_PER_PX), top=GAP_PX * EMU_PER_PX,
            width=max(1, round(photo.width_px * scale)) * EMU_PER_PX,
            height=max(1, round(photo.height_px * scale)) * EMU_PER_PX,
            id=self.count + 1, number=self.count,
        )  # fmt: skip
        self.anchors.write(anchor.encode())
        self.relations.write(_RELATION.format(number=self.count).encode())

    def close(self, package: "Package") -> None:
        """Write the drawing that holds them all."""
        for name, lines, end in (
            (DRAWING, self.anchors, "</xdr:wsDr>"),
            (RELATIONS, self.relations, "</Relationships>"),
        ):
            with lines:
                lines.write(end.encode())
                lines.seek(0)
                package.copy(name, lines)
