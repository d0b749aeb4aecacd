"""Limits by category and urgency: the rule that holds, and a sentence that says how it came about."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from common.working_calendar import calendar_in_force
from complaints.limits import Limits, remove_limit, set_limit
from complaints.models import Limit
from tests.cast import Cast

pytestmark = [pytest.mark.either_database, pytest.mark.django_db]
START = timezone.make_aware(dt.datetime(2026, 9, 30, 16, 30))


def sentence(stage: str, category: str, urgency: str = "ordinary") -> str:
    found = Limits(calendar_in_force()).reckon(stage, category=category, urgency=urgency, start=START)
    return found.sentence if found else ""


def test_each_explains_itself(cast: Cast) -> None:
    assert sentence("handling", "leak") == (
        "办理时限（派单起算）按“管线漏水”24 小时：9月30日 16:30 之后 24 小时是10月1日 16:30。"
        "按钟点连续计算，夜间和节假日不停。"
    )
    assert sentence("handling", "fees") == (
        "办理时限（派单起算）按“其他各类”7 天：9月30日 16:30 之后 7 天是10月7日 16:30。按自然日连续计算，节假日不停。"
    )
    assert sentence("handling", "fees", "danger").startswith("办理时限（派单起算）按“危及安全”2 小时：")
    assert sentence("visit", "fees") == ""


def test_working_days_skip_the_holiday_of_the_calendar_that_is_kept(cast: Cast) -> None:
    assert sentence("callback", "fees").startswith(
        "回访时限（反馈起算）按“其他各类”2 个工作日：9月30日之后第 2 个工作日是10月9日。"
    )


def test_the_rule_for_urgency_and_category_goes_before_one_for_the_urgency(cast: Cast) -> None:
    set_limit(by=cast.city_admin, stage="handling", category="leak", urgency="danger", amount=1, unit="hours")
    assert "按“危及安全、管线漏水”1 小时" in sentence("handling", "leak", "danger")
    assert "按“危及安全”2 小时" in sentence("handling", "fees", "danger")


def test_who_may_set_them(cast: Cast) -> None:
    with pytest.raises(PermissionDenied):
        set_limit(by=cast.hotline, stage="handling", category="", urgency="", amount=1, unit="hours")


def test_the_rule_that_holds_for_all_stays(cast: Cast) -> None:
    rule = Limit.objects.get(stage="handling", category="", urgency="")
    with pytest.raises(ValidationError, match="不能删除"):
        remove_limit(rule, by=cast.city_admin)
    remove_limit(Limit.objects.get(stage="handling", category="leak"), by=cast.city_admin)
    assert "按“其他各类”7 天" in sentence("handling", "leak")
