"""ZIP files of photos: which entry each is of by its name, what is skipped and why, and that no file does harm."""

import io
import stat
import struct
import tracemalloc
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.spreadsheets.photo_archives import (
    ArchivedPhoto,
    PhotoArchiveError,
    PhotoLimits,
    SkippedMember,
    read_photo_archive,
)
from common.spreadsheets.photo_names import place_of, serial_key, stage_in
from tests.photo_zips import UTF8_FLAG, locked, photo_zip
from tests.pictures import encoded, photo, scene

PHOTO = photo(1, size=(64, 48))
KNOWN = frozenset({*map(str, range(1, 10)), "yh-2026-0007", "6-2"})
MEBIBYTE = 1024 * 1024


def read(content: bytes, **limits: int) -> list[ArchivedPhoto | SkippedMember]:
    return list(read_photo_archive(io.BytesIO(content), known=KNOWN, limits=PhotoLimits(**limits)))


def refused(content: bytes, **limits: int) -> str:
    with pytest.raises(PhotoArchiveError) as error:
        read(content, **limits)
    return str(error.value)


@pytest.mark.parametrize(
    ("path", "serial", "stage"),
    [
        ("整改前/1.jpg", "1", "before"),
        ("整改后/03 (2).jpg", "3", "after"),
        ("整改后/３.jpg", "3", "after"),
        ("1-整改前.jpg", "1", "before"),
        ("3_后.jpg", "3", "after"),
        ("前3.jpg", "3", "before"),
        ("整改前3.jpg", "3", "before"),
        ("5(整改前).jpg", "5", "before"),
        ("5整改前2.jpg", "5", "before"),
        ("5-1.jpg", "5", ""),
        ("完成后/5_02.jpg", "5", "after"),
        ("整改后照片/照片8.jpg", "8", "after"),
        ("序号8（整改后）.jpg", "8", "after"),
        ("治理前/2号.jpg", "2", "before"),
        ("维修前第4条.jpg", "4", "before"),
        ("9.before.jpg", "9", "before"),
        ("after/no.2.jpg", "2", "after"),
        ("整改中/4.jpg", "4", "during"),
        ("第7条/前/a.jpg", "7", "before"),
        ("7/整改前/2.jpg", "7", "before"),
        ("5/IMG_0007.jpg", "5", ""),
        ("7.循环泵漏水/整改前.jpg", "7", "before"),
        ("YH-2026-0007/后.jpg", "yh-2026-0007", "after"),
        ("yh-2026-0007(1).jpg", "yh-2026-0007", ""),
        ("城源热力有限公司\\整改前\\4.jpg", "4", "before"),
        # A serial of two levels, if the ledger has it.
        ("6-2.jpg", "6-2", ""),
        # Signs of something else: buildings, cameras, days, several at once.
        ("前进小区3号楼.jpg", None, ""),
        ("IMG_20260701_093000.jpg", None, ""),
        ("微信图片_20260701093000.jpg", None, ""),
        ("1、2.jpg", None, ""),
        ("6月30日/2.jpg", "2", ""),
        ("屋后管道/2.jpg", "2", ""),
        ("整改前后对比/5.jpg", "5", ""),
        # What the ledger does not have is said, not guessed.
        ("99.jpg", "99", ""),
    ],
)
def test_a_name_tells_the_entry_and_the_stage(path: str, serial: str | None, stage: str) -> None:
    place = place_of(path, KNOWN)
    assert (place.serial, place.stage) == (serial, stage)


def test_the_second_photo_of_an_entry_is_not_the_entry_of_that_serial() -> None:
    assert place_of("5-1.jpg", {"5", "1"}).serial == "5"
    assert place_of("5-1.jpg", {"5", "1", "5-1"}).serial == "5-1"


def test_folders_are_kept_for_who_knows_the_units() -> None:
    assert place_of("北苑供热站/整改前/1.jpg", {"1"}).folders == ("北苑供热站", "整改前")


def test_serials_are_compared_without_width_zeros_and_decimals() -> None:
    assert [serial_key(text) for text in ("０７", "7.0", " 7 ", "YH-2026-0007", "0", "")] == [
        "7", "7", "7", "yh-2026-0007", "0", "",
    ]  # fmt: skip


def test_the_stage_of_a_columns_head() -> None:
    heads = ("整改前照片", "整改后照片", "佐证照片", "整改前后照片", "整改照片/整改后")
    assert [stage_in(head) for head in heads] == ["before", "after", "", "", "after"]


