"""A ZIP of photos, read member by member: each photo with what its name says, each other file with why it is not one.

for member in read_photo_archive(file, known={"1", "2", "3"}):
    ArchivedPhoto: member.serial, member.stage, member.name, member.content
    SkippedMember: member.name, member.reason
"""

import re
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.photo_names import place_of
from common.spreadsheets.zip_members import (
    ENCRYPTED,
    MEBIBYTE,
    UNREADABLE,
    Budget,
    BudgetSpent,
    DirectoryTooLarge,
    MemberUnreadable,
    inflated,
    is_link,
    members_of,
    name_of,
    whole,
)
from common.uploads.kinds import HEIC, JPEG, PNG, WEBP, described, kind_of

PHOTO_KINDS = {JPEG, PNG, WEBP, HEIC}
LONGEST_NAME = 200
SHOWN = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# What computers and chat programs leave in folders, by its name.
JUNK = (
    (re.compile(r"(?:^|/)__macosx/", re.I), "苹果电脑留下的附属文件"),
    (re.compile(r"(?:^|/)\._[^/]*$"), "苹果电脑留下的附属文件"),
    (re.compile(r"(?:^|/)\.ds_store$", re.I), "苹果电脑留下的文件夹设置"),
    (re.compile(r"(?:^|/)(?:eh)?thumbs\.db$", re.I), "Windows 的缩略图缓存"),
    (re.compile(r"(?:^|/)desktop\.ini$", re.I), "Windows 的文件夹设置"),
    (re.compile(r"(?:^|/)~\$[^/]*$"), "Office 打开文件时的临时文件"),
)
ARCHIVES = re.compile(r"\.(?:zip|rar|7z|tar|gz|tgz|bz2|xz|cab|iso|jar)$", re.I)
BEGINNINGS_OF_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b")
OFFICE_PART = "[Content_Types].xml"


