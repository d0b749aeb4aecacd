import datetime as dt

import pytest

from common.due import describe_due, describe_moment

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


@pytest.mark.parametrize(
    ("seconds", "words", "colour"),
    [
        (59, "剩 0 分钟", "amber"), (3 * 3600 + 3599, "剩 3 小时", "amber"), (86_400, "剩 24 小时", "amber"),
        (86_401, "剩 24 小时", "grey"), (3 * 86_400 + 5, "剩 3 天", "grey"), (0, "逾期 0 分钟", "red"),
        (-40 * 60, "逾期 40 分钟", "red"), (-30 * 3600, "逾期 30 小时", "red"), (-5 * 86_400, "逾期 5 天", "red"),
    ],
)  # fmt: skip
def test_a_limit_by_the_clock(seconds: int, words: str, colour: str) -> None:
    now = dt.datetime(2026, 12, 4, 2, 0, tzinfo=dt.UTC)
    due = describe_moment(now + dt.timedelta(seconds=seconds), now)
    assert (due.text, due.colour) == (words, colour)


def test_no_limit_by_the_clock() -> None:
    due = describe_moment(None, dt.datetime(2026, 12, 4, tzinfo=dt.UTC))
    assert (due.text, due.colour) == ("未定时限", "muted")
