"""Made-up pictures for tests: each seed another scene, with the EXIF time, place and rotation that a test wants."""

import io
import random
from decimal import Decimal
from fractions import Fraction
from typing import Any

from PIL import ExifTags, Image, ImageDraw, ImageFilter, ImageOps

GPS = ExifTags.GPS
# Latitude and longitude in degrees.
Place = tuple[str | float | Decimal, str | float | Decimal]


def scene(seed: int, size: tuple[int, int] = (800, 600)) -> Image.Image:
    """A picture with light, large things and small things, like a photo; another one for every seed."""
    dice = random.Random(seed)
    width, height = size
    sky, ground = _colour(dice), _colour(dice)
    image = Image.composite(
        Image.new("RGB", size, sky), Image.new("RGB", size, ground), Image.linear_gradient("L").resize(size)
    )
    draw = ImageDraw.Draw(image)
    for reach in (3, 3, 4, 4, 6, 6, 8, 8, 8, 12, 12, 12, 12):
        x, y = dice.randrange(width), dice.randrange(height)
        box = (x - width // reach, y - height // reach, x + width // reach, y + height // reach)
        (draw.ellipse if dice.random() < 0.5 else draw.rectangle)(box, fill=_colour(dice))
    return image.filter(ImageFilter.GaussianBlur(2))


def _colour(dice: random.Random) -> tuple[int, int, int]:
    return dice.randrange(256), dice.randrange(256), dice.randrange(256)


def exif_of(
    *, taken: str | None = None, offset: str | None = None, place: Place | None = None, orientation: int = 1
) -> Image.Exif:
    """EXIF as a phone writes it: taken "2026:07:01 09:30:00", offset "+08:00", place (latitude, longitude)."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Model] = "Pump Room 3"
    details = exif.get_ifd(ExifTags.IFD.Exif)
    if taken is not None:
        details[ExifTags.Base.DateTimeOriginal] = taken
    if offset is not None:
        details[ExifTags.Base.OffsetTimeOriginal] = offset
    if place is not None:
        latitude, longitude = (Fraction(str(degrees)) for degrees in place)
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(
            {
                GPS.GPSLatitudeRef: "N" if latitude >= 0 else "S",
                GPS.GPSLatitude: _sexagesimal(latitude),
                GPS.GPSLongitudeRef: "E" if longitude >= 0 else "W",
                GPS.GPSLongitude: _sexagesimal(longitude),
            }
        )
    return exif


def _sexagesimal(degrees: Fraction) -> tuple[float, float, float]:
    exact = abs(degrees)
    minutes = exact % 1 * 60
    return float(int(exact)), float(int(minutes)), float(round(minutes % 1 * 60, 4))


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def photo(
    seed: int = 1,
    *,
    size: tuple[int, int] = (800, 600),
    quality: int = 90,
    taken: str | None = None,
    offset: str | None = None,
    place: Place | None = None,
    orientation: int = 1,
) -> bytes:
    """A JPEG: `photo(7, taken="2026:07:01 09:30:00", place=("36.123456", "117.654321"))`."""
    exif = exif_of(taken=taken, offset=offset, place=place, orientation=orientation)
    return encoded(scene(seed, size), quality=quality, exif=exif)


def sent_on(picture: bytes, *, scale: float = 0.5, quality: int = 40) -> bytes:
    """The same picture after a chat program: smaller, coarser, upright, its EXIF gone."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(picture))).convert("RGB")
    size = (round(image.width * scale), round(image.height * scale))
    return encoded(image.resize(size, Image.Resampling.BILINEAR), quality=quality)
