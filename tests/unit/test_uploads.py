"""What is taken and what is refused, with the words that the person reads."""

import hashlib
import io
import stat
import struct
import zipfile

import openpyxl
import pytest
from PIL import Image

from common.uploads import UploadLimits, UploadRefused, inspect_upload
from tests.pictures import encoded, photo, scene

ONLY = "不能上传；只收 jpg、png、webp、heic 照片，或 pdf、docx、xlsx 文件"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/>{}</Types>'
)
MAIN = '<Override PartName="/{}" ContentType="{}"/>'
WORD_MAIN = MAIN.format("word/document.xml", f"{WORD}.main+xml")
MACRO_DOCUMENT = "application/vnd.ms-word.document.macroEnabled.main+xml"
MACROS = "application/vnd.ms-office.vbaProject"


def package(parts: dict[str, bytes], *, main: str = "word/document.xml", main_type: str = f"{WORD}.main+xml") -> bytes:
    """A zip file with content types that declare `main`; parts may override any of it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in {"[Content_Types].xml": TYPES.format(MAIN.format(main, main_type)), **parts}.items():
            archive.writestr(name, part)
    return out.getvalue()


def docx(extra: dict[str, bytes] | None = None) -> bytes:
    return package({"word/document.xml": b"<w:document/>", **(extra or {})})


def xlsx() -> bytes:
    out = io.BytesIO()
    book = openpyxl.Workbook()
    book.active.append(["问题点位", "整改时限"])
    book.save(out)
    return out.getvalue()


def pdf() -> bytes:
    return encoded(scene(1), "PDF")


def inspected(content: bytes, name: str = "附件.jpg", **limits):
    return inspect_upload(io.BytesIO(content), filename=name, limits=UploadLimits(**limits))


def refusal(content: bytes, name: str = "附件.jpg", **limits) -> str:
    with pytest.raises(UploadRefused) as refused:
        inspected(content, name, **limits)
    return str(refused.value)


@pytest.mark.parametrize(
    ("content", "extension", "content_type", "is_photo"),
    [
        (photo(), "jpg", "image/jpeg", True),
        (encoded(scene(1), "PNG"), "png", "image/png", True),
        (encoded(scene(1), "WEBP"), "webp", "image/webp", True),
        (encoded(scene(1), "HEIF"), "heic", "image/heic", True),
        (pdf(), "pdf", "application/pdf", False),
        (docx(), "docx", WORD, False),
        (package({"word/document2.xml": b"<w:document/>"}, main="word/document2.xml"), "docx", WORD, False),
        (xlsx(), "xlsx", EXCEL, False),
    ],
    ids=["jpg", "png", "webp", "heic", "pdf", "docx", "docx from the cloud", "xlsx"],
)
def test_each_kind_is_told_by_its_content_whatever_it_is_called(content, extension, content_type, is_photo):
    upload = inspected(content, "3号换热站.exe")
    assert (upload.extension, upload.content_type, upload.is_photo) == (extension, content_type, is_photo)
    assert upload.filename == f"3号换热站.exe.{extension}"
    assert upload.content == content
    assert upload.size_bytes == len(content)
    assert upload.sha256 == hashlib.sha256(content).hexdigest()


def test_a_package_whose_types_are_declared_by_suffix_only():
    types = f'<Types><Default Extension="xml" ContentType="{EXCEL}.main+xml"/></Types>'
    assert inspected(package({"[Content_Types].xml": types, "xl/workbook.xml": b"<workbook/>"})).extension == "xlsx"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("照片.jpg", "照片.jpg"),
        ("IMG_1.JPEG", "IMG_1.JPEG"),
        ("报告.html", "报告.html.jpg"),
        ("照片", "照片.jpg"),
        (".jpg", "jpg.jpg"),
        (r"C:\Users\王\照片.jpg", "照片.jpg"),
        ("../../etc/照片.jpg", "照片.jpg"),
        ("照\u202e片\x00\r\n.jpg", "照片.jpg"),
        ("\ud800.jpg", "jpg.jpg"),
        ("", "未命名文件.jpg"),
        ("长" * 300 + ".jpg", "长" * 116 + ".jpg"),
    ],
)
def test_names_are_cleaned(given, kept):
    assert inspected(photo(), given).filename == kept


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"MZ\x90\x00" + bytes(200), "Windows 程序（exe）"),
        (b"\x7fELF" + bytes(200), "Linux 程序"),
        (b"#!/bin/sh\nrm -rf /\n", "脚本"),
        (b"<?php system($_GET['c']); ?>", "脚本"),
        (b"<!DOCTYPE html><title>x</title>", "网页（html）"),
        (b"\xef\xbb\xbf\n <html><script>alert(1)</script>", "网页（html）"),
        (b"<script>alert(1)</script>", "网页（html）"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "svg 图片"),
        (b'<?xml version="1.0"?><!-- a --><svg onload="alert(1)"/>', "svg 图片"),
        (b'<?xml version="1.0"?><order/>', "xml 文件"),
        (encoded(scene(1), "GIF"), "gif 图片"),
        (encoded(scene(1), "BMP"), "bmp 图片"),
        (encoded(scene(1), "TIFF"), "tiff 图片"),
        (encoded(scene(1), "AVIF"), "avif 图片"),
        (b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(99), "录像"),
        (b"RIFF\x00\x00\x00\x00WAVE" + bytes(99), "录音"),
        (b"Rar!\x1a\x07\x00" + bytes(99), "rar 压缩包"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(99), "7z 压缩包"),
        (b"AC1027" + bytes(99), "CAD 图纸（dwg）"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"), "旧格式的 Word 文档（doc）"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le"), "旧格式的 Excel 表格（xls）"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "加密的 Office 文件"),
        ("编号,点位\n1,3号站".encode("gb18030"), "文本文件"),
        (b"\x00\x01\x02\x03" * 30, "认不出的文件"),
        (package({"ppt/presentation.xml": b""}, main="ppt/presentation.xml", main_type="x"), "演示文稿（pptx）"),
        (package({"OFD.xml": b""}, main="OFD.xml", main_type="x"), "ofd 文件"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_everything_else_is_refused_by_what_it_is(content, kind):
    assert refusal(content, "改好了.jpg") == f"“改好了.jpg”是{kind}，{ONLY}"


def test_a_zip_of_photos_is_refused_with_the_way_out():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("整改前/1.jpg", photo())
    assert refusal(out.getvalue(), "照片.docx") == (
        f"“照片.docx”是压缩包（zip），不能上传，请解压后把里面的文件逐个上传；{ONLY.split('；')[1]}"
    )


def test_a_word_template_is_refused():
    content = package({"word/document.xml": b"<d/>"}, main_type=f"{WORD}.template.main+xml".replace("document.t", "t"))
    assert refusal(content, "a.docx") == "“a.docx”是模板或缺少正文的 Office 文件，请另存为 docx 或 xlsx 后再传"


def test_a_package_whose_main_part_is_not_there_is_refused():
    assert "模板或缺少正文" in refusal(package({"word/styles.xml": b"<s/>"}), "a.docx")


def test_empty_and_large_files():
    assert refusal(b"", "空.jpg") == "“空.jpg”是空文件，请重新选择"
    assert (
        refusal(b"x" * (2 * 1024 * 1024 + 1), "大.jpg", size_bytes=2 * 1024 * 1024) == "“大.jpg”超过 2 MB，请压缩后再传"
    )
    assert inspected(photo(), size_bytes=len(photo())).size_bytes == len(photo())
    assert UploadLimits().size_bytes == 20 * 1024 * 1024


def test_a_file_that_was_read_before_is_read_from_its_start():
    file = io.BytesIO(photo())
    file.read()
    assert inspect_upload(file, filename="a.jpg").content == photo()


@pytest.mark.parametrize(
    "part",
    [
        {"word/vbaProject.bin": b"\xd0\xcf"},
        {"word/VBAPROJECT.BIN": b"\xd0\xcf"},
        {"xl/macrosheets/sheet1.xml": b"<x/>"},
        {"[Content_Types].xml": TYPES.format(MAIN.format("word/document.xml", MACRO_DOCUMENT))},
        {"[Content_Types].xml": TYPES.format(WORD_MAIN + MAIN.format("word/x.bin", MACROS))},
    ],
    ids=["part", "part in capitals", "excel 4 macros", "docm named docx", "macros under another name"],
)
def test_macros_are_refused(part):
    assert refusal(docx(part), "台账.docx") == "“台账.docx”带有宏，请另存为不带宏的 docx 或 xlsx 后再传"


def test_a_name_with_a_hidden_end_is_refused():
    hidden = docx({"word/a.exe0.xml": b"x"}).replace(b"word/a.exe0.xml", b"word/a.exe\x00.xml")
    assert refusal(hidden, "a.docx") == "“a.docx”的内部路径不正常（word/a.exe?.xml），不能上传"


@pytest.mark.parametrize("name", ["../evil.xml", "word/../../evil.xml", "/etc/passwd", "..\\evil.xml", "C:/evil.xml"])
def test_members_that_lead_out_of_the_package_are_refused(name):
    assert refusal(docx({name: b"x"}), "a.docx") == f"“a.docx”的内部路径不正常（{name}），不能上传"


def test_a_link_in_a_package_is_refused():
    out = io.BytesIO(docx())
    link = zipfile.ZipInfo("word/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    assert "内部路径不正常（word/link）" in refusal(out.getvalue())


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_parts_of_one_name_are_refused():
    out = io.BytesIO(docx())
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("Word/Document.xml", b"<other/>")
    assert refusal(out.getvalue(), "a.docx") == "“a.docx”的内部有两个同名部件（word/document.xml），不能上传"


def test_a_package_that_unpacks_to_too_much_is_refused():
    bomb = docx({"word/media/a.bin": bytes(3 * 1024 * 1024)})
    assert len(bomb) < 10_000
    assert refusal(bomb, "a.docx", unpacked_bytes=2 * 1024 * 1024) == "“a.docx”解压后超过 2 MB，不能上传"
    assert inspected(bomb).extension == "docx"


def test_a_package_that_lies_about_its_size_is_refused():
    bomb = docx({"word/media/a.bin": bytes(3 * 1024 * 1024)})
    claimed = struct.pack("<I", 3 * 1024 * 1024)
    assert bomb.count(claimed) == 2  # the member's own head, and the directory
    assert refusal(bomb.replace(claimed, struct.pack("<I", 100)), "a.docx") == (
        "“a.docx”已损坏，打不开，请重新导出后再传"
    )


def test_a_package_of_too_many_parts_is_refused():
    many = docx({f"word/{number}.xml": b"" for number in range(20)})
    assert refusal(many, "a.docx", members=10) == "“a.docx”内部有 22 个部件，超过 10 个，不能上传"


def test_a_package_with_a_password_is_refused():
    content = bytearray(docx())
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    assert refusal(bytes(content), "a.docx") == "“a.docx”是加密的，无法检查，请去掉密码后再传"


def test_a_package_behind_something_else_is_refused():
    assert "压缩包前面藏有别的内容" in refusal(b"PK\x03\x04<script>alert(1)</script>" + docx(), "a.docx")


def test_broken_packages_are_refused():
    broken = "“a.docx”已损坏，打不开，请重新导出后再传"
    assert refusal(docx()[:-30], "a.docx") == broken
    assert refusal(docx({"[Content_Types].xml": b"<Types"}), "a.docx") == broken
    endless = TYPES.format(WORD_MAIN) + " " * (3 * 1024 * 1024)
    assert refusal(docx({"[Content_Types].xml": endless}), "a.docx") == broken
    content = bytearray(docx({"word/media/a.jpg": photo()}))
    content[content.index(b"word/media/a.jpg") + 1000] ^= 0xFF
    assert refusal(bytes(content), "a.docx") == broken


def test_content_types_with_entities_do_not_unfold():
    entities = '<!DOCTYPE t [<!ENTITY a "{}">]><Types>{}</Types>'.format("a" * 10_000, "&a;" * 10_000)
    assert "已损坏" in refusal(docx({"[Content_Types].xml": entities}))


def test_broken_pdfs_are_refused():
    assert refusal(pdf()[: len(pdf()) // 2], "报告.pdf") == "“报告.pdf”已损坏，PDF 不完整，请重新导出后再传"
    assert refusal(b"%PDF-1.7\n", "报告.pdf") == "“报告.pdf”已损坏，PDF 不完整，请重新导出后再传"
    assert inspected(pdf() + b"\r\n" + bytes(3000)).extension == "pdf"


@pytest.mark.parametrize("content", [photo(), encoded(scene(1), "PNG"), encoded(scene(1), "WEBP"), pdf()])
def test_a_picture_or_pdf_that_is_also_an_archive_is_refused(content):
    assert refusal(content + docx(), "a.jpg") == "“a.jpg”里藏有压缩包，不能上传，请重新导出或拍摄后再传"


@pytest.mark.parametrize(
    "markup",
    [
        b"<script>alert(1)</script>",
        b"<HTML ><body>",
        b"<!doctype html>",
        b"<?php eval(1); ?>",
        b'<svg a="1" xmlns="x">',
        b"<iframe src=x>",
    ],
)
@pytest.mark.parametrize("where", ["comment", "after the end"])
def test_a_picture_that_is_also_a_page_is_refused(markup, where):
    picture = encoded(scene(1), comment=markup) if where == "comment" else photo() + markup
    assert refusal(picture, "a.jpg") == "“a.jpg”里藏有网页或脚本，不能上传，请重新拍摄或截图后再传"


def test_a_pdf_that_begins_as_a_page_is_refused():
    page = pdf().replace(b"\n", b"\n%<script>alert(1)</script>\n", 1)
    assert refusal(page, "a.pdf") == "“a.pdf”里藏有网页或脚本，不能上传，请重新导出后再传"


def test_a_motion_photo_with_its_film_behind_it_is_taken():
    film = b"\x00\x00\x00\x18ftypmp42" + b"\xff\xda\x00\x02" * 500
    assert inspected(photo() + film).extension == "jpg"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_pictures_cut_short_are_refused(kind):
    whole = encoded(scene(1), kind)
    for share in (0.05, 0.5, 0.9):
        cut = whole[: int(len(whole) * share)]
        assert refusal(cut, "现场.jpg") == "“现场.jpg”已损坏，照片不完整，请重新拍摄或重新发送原图"


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_too_many_pixels_are_refused_before_decoding():
    wide = encoded(Image.new("1", (9000, 8000)), "PNG")
    assert len(wide) < 20_000
    assert refusal(wide, "图.png") == "“图.png”有 9000×8000 像素，太大了，请缩小到 6000 万像素以内再传"
    bomb = encoded(Image.new("1", (13_400, 13_400)), "PNG")
    assert refusal(bomb, "图.png") == "“图.png”的像素太多，请缩小到 6000 万像素以内再传"
    assert "有 800×600 像素" in refusal(photo(), "a.jpg", pixels=800 * 600 - 1)
    assert inspected(photo(), pixels=800 * 600).width_px == 800


def test_a_jpeg_that_paints_over_itself_again_and_again_is_refused():
    progressive = encoded(scene(1), progressive=True)
    assert inspected(progressive).extension == "jpg"
    assert refusal(progressive, "a.jpg", scans=9) == "“a.jpg”的结构不正常，不能上传，请重新拍摄或截图后再传"
    assert inspected(progressive, scans=10).extension == "jpg"
