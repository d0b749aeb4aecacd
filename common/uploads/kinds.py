"""What a file is, told by its first bytes."""

import re

ALLOWED = "jpg、png、webp、heic 照片，或 pdf、docx、xlsx 文件"

JPEG, PNG, WEBP, HEIC, PDF, ZIP = "jpg", "png", "webp", "heic", "pdf", "zip"

HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
AVIF_BRANDS = {b"avif", b"avis"}

# What is not taken, by how it begins, and what a person calls it.
REFUSED_BEGINNINGS = (
    (b"MZ", "Windows 程序（exe）"),
    (b"\x7fELF", "Linux 程序"),
    (b"\xca\xfe\xba\xbe", "Java 程序"),
    (b"#!", "脚本"),
    (b"GIF8", "gif 图片"),
    (b"BM", "bmp 图片"),
    (b"II*\x00", "tiff 图片"),
    (b"MM\x00*", "tiff 图片"),
    (b"\x00\x00\x01\x00", "ico 图标"),
    (b"8BPS", "Photoshop 文件（psd）"),
    (b"Rar!", "rar 压缩包"),
    (b"7z\xbc\xaf\x27\x1c", "7z 压缩包"),
    (b"\x1f\x8b", "gz 压缩包"),
    (b"BZh", "bz2 压缩包"),
    (b"PK\x05\x06", "空的压缩包"),
    (b"{\\rtf", "rtf 文档"),
    (b"AC10", "CAD 图纸（dwg）"),
    (b"ID3", "录音"),
    (b"OggS", "录音"),
    (b"%!PS", "PostScript 文件"),
)
OLE_BEGINNING = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Of compound files, by the name of a stream inside.
OLE_STREAMS = (
    ("EncryptedPackage", "加密的 Office 文件"),
    ("WordDocument", "旧格式的 Word 文档（doc）"),
    ("Workbook", "旧格式的 Excel 表格（xls）"),
    ("PowerPoint Document", "旧格式的演示文稿（ppt）"),
)
MARKUP_AT_START = (
    (re.compile(rb"\s*<(!doctype\s+html|html|head|body|script)\b", re.I), "网页（html）"),
    (
        re.compile(
            rb"\s*(<\?xml[^>]{0,200}\?>\s*)?(<!--.{0,2000}?-->\s*|<!doctype\s+svg[^>]*>\s*)*<svg\b", re.I | re.S
        ),
        "svg 图片",
    ),
    (re.compile(rb"\s*<\?php", re.I), "脚本"),
    (re.compile(rb"\s*<\?xml", re.I), "xml 文件"),
)


def kind_of(content: bytes) -> str | None:
    """jpg, png, webp, heic, pdf or zip; None for everything else."""
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return WEBP
    brands = _brands(content)
    if brands & HEIC_BRANDS and not brands & AVIF_BRANDS:
        return HEIC
    if content.startswith(b"%PDF-"):
        return PDF
    if content.startswith(b"PK\x03\x04"):
        return ZIP
    return None


def described(content: bytes) -> str:
    """What a file that is not taken seems to be, in Chinese."""
    for beginning, name in REFUSED_BEGINNINGS:
        if content.startswith(beginning):
            return name
    if content.startswith(OLE_BEGINNING):
        for stream, name in OLE_STREAMS:
            if stream.encode("utf-16-le") in content:
                return name
        return "旧格式的 Office 文件"
    if content[:4] == b"RIFF":
        return "录像" if content[8:12] == b"AVI " else "录音"
    brands = _brands(content)
    if brands:
        return "avif 图片" if brands & AVIF_BRANDS else "录像"
    start = content[:4096].removeprefix(b"\xef\xbb\xbf")
    for pattern, name in MARKUP_AT_START:
        if pattern.match(start):
            return name
    return "文本文件" if _is_text(start) else "认不出的文件"


def _brands(content: bytes) -> set[bytes]:
    """The brands that an ISO base media file (heic, avif, mp4) says it conforms to."""
    if content[4:8] != b"ftyp":
        return set()
    size = min(int.from_bytes(content[:4], "big"), 256)
    brands = content[8:12] + content[16:size]
    return {brands[at : at + 4] for at in range(0, len(brands), 4)}


def _is_text(start: bytes) -> bool:
    return not any(byte < 9 or 13 < byte < 32 for byte in start)


# What a browser, an interpreter or an unpacker could take out of a picture or a PDF that is also something else.
_HIDDEN_MARKUP = re.compile(
    rb"<(?:script[\s>]|html[\s>]|!doctype\s+html|iframe[\s>]|\?php\s|svg\s[^>\x00]{0,300}xmlns)", re.IGNORECASE
)


def hidden_in(content: bytes) -> str | None:
    """What is hidden in a picture: a web page or a script; None if nothing is."""
    return "网页或脚本" if _HIDDEN_MARKUP.search(content) else None
