"""Photos and files that people upload: judged by content, measured, and made fit to show. Knows no model."""

import datetime as dt
import hashlib
import io
import secrets
import warnings
import zipfile
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, BinaryIO

import pillow_heif
from django.http import FileResponse
from django.utils import timezone
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

pillow_heif.register_heif_opener()

ALLOWED = "jpg、png、webp、heic 照片，或 pdf、docx、xlsx 文件"
THUMBNAIL_PX = 480
RENDITION_PX = 2000
PHOTO_TYPES = {
    "JPEG": ("image/jpeg", "jpg"),
    "PNG": ("image/png", "png"),
    "WEBP": ("image/webp", "webp"),
    "HEIF": ("image/heic", "heic"),
}
OFFICE_TYPES = {
    "word/document.xml": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    "xl/workbook.xml": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
}
EXIF_TAKEN, EXIF_OFFSET = 0x9003, 0x9011
FLAT_CONTRAST = 6  # grey levels; below it every picture would look like every other


@dataclass(frozen=True)
class UploadLimits:
    size_bytes: int = 20 * 1024 * 1024
    pixels: int = 60_000_000
    unpacked_bytes: int = 200 * 1024 * 1024


class UploadRefused(Exception):
    """The file is not taken; the message says in Chinese which file, why, and what is taken."""


@dataclass(frozen=True)
class InspectedUpload:
    """A file fit to be stored, with everything that was read from it."""

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


def inspect_upload(file: BinaryIO, *, filename: str, limits: UploadLimits = UploadLimits()) -> InspectedUpload:
    """Read and judge one file. Raises UploadRefused."""
    content = file.read(limits.size_bytes + 1)
    if not content:
        raise UploadRefused(f"“{filename}”是空文件，请重新选择")
    if len(content) > limits.size_bytes:
        raise UploadRefused(f"“{filename}”超过 {limits.size_bytes // 1024 // 1024} MB，请压缩后再传")
    sha256 = hashlib.sha256(content).hexdigest()
    common: dict[str, Any] = {"filename": filename, "content": content, "sha256": sha256}
    if content.startswith(b"%PDF-"):
        return InspectedUpload(**common, extension="pdf", content_type="application/pdf", is_photo=False)
    if content.startswith(b"PK\x03\x04"):
        content_type, extension = _office_type(content, filename, limits)
        return InspectedUpload(**common, extension=extension, content_type=content_type, is_photo=False)
    return InspectedUpload(**common, is_photo=True, **_photo(content, filename, limits))


