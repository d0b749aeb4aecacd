"""What goes into an inspection and what comes out of it."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class UploadLimits:
    """What one file may hold at most. Pixels: width × height, known before anything is decoded."""

    size_bytes: int = 20 * MEBIBYTE
    pixels: int = 60_000_000
    # A progressive JPEG's passes over the whole picture (cameras make about ten): each takes time, however few bytes.
    scans: int = 100
    # Of docx and xlsx.
    unpacked_bytes: int = 200 * MEBIBYTE
    members: int = 5000


class UploadRefused(Exception):
    """The file is not taken; the message says in Chinese which file, why, and what is taken."""


@dataclass(frozen=True)
class InspectedUpload:
    """A file fit to be stored, with everything that was read from it.

    `filename` is what the file was called, without folders and invisible signs, and with the suffix of what it holds.
    `width_px` and `height_px` are as seen, after the camera's rotation; `taken_at` is aware; latitude and longitude are
    WGS 84 as the camera wrote them. `phash` is None for pictures too flat to tell from others. `thumbnail` and
    `rendition` (only of HEIC, which browsers on Windows cannot show) are JPEGs without metadata.
    """

    filename: str
    extension: str
    content_type: str
    is_photo: bool
    content: bytes
    sha256: str
    width_px: int | None = None
    height_px: int | None = None
    taken_at: dt.datetime | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    phash: str | None = None
    thumbnail: bytes | None = None
    rendition: bytes | None = None

    @property
    def size_bytes(self) -> int:
        return len(self.content)
