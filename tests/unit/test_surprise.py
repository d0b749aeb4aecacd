"""The arithmetic of what stands out."""

import pytest

from complaints.surprise import Expectation, History, allowed_chance, floor_of, stands_out, tail


def test_the_tail_of_a_negative_binomial() -> None:
    # Size 1 is the geometric distribution: P(X ≥ k) = (mean / (mean + 1))^k.
    assert tail(3, 1, 1) == pytest.approx(0.125)
    assert tail(0, 1, 1) == 1
    # A large size is a Poisson: 1 − e^−1 (1 + 1 + 1/2).
    assert tail(3, 1, 1e7) == pytest.approx(0.0803014, rel=1e-4)


def test_a_place_without_history_is_expected_to_be_usual() -> None:
    history = History(0, 0, floor_of(1000))
    assert history.rate * 24 == pytest.approx(0.2)
    assert history.size == pytest.approx(0.8)
    assert floor_of(None) * 24 == pytest.approx(0.1)


def test_a_long_history_goes_by_its_own_rate() -> None:
    history = History(200, 200 * 24, floor_of(None))
    assert history.rate * 24 == pytest.approx(201 / 210)


def test_the_same_number_stands_out_where_it_is_quiet_only() -> None:
    ages = {str(n): n + 0.5 for n in range(6)}
    allowed = allowed_chance(1, 60)
    quiet = Expectation.of([History(10, 2400, floor_of(300))])
    busy = Expectation.of([History(200, 600, floor_of(300))])
    found = stands_out(ages, quiet, least=3, allowed=allowed)
    assert found is not None
    assert (found.hours, found.households) == (24, 6)
    assert stands_out(ages, busy, least=3, allowed=allowed) is None


def test_fewer_than_asked_for_never_stand_out() -> None:
    quiet = Expectation.of([History(0, 5000, floor_of(300))])
    ages = {"a": 1.0, "b": 2.0}
    assert stands_out(ages, quiet, least=3, allowed=1) is None
    assert stands_out(ages, quiet, least=2, allowed=1) is not None


def test_what_is_as_old_as_the_window_is_outside_it() -> None:
    quiet = Expectation.of([History(0, 5000, floor_of(300))])
    assert stands_out({"a": 72.0, "b": 1.0, "c": 1.0}, quiet, least=3, allowed=1) is None
    found = stands_out({"a": 71.9, "b": 1.0, "c": 1.0}, quiet, least=3, allowed=1)
    assert found is not None
    assert found.hours == 72
