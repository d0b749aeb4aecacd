"""Dates and deadlines in every form in which ledgers have them."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.spreadsheets.dates import Years, first_date_in, read_date
from common.spreadsheets.workbook import NumberText
from inspections.deadlines import AT_ONCE, SeasonDates, read_deadline
from tests.workbooks import SEASON

FOUND = dt.date(2025, 5, 2)


def deadline(text, **options):
    given_too = {"year": 2025, "season": SEASON, "found_on": FOUND, "written_on": dt.date(2025, 7, 20), **options}
    return read_deadline(text, **given_too)


@pytest.mark.parametrize(
    "text",
    [
        "2025.9.30", "2025-9-30", "2025/9/30", "20250930", "2025年9月30日", "2025年9月30日前", "2025年9月30日（前）",
        "2025年9月30日之前", "２０２５．9．30", "２０２５年９月３０日", "45930", "45930.5", "2025-09-30 00:00:00",
        "2025/09/30 0:00",
        "2025-09-30T14:30:00", "2025年 9月 30日", "2025、9、30", "2025—9—30", "25.9.30", "二〇二五年九月三十日",
        "9月30日", "9月30日前",
        "9月30号", "9.30", "9/30", "930", "0930", "9月底", "9月底前", "9月末", "9月份底", "9月下旬", "9月内",
        "九月底", "2025年9月底",
        "2025.9月底", "今年9月底", "三季度末", "6月1日至9月30日", "2025.6.1-2025.9.30", "2025-6-1—2025-9-30",
        "9月1日至30日",
        "确保9月30日前全部整改到位", "计划2025年9月30日前完成。", "9月30日24时前",
    ],
)  # fmt: skip
def test_the_thirtieth_of_september(text):
    reading = deadline(text)
    assert (reading.value, reading.problem) == (dt.date(2025, 9, 30), "")
    assert reading.form


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("9月上旬", "2025-09-10"),
        ("9月中旬", "2025-09-20"),
        ("2月底", "2026-02-28"),
        ("12月底", "2025-12-31"),
        ("年底前", "2025-12-31"),
        ("2025年底", "2025-12-31"),
        ("月底", "2025-07-31"),
        ("本月末", "2025-07-31"),
        ("明年3月10日", "2026-03-10"),
        ("试运行前", "2025-10-31"),
        ("供热试运行前完成", "2025-10-31"),
        ("10月底供暖试运行前全部完成", "2025-10-31"),
        ("供暖前", "2025-11-14"),
        ("采暖季前", "2025-11-14"),
        ("今冬供热前", "2025-11-14"),
        ("采暖期开始前完成整改", "2025-11-14"),
        ("立行立改", "2025-05-02"),
        ("立即整改", "2025-05-02"),
        ("立即", "2025-05-02"),
        ("立行立改，长期坚持", "2025-05-02"),
    ],
)
def test_other_words_for_a_day(text, day):
    assert deadline(text).value == dt.date.fromisoformat(day)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("长期坚持", "这不是时限"),
        ("尽快", "这不是时限"),
        ("", "请填写具体日期"),
        ("2025/9/31", "没有这一天"),
        ("9月31日前", "没有这一天"),
        ("2025-13-01", "没有这一天"),
        ("20250931", "没有这一天"),
        ("13月底", "没有这一天"),
        ("2025年9月", "只写到月"),
        ("9月份", "只写到月"),
        ("9月初", "只写到月"),
        ("2052.9.30", "相差太远"),
        ("9月底试运行前", "不是同一天"),
        ("2025", "没有这一天"),
        ("整改中", "请改为具体日期"),
        ("张三", "请改为具体日期"),
    ],
)
def test_what_is_no_day_says_what_is_expected(text, expected):
    reading = deadline(text)
    assert reading.value is None
    assert expected in reading.expected
    assert reading.problem.startswith(f"写的是“{text}”，" if text else "没有填写，")


def test_at_once_needs_the_day_found():
    reading = deadline("立行立改", found_on=None)
    assert (reading.value, reading.form) == (None, AT_ONCE)
    assert "请补填发现日期" in reading.expected


def test_the_end_of_the_month_needs_the_ledgers_date():
    assert deadline("月底", written_on=None).value is None


def test_a_number_that_has_lost_its_zero_is_not_guessed():
    """9.30 typed into a cell has become the number 9.3."""
    assert "9.3 还是 9.30" in deadline(NumberText("9.3")).expected
    assert deadline("9.3").value == dt.date(2025, 9, 3)
    assert deadline(NumberText("9.5")).value == dt.date(2025, 9, 5)


@pytest.mark.parametrize(
    ("year", "text", "day"),
    [
        (2025, "1月15日", "2026-01-15"),  # the season's winter
        (2025, "3月15日", "2026-03-15"),  # its last day
        (2025, "3月16日", "2025-03-16"),  # its first day
        (2025, "4月1日", "2025-04-01"),
        (2026, "1月15日", "2026-01-15"),  # a ledger written in that winter
        (2026, "11月20日", "2025-11-20"),  # and a day of the autumn before
        (2024, "1月15日", "2024-01-15"),  # another season's ledger is taken at its word
        (2024, "9月30日", "2024-09-30"),
        (None, "9月30日", "2025-09-30"),  # the season's year
    ],
)
def test_the_year_of_a_day_without_one(year, text, day):
    assert deadline(text, year=year).value == dt.date.fromisoformat(day)


def test_a_season_of_the_database_has_the_same_dates():
    class Season:
        summer_start_on, trial_run_on = dt.date(2026, 3, 16), dt.date(2026, 10, 31)
        heating_start_on, heating_end_on = dt.date(2026, 11, 15), dt.date(2027, 3, 15)

    dates = SeasonDates.of(Season)  # type: ignore[arg-type]
    assert (dates.year, deadline("供暖前", year=None, season=dates).value) == (2026, dt.date(2026, 11, 14))


def test_the_first_date_in_a_line():
    assert first_date_in("填报单位：某局　填报日期：２０２５年7月20日") == dt.date(2025, 7, 20)
    assert first_date_in("截至2025.9.31，2025-09-20 统计") == dt.date(2025, 9, 20)
    assert first_date_in("电话：0531-88881234") is None


FORMS = (
    "{d.year}.{d.month}.{d.day}", "{d.year}-{d.month}-{d.day}", "{d.year}/{d.month}/{d.day}", "{d:%Y%m%d}",
    "{d:%Y-%m-%d}",
    "{d:%Y-%m-%d} 00:00:00", "{d.year}年{d.month}月{d.day}日", "{d.year}年{d.month}月{d.day}日前",
    "{d.month}月{d.day}日前",
    "{d.month}月{d.day}日", "{d.month}.{d.day}", "{d:%m%d}",
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.dates(dt.date(2025, 3, 16), dt.date(2026, 3, 15)), st.sampled_from(FORMS), st.booleans())
def test_every_day_of_the_season_in_every_form_is_read_as_itself(day, form, is_full_width):
    text = form.format(d=day)
    if is_full_width:
        text = text.translate(str.maketrans("0123456789.-/", "０１２３４５６７８９．－／"))
    assert deadline(text).value == day


@given(st.dates(dt.date(2022, 1, 1), dt.date(2028, 12, 31)))
def test_every_serial_number_is_its_day(day):
    assert deadline(NumberText((day - dt.date(1899, 12, 30)).days)).value == day


WORDS = ("2025", "9月", "年", "底", "前", "立行立改", "试运行", "-", "30日", "今年")


@settings(max_examples=500, deadline=None)
@given(
    st.one_of(
        st.text(max_size=80),
        st.text("0123456789０９年月日号./-—至底末前旬上中下 一十三〇立行改供暖试运季度", max_size=40),
        st.lists(
            st.sampled_from(["2025", "9月", "年", "底", "前", "立行立改", "试运行", "-", "30日", "今年"]), max_size=12
        ).map("".join),
    ),
    st.sampled_from([FOUND, None]),
)
def test_no_text_makes_it_fail(text, found_on):
    reading = deadline(text, found_on=found_on)
    assert (reading.value is None) == bool(reading.problem)
    read_date(text, Years(2025))
