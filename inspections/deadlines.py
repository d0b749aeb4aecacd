"""Deadlines as a ledger words them: a date in any form, 试运行前, 供暖前, 立行立改; or words that are no deadline."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from common.spreadsheets.dates import EXPECTED_DATE, LONGEST_DATE, Years, read_date
from common.spreadsheets.readings import Reading
from common.text import normalise_name
from inspections.vagueness import NO_DEADLINE, is_no_deadline

if TYPE_CHECKING:
    from facilities.models import Season

AT_ONCE = "立行立改"
_AT_ONCE = re.compile(
    r"立行立改|立即|立刻|立改|即知即改|即查即改|边查边改|马上|当场|现场整改|即时整改|随即整改|当[天日](?:整改|完成)?$"
)
_WHEN = r"^(?:应|须|需|确保|力争|务必|计划|今冬|今年|本年度?|冬季|本|本次|正式|\d{2,4}(?:-\d{2,4})?(?:年度?)?)*+"
_DONE = r"(?:全部|全面|整改|维修|更换|改造|处理|治理|完成|完毕|完工|到位|结束|销号)*$"
# 10月底供暖试运行前: a date and an occasion, good if they are the same day.
_DATED = re.compile(r"((?:\d{2,4}年)?\d{1,2}月(?:底|末|\d{1,2}[日号]))(?=\D)")
_BEFORE_TRIAL_RUN = re.compile(
    _WHEN + r"(?:供暖|供热|采暖)?(?:系统|季)?试(?:运行|供暖|供热|暖|运)(?:期|开始|启动)?(?:之前|以前|前)" + _DONE
)
_BEFORE_HEATING = re.compile(
    _WHEN + r"(?:供暖|供热|采暖|取暖|开栓|送暖)(?:季|期)?(?:开始|启动|来临|到来|供暖|供热)?(?:之前|以前|前)" + _DONE
)


@dataclass(frozen=True, slots=True)
class SeasonDates:
    """The dates of a season that deadlines refer to."""

    summer_start_on: dt.date
    trial_run_on: dt.date
    heating_start_on: dt.date
    heating_end_on: dt.date

    @classmethod
    def of(cls, season: "Season") -> "SeasonDates":
        return cls(season.summer_start_on, season.trial_run_on, season.heating_start_on, season.heating_end_on)

    @property
    def year(self) -> int:
        return self.summer_start_on.year


def years_of(year: int | None, season: SeasonDates) -> Years:
    """Where dates without a year lie in a ledger of `year` (None: the season's) kept in `season`.

    The ledger's own year; in a ledger of the season itself January to March are those of the season's winter.
    """
    return Years(year or season.year, season.summer_start_on, season.heating_end_on)


@lru_cache(maxsize=4096, typed=True)
def read_deadline(
    text: str,
    *,
    year: int | None,
    season: SeasonDates,
    found_on: dt.date | None = None,
    written_on: dt.date | None = None,
    no_deadline: Sequence[str] = NO_DEADLINE,
) -> Reading[dt.date]:
    """A 整改时限. `year`: the ledger's own; `found_on`: when 立行立改 is due; `written_on`: the ledger's date.

    `form` is `AT_ONCE` where the hazard is to be mended at once, also when the day found is missing.
    """
    raw = text.strip()
    if not raw:
        return Reading(None, "空", "", "请填写具体日期")
    day = read_date(text, years_of(year, season), written_on=written_on)
    if day.value is not None or len(raw) > LONGEST_DATE:
        return day
    plain = normalise_name(raw)
    if _AT_ONCE.search(plain):
        if found_on is None:
            return Reading(None, AT_ONCE, raw, "立行立改的时限就是发现日期，请补填发现日期，或改为具体日期")
        return Reading(found_on, AT_ONCE, raw)
    if occasion := _before_occasion(plain, season):
        return Reading(*occasion, raw)
    if (dated := _DATED.match(plain)) and (occasion := _before_occasion(plain[dated.end() :], season)):
        if read_date(dated[1], years_of(year, season)).value == occasion[0]:
            return Reading(*occasion, raw)
        return Reading(None, "", raw, f"日期与{occasion[1]}（{occasion[0]}）不是同一天，{EXPECTED_DATE}")
    if is_no_deadline(raw, no_deadline):
        return Reading(None, "不是时限", raw, f"这不是时限，{EXPECTED_DATE}")
    return day


def _before_occasion(plain: str, season: SeasonDates) -> tuple[dt.date, str] | None:
    if _BEFORE_TRIAL_RUN.search(plain):
        return season.trial_run_on, "试运行前"
    if _BEFORE_HEATING.search(plain):
        return season.heating_start_on - dt.timedelta(days=1), "供暖前"
    return None
