"""Two people correct the same hazard: nobody's text is lost and nobody's is overwritten unseen."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import QueryDict
from django.test import Client

from accounts.models import User
from audit.models import AuditEntry
from common.concurrency import Stale
from inspections import services, workflow
from inspections.enums import Grade, HazardStatus
from inspections.models import Hazard
from inspections.workflow import MoveRefused
from tests.cast import Cast
from tests.factories import CommunityFactory
from tests.hazards import hazard_of

S = HazardStatus
SignIn = Callable[[User], Client]
pytestmark = [pytest.mark.either_database, pytest.mark.django_db, pytest.mark.usefixtures("summer")]


def opened(client: Client, hazard: Hazard) -> QueryDict:
    """The edit page's form as a browser would send it back untouched, hidden fields and all."""
    response = client.get(f"/hazards/{hazard.pk}/edit/")
    form, seen = response.context["form"], response.context["seen"]
    data = QueryDict(mutable=True)
    data.update({"version": str(seen.version), "entry": str(seen.entry)})
    for name in form.fields:
        value = form[name].value()
        values = (
            [str(part) for part in value] if isinstance(value, (list, tuple)) else ["" if value is None else str(value)]
        )
        data.setlist(name, values)
        data.setlist(form[name].html_initial_name, values)
    return data


def send(client: Client, hazard: Hazard, data: QueryDict, **typed: Any) -> Any:
    sent = data.copy()
    for name, value in typed.items():
        sent.setlist(name, value if isinstance(value, list) else [value])
    return client.post(
        f"/hazards/{hazard.pk}/edit/", sent.urlencode(), content_type="application/x-www-form-urlencoded"
    )


def test_an_untouched_form_changes_nothing(cast: Cast, client_as: SignIn):
    hazard = hazard_of(cast, communities=[cast.community], cooperating_units=[cast.wanjia], facility=cast.station,
                       estimated_cost_yuan="1200.50", cause="第一行\n第二行", facility_kind="station")  # fmt: skip
    client = client_as(cast.inspector)
    response = client.get(send(client, hazard, opened(client, hazard))["Location"])
    assert [str(message) for message in response.context["messages"]] == ["内容没有变化，没有保存。"]
    assert Hazard.objects.get(pk=hazard.pk).version == 0
    assert not AuditEntry.objects.exists()


def test_a_change_is_recorded_with_both_values(cast: Cast, client_as: SignIn):
    second = CommunityFactory(county=cast.county, name="光明小区")
    hazard = hazard_of(cast, communities=[cast.community])
    client = client_as(cast.inspector)
    data = opened(client, hazard)
    response = send(
        client, hazard, data, description="穿孔漏水", grade="serious",
        communities=[str(cast.community.pk), str(second.pk)], due_on="9.15",
    )  # fmt: skip
    assert response["Location"] == f"/hazards/{hazard.pk}/"
    entry = AuditEntry.objects.of(hazard).get()
    assert (entry.action, entry.actor) == ("修改", cast.inspector)
    assert entry.changes == {
        "存在问题": ["供水管道外壁腐蚀，有渗漏痕迹", "穿孔漏水"],
        "隐患等级": ["一般", "较大"],
        "整改时限": ["2026-09-30", "2026-09-15"],
        "涉及小区": ["幸福小区", "光明小区、幸福小区"],
    }
    hazard.refresh_from_db()
    assert (hazard.version, hazard.due_on) == (1, dt.date(2026, 9, 15))
    assert Hazard.objects.matching("穿孔").get() == hazard


def test_both_changed_the_same_field(cast: Cast, client_as: SignIn):
    hazard = hazard_of(cast)
    mine, other = client_as(cast.inspector), client_as(cast.admin)
    data = opened(mine, hazard)
    send(other, hazard, opened(other, hazard), description="对方写的", cause="对方写的成因")

    response = send(mine, hazard, data, description="我写的", remark="我的备注")

    assert response.status_code == 409
    assert [(row.label, row.typed, row.current) for row in response.context["differences"]] == [
        ("存在问题", "我写的", "对方写的")
    ]
    form = response.context["form"]
    assert {name: form[name].value() for name in ("description", "remark", "cause")} == {
        "description": "我写的", "remark": "我的备注", "cause": "对方写的成因",
    }  # fmt: skip
    assert [event["who"] for event in response.context["meanwhile"]] == ["周管"]
    page = response.content.decode()
    assert "您填写期间，这条隐患有了变动" in page
    assert Hazard.objects.get(pk=hazard.pk).description == "对方写的"

    # Sent once more as it came back: mine goes through, and the other's untouched field stays.
    again = QueryDict(mutable=True)
    again.update({"version": str(response.context["seen"].version), "entry": str(response.context["seen"].entry)})
    for name in form.fields:
        again.setlist(name, form.data.getlist(name))
        again.setlist(form[name].html_initial_name, form.data.getlist(form[name].html_initial_name))
    assert send(mine, hazard, again).status_code == 302
    hazard.refresh_from_db()
    assert (hazard.description, hazard.remark, hazard.cause) == ("我写的", "我的备注", "对方写的成因")


