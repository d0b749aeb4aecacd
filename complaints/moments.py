"""The moment at which a complaint was received, in the forms in which hotlines export it.

2025-11-29 20:00(:15) · 2025/11/29 8:05 · 20251129200000 · 2025年11月29日20时(30分) · 2025年11月29日 晚上8点半 ·
45990.8333 (Excel) · a day alone: its beginning.
"""

import datetime as dt
import re
import unicodedata
from typing import Any

from django.utils import timezone

from common import clock
from common.spreadsheets.readings import Reading

EXPECTED = "请改为日期和时间，例如 2025-11-29 20:00"
SERIAL_EPOCH = dt.datetime(1899, 12, 30)
LONGEST = 60
_SERIAL = re.compile(r"[3-6]\d{4}(?:\.\d+)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?")
_WRITTEN = re.compile(
    r"(?P<year>\d{4})[-/.年](?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})[日号]?[T\s]*(?:\(?(?:星期|周)[一二三四五六日天]\)?)?\s*"
    r"(?P<half>凌晨|早上|早晨|上午|中午|下午|傍晚|晚上|夜间|am|pm)?\s*"
    r"(?:(?P<hour>\d{1,2})(?:[:时点](?:(?P<minute>\d{1,2})分?(?::?(?P<second>\d{1,2})秒?(?:\.\d+)?)?|(?P<half_past>半)|整)?)?)?"
    r"(?:z|[+-]\d\d:?\d\d)?(?:左右|许)?",
    re.IGNORECASE,
)
_AFTERNOON = ("下午", "傍晚", "晚上", "夜间", "pm")


def read_moment(text: str, _head: Any = "") -> Reading[dt.datetime]:
    """Aware, by the clock here. One that is still to come is a problem."""
    raw = text.strip()
    try:
        found = _find(raw) if raw and len(raw) <= LONGEST else None
    except ValueError:
        return Reading(None, "", raw, f"没有这个时间，{EXPECTED}")
    if found is None:
        return Reading(None, "", raw, EXPECTED)
    moment = timezone.make_aware(found, timezone.get_default_timezone())
    if moment > clock.now():
        return Reading(None, "", raw, f"读作 {found:%Y-%m-%d %H:%M}，还没有到，请核对")
    return Reading(moment, "时间", raw)


def _find(raw: str) -> dt.datetime | None:
    # What most exports have.
    if len(raw) in (16, 19) and raw[4] == "-" and raw[13] == ":" and raw.isascii():
        return dt.datetime.fromisoformat(raw)
    plain = unicodedata.normalize("NFKC", raw).strip()
    if _SERIAL.fullmatch(plain):
        # To the second: a serial number's fraction does not hold it exactly.
        return SERIAL_EPOCH + dt.timedelta(seconds=round(float(plain) * 86400))
    if match := _COMPACT.fullmatch(plain):
        return dt.datetime(*(int(part or 0) for part in match.groups()))  # type: ignore[arg-type]
    match = _WRITTEN.fullmatch(plain)
    return _of_parts(match.groupdict()) if match else None


def _of_parts(parts: dict[str, str | None]) -> dt.datetime:
    year, month, day, hour, minute, second = (
        int(parts[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")
    )
    if parts["half_past"]:
        minute = 30
    if (parts["half"] or "").lower() in _AFTERNOON and hour < 12:
        hour += 12
    return dt.datetime(year, month, day, hour, minute, second)
