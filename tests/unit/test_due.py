import datetime as dt

import pytest

from common.due import describe_due

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
