"""The moment at which a complaint was received, in the forms in which hotlines export it.

2025-11-29 20:00(:15) · 2025/11/29 8:05 · 20251129200000 · 2025年11月29日20时(30分) · 2025年11月29日 晚上8点半 ·
45990.8333 (Excel) · 20251129 200000 · 11/29/2025 20:00, where the second number can be no month · 24:00: the next day's
beginning · 2025-11-29T12:00:00Z: by the clock here 20:00 · a day alone: its beginning · 11月29日 20:00: the
last time that it was that day, if that is less than half a year ago. An hour that the word before it does not settle
(晚上12点, 夜间2点: of which day?) is for a person.
"""

import datetime as dt
import re
import unicodedata
from calendar import isleap
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from common import clock
from common.spreadsheets.readings import Reading

EXPECTED = "请改为日期和时间，例如 2025-11-29 20:00"
SERIAL_EPOCH = dt.datetime(1899, 12, 30)
LONGEST = 60
HALF_A_YEAR = dt.timedelta(days=183)
_SERIAL = re.compile(r"[3-6]\d{4}(?:\.\d+)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\s*(\d{2})(\d{2})(\d{2})?)?")
_COMPACT_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})\s+(\d{1,2}):(\d{2})(?::(\d{2}))?")
# As Excel writes it in English: the month before the day.
_AMERICAN = re.compile(
    r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})"
    r"(?:\s+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?\s*(?P<half>am|pm)?)?",
    re.IGNORECASE,
)
_WRITTEN = re.compile(
    r"(?:(?P<year>\d{4})[-/.年])?(?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})[日号]?[T\s]*(?:\(?(?:星期|周)[一二三四五六日天]\)?)?\s*"
    r"(?P<half>凌晨|早上|早晨|清晨|上午|中午|下午|傍晚|晚上|夜间|夜里|am|pm)?\s*"
    r"(?:(?P<hour>\d{1,2})(?:[:时点](?:(?P<minute>\d{1,2})分?(?::?(?P<second>\d{1,2})秒?(?:\.\d+)?)?|(?P<half_past>半)|整)?)?)?"
    r"\s*(?P<half_behind>am|pm)?(?P<zone>z|[+-]\d\d:?\d\d)?(?:左右|许)?",
    re.IGNORECASE,
)
# Without a year a number might be read as one: something stands between the day and the hour.
_YEARLESS = re.compile(r"\d{1,2}[-/.]\d{1,2}[T\s]+\d|\d{1,2}月\d{1,2}(?:[日号]|\s+\d)")
# A zone stands behind the seconds: 14:00-16:00 is from two to four.
_ZONED = re.compile(r":\d{1,2}:\d{1,2}(?:\.\d+)?\s*(?:am|pm)?(?:z|[+-]\d\d:?\d\d)$", re.IGNORECASE)
# Of each part of the day the hours that it may stand before, as said → by the clock.
_MORNING = {hour: hour for hour in range(4, 13)}
_EVENING = {hour: hour + 12 for hour in range(5, 12)} | {hour: hour for hour in range(17, 24)}
_HOURS: Mapping[str, Mapping[int, int]] = {
    "凌晨": {12: 0, **{hour: hour for hour in range(7)}},
    **dict.fromkeys(("早上", "早晨", "清晨"), _MORNING),
    "上午": _MORNING,
    "中午": {11: 11, 12: 12, 13: 13, 14: 14, 1: 13, 2: 14},
    "下午": {12: 12, **{hour: hour + 12 for hour in range(1, 8)}, **{hour: hour for hour in range(13, 20)}},
    "傍晚": {**{hour: hour + 12 for hour in range(4, 9)}, **{hour: hour for hour in range(16, 21)}},
    **dict.fromkeys(("晚上", "夜间", "夜里"), _EVENING),
    "am": {12: 0, **{hour: hour for hour in range(12)}},
    "pm": {12: 12, **{hour: hour + 12 for hour in range(1, 12)}, **{hour: hour for hour in range(13, 24)}},
}


class _UnclearHour(ValueError):
    pass


class _UnclearYear(ValueError):
    pass


class _UnclearMonth(ValueError):
    pass