def _office_type(content: bytes, filename: str, limits: UploadLimits) -> tuple[str, str]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise UploadRefused(f"“{filename}”已损坏，打不开，请重新导出后再传") from error
    names = {member.filename for member in members}
    if any("vbaProject" in name for name in names):
        raise UploadRefused(f"“{filename}”带有宏，请另存为不带宏的 docx 或 xlsx 后再传")
    if any(name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") for name in names):
        raise UploadRefused(f"“{filename}”的内部路径不正常，不能上传")
    if sum(member.file_size for member in members) > limits.unpacked_bytes:
        raise UploadRefused(f"“{filename}”解压后过大，不能上传")
    for part, found in OFFICE_TYPES.items():
        if part in names and "[Content_Types].xml" in names:
            return found
    raise UploadRefused(f"“{filename}”是压缩包，不是能直接查看的文件；只收 {ALLOWED}")


def _photo(content: bytes, filename: str, limits: UploadLimits) -> dict[str, Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image: Image.Image = Image.open(io.BytesIO(content), formats=tuple(PHOTO_TYPES))
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise UploadRefused(f"“{filename}”不是照片或认得的文件；只收 {ALLOWED}") from error
    width, height = image.size
    if width * height > limits.pixels:
        raise UploadRefused(f"“{filename}”有 {width}×{height} 像素，太大了，请缩小后再传")
    content_type, extension = PHOTO_TYPES[image.format or ""]
    try:
        exif = image.getexif()
        image.load()
        upright = ImageOps.exif_transpose(image).convert("RGB")
    except Exception as error:  # decoders raise whatever they like on broken data
        raise UploadRefused(f"“{filename}”已损坏，照片不完整，请重新拍摄或重新发送原图") from error
    latitude, longitude = _place(exif)
    return {
        "extension": extension,
        "content_type": content_type,
        "width_px": upright.width,
        "height_px": upright.height,
        "taken_at": _taken_at(exif),
        "latitude": latitude,
        "longitude": longitude,
        "phash": difference_hash(upright),
        "thumbnail": _jpeg(upright, THUMBNAIL_PX),
        "rendition": _jpeg(upright, RENDITION_PX) if extension == "heic" else None,
    }


def _jpeg(image: Image.Image, longest_px: int) -> bytes:
    small = image.copy()
    small.thumbnail((longest_px, longest_px))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=82, optimize=True)
    return out.getvalue()


def _taken_at(exif: Image.Exif) -> dt.datetime | None:
    """DateTimeOriginal, in the zone it names, else in the site's; None if there is none or it makes no sense."""
    try:
        details = exif.get_ifd(ExifTags.IFD.Exif)
        taken = dt.datetime.strptime(str(details.get(EXIF_TAKEN, "")).strip("\0 "), "%Y:%m:%d %H:%M:%S")
        offset = str(details.get(EXIF_OFFSET, "")).strip("\0 ")
        if offset:
            return dt.datetime.strptime(f"{taken:%Y-%m-%d %H:%M:%S} {offset}", "%Y-%m-%d %H:%M:%S %z")
        return timezone.make_aware(taken)
    except Exception:  # EXIF holds anything
        return None


def _place(exif: Image.Exif) -> tuple[Decimal | None, Decimal | None]:
    try:
        gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
        latitude = _degrees(gps[2], negative=gps.get(1) == "S")
        longitude = _degrees(gps[4], negative=gps.get(3) == "W")
    except Exception:
        return None, None
    if abs(latitude) > 90 or abs(longitude) > 180 or (latitude == 0 and longitude == 0):
        return None, None
    return latitude, longitude


def _degrees(parts: Any, *, negative: bool) -> Decimal:
    degrees, minutes, seconds = (float(part) for part in parts)
    value = Decimal(str(degrees + minutes / 60 + seconds / 3600)).quantize(Decimal("0.000001"))
    return -value if negative else value


def difference_hash(image: Image.Image) -> str | None:
    """64 bits as 16 hex digits: whether each of 8×8 spots is brighter than its right neighbour.

    Survives re-encoding and resizing. None for a picture too flat to tell from another.
    """
    grey = image.convert("L").resize((9, 8), Image.Resampling.LANCZOS)
    pixels = list(grey.getdata())
    if max(pixels) - min(pixels) < FLAT_CONTRAST:
        return None
    bits = 0
    for row in range(8):
        for column in range(8):
            left, right = pixels[row * 9 + column], pixels[row * 9 + column + 1]
            bits = bits << 1 | (left > right)
    return f"{bits:016x}"


def bands(phash: str) -> tuple[int, int, int, int]:
    """The hash's four 16-bit quarters."""
    quarters = tuple(int(phash[i : i + 4], 16) for i in range(0, 16, 4))
    return quarters[0], quarters[1], quarters[2], quarters[3]


def hash_candidates(phash: str) -> list[list[int]]:
    """For each band its value and the 16 values one bit away.

    Hashes at most 7 bits apart share, in at least one of the four bands, a value at most one bit apart.
    """
    return [[band, *(band ^ 1 << bit for bit in range(16))] for band in bands(phash)]


def hamming(a: str, b: str) -> int:
    """In how many of the 64 bits two hashes differ."""
    return (int(a, 16) ^ int(b, 16)).bit_count()


def random_name(extension: str) -> str:
    """A name that says nothing and cannot be guessed: ab/cd/<28 hex digits>.jpg."""
    name = secrets.token_hex(16)
    return f"{name[:2]}/{name[2:4]}/{name[4:]}.{extension}"


def serve(file: Any, *, download_name: str, content_type: str, inline: bool) -> FileResponse:
    """A private file as a response that no browser takes for a page of the site. Only pictures and pdf open inline."""
    show = inline and (content_type.startswith("image/") or content_type == "application/pdf")
    response = FileResponse(file, as_attachment=not show, filename=download_name, content_type=content_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, max-age=3600"
    return response
