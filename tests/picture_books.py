"""Workbooks with pictures in them, as Excel and WPS write them, made where a test needs them."""

import io
import zipfile
from collections.abc import Mapping, Sequence

from openpyxl import load_workbook
from openpyxl.drawing.image import Image

RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RICH = "http://schemas.microsoft.com/office/spreadsheetml/2017/richdata"


def with_floating(book: bytes, pictures: Mapping[str, bytes]) -> bytes:
    """The workbook with a picture over each of these cells of its first sheet."""
    workbook = load_workbook(io.BytesIO(book))
    for cell, content in pictures.items():
        workbook.worksheets[0].add_image(Image(io.BytesIO(content)), cell)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def with_parts(book: bytes, parts: Mapping[str, bytes | str]) -> bytes:
    """The workbook with these parts added, or in the place of those it has."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, content in parts.items():
            new.writestr(name, content)
    return out.getvalue()


def part(book: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        return archive.read(name).decode()


def _relations(targets: Sequence[str], kind: str = "image") -> str:
    items = "".join(
        f'<Relationship Id="rId{number}" Type="{TYPES}/{kind}" Target="{target}"/>'
        for number, target in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{RELATIONSHIPS}">{items}</Relationships>'


def _with_cells(book: bytes, cells: Mapping[str, str], sheet: str = "xl/worksheets/sheet1.xml") -> str:
    """The sheet's XML with these cells in the rows that it has, each behind the others of its row."""
    xml = part(book, sheet)
    for address, cell in cells.items():
        row = "".join(filter(str.isdigit, address))
        start = xml.index(f'<row r="{row}"')
        end = xml.index("</row>", start)
        xml = xml[:end] + cell + xml[end:]
    return xml


def with_dispimg(book: bytes, pictures: Mapping[str, bytes]) -> bytes:
    """As WPS embeds pictures in cells: =DISPIMG("ID_…",1), the pictures in xl/cellimages.xml."""
    cells, images, media = {}, "", {}
    for number, (address, content) in enumerate(pictures.items(), 1):
        name = f"ID_{number:032X}"
        cells[address] = f'<c r="{address}" t="str"><f>_xlfn.DISPIMG("{name}",1)</f><v>=DISPIMG("{name}",1)</v></c>'
        images += (
            f'<etc:cellImage><xdr:pic><xdr:nvPicPr><xdr:cNvPr id="{number}" name="{name}" descr="现场{number}"/>'
            f'<xdr:cNvPicPr/></xdr:nvPicPr><xdr:blipFill><a:blip r:embed="rId{number}"/></xdr:blipFill>'
            "<xdr:spPr/></xdr:pic></etc:cellImage>"
        )
        media[f"xl/media/image{number}.jpeg"] = content
    cell_images = (
        '<etc:cellImages xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" '
        f'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="{TYPES}" '
        f'xmlns:etc="http://www.wps.cn/officeDocument/2017/etCustomData">{images}</etc:cellImages>'
    )
    return with_parts(
        book,
        {
            "xl/worksheets/sheet1.xml": _with_cells(book, cells),
            "xl/cellimages.xml": cell_images,
            "xl/_rels/cellimages.xml.rels": _relations([name.removeprefix("xl/") for name in media]),
            **media,
        },
    )


def with_rich_values(book: bytes, pictures: Mapping[str, bytes]) -> bytes:
    """As Excel places pictures in cells: value metadata → rich value → relation → picture."""
    cells, media = {}, {}
    values = futures = records = relations = ""
    for number, (address, content) in enumerate(pictures.items(), 1):
        cells[address] = f'<c r="{address}" t="e" vm="{number}"><v>#VALUE!</v></c>'
        values += f'<rv s="0"><v>{number - 1}</v><v>5</v></rv>'
        futures += (
            '<bk><extLst><ext uri="{3e2802c4-a4d2-4d8b-9148-e3be6c30e623}">'
            f'<xlrd:rvb i="{number - 1}"/></ext></extLst></bk>'
        )
        records += f'<bk><rc t="1" v="{number - 1}"/></bk>'
        relations += f'<rel r:id="rId{number}"/>'
        media[f"xl/media/image{number}.jpeg"] = content
    return with_parts(
        book,
        {
            "xl/worksheets/sheet1.xml": _with_cells(book, cells),
            "xl/metadata.xml": (
                f'<metadata xmlns="{MAIN}" xmlns:xlrd="{RICH}"><metadataTypes count="1"><metadataType '
                f'name="XLRICHVALUE"/></metadataTypes><futureMetadata name="XLRICHVALUE">{futures}</futureMetadata>'
                f"<valueMetadata>{records}</valueMetadata></metadata>"
            ),
            "xl/richData/rdrichvalue.xml": f'<rvData xmlns="{RICH}">{values}</rvData>',
            "xl/richData/rdrichvaluestructure.xml": (
                f'<rvStructures xmlns="{RICH}"><s t="_localImage"><k n="_rvRel:LocalImageIdentifier" t="i"/>'
                '<k n="CalcOrigin" t="i"/></s></rvStructures>'
            ),
            "xl/richData/richValueRel.xml": (
                '<richValueRels xmlns="http://schemas.microsoft.com/office/spreadsheetml/2022/richvaluerel" '
                f'xmlns:r="{TYPES}">{relations}</richValueRels>'
            ),
            "xl/richData/_rels/richValueRel.xml.rels": _relations([name.replace("xl", "..", 1) for name in media]),
            **media,
        },
    )
