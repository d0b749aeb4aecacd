"""Who sees which orders, numbers without gaps, and callers who stay unknown to those who need not know them."""

import pytest
from django.core.exceptions import PermissionDenied

from audit.models import AuditEntry
from common.moves import MoveRefused
from complaints import services, workflow
from complaints.callers import mask_name, mask_phone, may_see_caller, reveal_caller
from complaints.models import Order
from tests.cast import Cast
from tests.orders import dispatched, registered, reported

pytestmark = [pytest.mark.either_database, pytest.mark.django_db, pytest.mark.usefixtures("summer")]


def seen_by(user: object) -> set[str]:
    return set(Order.objects.visible_to(user).values_list("number", flat=True))


def test_a_company_sees_what_was_dispatched_to_it(cast: Cast) -> None:
    waiting, given = registered(cast, company=cast.chengyuan), dispatched(cast)
    assert seen_by(cast.hotline) == seen_by(cast.leader) == {waiting.number, given.number}
    assert seen_by(cast.chengyuan_admin) == {given.number}
    assert seen_by(cast.beiyuan_clerk) == seen_by(cast.wanjia_reader) == seen_by(cast.foreign.admin) == set()
    workflow.send_back(given, by=cast.chengyuan_admin, reason="不是我们的")
    assert seen_by(cast.chengyuan_admin) == set()


def test_a_township_sees_its_area(cast: Cast) -> None:
    here = registered(cast)
    registered(cast, community=None, township=cast.town_b)
    assert seen_by(cast.township_officer) == {here.number}
    with pytest.raises(PermissionDenied, match="乡镇、街道只能登记本辖区的投诉"):
        services.register(
            by=cast.township_officer, season=cast.season, township=cast.town_b, category="leak", content="漏水",
            received_at=here.received_at,
        )  # fmt: skip


def test_numbers_follow_each_other_and_a_failure_gives_its_own_back(cast: Cast) -> None:
    assert registered(cast, outside_number="A1").number == "TS-2026-00001"
    with pytest.raises(MoveRefused, match="来电 的工单 A1 已经登记过，编号 TS-2026-00001，请不要重复登记"):
        registered(cast, outside_number="A1")
    assert registered(cast, outside_number="A1", source="hotline").number == "TS-2026-00002"


def test_found_by_the_phones_last_digits_and_by_household(cast: Cast) -> None:
    order = registered(cast, phone="138-1234 5678")
    registered(cast, phone="13812345679", room="502")
    assert list(Order.objects.phone_ends_with("5678")) == [order]
    assert list(Order.objects.phone_ends_with("678")) == [order]
    assert not Order.objects.phone_ends_with("567").exists()
    assert order.household == f"{cast.community.pk}:3:2:501"


def test_callers_are_masked(cast: Cast) -> None:
    assert [mask_name("王先生"), mask_name("李四"), mask_name("")] == ["王**", "李*", ""]
    assert [mask_phone("13812345678"), mask_phone("8612345")] == ["138****5678", "*****45"]


def test_each_look_at_a_caller_is_on_record(cast: Cast) -> None:
    order = dispatched(cast)
    entitled = [cast.hotline, cast.admin, cast.inspector, cast.chengyuan_admin, cast.chengyuan_clerk]
    assert all(may_see_caller(user, order) for user in entitled)
    others = [cast.leader, cast.development_officer, cast.township_officer, cast.beiyuan_admin]
    assert not any(may_see_caller(user, order) for user in others)
    assert reveal_caller(order, by=cast.chengyuan_admin) == ("王先生", "13812345678")
    assert AuditEntry.objects.of(order).filter(action="查看诉求人信息", actor=cast.chengyuan_admin).count() == 1
    with pytest.raises(PermissionDenied):
        reveal_caller(order, by=cast.leader)


def test_a_company_that_has_reported_needs_the_caller_no_more(cast: Cast) -> None:
    assert not may_see_caller(cast.chengyuan_admin, reported(cast))


def test_the_history_does_not_give_a_changed_phone_away(cast: Cast) -> None:
    order = registered(cast)
    entry = services.edit(order, by=cast.hotline, version=order.version, values={"phone": "13900001111", "room": "502"})
    assert entry is not None
    assert entry.changes == {"联系电话": ["（已改）", "（不显示）"], "房号": ["501", "502"]}
    order.refresh_from_db()
    assert (order.phone_reversed, order.household) == ("11110000931", f"{cast.community.pk}:3:2:502")
