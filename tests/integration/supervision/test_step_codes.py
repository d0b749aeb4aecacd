"""A step that is taken off the ladder and put on again is the same step: what waits for it is not lost."""

import pytest

from inspections.models import Hazard
from notifications.models import Message, Outgoing
from notifications.outbox import deliver
from supervision.models import Escalation, Proposal
from supervision.policy import steps_in_force
from supervision.proposals import due_for
from supervision.sweep import sweep
from tests.cast import Cast
from tests.integration.supervision.conftest import day
from tests.integration.supervision.policies import change, general

pytestmark = pytest.mark.django_db
NOTICE = {"measure": "notice", "amount": 3, "tells_bureau": True, "tells_company": True, "is_proposed": True}


def codes(measure: str) -> list[str]:
    return list(steps_in_force(general()).filter(measure=measure).values_list("code", flat=True))


def test_an_open_proposal_survives_a_step_that_goes_and_comes_back(cast: Cast, hazard: Hazard) -> None:
    sweep(day(3))
    proposal = due_for(cast.inspector).get()
    change(general(), cast.city_admin, notice=None)
    assert not due_for(cast.inspector)
    change(general(), cast.city_admin, added=NOTICE)
    assert codes("notice") == ["notice"]
    assert due_for(cast.inspector).get() == proposal
    assert sweep(day(3)).new["hazard"] == {}, "it is on record"
    assert Proposal.objects.count() == 1


def test_so_does_one_of_a_step_that_was_another_measure_meanwhile(cast: Cast, hazard: Hazard) -> None:
    sweep(day(3))
    proposal = due_for(cast.inspector).get()
    change(general(), cast.city_admin, notice={"measure": "urge", "amount": 3})
    assert codes("urge") == ["urge", "urge-n1"]
    assert not due_for(cast.inspector)
    change(general(), cast.city_admin, urge_n1={"measure": "notice"})
    assert due_for(cast.inspector).get() == proposal


@pytest.mark.usefixtures("by_itself")
def test_news_not_sent_yet_goes_out(cast: Cast, hazard: Hazard) -> None:
    sweep(day(1))
    assert Outgoing.objects.exists()
    change(general(), cast.city_admin, urge=None)
    change(
        general(), cast.city_admin,
        added={"measure": "urge", "amount": 1, "tells_company_head": True, "tells_bureau": True},
    )  # fmt: skip
    deliver()
    assert set(Message.objects.values_list("recipient__username", flat=True)) == {"cy_admin", "ll_inspector"}


def test_in_one_save_too(cast: Cast, hazard: Hazard) -> None:
    change(general(), cast.city_admin, notice=None, added=NOTICE | {"tells_bureau_leader": True})
    assert codes("notice") == ["notice"]


def test_no_code_is_two_steps(cast: Cast, hazard: Hazard) -> None:
    change(general(), cast.city_admin, notice={"amount": 4})
    change(general(), cast.city_admin, added=NOTICE, again=NOTICE | {"amount": 5})
    assert codes("notice") == ["notice-n1", "notice", "notice-n2"], "what is 3 days late now was never another's"
    change(general(), cast.city_admin, notice=None, notice_n2=None, added=NOTICE | {"is_active": False})
    assert codes("notice") == ["notice-n1", "notice"], "one of the two is what it was"


def test_repetitions_under_a_code_have_the_same_numbers_for_ever(cast: Cast, hazard: Hazard) -> None:
    sweep(day(29))
    assert Escalation.objects.get(repeat=2).step == "circular"
    change(general(), cast.city_admin, circular={"repeat_every": 0})
    assert codes("circular") == ["circular"], "it came, and comes no more"
    change(general(), cast.city_admin, circular={"repeat_every": 5})
    assert codes("circular") == ["circular-n1"], "the second repetition on record is another day's"
    assert sweep(day(30)).new["hazard"] == {"circular-n1": 2}
    change(general(), cast.city_admin, circular_n1={"repeat_every": 7})
    assert codes("circular") == ["circular"]
    assert sweep(day(30)).new["hazard"] == {}
