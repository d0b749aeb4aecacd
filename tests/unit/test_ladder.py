"""Which steps are reached when: a ladder as published practice has it, by days, working days and hours."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from common.workdays import Calendar, SpecialDay
from supervision.ladder import (
    Deadline,
    cutoff_day,
    cutoff_moment,
    moment_of,
    most_repeats,
    reached,
    upcoming,
    whole_minute,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
DUE = dt.date(2026, 8, 20)
WEEKENDS_ONLY = Calendar()
OCTOBER = Calendar(
    {
        **{dt.date(2026, 10, day): SpecialDay(False, "国庆节") for day in range(1, 8)},
        dt.date(2026, 9, 20): SpecialDay(True, "国庆节调休"),
        dt.date(2026, 10, 10): SpecialDay(True, "国庆节调休"),
    },
    frozenset({2026}),
)


@dataclass(frozen=True)
class Rung:
    code: str
    level: int
    amount: int
    unit: str = "days"
    repeat_every: int = 0


LADDER = (
    Rung("remind-7", 1, -7),
    Rung("remind-3", 2, -3),
    Rung("urge", 3, 1),
    Rung("notice", 4, 3),
    Rung("talk", 5, 7),
    Rung("circular", 6, 15, repeat_every=7),
)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def on(text: str) -> Deadline:
    return at(text) if " " in text else dt.date.fromisoformat(text)


def codes(now: str, deadline: Deadline = DUE, steps: tuple[Rung, ...] = LADDER) -> list[str]:
    found = reached(steps, deadline, at(now), OCTOBER)
    return [each.step.code + (f"+{each.repeat}" if each.repeat else "") for each in found]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-08-12 23:59", []),
        ("2026-08-13 00:00", ["remind-7"]),
        ("2026-08-16 23:59", ["remind-7"]),
        ("2026-08-17 00:00", ["remind-7", "remind-3"]),
        ("2026-08-20 00:00", ["remind-7", "remind-3"]),
        ("2026-08-20 23:59", ["remind-7", "remind-3"]),  # due today is not overdue
        ("2026-08-21 00:00", ["remind-7", "remind-3", "urge"]),
        ("2026-08-23 00:00", ["remind-7", "remind-3", "urge", "notice"]),
        ("2026-08-27 09:00", ["remind-7", "remind-3", "urge", "notice", "talk"]),
        ("2026-09-04 00:00", ["remind-7", "remind-3", "urge", "notice", "talk", "circular"]),
        ("2026-09-10 23:59", ["remind-7", "remind-3", "urge", "notice", "talk", "circular"]),
        ("2026-09-11 00:00", ["remind-7", "remind-3", "urge", "notice", "talk", "circular", "circular+1"]),
        ("2026-09-25 12:00", ["remind-7", "remind-3", "urge", "notice", "talk", "circular", "circular+3"]),
        ("2027-08-20 12:00", ["remind-7", "remind-3", "urge", "notice", "talk", "circular", "circular+50"]),
    ],
)
def test_the_default_ladder_day_by_day(now: str, expected: list[str]) -> None:
    assert codes(now) == expected


@pytest.mark.parametrize(
    ("unit", "amount", "deadline", "first_moment"),
    [
        # a day as deadline
        ("days", 0, "2026-08-20", "2026-08-20 00:00"),
        ("days", 1, "2024-02-28", "2024-02-29 00:00"),
        ("days", -1, "2024-03-01", "2024-02-29 00:00"),
        ("workdays", 1, "2026-08-20", "2026-08-21 00:00"),
        ("workdays", 1, "2026-08-21", "2026-08-24 00:00"),  # a Friday
        ("workdays", 1, "2026-08-22", "2026-08-24 00:00"),
        ("workdays", 3, "2026-09-30", "2026-10-10 00:00"),  # over National Day to its make-up Saturday
        ("workdays", 1, "2026-09-18", "2026-09-20 00:00"),  # a make-up Sunday
        ("workdays", -1, "2026-10-08", "2026-09-30 00:00"),
        ("workdays", -2, "2026-10-12", "2026-10-09 00:00"),
        ("workdays", 1, "2027-10-01", "2027-10-04 00:00"),  # a year without data
        ("hours", 1, "2026-08-20", "2026-08-21 01:00"),
        ("hours", -2, "2026-08-20", "2026-08-20 22:00"),
        # a moment as deadline
        ("hours", 2, "2026-08-20 23:30", "2026-08-21 01:30"),
        ("hours", -24, "2026-10-01 08:00", "2026-09-30 08:00"),
        ("hours", 0, "2026-08-20 14:30", "2026-08-20 14:30"),
        ("days", 1, "2026-08-20 23:59", "2026-08-21 23:59"),
        ("days", 1, "2026-08-20 00:01", "2026-08-21 00:01"),
        ("days", -1, "2026-10-01 14:30", "2026-09-30 14:30"),
        ("workdays", 1, "2026-08-21 23:59", "2026-08-24 23:59"),  # a Friday
        ("workdays", 1, "2026-08-22 09:00", "2026-08-24 09:00"),  # the Saturday after it
        ("workdays", 3, "2026-09-30 14:30", "2026-10-10 14:30"),
        ("workdays", -1, "2026-10-08 14:30", "2026-09-30 14:30"),
    ],
)
def test_the_first_moment_of_a_step(unit: str, amount: int, deadline: str, first_moment: str) -> None:
    step, first = Rung("step", 1, amount, unit), at(first_moment)
    assert moment_of(step, on(deadline), OCTOBER) == first
    assert [each.at for each in reached([step], on(deadline), first, OCTOBER)] == [first]
    assert reached([step], on(deadline), first - dt.timedelta(microseconds=1), OCTOBER) == []


@pytest.mark.parametrize(
    ("unit", "now", "expected"),
    [
        ("days", "2026-08-21 00:00", ["step"]),
        ("days", "2026-08-22 23:59", ["step"]),
        ("days", "2026-08-23 00:00", ["step", "step+1"]),
        ("workdays", "2026-08-24 23:59", ["step"]),  # Thursday's: Friday, Tuesday, Thursday
        ("workdays", "2026-08-25 00:00", ["step", "step+1"]),
        ("workdays", "2026-08-27 00:00", ["step", "step+2"]),
        ("hours", "2026-08-21 02:59", ["step"]),
        ("hours", "2026-08-21 03:00", ["step", "step+1"]),
    ],
)
def test_repeating(unit: str, now: str, expected: list[str]) -> None:
    assert codes(now, steps=(Rung("step", 1, 1, unit, repeat_every=2),)) == expected


def test_the_severest_is_the_last_whatever_came_first() -> None:
    steps = (Rung("talk", 5, 3), Rung("notice", 4, 3), Rung("urge", 3, 4))
    assert codes("2026-08-30 00:00", steps=steps) == ["urge", "notice", "talk"]


def test_what_comes_next_and_that_it_never_falls_silent() -> None:
    def next_of(now: str) -> tuple[str, int, dt.datetime]:
        first = upcoming(LADDER, DUE, at(now), OCTOBER)[0]
        return first.step.code, first.repeat, first.at

    assert next_of("2026-08-01 00:00") == ("remind-7", 0, at("2026-08-13 00:00"))
    assert next_of("2026-08-20 12:00") == ("urge", 0, at("2026-08-21 00:00"))
    assert next_of("2026-09-04 00:00") == ("circular", 1, at("2026-09-11 00:00"))
    assert next_of("2028-09-04 00:00") == ("circular", 105, at("2028-09-08 00:00"))
    assert upcoming(LADDER[:-1], DUE, at("2026-09-04 00:00"), OCTOBER) == []


def test_no_later_moment_has_been_repeated_more_often_than_the_earliest_could_have_been() -> None:
    step, now = Rung("step", 1, 1, "workdays", repeat_every=1), at("2026-08-25 10:00")  # a Tuesday
    assert reached([step], at("2026-08-22 09:00"), now, OCTOBER)[-1].repeat == 1
    assert reached([step], at("2026-08-21 23:00"), now, OCTOBER)[-1].repeat == 0
    assert most_repeats(step, at("2026-08-21 23:00"), now, OCTOBER) == 1


STEPS = st.builds(
    Rung,
    code=st.just("step"),
    level=st.just(1),
    amount=st.integers(-30, 30),
    unit=st.sampled_from(["days", "workdays", "hours"]),
    repeat_every=st.integers(0, 9),
)
MOMENTS = st.datetimes(dt.datetime(2026, 8, 1), dt.datetime(2026, 11, 30), timezones=st.just(SHANGHAI))


@given(STEPS, MOMENTS, st.integers(0, 3), st.integers(-40, 40))
@example(Rung("step", 1, 1, "workdays"), at("2026-09-20 12:00"), 0, 0)
def test_a_cutoff_selects_what_is_reached(step: Rung, now: dt.datetime, repeat: int, days: int) -> None:
    cutoff = cutoff_day(step, now, OCTOBER, repeat)
    deadline = cutoff + dt.timedelta(days=days)
    assert (moment_of(step, deadline, OCTOBER, repeat) <= now) is (deadline <= cutoff)


@given(STEPS, MOMENTS, st.integers(0, 3), st.integers(-40, 40))
@example(Rung("step", 1, 1, "workdays"), at("2026-08-24 10:00"), 0, 0)
def test_a_cutoff_selects_the_moments_that_have_reached(step: Rung, now: dt.datetime, repeat: int, hours: int) -> None:
    cutoff = cutoff_moment(step, now, OCTOBER, repeat)
    for edge in (cutoff.before, cutoff.later):
        for minutes in (-1, 0, 1, 60 * hours):
            moment = edge + dt.timedelta(minutes=minutes)
            assert (moment_of(step, moment, OCTOBER, repeat) <= now) is cutoff.includes(moment)


def test_by_working_days_a_later_moment_may_come_first() -> None:
    cutoff = cutoff_moment(Rung("step", 1, 1, "workdays"), at("2026-08-24 10:00"), OCTOBER)  # a Monday
    reached_then = {text: cutoff.includes(at(text)) for text in ("2026-08-21 23:00", "2026-08-23 10:00")}
    assert reached_then == {"2026-08-21 23:00": False, "2026-08-23 10:00": True}


@given(STEPS, MOMENTS.map(whole_minute), MOMENTS)
def test_so_it_is_for_moments(step: Rung, due: dt.datetime, now: dt.datetime) -> None:
    found, coming = reached([step], due, now, OCTOBER), upcoming([step], due, now, OCTOBER)
    assert all(each.at <= now for each in found) and all(each.at > now for each in coming)
    if step.repeat_every and found and step.amount > 0:
        assert coming[0].repeat == found[-1].repeat + 1 <= most_repeats(step, due, now, OCTOBER) + 1


@given(STEPS, st.dates(dt.date(2026, 8, 1), dt.date(2026, 11, 30)), MOMENTS)
def test_the_latest_repetition_is_reached_and_the_next_one_is_not(step: Rung, due: dt.date, now: dt.datetime) -> None:
    found = reached([step], due, now, WEEKENDS_ONLY)
    coming = upcoming([step], due, now, WEEKENDS_ONLY)
    assert all(each.at <= now for each in found) and all(each.at > now for each in coming)
    assert bool(found) or bool(coming)
    if step.repeat_every and found and step.amount > 0:
        assert coming[0].repeat == found[-1].repeat + 1 == most_repeats(step, due, now, WEEKENDS_ONLY) + 1
