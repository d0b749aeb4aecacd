"""The pages of complaints through the browser's door: list, an order, its moves, the call that is written down."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from audit.models import AuditEntry
from common import clock
from complaints import workflow
from complaints.enums import OrderStatus
from complaints.models import Limit, Order
from facilities.season_companies import assign_company
from supervision.sweep import sweep
from tests.cast import Cast
from tests.factories import CommunityFactory
from tests.orders import advanced, dispatched, handled, registered, reported, solve
from tests.pictures import photo

pytestmark = [pytest.mark.either_database, pytest.mark.django_db]
As = Callable[[Any], Client]
S = OrderStatus


@pytest.fixture(autouse=True)
def _winter(summer: Any) -> Any:
    """It is 4 December 2026, ten in the morning in Shanghai."""
    cache.clear()
    summer.move_to(dt.datetime(2026, 12, 4, 2, 0, tzinfo=dt.UTC))
    return summer


def numbers(page: str) -> list[str]:
    return re.findall(r'class="row-link" href="[^"]*">(TS-[^<]+)<', page)


def tabs(page: str) -> dict[str, str]:
    return dict(re.findall(r'class="tab[^"]*" href="[^"]*"[^>]*>([^<]+)<span class="tab-count[^"]*">([^<]*)<', page))


def seen(order: Order) -> dict[str, Any]:
    order.refresh_from_db()
    last = AuditEntry.objects.of(order).order_by("-pk").first()
    return {"version": order.version, "entry": last.pk if last else 0}


class TestList:
    def test_tabs_count_and_narrow(self, cast: Cast, client_as: As) -> None:
        for status in (S.NEW, S.NEW, S.ACCEPTED, S.DISPATCHED, S.REPORTED, S.CLOSED, S.INVALID):
            advanced(cast, status)
        client = client_as(cast.hotline)
        page = client.get("/complaints/").content.decode()
        assert tabs(page) == {
            "全部": "7", "未办结": "5", "待我办理": "4", "待受理": "2", "待派单": "1", "待签收": "1", "办理中": "0",
            "待回访": "1", "已逾期": "0", "24 小时内到期": "0", "已办结": "1", "无效": "1", "已并单": "0",
        }  # fmt: skip
        assert len(numbers(client.get("/complaints/?tab=mine").content.decode())) == 4

    def test_a_company_has_its_own_tabs(self, cast: Cast, client_as: As) -> None:
        advanced(cast, S.NEW)
        order = dispatched(cast)
        dispatched(cast, cast.beiyuan)
        page = client_as(cast.chengyuan_admin).get("/complaints/").content.decode()
        assert numbers(page) == [order.number]
        assert tabs(page) == {
            "全部": "1", "未办结": "1", "待我办理": "1", "待签收": "1", "办理中": "0", "待回访": "0", "已逾期": "0",
            "24 小时内到期": "0", "已办结": "0",
        }  # fmt: skip

    def test_limits_are_said_in_hours_and_minutes(self, cast: Cast, client_as: As, _winter: Any) -> None:
        dispatched(cast, category="low_temperature")
        client = client_as(cast.hotline)
        _winter.shift(dt.timedelta(hours=20, minutes=10))
        assert "办理 剩 3 小时" in client.get("/complaints/").content.decode()
        _winter.shift(dt.timedelta(hours=4, minutes=30))
        page = client_as(cast.hotline).get("/complaints/?tab=overdue").content.decode()
        assert "办理 逾期 40 分钟" in page and tabs(page)["已逾期"] == "1"

    def test_the_phone_is_found_by_its_last_digits_and_never_shown(self, cast: Cast, client_as: As) -> None:
        order = registered(cast)
        registered(cast, phone="13987654321")
        User.objects.update(list_columns={"orders": ["number", "caller", "phone"]})
        client = client_as(cast.hotline)
        page = client.get("/complaints/?phone=5678").content.decode()
        assert numbers(page) == [order.number]
        assert "王**" in page and "138****5678" in page and "王先生" not in page and "13812345678" not in page
        assert "最后 4 位以上数字" in client.get("/complaints/?phone=678").content.decode()
        # Who does not see a phone cannot find out whose it is either.
        assert len(numbers(client_as(cast.leader).get("/complaints/?phone=5678").content.decode())) == 2

    def test_a_company_finds_by_phone_what_it_handles_only(self, cast: Cast, client_as: As) -> None:
        order = dispatched(cast)
        solve(reported(cast, room="777"), by=cast.hotline)
        client = client_as(cast.chengyuan_admin)
        assert numbers(client.get("/complaints/?phone=12345678").content.decode()) == [order.number]
        assert len(numbers(client_as(cast.hotline).get("/complaints/?phone=12345678").content.decode())) == 2

    def test_by_words_and_by_the_initials_of_the_community(self, cast: Cast, client_as: As) -> None:
        order = registered(cast, content="暖气漏水")
        place = CommunityFactory(county=cast.county, name="锦绣家园", company=cast.beiyuan)
        other = registered(cast, community=place, address="锦绣家园1号楼")
        client = client_as(cast.hotline)
        assert numbers(client.get("/complaints/?q=漏水").content.decode()) == [order.number]
        assert numbers(client.get("/complaints/?community=jxjy").content.decode()) == [other.number]
        assert numbers(client.get("/complaints/?community=锦绣").content.decode()) == [other.number]

    def test_twelve_queries_at_most(
        self, cast: Cast, client_as: As, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        sweep(clock.today())  # as on every running site: that there was none is asked anew for each page
        for _ in range(3):
            dispatched(cast)
        for user in (cast.admin, cast.hotline, cast.chengyuan_admin):
            client, address = client_as(user), "/complaints/?tab=open&category=attitude&q=服务&community=幸福"
            client.get(address)  # what every page's shell asks for once in a while
            with django_assert_max_num_queries(12):
                client.get(address)

    def test_many_are_dispatched_to_whom_their_community_belongs(self, cast: Cast, client_as: As) -> None:
        known, unknown = registered(cast), registered(cast, community=None)
        data = {"move": "dispatch", "selected": [known.pk, unknown.pk]}
        page = client_as(cast.hotline).post("/complaints/bulk/", data).content.decode()
        known.refresh_from_db()
        unknown.refresh_from_db()
        assert (known.status, known.company, unknown.status) == (S.DISPATCHED, cast.chengyuan, S.NEW)
        assert "已派单 1 件" in page and "不会自动派给任何单位" in page


class TestOrder:
    def test_who_has_the_next_step(self, cast: Cast, client_as: As, _winter: Any) -> None:
        order = dispatched(cast, category="low_temperature")
        _winter.shift(dt.timedelta(hours=2, minutes=5))
        page = client_as(cast.hotline).get(order.get_absolute_url()).content.decode()
        assert "等待 城源热力 签收（已 2 小时 5 分钟）" in page
        assert "怎么算的" in page and "24 小时是12月5日 10:00" in page

    def test_earlier_orders_of_the_household_stand_on_top(self, cast: Cast, client_as: As) -> None:
        before = registered(cast, phone="13700000000")
        order = registered(cast)
        page = client_as(cast.hotline).get(order.get_absolute_url()).content.decode()
        assert "还有 1 件投诉" in page and before.number in page
        # The other company sees nothing of what is not its own.
        workflow.dispatch(order, by=cast.hotline, company=cast.beiyuan)
        page = client_as(cast.beiyuan_clerk).get(order.get_absolute_url()).content.decode()
        assert before.number not in page

    def test_a_look_at_the_caller_is_on_record(self, cast: Cast, client_as: As) -> None:
        order = dispatched(cast)
        client = client_as(cast.chengyuan_admin)
        assert "13812345678" not in client.get(order.get_absolute_url()).content.decode()
        answer = client.post(f"{order.get_absolute_url()}caller/")
        assert 'href="tel:13812345678"' in answer.content.decode() and answer["Cache-Control"] == "no-store"
        entry = AuditEntry.objects.of(order).order_by("-pk")[0]
        assert (entry.action, entry.actor_id) == ("查看诉求人信息", cast.chengyuan_admin.pk)
        assert client.get(f"{order.get_absolute_url()}caller/").status_code == 405
        assert client_as(cast.leader).post(f"{order.get_absolute_url()}caller/").status_code == 403

    def test_correcting_leaves_the_phone_masked_and_kept(self, cast: Cast, client_as: As) -> None:
        order = registered(cast)
        client = client_as(cast.hotline)
        address = f"{order.get_absolute_url()}edit/"
        page = client.get(address).content.decode()
        assert "13812345678" not in page and "138****5678" in page
        data = {
            **seen(order), "community": "幸福小区", "building": "3", "building_unit": "2", "room": "502",
            "content": order.content, "source": "phone", "platform": "county", "address": order.address,
            "received_at": "2026-12-04T10:00",
        }  # fmt: skip
        assert client.post(address, data).status_code == 302
        order.refresh_from_db()
        assert (order.room, order.phone, order.caller) == ("502", "13812345678", "王先生")
        stale = client.post(address, {**data, "version": "0", "room": "503"})
        assert stale.status_code == 409 and 'value="503"' in stale.content.decode()

    def test_merged_orders_are_called_back_with_it(self, cast: Cast, client_as: As) -> None:
        order, other = registered(cast), registered(cast, room="502")
        client = client_as(cast.hotline)
        data = {**seen(other), "into": order.number.lower(), "note": ""}
        assert client.post(f"{other.get_absolute_url()}merge/", data).status_code == 302
        page = client.get(order.get_absolute_url()).content.decode()
        assert "并入本单的工单" in page and other.number in page and f"/complaints/{other.pk}/caller/" in page


class TestMoves:
    def test_the_whole_way(self, cast: Cast, client_as: As, _winter: Any) -> None:
        order = registered(cast, category="low_temperature")
        desk, company = client_as(cast.hotline), client_as(cast.chengyuan_admin)
        url = order.get_absolute_url()

        def make(client: Client, move: str, **data: Any) -> None:
            _winter.shift(600)
            answer = client.post(f"{url}{move}/", {**seen(order), **data})
            assert answer.status_code == 302, answer.content.decode()[:3000]

        make(desk, "accept")
        make(desk, "dispatch", company=cast.chengyuan.pk)
        make(company, "sign")
        make(
            company, "visit", visited_at="2026-12-04T10:20", visitor="赵师傅", found="已排气", temperature_c="19.5",
            place="bedroom", photos=SimpleUploadedFile("现场.jpg", photo(seed=3), "image/jpeg"),
        )  # fmt: skip
        page = company.get(url).content.decode()
        assert "测温不合规程" in page and "没有在房间中央测" in page and "thumbnail/" in page
        make(company, "report", result="已恢复", cause="company")
        make(
            desk, "call_back", called_at=f"{timezone.localtime():%Y-%m-%dT%H:%M}", is_reached="yes", is_solved="yes",
            was_contacted="yes", satisfaction="satisfied",
        )  # fmt: skip
        make(desk, "close")
        order.refresh_from_db()
        assert (order.status, str(order.measured_temperature_c)) == (S.CLOSED, "19.5")

    def test_what_is_refused_keeps_what_was_typed(self, cast: Cast, client_as: As) -> None:
        order = handled(cast, category="low_temperature")
        data = {**seen(order), "result": "已经排气", "cause": "company"}
        answer = client_as(cast.chengyuan_admin).post(f"{order.get_absolute_url()}report/", data)
        page = answer.content.decode()
        assert answer.status_code == 200 and "须先上门" in page and "已经排气" in page

    def test_somebody_was_faster(self, cast: Cast, client_as: As) -> None:
        order = dispatched(cast)
        before = seen(order)
        workflow.sign(order, by=cast.chengyuan_clerk)
        data = {**before, "reason": "不是我们的小区"}
        answer = client_as(cast.chengyuan_admin).post(f"{order.get_absolute_url()}send_back/", data)
        page = answer.content.decode()
        assert answer.status_code == 409 and "不是我们的小区" in page and "程员" in page

    def test_an_impossible_move_says_who_is_next(self, cast: Cast, client_as: As) -> None:
        order = reported(cast)
        answer = client_as(cast.chengyuan_admin).post(f"{order.get_absolute_url()}report/", {"result": "又去了一次"})
        page = answer.content.decode()
        assert answer.status_code == 409 and "等待 热线坐席 回访" in page and "又去了一次" in page

    def test_an_extension_is_decided(self, cast: Cast, client_as: As) -> None:
        order = handled(cast, category="low_temperature")
        later = {"new_due_at": "2026-12-06T10:00", "reason": "等配件"}
        answer = client_as(cast.chengyuan_admin).post(
            f"{order.get_absolute_url()}request_extension/", {**seen(order), **later}
        )
        assert answer.status_code == 302
        assert order.number in client_as(cast.inspector).get("/todo/").content.decode()
        data = {**seen(order), "opinion": "同意", "decision": "approve"}
        client_as(cast.inspector).post(f"{order.get_absolute_url()}decide_extension/", data)
        order.refresh_from_db()
        assert order.due_at == dt.datetime(2026, 12, 6, 2, 0, tzinfo=dt.UTC)
        page = client_as(cast.inspector).get(order.get_absolute_url()).content.decode()
        assert "原时限 2026-12-05 10:00，经批准或调整改为 2026-12-06 10:00" in page


class TestEntry:
    CALL = {
        "phone": "13900001111", "caller": "李女士", "community": "jxjy", "building": "3", "building_unit": "2",
        "room": "501", "category": "low_temperature", "urgency": "ordinary", "content": "家里只有 15 度",
        "source": "phone", "platform": "county", "received_at": "2026-12-04T09:58",
    }  # fmt: skip

    @pytest.fixture
    def place(self, cast: Cast) -> Any:
        return CommunityFactory(county=cast.county, name="锦绣家园", company=cast.beiyuan)

    def test_initials_find_the_community_and_its_company(self, cast: Cast, client_as: As, place: Any) -> None:
        answer = client_as(cast.hotline).post("/complaints/new/", self.CALL)
        assert answer.status_code == 302
        order = Order.objects.get()
        assert (order.community, order.company, order.status) == (place, cast.beiyuan, S.DISPATCHED)
        assert order.address == "锦绣家园3号楼2单元501室"

    def test_only_registered(self, cast: Cast, client_as: As, place: Any) -> None:
        client_as(cast.hotline).post("/complaints/new/", {**self.CALL, "only": "1"})
        order = Order.objects.get()
        assert (order.status, order.company) == (S.NEW, cast.beiyuan)

    def test_an_unknown_place_is_given_to_nobody(self, cast: Cast, client_as: As, place: Any) -> None:
        client = client_as(cast.hotline)
        page = client.post("/complaints/new/", {**self.CALL, "community": "没有的小区"}).content.decode()
        assert "名单里没有" in page
        call = {**self.CALL, "community": "", "address": "东街旧楼"}
        page = client.post("/complaints/new/", call).content.decode()
        assert "不会自动派给任何单位" in page and "家里只有 15 度" in page and not Order.objects.exists()
        client.post("/complaints/new/", {**call, "only": "1"})
        assert Order.objects.get().company is None

    def test_what_is_meant_by_several_is_asked(self, cast: Cast, client_as: As, place: Any) -> None:
        CommunityFactory(county=cast.county, name="锦绣花园", company=cast.beiyuan)
        page = client_as(cast.hotline).post("/complaints/new/", {**self.CALL, "community": "锦绣"}).content.decode()
        assert "可能是" in page and "锦绣花园" in page

    def test_earlier_orders_appear_while_typing(self, cast: Cast, client_as: As) -> None:
        order = registered(cast)
        client = client_as(cast.hotline)
        by_phone = client.get("/complaints/new/lookup/?phone=13812345678").content.decode()
        where = "community=xfxq&building=3&building_unit=2&room=501"
        by_household = client.get(f"/complaints/new/lookup/?{where}").content.decode()
        assert order.number in by_phone and order.number in by_household and "城源热力" in by_household
        assert "没有投诉过" in client.get("/complaints/new/lookup/?phone=13899999999").content.decode()
        # Without JavaScript the same by a button, with all that was typed kept.
        page = client.post("/complaints/new/", {"phone": "13812345678", "content": "还是不热", "look": "1"})
        assert order.number in page.content.decode() and "还是不热" in page.content.decode()
        assert Order.objects.count() == 1

    def test_the_company_offered_is_that_of_the_season(self, cast: Cast, client_as: As, place: Any) -> None:
        other = CommunityFactory(county=cast.county, name="锦绣花园", company=cast.beiyuan)
        assign_company(cast.season, [place], cast.chengyuan, by=cast.admin)
        client = client_as(cast.hotline)
        page = client.get("/complaints/new/lookup/?community=锦绣").content.decode()
        offered = dict(re.findall(r'data-place="([^"]+)" data-company="([^"]*)"', page))
        assert offered == {place.name: str(cast.chengyuan.pk), other.name: str(cast.beiyuan.pk)}
        page = client.get("/complaints/new/lookup/?community=锦绣家园").content.decode()
        assert f'data-company="{cast.chengyuan.pk}"' in page and "承办企业 <strong>城源热力" in page
        cast.chengyuan.is_active = False
        cast.chengyuan.save()
        page = client.get("/complaints/new/lookup/?community=锦绣家园").content.decode()
        assert 'data-company=""' in page and "本季还没有确定供热企业" in page

    def test_who_sees_no_phones_finds_nobody_by_one(self, cast: Cast, client_as: As) -> None:
        order = registered(cast, room="")
        newer = registered(cast, room="777")
        client = client_as(cast.township_officer)
        page = client.get("/complaints/new/lookup/?phone=13812345678").content.decode()
        assert order.number not in page and "这个电话" not in page
        page = client.get(newer.get_absolute_url()).content.decode()
        assert order.number not in page
        assert order.number in client_as(cast.hotline).get(newer.get_absolute_url()).content.decode()

    def test_a_township_registers_its_own_and_dispatches_nothing(self, cast: Cast, client_as: As) -> None:
        answer = client_as(cast.township_officer).post("/complaints/new/", {**self.CALL, "community": "幸福小区"})
        assert answer.status_code == 302
        order = Order.objects.get()
        assert (order.status, order.township) == (S.NEW, cast.town_a)


class TestTodo:
    def test_what_waits_for_whom(self, cast: Cast, client_as: As) -> None:
        new, out, back = advanced(cast, S.NEW), dispatched(cast), reported(cast)
        desk = client_as(cast.hotline).get("/todo/").content.decode()
        company = client_as(cast.chengyuan_admin).get("/todo/").content.decode()
        bureau = client_as(cast.inspector).get("/todo/").content.decode()
        assert [order.number in desk for order in (new, out, back)] == [True, False, True]
        assert [order.number in company for order in (new, out, back)] == [False, True, False]
        # There is a desk: its work does not wait for the bureau. Without one it does.
        assert [order.number in bureau for order in (new, out, back)] == [False, False, False]
        cast.hotline.is_active = False
        cast.hotline.save()
        cache.clear()  # or a minute later
        bureau = client_as(cast.inspector).get("/todo/").content.decode()
        assert [order.number in bureau for order in (new, out, back)] == [True, False, True]

    def test_a_closed_order_waits_for_nobody(self, cast: Cast, client_as: As) -> None:
        order = reported(cast)
        solve(order, by=cast.hotline)
        assert order.number not in client_as(cast.hotline).get("/todo/").content.decode()


class TestLimits:
    def test_who_looks_after_all_counties_sets_them(self, cast: Cast, client_as: As) -> None:
        data = {"stage": "handling", "category": "fees", "urgency": "", "amount": "3", "unit": "workdays"}
        answer = client_as(cast.city_admin).post("/complaints/limits/", data)
        assert answer.status_code == 302
        assert str(Limit.objects.get(category="fees")) == "办理时限（派单起算） 收费退费 3 个工作日"
        assert client_as(cast.admin).post("/complaints/limits/", data).status_code == 403
        assert "共用" in client_as(cast.admin).get("/complaints/limits/").content.decode()

    def test_the_rule_that_holds_where_no_other_does_stays(self, cast: Cast, client_as: As) -> None:
        rule = Limit.objects.get(stage="handling", category="", urgency="")
        page = client_as(cast.city_admin).post(f"/complaints/limits/{rule.pk}/remove/", follow=True)
        assert "不能删除" in page.content.decode() and Limit.objects.filter(pk=rule.pk).exists()


def test_merging_offers_what_the_household_has_open(cast: Cast, client_as: As) -> None:
    client, address = client_as(cast.hotline), "/complaints/{}/merge/"
    settled = advanced(cast, S.CLOSED)
    alone = registered(cast, room="909", phone="13900000009")
    page = client.get(address.format(alone.pk)).content.decode()
    assert "还在办理的" not in page and "填编号，例如 TS-2026-00012" in page
    first = registered(cast)
    second = registered(cast)
    page = client.get(address.format(second.pk)).content.decode()
    assert f"还在办理的：{first.number}（同一户、同一电话，服务态度）" in page
    assert f'name="into" value="{first.number}"' in page
    assert settled.number not in page
    # However many were merged meanwhile, and from the earlier one's page too.
    for _ in range(11):
        workflow.merge(registered(cast), by=cast.hotline, into=Order.objects.get(pk=first.pk))
    assert f'name="into" value="{first.number}"' in client.get(address.format(second.pk)).content.decode()
    assert f'name="into" value="{second.number}"' in client.get(address.format(first.pk)).content.decode()
