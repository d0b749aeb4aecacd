"""What else may have a deadline: one declaration, and the sweep, the outbox and the proposals know it."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import F, Value
from django.test import Client

from audit.models import AuditEntry
from facilities.models import Season
from notifications.models import Message
from notifications.outbox import deliver
from supervision import kinds
from supervision.general_policy import seed_policy
from supervision.kinds import Facts, Kind
from supervision.models import Escalation, Policy, PolicyStep, SweepRun
from supervision.news import register_matters
from supervision.policy import steps_in_force
from supervision.services import create_general_policy, save_steps
from supervision.sweep import sweep
from supervision.working_days import working_calendar
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


def test_of_a_long_title_the_subject_keeps_what_has_come(
    cast: Cast, summer: Any, trial_run: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(kinds.KINDS, "trial_run", replace(TRIAL_RUN, title=Value("长" * 300)))
    sweep(cast.season.trial_run_on - dt.timedelta(days=10))
    deliver()
    told = Message.objects.filter(recipient=cast.admin, subject__startswith="长").values_list("subject", flat=True)
    assert "长" * 150 + " 距时限还有 10 天" in told


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


class TestFirstPolicy:
    """Of a kind that has come to a site and has no policy yet."""

    LIST = "/supervision/policy/"
    COPY = replace(kinds.HAZARD, name="copy", label="复查")

    @pytest.fixture(autouse=True)
    def _two_more_kinds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for kind in (TRIAL_RUN, self.COPY):
            monkeypatch.setitem(kinds.KINDS, kind.name, kind)
        register_matters()

    def general(self, kind: str) -> list[tuple[Any, ...]]:
        policy = Policy.objects.get(kind=kind, grade="", urgency="")
        columns = ("code", "level", "measure", "amount", "unit", "repeat_every", "is_proposed", "is_active")
        return [(*row, step.audience_text) for step in steps_in_force(policy) for row in [_values(step, columns)]]

    def test_a_migration_seeds_it_once_as_the_hazards_have_it(self, db: None) -> None:
        for _ in range(2):
            seed_policy("copy").code(apps, connection.schema_editor())
        assert self.general("copy") == self.general("hazard")
        assert len(self.general("copy")) == 6

    def test_the_page_makes_it(self, cast: Cast, client_as: Callable[[Any], Client], summer: Any) -> None:
        client = client_as(cast.city_admin)
        html = client.get(self.LIST).content.decode()
        assert html.count("按缺省步骤建立通用规则") == 2 and f'action="{self.LIST}general/trial_run/"' in html
        response = client.post(f"{self.LIST}general/trial_run/")
        made = Policy.objects.get(kind="trial_run")
        assert (response.status_code, response["Location"]) == (302, f"{self.LIST}{made.pk}/")
        assert "已按缺省步骤为试运行建立通用规则" in client.get(response["Location"]).content.decode()
        # The kind knows the bureau only: whom nobody would hear of is left out, and who would not be there is not told.
        assert [(code, told) for code, *_, told in self.general("trial_run")] == [
            ("urge", "住建局督办人"), ("notice", "住建局督办人"), ("circular", "住建局督办人"),
        ]  # fmt: skip
        entry = AuditEntry.objects.get(action="添加督办规则")
        assert (entry.actor, entry.target_label, entry.note) == (cast.city_admin, "试运行（全部）", "按缺省步骤建立")
        assert sweep(cast.season.trial_run_on + dt.timedelta(days=1)).new["trial_run"]["urge"] == 3

        again = client.post(f"{self.LIST}general/trial_run/", follow=True).content.decode()
        assert "试运行已经有通用规则，请直接修改" in again and again.count("按缺省步骤建立通用规则") == 1
        assert client.post(f"{self.LIST}general/nothing/").status_code == 404

    def test_one_of_its_own_needs_a_general_one(self, cast: Cast, client_as: Callable[[Any], Client]) -> None:
        client = client_as(cast.city_admin)
        assert f"{self.LIST}new/copy/" not in client.get(self.LIST).content.decode()
        response = client.post(f"{self.LIST}new/copy/", {"grade": "major", "urgency": ""})
        assert response.status_code == 422
        assert "复查还没有通用规则，请先在“督办规则”页按缺省步骤建立" in response.content.decode()
        create_general_policy("copy", by=cast.city_admin)
        assert client.post(f"{self.LIST}new/copy/", {"grade": "major", "urgency": ""}).status_code == 302
        assert client.get(f"{self.LIST}new/trial_run/").status_code == 404, "it has no classes"

    def test_no_step_tells_people_whom_the_kind_does_not_know(self, cast: Cast, client_as: Any) -> None:
        policy = create_general_policy("trial_run", by=cast.city_admin)
        page = client_as(cast.city_admin).get(f"{self.LIST}{policy.pk}/").content.decode()
        assert "住建局督办人" in page and "责任单位人员" not in page.split("<fieldset")[1]
        steps = list(steps_in_force(policy))
        steps[0].tells_company = True
        with pytest.raises(ValidationError, match="试运行没有“责任单位人员”"):
            save_steps(policy, by=cast.city_admin, version=1, steps=steps, calendar=working_calendar())


def _values(step: PolicyStep, columns: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(getattr(step, name) for name in columns)
