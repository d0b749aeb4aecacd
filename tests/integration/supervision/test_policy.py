"""The policies: for whom each holds, and changing them."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from audit.models import AuditEntry
from common.concurrency import Stale
from inspections.enums import Grade, Urgency
from inspections.models import Hazard
from supervision.models import Policy, PolicyStep
from supervision.policy import steps_in_force
from supervision.services import create_policy, switch_policy
from supervision.sweep import sweep
from tests.cast import Cast
from tests.hazards import hazard_of
from tests.integration.supervision.conftest import DUE, day, steps_of
from tests.integration.supervision.policies import change, general

pytestmark = [pytest.mark.either_database, pytest.mark.django_db]


class TestForWhom:
    @pytest.fixture
    def four(self, cast: Cast, summer: Any) -> dict[str, Hazard]:
        kinds = {
            "general": {"grade": Grade.GENERAL, "urgency": Urgency.LIMITED},
            "engineering": {"grade": Grade.GENERAL, "urgency": Urgency.ENGINEERING},
            "major": {"grade": Grade.MAJOR, "urgency": Urgency.LIMITED},
            "both": {"grade": Grade.MAJOR, "urgency": Urgency.ENGINEERING},
        }
        return {name: hazard_of(cast, "rectifying", due_on=DUE, **fields) for name, fields in kinds.items()}

    def reached(self, four: dict[str, Hazard], offset: int) -> set[str]:
        sweep(day(offset))
        return {name for name, hazard in four.items() if "urge" in steps_of(hazard)}

    def test_the_most_special_one_holds_and_it_alone(self, cast: Cast, four: dict[str, Hazard]) -> None:
        engineering = create_policy(kind="hazard", grade="", urgency=Urgency.ENGINEERING, by=cast.city_admin)
        both = create_policy(kind="hazard", grade=Grade.MAJOR, urgency=Urgency.ENGINEERING, by=cast.city_admin)
        major = Policy.objects.get(grade=Grade.MAJOR, urgency="")
        for policy, amount in ((general(), 1), (engineering, 2), (major, 3), (both, 4)):
            later = {code: {"amount": amount} for code in ("urge", "notice", "talk")}
            change(policy, cast.city_admin, **later)

        assert [self.reached(four, offset) for offset in (1, 2, 3, 4)] == [
            {"general"}, {"general", "engineering"}, {"general", "engineering", "major"}, set(four),
        ]  # fmt: skip

    def test_without_the_special_one_the_grade_goes_before_the_urgency(
        self, cast: Cast, four: dict[str, Hazard]
    ) -> None:
        engineering = create_policy(kind="hazard", grade="", urgency=Urgency.ENGINEERING, by=cast.city_admin)
        change(engineering, cast.city_admin, urge={"amount": 2})
        assert self.reached(four, 1) == {"general", "major", "both"}

    @pytest.mark.usefixtures("by_itself")
    def test_one_that_is_put_out_of_use_gives_way(self, cast: Cast, hazard: Hazard, news: Any) -> None:
        Hazard.objects.filter(pk=hazard.pk).update(grade="major")
        major = Policy.objects.get(grade=Grade.MAJOR)
        switch_policy(major, by=cast.city_admin, version=major.version, is_active=False)
        assert {subject for _, subject in news(3)} == {"YH-2026-0001 逾期 3 天，已列入督办"}
        assert {subject for _, subject in news(7)} == {"YH-2026-0001 逾期 7 天，已达到约谈条件"}

        switch_policy(major, by=cast.city_admin, version=major.version, is_active=True)
        assert list(steps_in_force(major).values_list("code", flat=True)) == [
            "remind-7", "remind-3", "urge", "notice", "talk", "circular",
        ]  # fmt: skip

    def test_it_begins_as_what_held_before(self, cast: Cast, summer: Any) -> None:
        made = create_policy(kind="hazard", grade=Grade.MAJOR, urgency=Urgency.IMMEDIATE, by=cast.city_admin)
        assert (made.scope, made.version) == ("重大、立行立改", 1)
        assert steps_in_force(made).get(code="talk").amount == 3, "as for 重大"
        with pytest.raises(ValidationError, match="“重大、立行立改”已经有一套规则"):
            create_policy(kind="hazard", grade=Grade.MAJOR, urgency=Urgency.IMMEDIATE, by=cast.city_admin)
        with pytest.raises(ValidationError, match="请选择等级或整改类型"):
            create_policy(kind="hazard", grade="", urgency="", by=cast.city_admin)


class TestChanging:
    def test_a_version_is_kept_beside_the_one_before(self, cast: Cast, summer: Any) -> None:
        policy = general()
        assert change(policy, cast.city_admin, urge={"amount": 2}, remind_7=None)
        assert policy.version == 2
        assert list(steps_in_force(policy).values_list("code", "amount"))[:2] == [("remind-3", -3), ("urge", 2)]
        assert policy.steps.filter(version=1).count() == 6
        entry = AuditEntry.objects.get(action="修改督办规则")
        assert (entry.actor, entry.target_label, entry.note, entry.changes) == (
            cast.city_admin,
            "隐患（各等级）",
            "第 2 版",
            {
                "催办（urge）": [
                    "逾期 1 天，通知责任单位负责人、住建局督办人，自动发出",
                    "逾期 2 天，通知责任单位负责人、住建局督办人，自动发出",
                ],
                "提醒（remind-7）": ["到期前 7 天，通知责任人，自动发出", None],
            },
        )

    def test_nothing_changed(self, cast: Cast, summer: Any) -> None:
        assert not change(general(), cast.city_admin)
        assert (general().version, AuditEntry.objects.filter(action="修改督办规则").exists()) == (1, False)

    def test_a_step_of_another_measure_is_another_step(self, cast: Cast, summer: Any) -> None:
        change(general(), cast.city_admin, urge={"measure": "notice", "amount": 2})
        codes = set(steps_in_force(general()).values_list("code", flat=True))
        assert codes == {"remind-7", "remind-3", "notice-n1", "notice", "talk", "circular"}
        change(general(), cast.city_admin, notice_n1={"measure": "urge", "amount": 1})
        assert "urge" in set(steps_in_force(general()).values_list("code", flat=True)), "it is what it was"
        change(general(), cast.city_admin, urge=None)
        change(general(), cast.city_admin, added={"measure": "notice", "amount": 4, "tells_bureau": True})
        assert "notice-n2" in set(steps_in_force(general()).values_list("code", flat=True)), "no code comes twice"

    def test_of_two_the_second_is_told(self, cast: Cast, summer: Any) -> None:
        first, second = general(), general()
        change(first, cast.city_admin, urge={"amount": 2})
        with pytest.raises(Stale):
            change(second, cast.city_admin, urge={"amount": 3})
        assert steps_in_force(general()).get(code="urge").amount == 2
        assert PolicyStep.objects.filter(policy=first).count() == 12

    def test_only_who_may(self, cast: Cast, summer: Any) -> None:
        with pytest.raises(PermissionDenied):
            change(general(), cast.inspector, urge={"amount": 2})
        with pytest.raises(PermissionDenied):
            create_policy(kind="hazard", grade=Grade.GENERAL, urgency="", by=cast.chengyuan_admin)
        with pytest.raises(ValidationError, match="通用的规则不能停用"):
            switch_policy(general(), by=cast.city_admin, version=1, is_active=False)

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"notice": {"amount": 8}}, "“约谈 逾期 7 天”早于较轻的“督办单 逾期 8 天”"),
            ({"talk": {"amount": 2}}, "“约谈 逾期 2 天”早于较轻的“督办单 逾期 3 天”"),
            ({"talk": {"amount": 4, "unit": "hours"}}, "“约谈 逾期 4 小时”早于较轻的“督办单 逾期 3 天”"),
            ({"urge": {"tells_company_head": False, "tells_bureau": False}}, "请至少选择一类通知对象"),
            ({"urge": {"amount": 0}}, "应在 1 到 366 之间"),
            ({"urge": {"amount": 400}}, "应在 1 到 366 之间"),
            ({"remind_3": {"amount": 3}}, "应在 0 到 366 之间"),
            ({"remind_3": {"repeat_every": 1}}, "到期前的提醒不能重复"),
            ({"remind_3": {"is_proposed": True}}, "提醒不用审批"),
            ({"circular": {"unit": "hours", "amount": 900, "repeat_every": 2}}, "重复间隔应在 24 到 999 之间"),
            (
                {"talk": {"is_proposed": True, "tells_bureau_leader": False}},
                "报审批的步骤要通知住建局督办人或负责人",
            ),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, cast: Cast, summer: Any, changes: Any, said: str) -> None:
        with pytest.raises(ValidationError) as refusal:
            change(general(), cast.city_admin, **changes)
        assert said in " ".join(refusal.value.messages)
        assert general().version == 1