@pytest.mark.parametrize(
    ("encoding", "flag", "unicode_field"),
    [("gbk", 0, False), ("utf-8", UTF8_FLAG, False), ("utf-8", 0, False), ("gb18030", 0, True)],
)
def test_names_in_every_encoding_that_tools_write(encoding: str, flag: int, unicode_field: bool) -> None:
    names = ["整改前/1.jpg", "前/2.jpg", "3_后.jpg"]
    content = photo_zip(dict.fromkeys(names, PHOTO), encoding=encoding, flag=flag, unicode_field=unicode_field)
    found = [member for member in read(content) if isinstance(member, ArchivedPhoto)]
    assert [(member.name, member.serial, member.stage) for member in found] == [
        ("整改前/1.jpg", "1", "before"),
        ("前/2.jpg", "2", "before"),
        ("3_后.jpg", "3", "after"),
    ]
    assert {member.content for member in found} == {PHOTO}


def test_a_folder_alone_in_gbk_is_not_taken_for_utf8() -> None:
    # 前 in GBK is the valid UTF-8 of another letter.
    assert "前".encode("gbk").decode("utf-8") == "ǰ"
    [member] = read(photo_zip({"前/1.jpg": PHOTO}))
    assert member.name == "前/1.jpg"


def test_what_is_no_photo_is_listed_with_what_it_is() -> None:
    files = {
        "Thumbs.db": b"\xd0\xcf\x11\xe0", "整改后/说明.txt": "说明".encode(), ".DS_Store": b"\0\0",
        "desktop.ini": b"[a]", "__MACOSX/整改前/._1.jpg": b"\0\5", "整改前/._2.jpg": b"\0\5", "~$台账.xlsx": b"x",
        "空.jpg": b"",
        "台账.pdf": b"%PDF-1.4", "动图.gif": b"GIF89a", "内/里.zip": b"PK\x03\x04", "里.jpg": b"PK\x03\x04",
        "里.rar": b"Rar!", "整改前/1.jpg": PHOTO,
    }  # fmt: skip
    *skipped, kept = read(photo_zip(files))
    assert {member.name: member.reason for member in skipped if isinstance(member, SkippedMember)} == {
        "Thumbs.db": "不是照片，是Windows 的缩略图缓存",
        "整改后/说明.txt": "不是照片，是文本文件",
        ".DS_Store": "不是照片，是苹果电脑留下的文件夹设置",
        "desktop.ini": "不是照片，是Windows 的文件夹设置",
        "__MACOSX/整改前/._1.jpg": "不是照片，是苹果电脑留下的附属文件",
        "整改前/._2.jpg": "不是照片，是苹果电脑留下的附属文件",
        "~$台账.xlsx": "不是照片，是Office 打开文件时的临时文件",
        "空.jpg": "是空文件",
        "台账.pdf": "不是照片，是PDF 文件",
        "动图.gif": "不是照片，是gif 图片",
        "内/里.zip": "是压缩包里的压缩包，没有打开；请解压后把照片直接放进压缩包",
        "里.jpg": "是压缩包里的压缩包，没有打开；请解压后把照片直接放进压缩包",
        "里.rar": "是压缩包里的压缩包，没有打开；请解压后把照片直接放进压缩包",
    }
    assert isinstance(kept, ArchivedPhoto) and kept.serial == "1"


def test_a_photo_is_known_by_its_content_not_by_its_suffix() -> None:
    picture = encoded(scene(2, (64, 48)), "PNG")
    [member] = read(photo_zip({"整改前/1": picture}))
    assert isinstance(member, ArchivedPhoto) and member.serial == "1"


@pytest.mark.parametrize("name", ["../1.jpg", "整改前/../../1.jpg", "/etc/1.jpg", "C:\\1.jpg", "..\\..\\1.jpg"])
def test_a_name_that_leads_out_is_not_read(name: str) -> None:
    [member] = read(photo_zip({name: PHOTO}))
    assert member == SkippedMember(name.replace("\\", "/"), "文件名里的路径不正常（指向压缩包之外），没有读取")


