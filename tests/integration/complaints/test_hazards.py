"""A complaint becomes a hazard, and when that is struck off its callers are to be called."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEntry
from common import clock, occasions
from common.moves import MoveRefused
from complaints import workflow
from complaints.hazards import link_hazard, unlink_hazard
from complaints.models import Order
from complaints.occasions import OCCASION, order_occasion
from inspections.models import Hazard
from inspections.services import register
from inspections.workflow import accept
from notifications.models import Message
from tests.cast import Cast
from tests.hazards import hazard_of
from tests.orders import dispatched, registered, solve

pytestmark = [pytest.mark.either_database, pytest.mark.django_db, pytest.mark.usefixtures("summer")]
SignIn = Callable[[Any], Client]
TODAY = dt.date(2026, 8, 3)


def text(response: Any) -> str:
    return str(response.content.decode()).replace("\xa0", " ")


def leak(cast: Cast, **more: Any) -> Order:
    return dispatched(
        cast, category="leak", source="hotline", content="王先生反映立管漏水，电话13812345678，请尽快", **more
    )  # fmt: skip


def strike_off(hazard: Hazard, by: Any) -> None:
    Hazard.objects.filter(pk=hazard.pk).update(status="awaiting_acceptance")
    hazard.refresh_from_db()
    accept(hazard, by=by, opinion="打压合格", inspectors="杜导", accepted_on=TODAY)


def _signed(order: Order, cast: Cast) -> Order:
    workflow.sign(order, by=cast.chengyuan_clerk)
    return order


class TestRegistering:
    def test_the_form_begins_with_the_order_and_both_pages_lead_to_each_other(
        self, cast: Cast, client_as: SignIn
    ) -> None:
        order = leak(cast)
        client = client_as(cast.inspector)
        address = f"/hazards/new/?from=order-{order.pk}"
        form = client.get(address).context["form"]
        assert form["problem_point"].value() == "幸福小区3号楼2单元501室"
        assert form["description"].value() == "管线漏水：诉求人反映立管漏水，电话138****5678，请尽快"
        assert (form["source"].value(), form["found_on"].value()) == ("hotline", "2026-08-03")
        assert (form["lead_unit"].value(), form["township"].value()) == (cast.chengyuan.pk, cast.town_a.pk)
        assert form["communities"].value() == [cast.community.pk]
        sent = {name: form[name].value() for name in form.fields if name != "photos"} | {"facility_kind": "riser"}
        response = client.post(address, {name: value for name, value in sent.items() if value}, follow=True)
        assert response.redirect_chain, response.context["form"].errors
        page, hazard = text(response), Hazard.objects.get()
        assert f'<a href="/complaints/{order.pk}/">投诉 TS-2026-00001（管线漏水，幸福小区）</a>' in page
        assert [each.label for each in occasions.outcomes_of(cast.hotline, OCCASION, order.pk)] == [hazard.number]

    def test_what_did_not_come_over_the_hotline_is_analysis_of_complaints(self, cast: Cast) -> None:
        found = order_occasion(cast.inspector, dispatched(cast).pk)
        assert found is not None and found.initial["source"] == "complaint_analysis"

    def test_nobody_begins_with_an_order_that_he_does_not_see(self, cast: Cast, client_as: SignIn) -> None:
        order = leak(cast)
        for user in (cast.beiyuan_clerk, cast.foreign.admin):
            assert client_as(user).get(f"/hazards/new/?from=order-{order.pk}").context["occasion"] is None
        workflow.invalidate(order, by=cast.hotline, reason="重复登记")
        assert order_occasion(cast.inspector, order.pk) is None

    def test_the_desk_makes_a_hazard_of_it(self, cast: Cast, client_as: SignIn) -> None:
        order, client = leak(cast), client_as(cast.hotline)
        address = f"/hazards/new/?from=order-{order.pk}"
        assert address in text(client.get(order.get_absolute_url()))
        form = client.get(address).context["form"]
        sent = {name: form[name].value() for name in form.fields if name != "photos"} | {"facility_kind": "riser"}
        response = client.post(address, {name: value for name, value in sent.items() if value}, follow=True)
        hazard = Hazard.objects.get()
        assert response.redirect_chain[-1][0] == hazard.get_absolute_url() and response.status_code == 200
        assert [each.label for each in occasions.outcomes_of(cast.hotline, OCCASION, order.pk)] == [hazard.number]

    def test_who_may_not_register_hazards_does_not_from_here_either(self, cast: Cast, client_as: SignIn) -> None:
        assert client_as(cast.development_officer).get(f"/hazards/new/?from=order-{leak(cast).pk}").status_code == 403


class TestLinking:
    def test_several_orders_with_one_hazard_on_record_with_both(self, cast: Cast) -> None:
        hazard, first, second = hazard_of(cast), leak(cast), leak(cast, room="502")
        for order in (first, second):
            assert link_hazard(order, by=cast.hotline, number=f" {hazard.number.lower()} ") == hazard
        assert hazard.occasions.count() == 2
        assert AuditEntry.objects.of(first).get(action="关联隐患").changes == {"引出的隐患": [None, hazard.number]}
        assert AuditEntry.objects.of(hazard).filter(action="关联投诉").count() == 2
        with pytest.raises(MoveRefused, match=f"已经关联 {hazard.number}，不用再关联"):
            link_hazard(first, by=cast.hotline, number=hazard.number)

    def test_refused(self, cast: Cast) -> None:
        order, hazard, closed = leak(cast), hazard_of(cast), hazard_of(cast, "closed")
        with pytest.raises(PermissionDenied):
            link_hazard(order, by=cast.chengyuan_admin, number=hazard.number)
        with pytest.raises(MoveRefused, match="现在是“已销号”，不能再关联"):
            link_hazard(order, by=cast.hotline, number=closed.number)
        with pytest.raises(MoveRefused, match="隐患台账里没有“YH-1”"):
            link_hazard(order, by=cast.hotline, number="YH-1")
        workflow.invalidate(order, by=cast.hotline, reason="重复登记")
        with pytest.raises(MoveRefused, match="现在是“无效”，不能关联隐患"):
            link_hazard(order, by=cast.hotline, number=hazard.number)
        assert not hazard.occasions.exists()

    def test_a_wrong_link_is_taken_back_with_a_reason(self, cast: Cast) -> None:
        hazard, order = hazard_of(cast), leak(cast)
        link_hazard(order, by=cast.hotline, number=hazard.number)
        with pytest.raises(MoveRefused, match="请写明取消关联的理由"):
            unlink_hazard(order, by=cast.hotline, hazard=hazard, reason=" ")
        unlink_hazard(order, by=cast.hotline, hazard=hazard, reason="不是同一根立管")
        assert not hazard.occasions.exists()
        with pytest.raises(MoveRefused, match="没有关联"):
            unlink_hazard(order, by=cast.hotline, hazard=hazard, reason="不是同一根立管")


class TestLinkingOnItsPages:
    def page(self, order: Order) -> str:
        return f"/complaints/{order.pk}/hazards/"

    def offers(self, client: Client, order: Order, query: str = "") -> list[tuple[str, str]]:
        found = client.get(self.page(order) + query).context["offers"]
        return [(each.hazard.problem_point, each.why) for each in found]

    def test_open_hazards_of_the_place_come_first_then_the_companys(self, cast: Cast, client_as: SignIn) -> None:
        cast.community.station = cast.station
        cast.community.save()
        order, client = leak(cast), client_as(cast.hotline)
        here = hazard_of(cast, problem_point="楼内立管")
        here.communities.add(cast.community)
        hazard_of(cast, problem_point="站内阀门", facility=cast.station)
        hazard_of(cast, problem_point="别处管沟")
        Hazard.objects.filter(pk=hazard_of(cast, problem_point="北苑锅炉").pk).update(lead_unit=cast.beiyuan)
        hazard_of(cast, "closed", problem_point="已经修好")
        assert self.offers(client, order) == [
            ("楼内立管", "同一小区"), ("站内阀门", "同一换热站"), ("别处管沟", "同一企业"),
        ]  # fmt: skip
        assert self.offers(client, order, "?q=北苑锅炉") == [("北苑锅炉", "")]
        assert self.offers(client, order, "?q=已经修好") == []
        link_hazard(order, by=cast.hotline, number=here.number)
        assert ("楼内立管", "同一小区") not in self.offers(client, order)
        assert "至少" in text(client.get(self.page(order) + "?q=管"))

    def test_nothing_is_offered_of_an_order_that_has_nothing_in_common(self, cast: Cast, client_as: SignIn) -> None:
        hazard_of(cast)
        order = registered(cast, community=None)
        assert self.offers(client_as(cast.hotline), order) == []

    def test_as_many_queries_for_many(self, cast: Cast, client_as: SignIn) -> None:
        order, client = leak(cast), client_as(cast.hotline)
        self.offers(client, order)

        def queries() -> int:
            with CaptureQueriesContext(connection) as asked:
                self.offers(client, order)
            return len(asked)

        hazard_of(cast)
        one = queries()
        for n in range(25):
            hazard_of(cast, problem_point=f"{n}号井")
        assert (queries(), len(self.offers(client, order))) == (one, 20)

    def test_linked_and_taken_back_both_pages_tell(self, cast: Cast, client_as: SignIn) -> None:
        hazard, order, client = hazard_of(cast), leak(cast), client_as(cast.hotline)
        assert f'href="{self.page(order)}"' in text(client.get(order.get_absolute_url()))
        done = text(client.post(self.page(order), {"number": hazard.number}, follow=True))
        assert f"已关联隐患 {hazard.number}，销号后提醒回访诉求人" in done
        assert f'<a href="{hazard.get_absolute_url()}">{hazard.number}</a>' in done
        assert f'<a href="{order.get_absolute_url()}">{"投诉 TS-2026-00001"}' in text(
            client_as(cast.admin).get(hazard.get_absolute_url())
        )
        unlink = f"{self.page(order)}{hazard.pk}/unlink/"
        assert client.post(unlink, {"reason": " "}).status_code == 422
        assert hazard.occasions.count() == 1
        done = text(client.post(unlink, {"reason": "不是同一根立管"}, follow=True))
        assert f"与隐患 {hazard.number} 已取消关联" in done
        assert not hazard.occasions.exists()
        assert "来自" not in text(client.get(hazard.get_absolute_url())).split("经过")[0]
        for target, action in ((order, "取消关联隐患"), (hazard, "取消关联投诉")):
            assert AuditEntry.objects.of(target).get(action=action).note == "不是同一根立管"
        assert client.get(unlink).status_code == 404

    def test_what_is_refused_is_said_beside_the_number(self, cast: Cast, client_as: SignIn) -> None:
        order, closed, client = leak(cast), hazard_of(cast, "closed"), client_as(cast.hotline)
        for number, said in (
            ("YH-1", "隐患台账里没有“YH-1”，请核对编号"),
            (closed.number, "现在是“已销号”，不能再关联"),
            ("", "必填"),
        ):
            response = client.post(self.page(order), {"number": number})
            assert response.status_code == 422
            assert said in text(response)
        foreign = hazard_of(cast)
        Hazard.objects.filter(pk=foreign.pk).update(county=cast.foreign.county, season=cast.foreign.season)
        assert client.post(self.page(order), {"number": foreign.number}).status_code == 422

    def test_an_invalid_order_is_not_linked_and_offers_no_button(self, cast: Cast, client_as: SignIn) -> None:
        order, client = leak(cast), client_as(cast.hotline)
        workflow.invalidate(order, by=cast.hotline, reason="重复登记")
        assert self.page(order) not in text(client.get(order.get_absolute_url()))
        response = client.post(self.page(order), {"number": hazard_of(cast).number})
        assert "现在是“无效”，不能关联隐患" in text(response)

    def test_companies_neither_link_nor_unlink(self, cast: Cast, client_as: SignIn) -> None:
        order, hazard, client = leak(cast), hazard_of(cast), client_as(cast.chengyuan_admin)
        link_hazard(order, by=cast.hotline, number=hazard.number)
        assert client.post(self.page(order), {"number": hazard.number}).status_code == 403
        assert client.post(f"{self.page(order)}{hazard.pk}/unlink/", {"reason": "x"}).status_code == 403
        shown = text(client.get(order.get_absolute_url()))
        assert hazard.number in shown
        assert "取消关联" not in shown
        assert self.page(order) not in shown
        with pytest.raises(PermissionDenied):
            unlink_hazard(order, by=cast.chengyuan_admin, hazard=hazard, reason="x")


class TestStruckOff:
    @pytest.fixture
    def hazard(self, cast: Cast) -> Hazard:
        """Behind it an order it was registered from, one linked with it, one merged into that, and an invalid one."""
        orders = [leak(cast, room=str(room)) for room in (501, 502, 503, 504)]
        found = order_occasion(cast.inspector, orders[0].pk)
        hazard = register(
            by=cast.inspector, season=cast.season, occasion=found, lead_unit=cast.chengyuan, found_on=TODAY,
            problem_point="幸福小区3号楼立管", description="漏水", facility_kind="riser",
        )  # fmt: skip
        link_hazard(orders[1], by=cast.hotline, number=hazard.number)
        link_hazard(orders[3], by=cast.hotline, number=hazard.number)
        workflow.merge(orders[2], by=cast.hotline, into=orders[1])
        workflow.invalidate(orders[3], by=cast.hotline, reason="重复登记")
        return hazard

    def test_the_desk_gets_the_list_of_callers(self, cast: Cast, hazard: Hazard, client_as: SignIn) -> None:
        strike_off(hazard, cast.inspector)
        message = Message.objects.get(key__endswith=":callers")
        assert (message.recipient, message.subject) == (
            cast.hotline,
            f"{hazard.number} 已销号，请回访 3 件投诉的诉求人",
        )
        assert message.body == "TS-2026-00001、TS-2026-00002、TS-2026-00003"
        order = Order.objects.get(number="TS-2026-00003")
        assert AuditEntry.objects.of(order).filter(action="隐患已销号").count() == 1
        client = client_as(cast.hotline)
        page = text(client.get(message.path))
        assert "由 3 件投诉引出" in page and "已并入 TS-2026-00002" in page and "TS-2026-00004" not in page
        assert "王**" in page and "138****5678" in page and "13812345678" not in page
        assert not AuditEntry.objects.filter(action="查看诉求人信息").exists()
        shown = text(client.post(message.path, {"order": order.pk}))
        assert shown.count("13812345678") == 2 and shown.count("138****5678") == 2  # its link and its text
        assert AuditEntry.objects.of(order).filter(action="查看诉求人信息").count() == 1

    def test_each_call_is_written_down_whatever_became_of_the_order(
        self, cast: Cast, hazard: Hazard, client_as: SignIn
    ) -> None:
        in_hand, linked, merged = Order.objects.filter(number__lt="TS-2026-00004").order_by("pk")
        clerk = cast.chengyuan_clerk
        workflow.visit(_signed(linked, cast), by=clerk, visited_at=clock.now(), visitor="赵师傅", found="立管漏水")
        workflow.report(linked, by=clerk, result="已换阀门", cause="company")
        workflow.withdraw(linked, by=cast.hotline, reason="市平台来函撤件")
        client, address = client_as(cast.hotline), f"/complaints/hazards/{hazard.pk}/callers/"
        assert client.get(f"/complaints/{in_hand.pk}/call_back/").status_code == 409
        strike_off(hazard, cast.inspector)
        assert "还要回访 3 件的诉求人" in text(client.get(address))
        for order, reached in ((in_hand, "yes"), (linked, "yes"), (merged, "no")):
            page = client.get(f"/complaints/{order.pk}/call_back/?next={address}")
            sent = {
                "version": page.context["seen"].version,
                "entry": page.context["seen"].entry,
                "called_at": "2026-08-03T10:00",
                "is_reached": reached,
            }
            sent |= {"is_solved": reached if reached == "yes" else "", "next": address}
            response = client.post(f"/complaints/{order.pk}/call_back/", sent)
            assert (response.status_code, response["Location"]) == (302, address)
        shown = client.get(address)
        assert [line["order"].number for line in shown.context["called"]] == [in_hand.number, linked.number]
        assert [line["order"].number for line in shown.context["to_call"]] == [merged.number]
        assert "还要回访 1 件的诉求人" in text(shown)
        assert [each.status for each in Order.objects.filter(pk__lte=merged.pk).order_by("pk")] == [
            "dispatched", "closed", "merged"
        ]  # fmt: skip

    def test_calls_of_before_are_not_counted_as_about_it(
        self, cast: Cast, hazard: Hazard, summer: Any, client_as: SignIn
    ) -> None:
        order, clerk = _signed(Order.objects.get(number="TS-2026-00001"), cast), cast.chengyuan_clerk
        workflow.visit(order, by=clerk, visited_at=clock.now(), visitor="赵师傅", found="漏水")
        workflow.report(order, by=clerk, result="先堵上了", cause="company")
        solve(order, by=cast.hotline)
        client, address = client_as(cast.hotline), f"/complaints/{order.pk}/call_back/"
        assert "已打过 1 次" in text(client.get(address))
        summer.shift(dt.timedelta(minutes=5))
        strike_off(hazard, cast.inspector)
        assert "已打过 0 次" in text(client.get(address))

    def test_a_call_in_between_closes_nothing(self, cast: Cast, hazard: Hazard, summer: Any) -> None:
        order = _signed(Order.objects.get(number="TS-2026-00001"), cast)
        strike_off(hazard, cast.inspector)
        now = clock.now()
        workflow.call_back(order, by=cast.hotline, called_at=now, is_reached=True, is_solved=True)
        summer.shift(dt.timedelta(minutes=5))
        workflow.visit(order, by=cast.chengyuan_clerk, visited_at=now, visitor="赵师傅", found="已不漏")
        workflow.report(order, by=cast.chengyuan_clerk, result="已换阀门", cause="company")
        with pytest.raises(MoveRefused, match="还没有回访到诉求人"):
            workflow.close(order, by=cast.hotline)

    def test_whose_acceptance_fails_tells_nobody(
        self, cast: Cast, hazard: Hazard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def break_down(*_: Any) -> None:
            raise RuntimeError("磁盘已满")

        listener = occasions._WHEN_SETTLED[OCCASION]
        monkeypatch.setitem(occasions._WHEN_SETTLED, OCCASION, lambda *told: (listener(*told), break_down()))
        with pytest.raises(RuntimeError):
            strike_off(hazard, cast.inspector)
        assert Hazard.objects.get(pk=hazard.pk).status == "awaiting_acceptance"
        assert not Message.objects.filter(key__endswith=":callers").exists()
        assert not AuditEntry.objects.filter(action="隐患已销号").exists()

    def test_others_see_no_list(self, cast: Cast, hazard: Hazard, client_as: SignIn) -> None:
        address = f"/complaints/hazards/{hazard.pk}/callers/"
        assert client_as(cast.chengyuan_admin).get(address).status_code == 403
        assert client_as(cast.foreign.admin).get(address).status_code == 404
        stranger = registered(cast)
        assert client_as(cast.hotline).post(address, {"order": stranger.pk}).status_code == 404

    def test_a_hazard_without_complaints_tells_nobody(self, cast: Cast, client_as: SignIn) -> None:
        hazard = hazard_of(cast)
        strike_off(hazard, cast.inspector)
        assert not Message.objects.filter(key__endswith=":callers").exists()
        assert client_as(cast.hotline).get(f"/complaints/hazards/{hazard.pk}/callers/").status_code == 404
