"""When and where a photo was taken, as its camera wrote it. Cameras write anything: what makes no sense is None."""

import datetime as dt
import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils import timezone
from PIL import ExifTags, Image

TAKEN, OFFSET = ExifTags.Base.DateTimeOriginal, ExifTags.Base.OffsetTimeOriginal
GPS = ExifTags.GPS
MOMENT = re.compile(r"([0-9]{4})[:/-]([0-9]{2})[:/-]([0-9]{2})[ T]([0-9]{2}):([0-9]{2}):([0-9]{2})")
ZONE = re.compile(r"([+-])([0-9]{2}):?([0-9]{2})")
# Cameras whose clock was never set say 1970 or 1980; there was no EXIF before this year.
FIRST_YEAR, LAST_YEAR = 1990, 2100
MILLIONTH = Decimal("0.000001")


def taken_at(exif: Image.Exif) -> dt.datetime | None:
    """DateTimeOriginal, aware: in the offset that the photo names, else in the site's own zone."""
    try:
        details = exif.get_ifd(ExifTags.IFD.Exif)
        found = MOMENT.match(_text(details.get(TAKEN)))
        moment = dt.datetime.strptime("".join(found.groups()), "%Y%m%d%H%M%S") if found else None
        zone = _zone(_text(details.get(OFFSET)))
    except Exception:  # Pillow's reader raises whatever it likes on broken EXIF
        return None
    if moment is None or not FIRST_YEAR <= moment.year <= LAST_YEAR:
        return None
    return moment.replace(tzinfo=zone) if zone else timezone.make_aware(moment, timezone.get_default_timezone())


def _zone(text: str) -> dt.timezone | None:
    found = ZONE.fullmatch(text)
    if not found:
        return dt.UTC if text == "Z" else None
    offset = dt.timedelta(hours=int(found[2]), minutes=int(found[3]))
    if offset > dt.timedelta(hours=14):
        return None
    return dt.timezone(-offset if found[1] == "-" else offset)


def place(exif: Image.Exif) -> tuple[Decimal | None, Decimal | None]:
    """Latitude and longitude in degrees, six places; both None unless both make sense."""
    try:
        gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
        latitude = _degrees(gps.get(GPS.GPSLatitude), _text(gps.get(GPS.GPSLatitudeRef)), "NS", 90)
        longitude = _degrees(gps.get(GPS.GPSLongitude), _text(gps.get(GPS.GPSLongitudeRef)), "EW", 180)
    except Exception:  # as above; and numbers divided by zero
        return None, None
    if latitude is None or longitude is None or (latitude == 0 and longitude == 0):
        return None, None
    return latitude, longitude


def _degrees(parts: Any, hemisphere: str, hemispheres: str, limit: int) -> Decimal | None:
    if hemisphere not in tuple(hemispheres):
        return None
    degrees, minutes, seconds = (_fraction(part) for part in parts)
    if minutes < 0 or minutes >= 60 or seconds < 0 or seconds >= 60 or degrees < 0:
        return None
    exact = degrees + minutes / 60 + seconds / 3600
    if exact > limit:
        return None
    value = (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(MILLIONTH)
    return -value if hemisphere == hemispheres[1] else value


def _fraction(part: Any) -> Fraction:
    """An EXIF rational or a plain number, exactly. Raises on 1/0."""
    if hasattr(part, "denominator"):
        return Fraction(int(part.numerator), int(part.denominator))
    return Fraction(str(part))


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    return str(value or "").split("\0")[0].strip()
