"""What counts is the bureau's setting: who may change it, what is on record of it, how it is said."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from audit.models import AuditEntry
from complaints.counting import FIELDS, counting_of, in_words, set_counting
from complaints.models import Counting
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def values_of(cast: Cast) -> dict[str, Any]:
    counting = counting_of(cast.county)
    return {name: getattr(counting, name) for name in FIELDS}


def test_the_defaults_in_words(cast: Cast) -> None:
    assert in_words(counting_of(cast.county)) == (
        "计入类别：温度不达标、未按时供热、停暖、管线漏水、收费退费、服务态度、其他；计入归因：全部；"
        "重复投诉计入（30 天内同一户同一类别，或本季同一电话）；无效和已并单的不计；"
        "室温不低于 18 ℃ 合格（门窗关闭 30 分钟、高 1.5 m 测）"
    )


def test_a_change_is_on_record(cast: Cast) -> None:
    values = values_of(cast) | {"with_repeats": False, "fairly_weight": Decimal("0.80"), "causes": ["company"]}
    assert set_counting(by=cast.admin, county=cast.county, values=values)
    entry = AuditEntry.objects.get(action="设置统计口径")
    assert set(entry.changes) == {"重复投诉计入", "基本满意的权重", "计入的责任归因"}
    assert entry.changes["计入的责任归因"] == ["全部", "企业责任"]
    assert not set_counting(by=cast.admin, county=cast.county, values=values)
    assert AuditEntry.objects.filter(action="设置统计口径").count() == 1


def test_only_who_may(cast: Cast) -> None:
    for user in (cast.inspector, cast.hotline, cast.chengyuan_admin):
        with pytest.raises(PermissionDenied):
            set_counting(by=user, county=cast.county, values=values_of(cast))
    assert not Counting.objects.exists()


def test_a_weight_above_one_is_refused(cast: Cast) -> None:
    with pytest.raises(ValidationError):
        set_counting(by=cast.admin, county=cast.county, values=values_of(cast) | {"fairly_weight": Decimal("1.2")})
