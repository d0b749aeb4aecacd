"""Photos: measured before they are decoded, decoded to prove that they are whole, and made small enough to show."""

import io
import re
from typing import Any

import pillow_heif
from PIL import ExifTags, Image

from common.uploads import exif
from common.uploads.fingerprint import perceptual_hash
from common.uploads.kinds import HEIC, JPEG, PNG, WEBP, hidden_in
from common.uploads.shapes import UploadLimits, UploadRefused

pillow_heif.register_heif_opener()

THUMBNAIL_PX = 480
RENDITION_PX = 2000
DECODERS = {JPEG: "JPEG", PNG: "PNG", WEBP: "WEBP", HEIC: "HEIF"}
CONTENT_TYPES = {JPEG: "image/jpeg", PNG: "image/png", WEBP: "image/webp", HEIC: "image/heic"}
# How a picture is turned upright, by EXIF orientation.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
LYING = (5, 6, 7, 8)
# A marker in a JPEG; ff 00 and the restarts ff d0 to ff d7 are part of a scan's data, ff ff is padding.
JPEG_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9


def inspect_photo(content: bytes, kind: str, filename: str, limits: UploadLimits) -> dict[str, Any]:
    """What InspectedUpload says about a photo of the kind that its first bytes told. Raises UploadRefused."""
    image = _opened(content, kind, filename, limits)
    hidden = hidden_in(content)
    if hidden:
        raise UploadRefused(f"“{filename}”里藏有{hidden}，不能上传，请重新拍摄或截图后再传")
    try:
        image.load()
        metadata = _metadata(image)
        orientation = metadata.get(ExifTags.Base.Orientation)
        shown = _upright(_small(image, RENDITION_PX if kind == HEIC else 2 * THUMBNAIL_PX), orientation)
        phash = perceptual_hash(shown)
        thumbnail = _jpeg(shown, THUMBNAIL_PX)
        rendition = _jpeg(shown, RENDITION_PX) if kind == HEIC else None
    except Exception as error:  # decoders raise whatever they like on broken data
        raise _broken(filename) from error
    latitude, longitude = exif.place(metadata)
    width, height = (image.height, image.width) if orientation in LYING else image.size
    return {
        "extension": kind,
        "content_type": CONTENT_TYPES[kind],
        "width_px": width,
        "height_px": height,
        "taken_at": exif.taken_at(metadata),
        "latitude": latitude,
        "longitude": longitude,
        "phash": phash,
        "thumbnail": thumbnail,
        "rendition": rendition,
    }


def _opened(content: bytes, kind: str, filename: str, limits: UploadLimits) -> Image.Image:
    """The picture with its size known and nothing decoded."""
    if kind == JPEG and _scans(content) > limits.scans:
        raise UploadRefused(f"“{filename}”的结构不正常，不能上传，请重新拍摄或截图后再传")
    try:
        image: Image.Image = Image.open(io.BytesIO(content), formats=(DECODERS[kind],))
    except Image.DecompressionBombError as error:
        raise UploadRefused(f"“{filename}”的像素太多，请缩小到 {_million(limits.pixels)}以内再传") from error
    except Exception as error:
        raise _broken(filename) from error
    width, height = image.size
    if width * height > limits.pixels:
        raise UploadRefused(f"“{filename}”有 {width}×{height} 像素，太大了，请缩小到 {_million(limits.pixels)}以内再传")
    return image


def _million(pixels: int) -> str:
    return f"{pixels // 10_000} 万像素"


def _broken(filename: str) -> UploadRefused:
    return UploadRefused(f"“{filename}”已损坏，照片不完整，请重新拍摄或重新发送原图")


def _scans(content: bytes) -> int:
    """How many times a JPEG paints over its picture. What follows its end (a motion photo's film) does not count."""
    scans, at = 0, 2
    while found := JPEG_MARKER.search(content, at):
        at = found.end()
        marker = content[at - 1]
        if marker == END_OF_IMAGE:
            break
        scans += marker == START_OF_SCAN
        at += int.from_bytes(content[at : at + 2], "big")
    return scans


def _metadata(image: Image.Image) -> Image.Exif:
    """The picture's EXIF; an empty one if it cannot be read: a good photo with bad EXIF is still a good photo."""
    try:
        return image.getexif()
    except Exception:
        return Image.Exif()


def _small(image: Image.Image, longest_px: int) -> Image.Image:
    """The picture in RGB on white, at most so large, with nothing but its pixels."""
    if image.mode.startswith("I"):  # 16-bit grey
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    elif image.mode == "1":
        image = image.convert("L")
    elif image.mode == "P" or "transparency" in image.info:
        image = image.convert("RGBA")
    scale = min(1, longest_px / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    clean = Image.new("RGB", image.size, "white")
    clean.paste(image.convert("RGB"), mask=image.getchannel("A") if "A" in image.getbands() else None)
    return clean


def _upright(image: Image.Image, orientation: Any) -> Image.Image:
    return image.transpose(TURNS[orientation]) if orientation in TURNS else image


def _jpeg(picture: Image.Image, longest_px: int) -> bytes:
    small = picture.copy()
    small.thumbnail((longest_px, longest_px))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=82, optimize=True)
    return out.getvalue()