def test_a_link_is_not_followed() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("1.jpg")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert read(out.getvalue()) == [SkippedMember("1.jpg", "是快捷方式（链接），不是照片")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "压缩包是空文件"),
        (b"Rar!\x1a\x07\x00" + b"\0" * 99, "这是rar 压缩包，不是 zip 压缩包"),
        (b"7z\xbc\xaf\x27\x1c" + b"\0" * 99, "这是7z 压缩包，不是 zip 压缩包"),
        (PHOTO, "这是单张照片或文档，不是 zip 压缩包"),
        ("照片".encode(), "这是文本文件，不是 zip 压缩包"),
        (photo_zip({"1.jpg": PHOTO})[:-30], "压缩包不完整或已损坏"),
        (photo_zip({}), "压缩包里没有文件"),
        (photo_zip({"整改前/": b""}), "压缩包里没有文件"),
        (photo_zip({"[Content_Types].xml": b"<a/>"}), "这是 Office 文件"),
        (locked(photo_zip({"1.jpg": PHOTO})), "压缩包设了密码"),
    ],
)
def test_what_is_no_readable_zip_is_refused_in_words(content: bytes, said: str) -> None:
    message = refused(content)
    assert message.startswith(said)
    assert "请" in message


def test_too_large_too_many_and_a_directory_that_would_fill_the_memory() -> None:
    many = photo_zip(dict.fromkeys((f"{i}.jpg" for i in range(5)), PHOTO))
    assert refused(many, max_members=4) == "压缩包里有 5 个文件，最多 4 个。请分成几个压缩包"
    assert refused(many, max_directory_bytes=200).startswith("压缩包里的文件太多")
    assert refused(many + b"\0" * MEBIBYTE, max_bytes=MEBIBYTE).startswith("压缩包有 1 MB，最多 1 MB")


def test_a_bomb_is_refused_before_a_single_photo_is_given_and_takes_no_memory() -> None:
    zeros = b"\0" * (4 * MEBIBYTE)
    bomb = photo_zip({"整改前/1.jpg": PHOTO, **{f"{i}.jpg": zeros for i in range(2, 9)}})
    assert len(bomb) < 100_000
    members = read_photo_archive(io.BytesIO(bomb), known=KNOWN, limits=PhotoLimits(max_unpacked_bytes=20 * MEBIBYTE))
    tracemalloc.start()
    with pytest.raises(PhotoArchiveError, match="解压后超过 20 MB"):
        next(members)
    assert tracemalloc.get_traced_memory()[1] < 4 * MEBIBYTE
    tracemalloc.stop()


def test_sizes_are_counted_not_believed() -> None:
    bomb = photo_zip({"1.jpg": b"\0" * (8 * MEBIBYTE)})
    size = struct.pack("<L", 8 * MEBIBYTE)
    assert size in bomb
    lying = bomb.replace(size, struct.pack("<L", 10))
    assert refused(lying, max_unpacked_bytes=MEBIBYTE).startswith("压缩包解压后超过 1 MB")


def test_one_file_that_is_too_large_or_broken_costs_itself_only() -> None:
    content = photo_zip({"1.jpg": b"\0" * (3 * MEBIBYTE), "2.jpg": PHOTO, "3.jpg": PHOTO}, method=zipfile.ZIP_STORED)
    at = content.index(PHOTO)
    broken = content[: at + 100] + b"\xff" + content[at + 101 :]
    large, bad, good = read(broken, max_photo_bytes=2 * MEBIBYTE)
    assert large == SkippedMember("1.jpg", "超过 2 MB，请压缩照片后再传")
    assert bad == SkippedMember("2.jpg", "内容已损坏，请重新打包")
    assert isinstance(good, ArchivedPhoto) and good.content == PHOTO


def test_a_packing_that_is_not_supported_is_named() -> None:
    [member] = read(photo_zip({"1.jpg": PHOTO}, method=zipfile.ZIP_BZIP2))
    assert member == SkippedMember("1.jpg", "压缩方式不支持，请用 Windows 自带的“压缩”或 WPS 重新打包")


SMALL = photo_zip({"整改前/1.jpg": PHOTO, "Thumbs.db": b"x", "整改后/02.jpg": b"\xff\xd8\xff" + b"a" * 40})


def judged(content: bytes) -> None:
    try:
        for member in read(content):
            assert isinstance(member, ArchivedPhoto) or member.reason
    except PhotoArchiveError as error:
        assert "请" in str(error)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=2000), st.sampled_from([b"", b"PK\x03\x04", b"PK\x05\x06", b"Rar!"]))
def test_no_bytes_raise_anything_but_the_clear_error(content: bytes, beginning: bytes) -> None:
    judged(beginning + content)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SMALL) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_no_broken_zip_raises_anything_but_the_clear_error(changes: list[tuple[int, int]]) -> None:
    content = bytearray(SMALL)
    for at, byte in changes:
        content[at] = byte
    judged(bytes(content))


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_no_name_raises_anything(name: str) -> None:
    place = place_of(name, KNOWN)
    assert place.stage in ("", "before", "during", "after")
