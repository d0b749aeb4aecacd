"""The pages of the policies."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from inspections.models import Hazard
from supervision.models import Escalation, Policy
from supervision.policy import steps_in_force
from supervision.policy_forms import row_of
from tests.cast import Cast
from tests.integration.supervision.policies import change, general

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]


LIST = "/supervision/policy/"
ANOTHER_URGE = {"measure": "urge", "amount": 1, "audience": ["tells_company_head"]}


@pytest.fixture
def admin(cast: Cast, client_as: Callable[[Any], Client], summer: Any) -> Client:
    return client_as(cast.city_admin)


def posted(policy: Policy, **rows: dict[str, Any]) -> dict[str, Any]:
    """What the page's form sends, with changes by the row's number: r2={"amount": 5}."""
    data: dict[str, Any] = {"version": policy.version, "day": "2026-08-23"}
    shown = [row_of(step) for step in steps_in_force(policy)]
    data |= {"steps-TOTAL_FORMS": len(shown) + 1, "steps-INITIAL_FORMS": len(shown)}
    shown.append({"code": "", "measure": "", "amount": "", "unit": "days", "is_proposed": "auto", "is_active": True})
    for number, row in enumerate(shown):
        row |= rows.get(f"r{number}", {})
        data |= {f"steps-{number}-{name}": value for name, value in row.items() if value not in (None, False)}
    return data


class TestPage:
    def test_everybody_reads_them_and_the_administrator_may_change_them(self, cast: Cast, client_as: Any) -> None:
        own = client_as(cast.city_admin).get(LIST).content.decode()
        others = client_as(cast.chengyuan_clerk).get(LIST).content.decode()
        for page in (own, others):
            assert "到期前 7 天" in page and "逾期 15 天，此后每 7 天重复" in page and "重大" in page
        assert f"{LIST}{general().pk}/" in own and f"{LIST}{general().pk}/" not in others

    def test_saving(self, cast: Cast, admin: Client, hazard: Hazard, news: Any) -> None:
        changed = {"amount": 2, "unit": "workdays", "audience": ["tells_bureau_leader"]}
        new = {"measure": "circular", "amount": 30, "audience": ["tells_bureau"]}
        response = admin.post(f"{LIST}{general().pk}/", {**posted(general(), r2=changed, r6=new), "do": "save"})
        assert (response.status_code, response["Location"]) == (302, LIST)
        assert list(steps_in_force(general()).values_list("code", "amount", "unit"))[2:] == [
            ("urge", 2, "workdays"), ("notice", 3, "days"), ("talk", 7, "days"), ("circular", 15, "days"),
            ("circular-n1", 30, "days"),
        ]  # fmt: skip
        page = admin.get(LIST).content.decode()
        assert "“各等级”的规则已保存为第 2 版，下一次检查起生效。" in page

    def test_removing_a_step(self, admin: Client) -> None:
        admin.post(f"{LIST}{general().pk}/", {**posted(general(), r0={"DELETE": "on"}), "do": "save"})
        assert "remind-7" not in set(steps_in_force(general()).values_list("code", flat=True))

    def test_trying_saves_nothing_and_keeps_what_was_typed(self, cast: Cast, admin: Client, hazard: Hazard) -> None:
        address = f"{LIST}{general().pk}/"
        response = admin.post(address, {**posted(general(), r2={"amount": 3}), "do": "try", "day": "8.23"})
        page = response.content.decode()
        assert response.status_code == 200
        assert "到 <strong>2026-08-23</strong>，适用这套规则、现在要督促的隐患共 1 条" in page
        assert f'<a href="/hazards/{hazard.pk}/">YH-2026-0001</a>' in page
        assert re.search(r'name="steps-2-amount" value="3"', page)
        assert general().version == 1
        assert not Escalation.objects.exists()

    def test_what_was_tried_in_vain_comes_back_at_what_was_wrong(self, admin: Client) -> None:
        address = f"{LIST}{general().pk}/"
        before = admin.get(address).content.decode()
        assert 'formaction="#outcome"' in before and '<section class="sheet" id="outcome">' in before
        wrong = admin.post(address, {**posted(general(), r3={"amount": ""}), "do": "try"})
        assert wrong.status_code == 422
        assert re.findall(r'<\w+ class="([\w-]+)" id="outcome"', wrong.content.decode()) == ["error-summary"]

    def test_more_rows(self, admin: Client) -> None:
        page = admin.post(f"{LIST}{general().pk}/", {**posted(general(), r2={"amount": 9}), "do": "more"})
        html = page.content.decode()
        assert 'name="steps-7-measure"' in html and 'name="steps-2-amount" value="9"' in html
        assert "还不能提交" not in html

    @pytest.mark.parametrize(
        ("rows", "said"),
        [
            ({"r3": {"amount": ""}}, "第 4 步，距时限：请填写数字"),
            ({"r3": {"amount": "三"}}, "第 4 步，距时限：请填写整数"),
            ({"r6": {"amount": 3}}, "第 7 步，措施：请选择措施，或清空这一行"),
            ({"r3": {"audience": []}}, "第 4 步，通知谁：请至少选择一类通知对象"),
            ({"r4": {"amount": 2}}, "“约谈 逾期 2 天”早于较轻的“督办单 逾期 3 天”"),
            ({"r6": ANOTHER_URGE}, "“催办 逾期 1 天”有两步同时到，只会发出其中一步，请合并为一步"),
            (
                {"r2": {"amount": 2}, "r6": {**ANOTHER_URGE, "amount": 24, "unit": "hours"}},
                "“催办 逾期 24 小时”和“催办 逾期 2 天”总是同时到",
            ),
        ],
    )
    def test_what_was_wrong_is_said_and_kept(self, admin: Client, rows: Any, said: str) -> None:
        response = admin.post(f"{LIST}{general().pk}/", {**posted(general(), **rows), "do": "save"})
        assert response.status_code == 422
        assert said in response.content.decode()
        assert general().version == 1

    def test_of_two_measures_that_come_together_only_the_severer_is_told_and_the_page_says_so(
        self, admin: Client
    ) -> None:
        address, together = f"{LIST}{general().pk}/", {"r2": {"amount": 3}}
        said = "“督办单 逾期 3 天”会早于“催办 逾期 3 天”，或与它同时到"
        assert said in admin.post(address, {**posted(general(), **together), "do": "try"}).content.decode()
        saved = admin.post(address, {**posted(general(), **together), "do": "save"}, follow=True)
        assert said in saved.content.decode() and general().version == 2

    def test_one_that_is_not_used_is_in_nobodys_way(self, admin: Client) -> None:
        unused = {**ANOTHER_URGE, "is_active": False}
        assert admin.post(f"{LIST}{general().pk}/", {**posted(general(), r6=unused), "do": "save"}).status_code == 302

    def test_of_two_who_change_it_the_second_sees_what_the_first_wrote(self, cast: Cast, admin: Client) -> None:
        seen = posted(general(), r2={"amount": 3})
        change(general(), cast.city_admin, urge={"amount": 2})
        response = admin.post(f"{LIST}{general().pk}/", {**seen, "do": "save"})
        page = response.content.decode()
        assert response.status_code == 409
        assert "刚刚被别人改为第 2 版" in page and "逾期 2 天，通知责任单位负责人" in page
        assert re.search(r'name="steps-2-amount" value="3"', page)

        seen["version"] = re.findall(r'name="version" value="(\d+)"', page)[0]
        assert admin.post(f"{LIST}{general().pk}/", {**seen, "do": "save"}).status_code == 302
        assert steps_in_force(general()).get(code="urge").amount == 3

    def test_one_of_its_own(self, admin: Client) -> None:
        response = admin.post(f"{LIST}new/hazard/", {"grade": "", "urgency": "immediate"})
        made = Policy.objects.get(urgency="immediate")
        assert (response.status_code, response["Location"]) == (302, f"{LIST}{made.pk}/")
        assert "立行立改" in admin.get(f"{LIST}{made.pk}/").content.decode()
        assert admin.post(f"{LIST}new/hazard/", {"grade": "", "urgency": ""}).status_code == 422
        assert admin.get(f"{LIST}new/nothing/").status_code == 404

        admin.post(f"{LIST}{made.pk}/switch/", {"version": 1, "is_active": "0"})
        made.refresh_from_db()
        assert (made.is_active, made.version, steps_in_force(made).count()) == (False, 2, 6)
        stale = admin.post(f"{LIST}{made.pk}/switch/", {"version": 1, "is_active": "1"}, follow=True)
        assert "刚刚被别人改动过" in stale.content.decode()

    def test_one_that_falls_silent_is_pointed_out(self, cast: Cast, admin: Client) -> None:
        address = f"{LIST}{general().pk}/"
        assert "最后一步发出后就不再提醒" not in admin.get(address).content.decode()
        change(general(), cast.city_admin, circular={"repeat_every": 0})
        assert "最后一步发出后就不再提醒" in admin.get(address).content.decode()

    @pytest.mark.parametrize(
        ("rows", "is_silent"),
        [
            ({}, False),
            ({"r5": {"repeat_every": ""}}, True),
            ({"r5": {"is_active": False}}, True),
            ({"r5": {"repeat_every": ""}, "r2": {"repeat_every": 3}}, False),
            ({"r5": {"DELETE": "on"}, "r2": {"repeat_every": 3, "is_active": False}}, True),
        ],
    )
    def test_so_is_a_draft_that_would(self, admin: Client, rows: Any, is_silent: bool) -> None:
        address, said = f"{LIST}{general().pk}/", "最后一步发出后就不再提醒"
        for do in ("try", "more"):
            page = admin.post(address, {**posted(general(), **rows), "do": do}).content.decode()
            assert (said in page) == is_silent, do
        saved = admin.post(address, {**posted(general(), **rows), "do": "save"}, follow=True).content.decode()
        assert (said in saved) == is_silent

    def test_a_draft_that_repeats_is_not_judged_by_what_is_in_force(self, cast: Cast, admin: Client) -> None:
        change(general(), cast.city_admin, circular={"repeat_every": 0})
        data = posted(general(), r5={"repeat_every": 7})
        assert "就不再提醒" not in admin.post(f"{LIST}{general().pk}/", {**data, "do": "try"}).content.decode()
