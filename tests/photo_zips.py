"""ZIP files of photos as people and chat programs make them, and as attackers do, made where a test needs them."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

UTF8_FLAG, ENCRYPTED_FLAG = 0x800, 0x1


class _RawInfo(zipfile.ZipInfo):
    """A member whose name is written byte for byte."""

    raw: bytes = b""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.raw, self.flag_bits


def photo_zip(
    files: Mapping[str, bytes], *, encoding: str = "gbk", flag: int = 0, unicode_field: bool = False,
    method: int = zipfile.ZIP_DEFLATED,
) -> bytes:  # fmt: skip
    """Windows writes GBK names without a flag. `unicode_field`: the name in UTF-8 beside it, as WinRAR and 7-Zip do."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for number, (name, content) in enumerate(files.items()):
            member = _RawInfo(f"file {number}")
            member.raw, member.flag_bits, member.compress_type = name.encode(encoding, "replace"), flag, method
            if unicode_field:
                field = b"\x01" + struct.pack("<L", zlib.crc32(member.raw)) + name.encode()
                member.extra = struct.pack("<HH", 0x7075, len(field)) + field
            archive.writestr(member, content)
    return out.getvalue()


def locked(content: bytes) -> bytes:
    """The zip with its first member marked as encrypted, in its directory and at the member."""
    at, directory = content.index(b"PK\x03\x04") + 6, content.index(b"PK\x01\x02") + 8
    marked = bytearray(content)
    marked[at] |= ENCRYPTED_FLAG
    marked[directory] |= ENCRYPTED_FLAG
    return bytes(marked)
