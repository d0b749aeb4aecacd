"""Working days by the State Council's notices for 2024 to 2026, as they were published."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.workdays import Calendar, HoursReckoning, SpecialDay, end_of, workdays_from

SHANGHAI = ZoneInfo("Asia/Shanghai")
# National Day week of each year: first and last day off, the days on which it is made up for.
NATIONAL_DAY = {
    2024: ("2024-10-01", "2024-10-07", ("2024-09-29", "2024-10-12")),
    2025: ("2025-10-01", "2025-10-08", ("2025-09-28", "2025-10-11")),
    2026: ("2026-10-01", "2026-10-07", ("2026-09-20", "2026-10-10")),
}


def on(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def notices() -> Calendar:
    special = {}
    for first, last, made_up in NATIONAL_DAY.values():
        for i in range((on(last) - on(first)).days + 1):
            special[on(first) + dt.timedelta(days=i)] = SpecialDay(False, "国庆节")
        special |= {on(day): SpecialDay(True, "国庆节调休") for day in made_up}
    return Calendar(special, frozenset(NATIONAL_DAY))


CALENDAR = notices()


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2024-09-29", True), ("2024-10-01", False), ("2024-10-06", False), ("2024-10-08", True), ("2024-10-12", True),
        ("2024-10-13", False), ("2025-09-28", True), ("2025-10-08", False), ("2025-10-09", True), ("2025-10-11", True),
        ("2026-09-20", True), ("2026-10-07", False), ("2026-10-08", True), ("2026-10-10", True), ("2026-10-11", False),
        ("2024-02-29", True), ("2028-02-29", True), ("2027-10-01", True), ("2027-10-02", False),
    ],
)  # fmt: skip
def test_is_workday(day: str, works: bool) -> None:
    assert CALENDAR.is_workday(on(day)) is works


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        # National Day week with its make-up Sundays and Saturdays
        ("2024-09-27", 1, "2024-09-29"), ("2024-09-30", 1, "2024-10-08"), ("2024-09-30", 5, "2024-10-12"),
        ("2024-10-11", 2, "2024-10-14"), ("2025-09-26", 1, "2025-09-28"), ("2025-09-30", 1, "2025-10-09"),
        ("2025-09-30", 3, "2025-10-11"), ("2026-09-18", 1, "2026-09-20"), ("2026-09-30", 3, "2026-10-10"),
        ("2026-09-30", 4, "2026-10-12"),
        # before a day
        ("2024-10-08", -1, "2024-09-30"), ("2024-10-08", -2, "2024-09-29"), ("2026-10-12", -1, "2026-10-10"),
        # a Friday, a Saturday, a Sunday
        ("2026-08-07", 1, "2026-08-10"), ("2026-08-08", 1, "2026-08-10"), ("2026-08-09", -1, "2026-08-07"),
        # in the holiday itself
        ("2025-10-03", 1, "2025-10-09"), ("2025-10-03", -1, "2025-09-30"),
        # leap days
        ("2024-02-28", 1, "2024-02-29"), ("2024-02-29", 1, "2024-03-01"), ("2024-03-01", -1, "2024-02-29"),
        # a year without data: weekends only
        ("2027-09-30", 1, "2027-10-01"), ("2027-10-01", 1, "2027-10-04"),
        ("2026-08-05", 0, "2026-08-05"), ("2026-08-08", 0, "2026-08-08"),
    ],
)  # fmt: skip
def test_add_workdays(start: str, n: int, end: str) -> None:
    assert CALENDAR.add_workdays(on(start), n) == on(end)


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [
        ("2024-09-30", "2024-10-08", 1), ("2024-09-28", "2024-09-29", 1), ("2025-09-27", "2025-10-11", 6),
        ("2026-10-01", "2026-10-07", 0), ("2026-08-05", "2026-08-05", 0), ("2024-10-08", "2024-09-30", -1),
        ("2026-08-10", "2026-08-07", -1), ("2026-08-08", "2026-08-07", -1),
    ],
)  # fmt: skip
def test_workdays_between(start: str, end: str, count: int) -> None:
    assert CALENDAR.workdays_between(on(start), on(end)) == count


@pytest.mark.parametrize(
    ("start", "n", "sentence"),
    [
        (
            "2025-09-30", 4,
            "9月30日之后第 4 个工作日是10月13日。计入：10月9日至10日、10月11日（周六，国庆节调休上班）、10月13日；"
            "跳过：10月1日至8日（国庆节）、10月12日（周末）。",
        ),
        (
            "2024-10-08", -2,
            "10月8日之前第 2 个工作日是9月29日。计入：9月29日（周日，国庆节调休上班）、9月30日；"
            "跳过：10月1日至7日（国庆节）。",
        ),
        ("2026-08-05", 2, "8月5日之后第 2 个工作日是8月7日。计入：8月6日至7日；没有跳过的日子。"),
        (
            "2026-12-30", 3,
            "12月30日之后第 3 个工作日是2027年1月4日。计入：12月31日至2027年1月1日、2027年1月4日；"
            "跳过：2027年1月2日至3日（周末）。2027 年的放假安排还没有录入，只按周末推算，公布后可能变动。",
        ),
        ("2026-08-05", 0, "就是8月5日当天。"),
    ],
)  # fmt: skip
def test_a_deadline_explains_itself(start: str, n: int, sentence: str) -> None:
    reckoning = CALENDAR.reckon(on(start), n)
    assert reckoning.sentence == sentence
    assert reckoning.on == CALENDAR.add_workdays(on(start), n)


def test_what_a_unit_has_set_itself_is_explained_by_its_name() -> None:
    own = Calendar({on("2026-08-06"): SpecialDay(False, "县运动会"), on("2026-08-08"): SpecialDay(True, "")})
    assert own.reckon(on("2026-08-05"), 2).sentence == (
        "8月5日之后第 2 个工作日是8月8日。计入：8月7日、8月8日（周六，上班）；跳过：8月6日（县运动会）。"
        "2026 年的放假安排还没有录入，只按周末推算，公布后可能变动。"
    )


@pytest.mark.parametrize(
    ("moment", "n", "last_day"),
    [
        ("2026-08-07 23:59", 1, "2026-08-10"), ("2026-08-08 00:00", 1, "2026-08-10"),
        ("2026-08-07 00:00", 1, "2026-08-10"), ("2024-09-30 23:59", 2, "2024-10-09"),
        ("2024-02-28 23:59", 1, "2024-02-29"),
    ],
)  # fmt: skip
def test_working_days_from_a_moment_end_with_a_day(moment: str, n: int, last_day: str) -> None:
    reckoning = workdays_from(dt.datetime.fromisoformat(moment).replace(tzinfo=SHANGHAI), n, CALENDAR)
    assert reckoning.on == on(last_day)
    assert reckoning.ends_at == dt.datetime.combine(on(last_day), dt.time(), SHANGHAI) + dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("moment", "hours", "ends_at", "sentence"),
    [
        (
            "2026-09-30 23:59", 24, "2026-10-01 23:59",
            "9月30日 23:59 之后 24 小时是10月1日 23:59。按钟点连续计算，夜间和节假日不停。",
        ),
        (
            "2026-12-31 23:00", 2, "2027-01-01 01:00",
            "12月31日 23:00 之后 2 小时是2027年1月1日 01:00。按钟点连续计算，夜间和节假日不停。",
        ),
        (
            "2024-03-01 01:00", -2, "2024-02-29 23:00",
            "3月1日 01:00 之前 2 小时是2月29日 23:00。按钟点连续计算，夜间和节假日不停。",
        ),
    ],
)  # fmt: skip
def test_hours(moment: str, hours: int, ends_at: str, sentence: str) -> None:
    reckoning = HoursReckoning(dt.datetime.fromisoformat(moment).replace(tzinfo=SHANGHAI), hours)
    assert reckoning.ends_at == dt.datetime.fromisoformat(ends_at).replace(tzinfo=SHANGHAI)
    assert reckoning.sentence == sentence


def test_a_day_ends_at_midnight_in_shanghai() -> None:
    assert end_of(on("2026-08-07")) == dt.datetime(2026, 8, 7, 16, 0, tzinfo=dt.UTC)


def test_a_calendar_without_working_days_is_refused_and_not_searched_for_ever() -> None:
    start = on("2026-01-01")
    never = Calendar({start + dt.timedelta(days=i): SpecialDay(False, "停工") for i in range(400)})
    with pytest.raises(ValueError, match="连续 61 天没有工作日"):
        never.add_workdays(start, 1)


DAYS = st.dates(dt.date(2024, 8, 1), dt.date(2027, 3, 1))


@given(DAYS, st.integers(-30, 30))
def test_the_last_start_is_the_last_one(day: dt.date, n: int) -> None:
    last = CALENDAR.last_start(day, n)
    assert CALENDAR.add_workdays(last, n) <= day < CALENDAR.add_workdays(last + dt.timedelta(days=1), n)


@given(DAYS, st.integers(1, 30))
def test_counting_there_gives_the_number_that_was_added(day: dt.date, n: int) -> None:
    assert CALENDAR.workdays_between(day, CALENDAR.add_workdays(day, n)) == n


@given(DAYS, DAYS)
def test_counting_between_two_days_is_looking_at_each(start: dt.date, end: dt.date) -> None:
    first, last = sorted((start, end))
    days = [first + dt.timedelta(days=i) for i in range((last - first).days + 1)]
    if start <= end:
        assert CALENDAR.workdays_between(start, end) == sum(map(CALENDAR.is_workday, days[1:]))
    else:
        assert CALENDAR.workdays_between(start, end) == -sum(map(CALENDAR.is_workday, days[:-1]))


def test_a_century_is_counted_as_well() -> None:
    assert Calendar().workdays_between(dt.date(1925, 8, 20), dt.date(2026, 8, 20)) == 26350
    assert Calendar().workdays_between(dt.date.min, dt.date(1, 1, 8)) == 5


@given(DAYS, DAYS)
def test_shifts_are_what_the_weekdays_are_wrong_by(start: dt.date, end: dt.date) -> None:
    first, last = sorted((start, end))
    shift = max(CALENDAR.shifts(first, last), default=(last, 0))[1]
    assert Calendar().workdays_between(first, last) + shift == CALENDAR.workdays_between(first, last)