class PhotoArchiveError(SpreadsheetError):
    """The whole ZIP is not taken; the message is a sentence in Chinese: what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class PhotoLimits:
    max_bytes: int = 300 * MEBIBYTE
    # Photos hardly shrink: what unpacks to much more than it weighs holds no photos.
    max_unpacked_bytes: int = 400 * MEBIBYTE
    max_members: int = 3000
    max_directory_bytes: int = 2 * MEBIBYTE
    max_photo_bytes: int = 20 * MEBIBYTE


LIMITS = PhotoLimits()


@dataclass(frozen=True, slots=True)
class ArchivedPhoto:
    """`serial` and `stage` as `photo_names.place_of` tells them; `name`: the path inside the archive, for people."""

    serial: str | None
    stage: str
    name: str
    folders: tuple[str, ...]
    content: bytes


@dataclass(frozen=True, slots=True)
class SkippedMember:
    """A file that is no photo or cannot be read, and why, in Chinese."""

    name: str
    reason: str


def read_photo_archive(
    file: BinaryIO, *, known: Collection[str], limits: PhotoLimits = LIMITS
) -> Iterator[ArchivedPhoto | SkippedMember]:
    """Every file of the archive, one at a time. Raises PhotoArchiveError, and that before the first is given.

    `known`: the keys (`serial_key`) of the ledger. All is measured first, so that a bomb is refused as a whole.
    """
    members = check_photo_archive(file, limits)
    budget = Budget(limits.max_unpacked_bytes)
    try:
        for member in members:
            yield _read(file, member, known, budget, limits)
    except BudgetSpent as error:  # the file changed after it was measured
        raise _bomb(limits) from error


def check_photo_archive(file: BinaryIO, limits: PhotoLimits = LIMITS) -> list[zipfile.ZipInfo]:
    """The archive's files, in its order, once it is known that they are no more than the limits allow.

    Raises PhotoArchiveError.
    """
    size = file.seek(0, 2)
    if size > limits.max_bytes:
        most = limits.max_bytes // MEBIBYTE
        raise PhotoArchiveError(f"压缩包有 {size // MEBIBYTE} MB，最多 {most} MB。请分成几个压缩包，分次上传")
    file.seek(0)
    beginning = file.read(4096)
    if not beginning:
        raise PhotoArchiveError("压缩包是空文件。请重新打包后再上传")
    try:
        members = members_of(file, max_directory_bytes=limits.max_directory_bytes)
    except DirectoryTooLarge as error:
        raise PhotoArchiveError(f"压缩包里的文件太多，最多 {limits.max_members} 个。请分成几个压缩包") from error
    except UNREADABLE as error:
        raise _no_zip(beginning) from error
    if len(members) > limits.max_members:
        raise PhotoArchiveError(f"压缩包里有 {len(members)} 个文件，最多 {limits.max_members} 个。请分成几个压缩包")
    if any(member.flag_bits & ENCRYPTED for member in members):
        raise PhotoArchiveError("压缩包设了密码，里面的照片读不出来。请去掉密码重新打包后再上传")
    if any(member.orig_filename == OFFICE_PART for member in members):
        raise PhotoArchiveError("这是 Office 文件（如 .xlsx、.docx），不是照片的压缩包。请把照片打成 zip 压缩包再上传")
    files = [member for member in members if not member.orig_filename.endswith(("/", "\\"))]
    if not files:
        raise PhotoArchiveError("压缩包里没有文件。请把照片放进压缩包后再上传")
    _measure(file, files, limits)
    return files


def _measure(file: BinaryIO, members: list[zipfile.ZipInfo], limits: PhotoLimits) -> None:
    budget = Budget(limits.max_unpacked_bytes)
    for member in members:
        try:
            size = 0
            for piece in inflated(file, member, budget):
                size += len(piece)
                if size > limits.max_photo_bytes:
                    break  # no more of it will ever be read
        except MemberUnreadable:
            continue  # said of this member when its turn comes
        except BudgetSpent as error:
            raise _bomb(limits) from error


def _bomb(limits: PhotoLimits) -> PhotoArchiveError:
    most = limits.max_unpacked_bytes // MEBIBYTE
    return PhotoArchiveError(f"压缩包解压后超过 {most} MB，不是正常的照片压缩包。请只放照片，分成几个压缩包再上传")


def _no_zip(beginning: bytes) -> PhotoArchiveError:
    if beginning.startswith(b"PK"):
        return PhotoArchiveError("压缩包不完整或已损坏，打不开。请重新打包后再上传")
    kind = described(beginning) if kind_of(beginning) is None else "单张照片或文档"
    return PhotoArchiveError(f"这是{kind}，不是 zip 压缩包。请选中照片文件夹，压缩成 zip 格式后再上传")


def _read(
    file: BinaryIO, member: zipfile.ZipInfo, known: Collection[str], budget: Budget, limits: PhotoLimits
) -> ArchivedPhoto | SkippedMember:
    path = name_of(member)
    shown = SHOWN.sub("", path)[-LONGEST_NAME:] or "（没有名字）"
    if reason := _not_wanted(path, member):
        return SkippedMember(shown, reason)
    try:
        content = whole(file, member, budget, most=limits.max_photo_bytes)
    except MemberUnreadable as error:
        return SkippedMember(shown, str(error))
    if content is None:
        return SkippedMember(shown, f"超过 {limits.max_photo_bytes // MEBIBYTE} MB，请压缩照片后再传")
    if not content:
        return SkippedMember(shown, "是空文件")
    kind = kind_of(content)
    if kind not in PHOTO_KINDS:
        if content.startswith(BEGINNINGS_OF_ARCHIVES):
            return SkippedMember(shown, _nested())
        return SkippedMember(shown, f"不是照片，是{'PDF 文件' if kind else described(content)}")
    place = place_of(path, known)
    return ArchivedPhoto(place.serial, place.stage, shown, place.folders, content)


def _not_wanted(path: str, member: zipfile.ZipInfo) -> str:
    """Why the member is not even opened; empty if it is."""
    parts = path.split("/")
    if ".." in parts or path.startswith("/") or re.match(r"[a-zA-Z]:", path) or "\0" in path:
        return "文件名里的路径不正常（指向压缩包之外），没有读取"
    if is_link(member):
        return "是快捷方式（链接），不是照片"
    for pattern, what in JUNK:
        if pattern.search(path):
            return f"不是照片，是{what}"
    return _nested() if ARCHIVES.search(path) else ""


def _nested() -> str:
    return "是压缩包里的压缩包，没有打开；请解压后把照片直接放进压缩包"