def read_moment(text: str, _head: Any = "") -> Reading[dt.datetime]:
    """Aware, by the clock here. One that is still to come is a problem."""
    raw = text.strip()
    try:
        found = _find(raw) if raw and len(raw) <= LONGEST else None
    except _UnclearHour:
        return Reading(None, "", raw, f"看不出是哪一天的几点，{EXPECTED}")
    except _UnclearYear:
        return Reading(None, "", raw, f"没有写年份，{EXPECTED}")
    except _UnclearMonth:
        return Reading(None, "", raw, f"看不出哪个是月、哪个是日，{EXPECTED}")
    except (ValueError, OverflowError):
        return Reading(None, "", raw, f"没有这个时间，{EXPECTED}")
    if found is None:
        return Reading(None, "", raw, EXPECTED)
    zone = timezone.get_default_timezone()
    moment = timezone.localtime(found, zone) if timezone.is_aware(found) else timezone.make_aware(found, zone)
    if moment > clock.now():
        return Reading(None, "", raw, f"读作 {moment:%Y-%m-%d %H:%M}，还没有到，请核对")
    return Reading(moment, "时间", raw)


def _find(raw: str) -> dt.datetime | None:
    # What most exports have.
    if (
        len(raw) in (16, 19)
        and raw[4] == "-"
        and raw[13] == ":"
        and raw.isascii()
        and raw[-1].isdigit()
        and raw[11:13] != "24"
    ):
        return dt.datetime.fromisoformat(raw)
    plain = unicodedata.normalize("NFKC", raw).strip()
    if len(plain) > 8:
        plain = plain.removesuffix(".0")  # digits that went through a table's arithmetic
    if _SERIAL.fullmatch(plain):
        # To the second: a serial number's fraction does not hold it exactly.
        return SERIAL_EPOCH + dt.timedelta(seconds=round(float(plain) * 86400))
    if match := _COMPACT.fullmatch(plain) or _COMPACT_DAY.fullmatch(plain):
        year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
        return _moment(year, month, day, hour, minute, second)
    if match := _AMERICAN.fullmatch(plain):
        if int(match["month"]) <= 12 and int(match["day"]) <= 12:
            raise _UnclearMonth
        return _of_parts(match.groupdict()) if int(match["month"]) <= 12 else None
    match = _WRITTEN.fullmatch(plain)
    if match is None or (match["zone"] and not _ZONED.search(plain)):
        return None
    return _of_parts(match.groupdict()) if match["year"] or _YEARLESS.match(plain) else None


def _of_parts(parts: dict[str, str | None]) -> dt.datetime:
    year, month, day, hour, minute, second = (
        int(parts[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")
    )
    if parts.get("half_past"):
        minute = 30
    if half := (parts["half"] or parts.get("half_behind") or "").lower():
        if parts["hour"] is None or hour not in _HOURS[half]:
            raise _UnclearHour
        hour = _HOURS[half][hour]
    zone = _zone(parts.get("zone"))
    return _moment(year or _year_of(month, day), month, day, hour, minute, second, zone)


def _moment(
    year: int, month: int, day: int, hour: int, minute: int, second: int, zone: dt.tzinfo | None = None
) -> dt.datetime:
    """24:00 is the day's end."""
    if (hour, minute, second) == (24, 0, 0):
        return dt.datetime(year, month, day, tzinfo=zone) + dt.timedelta(days=1)
    return dt.datetime(year, month, day, hour, minute, second, tzinfo=zone)


def _year_of(month: int, day: int) -> int:
    """Of a day without one: what comes in was received lately."""
    today = clock.today()
    year = today.year if (month, day) <= (today.month, today.day) else today.year - 1
    if (month, day) == (2, 29) and not isleap(year):
        raise _UnclearYear
    if today - dt.date(year, month, day) > HALF_A_YEAR:
        raise _UnclearYear
    return year


def _zone(text: str | None) -> dt.tzinfo | None:
    """Of Z, +08:00 or +0800; None: by the clock here."""
    if not text:
        return None
    if text.lower() == "z":
        return dt.UTC
    ahead = dt.timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return dt.timezone(-ahead if text[0] == "-" else ahead)
