"""Eight processes register at once: every number is given once, none is left out. And what would happen otherwise."""

from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import User
from facilities.models import Season
from inspections import services
from inspections.models import Hazard
from tests.cast import SUMMER_DAY, build_cast
from tests.together import PROCESSES, at_once

pytestmark = [
    pytest.mark.usefixtures("on_postgresql"),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
EACH = 15
FIELDS = {"problem_point": "幸福小区3号楼", "description": "腐蚀", "facility_kind": "riser", "found_on": SUMMER_DAY}


class Undone(Exception):
    """A registration that fails after it has taken its number."""


def register_many(n: int, barrier: Any, season_pk: int, user_pk: int) -> list[str]:
    season, by = Season.objects.select_related("county").get(pk=season_pk), User.objects.get(pk=user_pk)
    barrier.wait(20)
    given = []
    for turn in range(EACH):
        try:
            with transaction.atomic():
                hazard = services.register(by=by, season=season, **FIELDS)
                if turn % 5 == 4:
                    raise Undone
                given.append(hazard.number)
        except Undone:
            pass
    return given


def test_numbers_are_unique_and_without_gaps():
    cast = build_cast()
    given = [number for numbers in at_once(register_many, cast.season.pk, cast.admin.pk) for number in numbers]
    kept = PROCESSES * EACH * 4 // 5
    assert sorted(given) == [f"YH-2026-{n:04d}" for n in range(1, kept + 1)]
    assert set(Hazard.objects.values_list("number", flat=True)) == set(given)
    cast.season.refresh_from_db()
    assert cast.season.last_sequence == kept


def take_by_reading(n: int, barrier: Any, season_pk: int) -> int:
    """How it must not be done: read the last number, then write it back one higher."""
    with transaction.atomic():
        last = Season.objects.values_list("last_sequence", flat=True).get(pk=season_pk)
        barrier.wait(20)
        Season.objects.filter(pk=season_pk).update(last_sequence=last + 1)
    return last + 1


def test_control_without_the_counting_update_a_number_is_given_twice():
    cast = build_cast()
    given = at_once(take_by_reading, cast.season.pk)
    assert given == [1] * PROCESSES


def take_by_update(n: int, barrier: Any, season_pk: int) -> int:
    season = Season.objects.get(pk=season_pk)
    barrier.wait(20)
    with transaction.atomic():
        return services.take_numbers(season)[0]


def test_the_same_race_with_it():
    cast = build_cast()
    assert sorted(at_once(take_by_update, cast.season.pk)) == list(range(1, PROCESSES + 1))


def test_a_number_is_only_taken_within_a_transaction():
    cast = build_cast()
    assert not connection.in_atomic_block
    with pytest.raises(RuntimeError, match="transaction of the registration"):
        services.take_numbers(cast.season)
