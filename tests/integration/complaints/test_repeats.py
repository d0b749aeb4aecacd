"""What had been complained of before: on top of a new order, and counted."""

import datetime as dt
from typing import Any

import pytest
from django.db.models import Case, IntegerField, Q, Value, When
from django.utils import timezone

from complaints import workflow
from complaints.counting import counting_of, set_counting
from complaints.figures import figures
from complaints.hot_spots import hot_spots
from complaints.models import Order
from complaints.periods import season_to_date
from complaints.repeats import count_repeats, earlier_orders
from complaints.tallies import HANDLED_BY, tallies, together
from tests.cast import Cast
from tests.factories import CommunityFactory
from tests.integration.complaints.test_counting import values_of
from tests.orders import dispatched, registered

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def ago(days: float) -> dt.datetime:
    return timezone.now() - days * DAY


def counted(cast: Cast) -> dict[tuple[int, int | None], int]:
    """By season: 1 for the present one, 0 for the one before."""
    begins = timezone.make_aware(dt.datetime.combine(cast.season.summer_start_on, dt.time()))
    season = Case(When(received_at__gte=begins, then=Value(1)), default=Value(0), output_field=IntegerField())
    return count_repeats(Order.objects.all(), season, Q(), counting_of(cast.county), by=HANDLED_BY)


def count(cast: Cast) -> int:
    return sum(counted(cast).values())


def test_household_and_category_within_the_days_or_the_phone(cast: Cast, summer: Any) -> None:
    old = registered(cast, received_at=ago(40), phone="13900000001")
    near = registered(cast, received_at=ago(20), phone="13900000002")
    other_matter = registered(cast, received_at=ago(10), phone="13900000003", category="fees")
    by_phone = registered(cast, received_at=ago(35), room="999", phone="13900000004")
    registered(cast, received_at=ago(1), room="888", phone="13900000005")
    new = registered(cast, phone="13900000004")

    found = earlier_orders(new)

    assert [(each.order, each.why, each.is_repeated) for each in found] == [
        (other_matter, "同一户", False),
        (near, "同一户", True),
        (by_phone, "同一电话", True),
        (old, "同一户", False),
    ]
    # `near` repeats `old` within 30 days, `new` repeats `near`.
    assert count(cast) == 2


def test_the_thirtieth_day_still_counts_and_a_moment_more_does_not(cast: Cast, summer: Any) -> None:
    registered(cast, received_at=ago(30), phone="")
    assert earlier_orders(registered(cast, phone=""))[0].is_repeated
    assert count(cast) == 1
    registered(cast, received_at=ago(31.5), room="777", phone="")
    assert not earlier_orders(registered(cast, room="777", phone=""))[0].is_repeated
    assert count(cast) == 1


def test_the_days_are_a_setting(cast: Cast, summer: Any) -> None:
    registered(cast, received_at=ago(20), phone="")
    new = registered(cast, phone="")
    assert earlier_orders(new)[0].is_repeated
    set_counting(by=cast.admin, county=cast.county, values=values_of(cast) | {"repeat_days": 19})
    assert not earlier_orders(new)[0].is_repeated
    assert count(cast) == 0


def test_an_invalid_order_neither_repeats_nor_is_repeated(cast: Cast, summer: Any) -> None:
    first = registered(cast, received_at=ago(2))
    workflow.invalidate(first, by=cast.hotline, reason="不属于供热")
    new = registered(cast)
    assert earlier_orders(new) == []
    assert count(cast) == 0


def test_neither_household_nor_phone_known_is_nobodys_repeat(cast: Cast, summer: Any) -> None:
    registered(cast, room="", phone="", received_at=ago(1))
    new = registered(cast, room="", phone="")
    assert earlier_orders(new) == []
    assert count(cast) == 0


def test_another_countys_is_not_shown(cast: Cast, summer: Any) -> None:
    new = registered(cast)
    Order.objects.filter(pk=new.pk).update(county=cast.foreign.county)
    assert earlier_orders(registered(cast)) == []


def test_counted_for_whom_it_was_dispatched_to(cast: Cast, summer: Any) -> None:
    dispatched(cast, received_at=ago(3))
    dispatched(cast, cast.beiyuan)
    assert counted(cast) == {(1, cast.beiyuan.pk): 1}


def shares(cast: Cast, user: Any, company: Any) -> tuple[int, int]:
    """(repeats, valid) of the company as the user is shown them."""
    found = figures(user, cast.season, timezone.now())
    [standing] = [each for each in found.companies if each.company == company]
    [parts] = [pair.now.parts for pair in standing.pairs if pair.now.indicator.name == "repeated"]
    assert parts is not None
    return int(parts.numerator), int(parts.denominator)


def test_the_company_is_told_the_same_of_itself_as_the_bureau(cast: Cast, summer: Any) -> None:
    """The one before was another company's, was handed out to nobody, was of another township."""
    dispatched(cast, room="1", phone="", received_at=ago(3))
    registered(cast, room="2", phone="", received_at=ago(3))
    elsewhere = CommunityFactory(county=cast.county, company=cast.chengyuan, township=cast.town_b)
    registered(cast, room="3", phone="13700000003", community=elsewhere, received_at=ago(3))
    for room, phone in (("1", ""), ("2", ""), ("3", "13700000003"), ("4", "")):
        dispatched(cast, cast.beiyuan, room=room, phone=phone)
    for user in (cast.admin, cast.beiyuan_clerk, cast.township_officer):
        assert shares(cast, user, cast.beiyuan) == (3, 4)
    assert shares(cast, cast.chengyuan_admin, cast.chengyuan) == (0, 1)


def test_whose_orders_one_does_not_see_are_not_told_of(cast: Cast, summer: Any) -> None:
    dispatched(cast, received_at=ago(3))
    dispatched(cast, received_at=ago(2))
    dispatched(cast, cast.beiyuan)
    for user, repeats in ((cast.admin, 2), (cast.chengyuan_admin, 1), (cast.foreign.admin, 0)):
        [found] = tallies(user, [season_to_date(cast.season, timezone.now())], counting_of(cast.county))
        assert together(found).repeats == repeats


def test_hot_spots_leave_out_what_repeats_another_companys(cast: Cast, summer: Any) -> None:
    set_counting(by=cast.admin, county=cast.county, values=values_of(cast) | {"with_repeats": False})
    type(cast.community).objects.filter(pk=cast.community.pk).update(households=200)
    registered(cast, received_at=ago(3))
    dispatched(cast)
    dispatched(cast, room="7", phone="13700000007")
    dispatched(cast, cast.beiyuan)
    for user in (cast.admin, cast.chengyuan_admin):
        [spot] = hot_spots(user, cast.season, timezone.now()).communities.ranked
        assert (user, spot.count) == (user, {cast.admin: 2, cast.chengyuan_admin: 1}[user])


def test_two_queries(cast: Cast, summer: Any, django_assert_num_queries: Any) -> None:
    for days in range(1, 15):
        registered(cast, received_at=ago(days))
    new = registered(cast)
    with django_assert_num_queries(2):
        found = earlier_orders(new)
    assert len(found) == 10


def test_the_phone_of_last_season_is_shown_and_no_repeat(cast: Cast, summer: Any) -> None:
    old = registered(cast, room="1")
    Order.objects.filter(pk=old.pk).update(season=cast.last_season, received_at=ago(200))
    new = registered(cast, room="2")
    assert [(each.order, each.is_repeated) for each in earlier_orders(new)] == [(old, False)]
    assert count(cast) == 0
