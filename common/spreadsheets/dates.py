"""Dates in every form in which offices write them.

| written | read as |
|---|---|
| 2025.9.30 · 2025-9-30 · 2025/9/30 · 20250930 · 2025年9月30日(前) · full-width | that day |
| 二〇二五年九月三十日 · Excel serial number · ISO with a time | that day |
| 9月30日前 · 9.30 · 9/30 · 930 | that day, in the year that `Years` finds |
| 9月上旬 · 9月中旬 · 9月下旬 · 9月底 · 9月末 · 9月内 | the 10th · the 20th · the month's last day |
| 年底 · 三季度末 | the year's, the quarter's last day |
| 6月1日至9月30日 | the period's last day |

What could be several days (9月初, 2025年9月, a number 9.3 that may have been 9.30) or none (2025/9/31) is not guessed.
"""

import calendar
import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from common.spreadsheets.readings import Reading
from common.spreadsheets.workbook import NumberText

EXPECTED_DATE = "请改为具体日期，例如 2025-09-30"
# A date this many years from the ledger's own is a slip of the pen.
YEARS_APART = 5
# Longer texts are no dates; patterns are not tried on them.
LONGEST_DATE = 60
SERIAL_EPOCH = dt.date(1899, 12, 30)

_NUMERALS = {"〇": 0, "零": 0, "○": 0, "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_CHINESE_NUMBER = re.compile(r"[〇零○一二三四五六七八九十]+(?=[年月日号季])")
_TIME = re.compile(r"(?<=\d)[T\s]+\d{1,2}:\d{1,2}(:\d{1,2}(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$")
_NOTE = re.compile(r"\((?:含|前|周.|星期.|当天|当日)\)$")
_BEFORE = re.compile(r"^(?:应|须|需|计划|预计|拟|确保|力争|务必|最迟|截止|截至|不晚于|于|在|到|至)+[::]?")
_HOUR = re.compile(r"(?<=[日号])\d{1,2}[时点]整?")
_AFTER = re.compile(
    r"(?:之前|以前|前|止|为止|截止|到期|内)?"
    r"(?:全部|全面|整改|维修|更换|改造|处理|治理|完成|完毕|完工|到位|结束|销号)*[。;,.]*$"
)
_YEAR = r"(?:(\d{4}|\d{2})(?:年度?|[.\-/·、]))?"
_YMD = re.compile(r"(\d{4}|\d{2})\s*(?:年|[.\-/·、_,\\])\s*(\d{1,2})\s*(?:月|[.\-/·、_,\\])\s*(\d{1,2})(?:日|号)?")
_LONG_DASHES = re.compile(r"^(\d{4})[—–](\d{1,2})[—–](?=\d{1,2}\b)")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SERIAL = re.compile(r"([3-6]\d{4})(?:\.\d+)?")
_MD = re.compile(r"(\d{1,2})(?:月|[.\-/·、])(\d{1,2})(?:日|号)?")
_SHORT = re.compile(r"(\d{1,2})(\d{2})")
_PART_OF_MONTH = re.compile(_YEAR + r"(\d{1,2})月份?(上旬|中旬|下旬|底|末|内)")
_MONTH_ONLY = re.compile(_YEAR + r"(\d{1,2})月份?(初|中|前|中下旬|上中旬)?")
_YEAR_END = re.compile(r"(?:(\d{4}|\d{2})年)?(?:本年|年)?(?:底|末)")
_QUARTER = re.compile(r"(?:(\d{4})年)?第?([1-4])季度(?:末|底|内)")
_THIS_MONTH = re.compile(r"(?:本月|当月|这个月|月)(?:底|末|内)")
_PERIOD_SIGN = re.compile(r"--|[~—–至到]|(?<=[日号\d])-(?=\d)")
_LAST_DAYS = {"上旬": 10, "中旬": 20}


@dataclass(frozen=True, slots=True)
class Years:
    """In which year a date lies that was written without one: the ledger's own year.

    A ledger's period (`first` to `last`) may run into the next year: in a ledger of 2025 whose period is 2025-03-16
    to 2026-03-15, 1月15日 is 2026-01-15, because 2025-01-15 lies before the period and 2026-01-15 within it. A ledger
    of another year than its period's is taken at its word.
    """

    year: int
    first: dt.date | None = None
    last: dt.date | None = None

    def place(self, month: int, day: int) -> dt.date:
        """Raise ValueError if there is no such day."""
        if self.first and self.last:
            if self.year == self.first.year and (month, day) < (self.first.month, self.first.day):
                moved = _date_or_none(self.year + 1, month, day)
                if moved and moved <= self.last:
                    return moved
            if self.year == self.last.year > self.first.year and (month, day) > (self.last.month, self.last.day):
                moved = _date_or_none(self.year - 1, month, day)
                if moved and moved >= self.first:
                    return moved
        return dt.date(self.year, month, day)

    def full(self, written: str | None) -> int | None:
        """2025 for “2025” and “25”; None for nothing."""
        if not written:
            return None
        return int(written) if len(written) == 4 else self.year // 100 * 100 + int(written)


class _Refused(Exception):
    """Something that is surely meant as a date and is none; the argument says what is expected."""


@lru_cache(maxsize=4096, typed=True)
def read_date(text: str, years: Years, *, written_on: dt.date | None = None) -> Reading[dt.date]:
    """A cell as a date. `written_on`: the ledger's own date, which 本月底 refers to."""
    raw = text.strip()
    if not raw:
        return Reading(None, "空", "", EXPECTED_DATE)
    if len(raw) > LONGEST_DATE:
        return Reading(None, "", raw, EXPECTED_DATE)
    try:
        found = _find(text, years, written_on)
    except _Refused as refusal:
        return Reading(None, "", raw, str(refusal))
    except ValueError:
        return Reading(None, "", raw, f"没有这一天，{EXPECTED_DATE}")
    if found is None:
        return Reading(None, "", raw, EXPECTED_DATE)
    day, form = found
    if abs(day.year - years.year) > YEARS_APART:
        return Reading(None, form, raw, f"读作 {day}，与台账的 {years.year} 年相差太远，请核对")
    return Reading(day, form, raw)


def first_date_in(text: str) -> dt.date | None:
    """The first full date that stands anywhere in a text: 填报日期：2025年7月20日."""
    for match in _YMD.finditer(_tidy(text)):
        if len(match[1]) == 4 and (day := _date_or_none(*map(int, match.groups()))):
            return day
    return None


def _date_or_none(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _chinese_number(match: re.Match[str]) -> str:
    digits = match[0]
    if "十" not in digits:
        return "".join(str(_NUMERALS[digit]) for digit in digits)
    tens, _, ones = digits.partition("十")
    if len(tens) > 1 or len(ones) > 1:
        return digits
    return str(_NUMERALS.get(tens, 1) * 10 + _NUMERALS.get(ones, 0))


def _tidy(text: str) -> str:
    """Half-width, Arabic numerals, no time of day."""
    plain = unicodedata.normalize("NFKC", text).replace("。", ".").strip()
    plain = "".join(str(unicodedata.digit(c)) if c.isdigit() else c for c in plain)
    plain = _CHINESE_NUMBER.sub(_chinese_number, plain)
    return _HOUR.sub("", _TIME.sub("", _LONG_DASHES.sub(r"\1-\2-", plain)))


def _find(text: str, years: Years, written_on: dt.date | None) -> tuple[dt.date, str] | None:
    plain = _NOTE.sub("", re.sub(r"\s+", "", _tidy(text)))
    if isinstance(text, NumberText) and re.fullmatch(r"\d{1,2}\.[1-3]", plain):
        raise _Refused(f"单元格里的小数分不清是 {plain} 还是 {plain}0，{EXPECTED_DATE}")
    bare = _bare(plain, years)
    for candidate in dict.fromkeys((plain, bare)):
        if found := _whole(candidate, years, written_on):
            return found
    for sign in _PERIOD_SIGN.finditer(bare):
        try:
            start = _whole(bare[: sign.start()], years, None)
            end = _end_of_period(start[0], bare[sign.end() :], years) if start else None
        except ValueError:
            continue
        if end:
            return end, "起止日期，取截止日"
    return None


def _bare(plain: str, years: Years) -> str:
    """Without what stands around a date: 确保…前完成."""
    bare = re.sub(r"^(?:今年|本年度?|当年)(?=\d|年?[底末])", "", _BEFORE.sub("", plain))
    bare = re.sub(r"^(?:明年|次年|翌年)(?=\d|[底末])", f"{years.year + 1}年", bare)
    # 内 belongs to 9月内.
    return bare if re.fullmatch(r".*(?:月份?|季度)内", bare) else _AFTER.sub("", bare)


def _end_of_period(start: dt.date, end: str, years: Years) -> dt.date | None:
    """The second half of 6月1日至9月30日 or of 9月1日至15日."""
    if found := _whole(end, years, None):
        return found[0]
    day = re.fullmatch(r"(\d{1,2})[日号]", end)
    return start.replace(day=int(day[1])) if day else None


def _whole(plain: str, years: Years, written_on: dt.date | None) -> tuple[dt.date, str] | None:
    if m := _YMD.fullmatch(plain):
        year = years.full(m[1])
        return dt.date(year or years.year, int(m[2]), int(m[3])), "年月日"
    if m := _COMPACT.fullmatch(plain):
        return dt.date(int(m[1]), int(m[2]), int(m[3])), "八位数字"
    if m := _SERIAL.fullmatch(plain):
        return SERIAL_EPOCH + dt.timedelta(days=int(m[1])), "Excel 日期序号"
    if m := _MD.fullmatch(plain):
        return years.place(int(m[1]), int(m[2])), "无年份，按台账年份"
    if m := _SHORT.fullmatch(plain):
        return years.place(int(m[1]), int(m[2])), "月日简写"
    return _rough(plain, years, written_on)


def _rough(plain: str, years: Years, written_on: dt.date | None) -> tuple[dt.date, str] | None:
    """Parts of months, quarters and years."""
    if m := _PART_OF_MONTH.fullmatch(plain):
        month, part = int(m[2]), m[3]
        return _in_month(years.full(m[1]), month, _LAST_DAYS.get(part), years), f"月{part}" if len(part) < 2 else part
    if m := _QUARTER.fullmatch(plain):
        return _in_month(years.full(m[1]), int(m[2]) * 3, None, years), "季度末"
    if m := _YEAR_END.fullmatch(plain):
        return dt.date(years.full(m[1]) or years.year, 12, 31), "年底"
    if _THIS_MONTH.fullmatch(plain):
        if written_on is None:
            raise _Refused(f"台账没有写明填报日期，不知道是哪个月，{EXPECTED_DATE}")
        return _in_month(written_on.year, written_on.month, None, years), "月底"
    if (m := _MONTH_ONLY.fullmatch(plain)) and 1 <= int(m[2]) <= 12:
        raise _Refused(f"只写到月，没有写明哪一天，{EXPECTED_DATE}")
    return None


def _in_month(year: int | None, month: int, day: int | None, years: Years) -> dt.date:
    """That day, or without `day` the last, of the month."""
    if not 1 <= month <= 12:
        raise ValueError(month)
    year = year or years.place(month, day or 28).year
    return dt.date(year, month, day or calendar.monthrange(year, month)[1])
