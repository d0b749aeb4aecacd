"""What else may have a deadline: one declaration, and the sweep, the outbox and the proposals know it."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.db.models import F, Value

from facilities.models import Season
from notifications.models import Message
from notifications.outbox import deliver
from supervision import kinds
from supervision.kinds import Facts, Kind
from supervision.models import Escalation, Policy, PolicyStep, SweepRun
from supervision.news import register_matters
from supervision.sweep import sweep
from tests.cast import Cast

pytestmark = pytest.mark.django_db

TRIAL_RUN = Kind(
    name="trial_run", label="试运行", watched=Season.objects.all, visible=Season.objects.visible_to,
    due="trial_run_on", unit="county_id", title=F("name"), text=Value("试运行"), path=Value("/facilities/seasons/"),
    recipients={"tells_bureau": lambda items: [items.annotate(recipient=F("county__units__users"))]},
    facts=lambda ids: {season.pk: Facts(season.name) for season in Season.objects.filter(pk__in=list(ids))},
)  # fmt: skip


@pytest.fixture
def trial_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(kinds.KINDS, TRIAL_RUN.name, TRIAL_RUN)
    register_matters()
    policy = Policy.objects.create(kind=TRIAL_RUN.name)
    PolicyStep.objects.create(
        policy=policy, version=policy.version, code="remind-10", measure="remind", level=10, amount=-10,
        tells_bureau=True,
    )  # fmt: skip


def test_a_further_kind_is_one_declaration(cast: Cast, summer: Any, trial_run: None) -> None:
    due = cast.season.trial_run_on
    cast.last_season.delete()
    assert sweep(due - dt.timedelta(days=11)).new["trial_run"] == {}
    assert sweep(due - dt.timedelta(days=10)).new["trial_run"] == {"remind-10": 2}
    assert sweep(due - dt.timedelta(days=9)).new["trial_run"] == {}
    deliver()
    records = Escalation.objects.filter(kind="trial_run")
    assert {record.item_id for record in records} == {cast.season.pk, cast.foreign.season.pk}
    told = Message.objects.filter(recipient=cast.admin).values_list("subject", flat=True)
    assert [text for text in told if text.startswith("2026-2027 距时限")] == ["2026-2027 距时限还有 10 天"]


def test_a_kind_that_cannot_be_swept_holds_up_no_other(
    cast: Cast, summer: Any, trial_run: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> Any:
        raise ValueError("坏了")

    others = {"broken": replace(TRIAL_RUN, name="broken", watched=broken), **kinds.KINDS}
    for name in list(kinds.KINDS):
        monkeypatch.delitem(kinds.KINDS, name)
    for name, kind in others.items():
        monkeypatch.setitem(kinds.KINDS, name, kind)
    with pytest.raises(ValueError, match="坏了"):
        sweep(cast.season.trial_run_on - dt.timedelta(days=10))
    assert Escalation.objects.filter(kind="trial_run").exists()
    assert SweepRun.objects.get().error == "ValueError: 坏了"