def test_both_typed_the_same(cast: Cast, client_as: SignIn):
    hazard = hazard_of(cast)
    mine, other = client_as(cast.inspector), client_as(cast.admin)
    data = opened(mine, hazard)
    send(other, hazard, opened(other, hazard), description="穿孔")
    response = send(mine, hazard, data, description="穿孔")
    assert (response.status_code, response.context["differences"]) == (409, [])


def test_issued_meanwhile_what_needs_a_move_now_is_shown_too(cast: Cast, client_as: SignIn):
    hazard = hazard_of(cast)
    client = client_as(cast.inspector)
    data = opened(client, hazard)
    workflow.issue(Hazard.objects.get(pk=hazard.pk), by=cast.admin)

    response = send(client, hazard, data, responsible_person="程员", description="我写的")

    assert response.status_code == 409
    assert [(row.label, row.typed, row.current) for row in response.context["differences"]] == [
        ("责任人", "程员", "王建国")
    ]
    assert "responsible_person" not in response.context["form"].fields
    assert response.context["form"]["description"].value() == "我写的"


def test_struck_off_meanwhile(cast: Cast, client_as: SignIn):
    hazard = hazard_of(cast)
    client = client_as(cast.inspector)
    data = opened(client, hazard)
    workflow.void(Hazard.objects.get(pk=hazard.pk), by=cast.admin, reason="重复登记")
    response = send(client, hazard, data, description="我写的")
    assert response.status_code == 409
    assert "重复登记" in response.content.decode()
    assert response.context["typed"] == [("存在问题", "我写的")]
    assert client.get(f"/hazards/{hazard.pk}/edit/").status_code == 409


def test_an_issued_hazard_does_not_become_vague(cast: Cast, client_as: SignIn):
    hazard = hazard_of(cast, S.RECTIFYING)
    client = client_as(cast.inspector)
    response = send(client, hazard, opened(client, hazard), acceptance_standard="整改到位")
    assert response.context["form"].non_field_errors() == [
        "验收标准“整改到位”不具体：请写明用什么检验、到什么程度算合格，例如“打压 0.8 MPa 稳压 30 分钟无渗漏”"
    ]


def test_a_pending_one_may_be_left_unfinished(cast: Cast, client_as: SignIn):
    hazard = hazard_of(cast)
    client = client_as(cast.inspector)
    assert send(client, hazard, opened(client, hazard), acceptance_standard="", due_on="").status_code == 302
    hazard.refresh_from_db()
    assert (hazard.acceptance_standard, hazard.due_on) == ("", None)


class TestService:
    def edit(self, hazard: Hazard, by: User, version: int = 0, **values: Any) -> AuditEntry | None:
        return services.edit(hazard, by=by, version=version, values=values)

    def test_only_with_the_version_that_was_seen(self, cast: Cast):
        hazard = hazard_of(cast)
        self.edit(hazard, cast.admin, description="先改")
        with pytest.raises(Stale):
            self.edit(Hazard.objects.get(pk=hazard.pk), cast.inspector, description="后改")
        assert Hazard.objects.get(pk=hazard.pk).description == "先改"

    def test_unit_person_and_deadline_only_before_it_is_issued(self, cast: Cast):
        moved = {"lead_unit": cast.beiyuan, "responsible_person": "白苑", "due_on": dt.date(2026, 9, 1)}
        pending, issued = hazard_of(cast), hazard_of(cast, S.ISSUED)
        entry = self.edit(pending, cast.inspector, **moved)
        assert entry is not None
        assert set(entry.changes) == {"责任单位（牵头）", "责任人", "整改时限"}
        assert self.edit(issued, cast.inspector, **moved) is None
        issued.refresh_from_db()
        assert (issued.lead_unit, issued.due_on) == (cast.chengyuan, dt.date(2026, 9, 30))

    def test_never_the_status(self, cast: Cast):
        hazard = hazard_of(cast)
        assert self.edit(hazard, cast.admin, status="closed", number="X", grade=Grade.GENERAL) is None

    @pytest.mark.parametrize("status", [S.CLOSED, S.VOID])
    def test_not_what_is_settled(self, cast: Cast, status: HazardStatus):
        with pytest.raises(MoveRefused, match="内容不能再修改"):
            self.edit(hazard_of(cast, status), cast.admin, description="x")

    @pytest.mark.parametrize("who", ["chengyuan_admin", "township_officer", "leader", "hotline"])
    def test_only_the_bureau(self, cast: Cast, who: str):
        with pytest.raises(PermissionDenied):
            self.edit(hazard_of(cast), getattr(cast, who), description="x")

    def test_dates_that_cannot_be(self, cast: Cast):
        with pytest.raises(MoveRefused, match="发现日期 2026-10-01 在今天之后，请核对"):
            self.edit(hazard_of(cast), cast.admin, found_on=dt.date(2026, 10, 1))

    def test_the_reason_for_a_late_deadline_stays(self, cast: Cast):
        hazard = hazard_of(cast, S.ISSUED, due_on=dt.date(2026, 11, 5), late_due_reason="须停热施工")
        with pytest.raises(MoveRefused, match="晚于本采暖季试运行日期"):
            self.edit(hazard, cast.admin, late_due_reason="")
