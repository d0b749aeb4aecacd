"""Word and Excel files: zip packages whose parts are looked into before anything opens them."""

import io
import stat
import zipfile
from collections import Counter

from lxml import etree

from common.uploads.kinds import ALLOWED
from common.uploads.shapes import MEBIBYTE, UploadLimits, UploadRefused

CONTENT_TYPES = "[Content_Types].xml"
CHUNK = MEBIBYTE
MAX_CONTENT_TYPES_BYTES = 2 * MEBIBYTE
# By the content type of the package's main part, and the folder in which that part has to lie.
MAIN_PARTS = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml": (
        "word/",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "docx",
    ),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml": (
        "xl/",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "xlsx",
    ),
}
MAIN_NAMES = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml"}
MACRO_TYPES = ("macroenabled", "vbaproject", "macrosheet")
# What other packages are, by a part or folder that only they have.
OTHER_PACKAGES = (
    ("ppt/", "演示文稿（pptx）"),
    ("OFD.xml", "ofd 文件"),
    ("AndroidManifest.xml", "安卓程序（apk）"),
    ("META-INF/MANIFEST.MF", "Java 程序（jar）"),
    ("content.xml", "OpenDocument 文件"),
    ("xl/workbook.bin", "Excel 二进制表格（xlsb）"),
)


def office_type(content: bytes, filename: str, limits: UploadLimits) -> tuple[str, str]:
    """Content type and extension of a docx or xlsx. Raises UploadRefused for every other zip file, and for a package
    with macros, with parts that unpack to too much, or with names that lead out of it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            _check_names(members, filename, limits)
            # What kind of package this is is said first: "a zip file" helps more than "damaged".
            kind = _kind(archive, members, filename)
            _unpack_all(archive, members, filename, limits)
    except UploadRefused:
        raise
    except Exception as error:  # zipfile raises half a dozen kinds of errors on broken data
        raise _broken(filename) from error
    return kind


def _broken(filename: str) -> UploadRefused:
    return UploadRefused(f"“{filename}”已损坏，打不开，请重新导出后再传")


def _check_names(members: list[zipfile.ZipInfo], filename: str, limits: UploadLimits) -> None:
    if len(members) > limits.members:
        raise UploadRefused(f"“{filename}”内部有 {len(members)} 个部件，超过 {limits.members} 个，不能上传")
    if any(member.flag_bits & 1 for member in members):
        raise UploadRefused(f"“{filename}”是加密的，无法检查，请去掉密码后再传")
    for member in members:
        # orig_filename: what the file says before zipfile cuts it at a NUL.
        parts = member.orig_filename.replace("\\", "/").split("/")
        linked = stat.S_ISLNK(member.external_attr >> 16)
        if linked or ".." in parts or parts[0] == "" or ":" in parts[0] or "\0" in member.orig_filename:
            raise UploadRefused(f"“{filename}”的内部路径不正常（{_shown(member.orig_filename)}），不能上传")
    twice = [name for name, times in Counter(member.filename.lower() for member in members).items() if times > 1]
    if twice:
        raise UploadRefused(f"“{filename}”的内部有两个同名部件（{_shown(twice[0])}），不能上传")
    if members and min(member.header_offset for member in members) != 0:
        raise UploadRefused(f"“{filename}”的压缩包前面藏有别的内容，不能上传")


def _shown(name: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in name[:60])


def _kind(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], filename: str) -> tuple[str, str]:
    names = {member.filename for member in members}
    if CONTENT_TYPES not in names:
        raise _other_package(names, filename)
    if archive.getinfo(CONTENT_TYPES).file_size > MAX_CONTENT_TYPES_BYTES:
        raise _broken(filename)
    defaults, overrides = _declared_types(archive.read(CONTENT_TYPES))
    types = [*defaults.values(), *overrides.values()]
    if _has_macros(names, types):
        raise UploadRefused(f"“{filename}”带有宏，请另存为不带宏的 docx 或 xlsx 后再传")
    for main_type, (folder, content_type, extension) in MAIN_PARTS.items():
        main_names = {name for name, declared in overrides.items() if declared == main_type}
        if not main_names and defaults.get("xml") == main_type:
            main_names = {MAIN_NAMES[extension]}
        if any(name.startswith(folder) and name in names for name in main_names):
            return content_type, extension
    raise _other_package(names, filename)


def _has_macros(names: set[str], types: list[str]) -> bool:
    in_names = any("vbaproject" in name.lower() or "/macrosheets/" in name.lower() for name in names)
    return in_names or any(macro in declared for declared in types for macro in MACRO_TYPES)


def _declared_types(xml: bytes) -> tuple[dict[str, str], dict[str, str]]:
    """Content types (lower case) by file extension, and by part name without the leading slash."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root = etree.fromstring(xml, parser)
    defaults, overrides = {}, {}
    for element in root.iterchildren("{*}Default", "{*}Override"):
        declared = element.get("ContentType", "").strip().lower()
        if "PartName" in element.attrib:
            overrides[element.attrib["PartName"].lstrip("/")] = declared
        else:
            defaults[element.get("Extension", "").lower()] = declared
    return defaults, overrides


def _other_package(names: set[str], filename: str) -> UploadRefused:
    for sign, kind in OTHER_PACKAGES:
        if sign in names or (sign.endswith("/") and any(name.startswith(sign) for name in names)):
            return UploadRefused(f"“{filename}”是{kind}，不能上传；只收 {ALLOWED}")
    if any(name.startswith(("word/", "xl/")) for name in names):
        return UploadRefused(f"“{filename}”是模板或缺少正文的 Office 文件，请另存为 docx 或 xlsx 后再传")
    return UploadRefused(f"“{filename}”是压缩包（zip），不能上传，请解压后把里面的文件逐个上传；只收 {ALLOWED}")


def _unpack_all(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], filename: str, limits: UploadLimits) -> None:
    """Read every part to its end and throw it away: sizes in a zip's directory may lie, and checksums must be right."""
    spent = 0
    for member in members:
        with archive.open(member) as part:
            while chunk := part.read(CHUNK):
                spent += len(chunk)
                if spent > limits.unpacked_bytes:
                    limit = limits.unpacked_bytes // MEBIBYTE
                    raise UploadRefused(f"“{filename}”解压后超过 {limit} MB，不能上传")
