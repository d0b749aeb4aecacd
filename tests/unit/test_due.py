import datetime as dt

import pytest

from common.due import describe, describe_due
from common.workdays import start_of

TODAY = dt.date(2026, 9, 30)


@pytest.mark.parametrize(
    ("due_on", "text", "colour"),
    [
        (dt.date(2026, 9, 24), "逾期 6 天", "red"),
        (dt.date(2026, 9, 29), "逾期 1 天", "red"),
        (dt.date(2026, 9, 30), "今天到期", "amber"),
        (dt.date(2026, 10, 3), "剩 3 天", "amber"),
        (dt.date(2026, 10, 7), "剩 7 天", "amber"),
        (dt.date(2026, 10, 8), "2026-10-08", "grey"),
        (None, "未定期限", "muted"),
    ],
)
def test_deadline_in_words(due_on, text, colour):
    due = describe_due(due_on, TODAY)
    assert (due.text, due.colour) == (text, colour)


def test_what_is_done_is_never_overdue():
    assert describe_due(dt.date(2026, 9, 1), TODAY, done=True).text == "2026-09-01"
    assert describe_due(dt.date(2026, 9, 1), TODAY, done=True).colour == "grey"


NOON = start_of(TODAY) + dt.timedelta(hours=12)


@pytest.mark.parametrize(
    ("minutes", "text", "colour"),
    [
        (-25 * 60, "逾期 1 天 1 小时", "red"),
        (-24 * 60, "逾期 1 天", "red"),
        (-90, "逾期 1 小时 30 分钟", "red"),
        (-40, "逾期 40 分钟", "red"),
        (-1, "逾期 1 分钟", "red"),
        (0, "现在到期", "red"),
        (1, "剩 1 分钟", "amber"),
        (180, "剩 3 小时", "amber"),
        (24 * 60, "剩 1 天", "amber"),
        (24 * 60 + 1, "10月1日 12:01 到期", "grey"),
        (100 * 24 * 60, "2027年1月8日 12:00 到期", "grey"),
    ],
)
def test_a_moment_in_words(minutes, text, colour):
    due = NOON + dt.timedelta(minutes=minutes)
    for seconds in (0, 59):
        found = describe(due, NOON + dt.timedelta(seconds=seconds))
        assert (found.text, found.colour) == (text, colour)
        # Nor do the deadline's own seconds count.
        assert describe(due + dt.timedelta(seconds=seconds), NOON).text == text


def test_a_moment_that_is_done_is_only_named():
    done = describe(NOON - dt.timedelta(days=1), NOON, done=True)
    assert (done.text, done.colour) == ("9月29日 12:00", "grey")


def test_a_day_is_described_as_of_today():
    assert describe(TODAY, NOON) == describe_due(TODAY, TODAY)
