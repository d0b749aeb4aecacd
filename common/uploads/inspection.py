"""One uploaded file, judged."""

import hashlib
import re
import unicodedata
import zipfile
from io import BytesIO
from typing import Any, BinaryIO

from common.uploads.kinds import ALLOWED, PDF, ZIP, described, hidden_in, kind_of
from common.uploads.office import office_type
from common.uploads.photos import inspect_photo
from common.uploads.shapes import MEBIBYTE, InspectedUpload, UploadLimits, UploadRefused

LIMITS = UploadLimits()
MAX_NAME = 120
# Other suffixes that people know the same content by.
ALIASES = {"jpg": {"jpeg", "jpe", "jfif"}, "heic": {"heif", "hif"}}
INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def inspect_upload(file: BinaryIO, *, filename: str, limits: UploadLimits = LIMITS) -> InspectedUpload:
    """Read and judge one file by what it holds, whatever it is called. Raises UploadRefused and nothing else."""
    name = clean_name(filename)
    if file.seekable():
        file.seek(0)
    content = file.read(limits.size_bytes + 1)
    if not content:
        raise UploadRefused(f"“{name}”是空文件，请重新选择")
    if len(content) > limits.size_bytes:
        raise UploadRefused(f"“{name}”超过 {limits.size_bytes // MEBIBYTE} MB，请压缩后再传")
    kind = kind_of(content)
    if kind is None:
        raise UploadRefused(f"“{name}”是{described(content)}，不能上传；只收 {ALLOWED}")
    if kind != ZIP:
        _refuse_archive_inside(content, name)
    found: dict[str, Any]
    if kind == ZIP:
        content_type, extension = office_type(content, name, limits)
        found = {"content_type": content_type, "extension": extension, "is_photo": False}
    elif kind == PDF:
        _check_pdf(content, name)
        found = {"content_type": "application/pdf", "extension": "pdf", "is_photo": False}
    else:
        found = {**inspect_photo(content, kind, name, limits), "is_photo": True}
    return InspectedUpload(
        filename=_named_after_content(name, found["extension"]),
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        **found,
    )


def clean_name(filename: str) -> str:
    """A file's name as it may be shown and stored: no folders, no signs that can't be seen or that turn text around."""
    name = re.split(r"[/\\]", filename)[-1]
    name = unicodedata.normalize("NFC", "".join(sign for sign in name if unicodedata.category(sign) not in INVISIBLE))
    name = name.strip(" .") or "未命名文件"
    if len(name) <= MAX_NAME:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix) > 10:
        return name[:MAX_NAME]
    return f"{stem[: MAX_NAME - len(suffix) - 1]}.{suffix}"


def _named_after_content(name: str, extension: str) -> str:
    """The name with a suffix that says what the file holds: saved as 报告.html even a picture would open as a page."""
    stem, _, suffix = name.rpartition(".")
    if stem and suffix.lower() in {extension, *ALIASES.get(extension, ())}:
        return name
    return f"{name}.{extension}"


def _refuse_archive_inside(content: bytes, name: str) -> None:
    """A picture or PDF with a zip file at its end is also a jar, an apk or a package of something else."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            inside = bool(archive.infolist())
    except Exception:  # no archive, as it should be
        return
    if inside:
        raise UploadRefused(f"“{name}”里藏有压缩包，不能上传，请重新导出或拍摄后再传")


def _check_pdf(content: bytes, name: str) -> None:
    end = content.rstrip(b"\x00 \t\r\n")[-1100:]
    if b"%%EOF" not in end or b"startxref" not in end:
        raise UploadRefused(f"“{name}”已损坏，PDF 不完整，请重新导出后再传")
    if hidden_in(content[:1024]):
        raise UploadRefused(f"“{name}”里藏有网页或脚本，不能上传，请重新导出后再传")
