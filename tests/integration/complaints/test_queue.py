"""What nobody knows the company of waits for a person, whose decision is learned; pasted orders; exports."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from audit.models import AuditEntry
from common.spreadsheets.ledgers.exporting import Look, write_chosen
from common.spreadsheets.ledgers.kinds import kind_named
from complaints import workflow
from complaints.models import Order
from facilities.models import NameAlias, SeasonCompany
from facilities.season_companies import SeasonCompanies, assign_company, company_of
from tests.cast import Cast
from tests.factories import CommunityFactory
from tests.orders import dispatched, registered

pytestmark = [pytest.mark.either_database, pytest.mark.django_db, pytest.mark.usefixtures("summer")]
SignIn = Callable[[Any], Client]


def lost(cast: Cast, number: int) -> Order:
    return registered(cast, community=None, address=f"幸福二期{number}号楼1单元101", phone="")


def test_the_company_of_a_season(cast: Cast) -> None:
    assert company_of(cast.community, cast.season) == cast.chengyuan
    assert assign_company(cast.season, [cast.community], cast.beiyuan, by=cast.hotline) == 1
    assert assign_company(cast.season, [cast.community], cast.beiyuan, by=cast.hotline) == 0
    assert company_of(cast.community, cast.season) == SeasonCompanies(cast.season).of(cast.community) == cast.beiyuan
    assert company_of(cast.community, cast.last_season) == cast.chengyuan
    entry = AuditEntry.objects.get(action="确定供热企业")
    assert entry.changes == {"2026-2027 采暖季供热企业": [None, "北苑供热站"]}
    # Nothing is taken by default: neither nobody's community nor a company that is no longer there.
    cast.beiyuan.is_active = False
    cast.beiyuan.save()
    assert company_of(cast.community, cast.season) is None is SeasonCompanies(cast.season).of(cast.community)
    assert company_of(None, cast.season) is None
    assign_company(cast.season, [cast.community], None, by=cast.hotline)
    assert company_of(cast.community, cast.season) == cast.chengyuan


def test_who_may_say_whose_a_community_is(cast: Cast) -> None:
    with pytest.raises(PermissionDenied):
        assign_company(cast.season, [cast.community], cast.beiyuan, by=cast.chengyuan_admin)
    with pytest.raises(ValidationError, match="不是在用的供热企业"):
        assign_company(cast.season, [cast.community], cast.bureau, by=cast.hotline)
    with pytest.raises(ValidationError, match="邻河花园 不是"):
        assign_company(cast.season, [cast.foreign.community], cast.beiyuan, by=cast.hotline)


def test_orders_of_one_place_are_decided_together_and_learned(cast: Cast, client_as: SignIn) -> None:
    orders = [lost(cast, number) for number in (1, 2, 3)]
    client = client_as(cast.hotline)
    page = client.get(reverse("complaints:queue"))
    [group] = page.context["groups"]
    assert (group.place, group.reason, len(group.orders)) == ("幸福二期", "系统里没有小区“幸福二期”", 3)
    posted = {
        "order": [order.pk for order in orders[:2]], "community": "幸福小区", "place": "幸福二期", "remember": "on",
        "dispatch": "1",
    }  # fmt: skip
    answer = client.post(reverse("complaints:queue_decide"), posted, follow=True)
    assert "已派单 2 件，等待 城源热力有限公司 签收。以后写“幸福二期”就是幸福小区。" in answer.content.decode()
    found = Order.objects.filter(pk__in=[order.pk for order in orders]).order_by("pk")
    assert [(order.status, order.company, order.community) for order in found] == [
        ("dispatched", cast.chengyuan, cast.community), ("dispatched", cast.chengyuan, cast.community), ("new", None,
        None),
    ]  # fmt: skip
    assert found[0].household == f"{cast.community.pk}:3:2:501"
    assert NameAlias.objects.get().alias == "幸福二期"
    # The one that is left is known now, and offered with its company.
    [group] = answer.context["groups"]
    assert (group.community, group.company, len(group.orders)) == (cast.community, cast.chengyuan, 1)


def test_a_community_without_a_company_gets_one_for_the_season(cast: Cast, client_as: SignIn) -> None:
    nobodys = CommunityFactory(county=cast.county, name="无主小区", company=None)
    order = registered(cast, community=nobodys)
    client = client_as(cast.hotline)
    [group] = client.get(reverse("complaints:queue")).context["groups"]
    assert group.reason == "2026-2027 采暖季还没有确定供热企业"
    refused = client.post(
        reverse("complaints:queue_decide"), {"order": order.pk, "company": "", "dispatch": "1"}, follow=True
    )
    assert "请填写小区或承办企业" in refused.content.decode()
    client.post(
        reverse("complaints:queue_decide"),
        {"order": order.pk, "company": "北苑供热站", "for_season": "on", "dispatch": "1"},
    )
    order.refresh_from_db()
    assert (order.status, order.company) == ("dispatched", cast.beiyuan)
    assert SeasonCompany.objects.get(community=nobodys).company == cast.beiyuan


def test_an_order_that_was_sent_back_waits_in_the_queue_too(cast: Cast, client_as: SignIn) -> None:
    order = dispatched(cast)
    due_at = order.due_at
    workflow.send_back(order, by=cast.chengyuan_admin, reason="不是我们的")
    client = client_as(cast.hotline)
    assert "退单待改派" in client.get(reverse("complaints:queue")).content.decode()
    client.post(reverse("complaints:queue_decide"), {"order": order.pk, "company": "北苑供热站", "dispatch": "1"})
    order.refresh_from_db()
    assert (order.status, order.company, order.due_at) == ("dispatched", cast.beiyuan, due_at)


def test_it_is_not_offered_again_to_who_sent_it_back(cast: Cast, client_as: SignIn) -> None:
    bounced, fresh = dispatched(cast, origin={"company": "城源热力有限公司"}), registered(cast)
    workflow.send_back(bounced, by=cast.chengyuan_admin, reason="由北苑供热站供热")
    client = client_as(cast.hotline)
    groups = client.get(reverse("complaints:queue")).context["groups"]
    found = {group.orders[0]: (group.company, group.is_willing, group.reason) for group in groups}
    refused = "城源热力 退过单：“由北苑供热站供热”"
    assert found == {
        bounced: (None, False, f"{refused}。请另选一家"),
        fresh: (cast.chengyuan, True, "2026-2027 采暖季由城源热力有限公司供热"),
    }
    for choice in ("dispatch", "by_season", "as_said"):
        client.post(reverse("complaints:queue_decide"), {"order": bounced.pk, "company": "", choice: "1"})
    client.post(reverse("complaints:order_bulk"), {"move": "dispatch", "selected": bounced.pk})
    bounced.refresh_from_db()
    assert (bounced.status, bounced.company) == ("accepted", None)
    form = client.get(reverse("complaints:order_move", args=[bounced.pk, "dispatch"])).context["form"]
    assert (form["company"].value(), form["company"].help_text) == (None, f"{refused}。请另选一家")
    # Who insists says so.
    client.post(
        reverse("complaints:queue_decide"), {"order": bounced.pk, "company": "城源热力有限公司", "dispatch": "1"}
    )
    bounced.refresh_from_db()
    assert (bounced.status, bounced.company) == ("dispatched", cast.chengyuan)


def test_bulk_says_why_it_does_not_hand_it_out_again(cast: Cast, client_as: SignIn) -> None:
    order = dispatched(cast)
    workflow.send_back(order, by=cast.chengyuan_admin, reason="由北苑供热站供热")
    answer = client_as(cast.hotline).post(
        reverse("complaints:order_bulk"), {"move": "dispatch", "selected": order.pk}, follow=True
    )
    assert "城源热力 退过单：“由北苑供热站供热”，请打开工单另选一家" in answer.content.decode()


def test_of_what_was_sent_back_the_company_can_be_decided_first(cast: Cast, client_as: SignIn) -> None:
    order = dispatched(cast)
    workflow.send_back(order, by=cast.chengyuan_admin, reason="由北苑供热站供热")
    posted = {"order": order.pk, "company": "北苑供热站"}
    answer = client_as(cast.hotline).post(reverse("complaints:queue_decide"), posted, follow=True)
    assert "已确定 1 件：北苑供热站，等待派单。" in answer.content.decode()
    order.refresh_from_db()
    assert (order.status, order.company) == ("accepted", cast.beiyuan)
    assert not Order.objects.visible_to(cast.beiyuan_admin).exists()


def test_what_was_sent_back_goes_to_nobody_by_itself(cast: Cast, client_as: SignIn) -> None:
    order = dispatched(cast)
    workflow.send_back(order, by=cast.chengyuan_admin, reason="不是我们的")
    client = client_as(cast.hotline)
    page = client.get(reverse("complaints:queue"))
    assert "退过单：“不是我们的”" in page.content.decode()
    (group,) = page.context["groups"]
    assert (group.by_season, group.company) == (cast.chengyuan, None)
    answer = client.post(reverse("complaints:queue_decide"), {"order": order.pk, "dispatch": "1"}, follow=True)
    assert "退过其中 1 件（“不是我们的”），不再替您选它" in answer.content.decode()
    order.refresh_from_db()
    assert order.status == "accepted"
    form = client.get(f"{order.get_absolute_url()}dispatch/").context["form"]
    assert form["company"].value() is None
    assert "城源热力 退过单" in form["company"].help_text


def test_what_others_have_decided_meanwhile_is_left_alone(cast: Cast, client_as: SignIn) -> None:
    order = registered(cast)
    workflow.dispatch(order, by=cast.hotline, company=cast.chengyuan)
    posted = {"order": order.pk, "company": "北苑供热站", "dispatch": "1"}
    answer = client_as(cast.hotline).post(reverse("complaints:queue_decide"), posted, follow=True)
    assert "已经有人处理了" in answer.content.decode()
    order.refresh_from_db()
    assert order.company == cast.chengyuan


def test_the_queue_asks_as_often_for_many_as_for_few(
    cast: Cast, client_as: SignIn, django_assert_max_num_queries: Any
) -> None:
    client = client_as(cast.hotline)
    lost(cast, 1)
    for count in (0, 30):
        for number in range(count):
            lost(cast, number + 2)
        with django_assert_max_num_queries(25):
            assert client.get(reverse("complaints:queue")).status_code == 200


TEXT = (
    "【12345】工单编号：LL9；来电时间：2026-08-02 20:00；来电人王先生 13812345678；地址：幸福小区15号楼5单元402室；"
    "反映家中温度只有15度，要求处理"
)


def test_a_day_is_no_house(cast: Cast, client_as: SignIn) -> None:
    text = "受理时间：2026-08-02 08:15\n联系电话：13912345678\n诉求内容：幸福小区3号楼2单元501室，家中温度只有14度。"
    form = client_as(cast.hotline).post(reverse("complaints:paste"), {"text": text}).context["form"]
    assert {name: form[name].value() for name in ("community", "building", "building_unit", "room")} == {
        "community": "幸福小区", "building": "3", "building_unit": "2", "room": "501",
    }  # fmt: skip
    dashed = client_as(cast.hotline).post(reverse("complaints:paste"), {"text": f"{text[:20]}\n幸福小区3-2-501不热"})
    assert dashed.context["form"]["room"].value() == "501"


def test_a_pasted_text_is_looked_over_and_registered(cast: Cast, client_as: SignIn) -> None:
    client = client_as(cast.hotline)
    page = client.post(reverse("complaints:paste"), {"text": TEXT})
    form = page.context["form"]
    assert {name: form[name].value() for name in ("number", "received_at", "community", "room", "company",
    "category")} == {
        "number": "LL9", "received_at": "2026-08-02 20:00", "community": "幸福小区", "room": "402",
        "company": "城源热力有限公司", "category": "温度不达标",
    }  # fmt: skip
    posted = {form.add_prefix(name): form[name].value() or "" for name in form.fields}
    answer = client.post(reverse("complaints:paste"), {**posted, "dispatch": "1"})
    order = Order.objects.get()
    assert answer.status_code == 302 and answer["Location"] == order.get_absolute_url()
    assert (order.outside_number, order.status, order.company) == ("LL9", "dispatched", cast.chengyuan)
    assert (order.phone, str(order.stated_temperature_c), order.source) == ("13812345678", "15.0", "hotline")
    # The same text once more: said on the form, nothing typed is lost.
    again = client.post(reverse("complaints:paste"), {**posted, "register": "1"})
    assert again.status_code == 422
    assert "已经登记过，编号 TS-2026-00001，请不要重复登记" in again.content.decode()
    assert "只有15度" in again.content.decode()


def test_a_pasted_text_of_another_office_names_source_company_and_caller(cast: Cast, client_as: SignIn) -> None:
    text = (
        "【省12345转办】来电时间：20260802 20:00；李大姐 13812345678，幸福小区三号楼东单元五〇一，反映漏水。"
        "承办单位：北苑供热站，请于24小时内反馈王小明13900001111"
    )
    form = client_as(cast.hotline).post(reverse("complaints:paste"), {"text": text}).context["form"]
    names = ("source", "received_at", "caller", "phone", "building", "building_unit", "room", "company", "content")
    assert [form[name].value() for name in names] == [
        "12345", "2026-08-02 20:00", "李大姐", "13812345678", "3", "东", "501", "北苑供热站", "反映漏水",
    ]  # fmt: skip


def test_a_pasted_company_that_contradicts_the_seasons_is_a_persons_choice(cast: Cast, client_as: SignIn) -> None:
    client = client_as(cast.hotline)
    text = TEXT.replace("反映", "承办单位：北苑供热站；反映")
    page = client.post(reverse("complaints:paste"), {"text": text})
    contradiction = "2026-2027 采暖季幸福小区由城源热力有限公司供热，与原来写的北苑供热站不一致"
    assert contradiction in page.content.decode()
    form = page.context["form"]
    posted = {form.add_prefix(name): form[name].value() or "" for name in form.fields}
    assert posted[form.add_prefix("company")] == "北苑供热站"
    for button in ("dispatch", "register"):
        answer = client.post(reverse("complaints:paste"), {**posted, button: "1"})
        assert answer.status_code == 422
        assert "由城源热力有限公司供热，与填写的北苑供热站不一致" in answer.content.decode()
        assert 'type="checkbox" name="order-company_is_chosen"' in answer.content.decode()
    assert not Order.objects.exists()
    client.post(reverse("complaints:paste"), {**posted, "order-company_is_chosen": "on", "dispatch": "1"})
    assert Order.objects.get().company == cast.beiyuan


def exported(user: Any, query: str = "", look: Look = Look.PLAIN) -> list[dict[str, Any]]:
    out, kind = io.BytesIO(), kind_named("complaints")
    write_chosen(out, kind, kind.chosen(user, query=query), by=user, look=look)
    out.seek(0)
    head, *rows = load_workbook(out).worksheets[0].values
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_callers_are_left_out_unless_somebody_entitled_asks(cast: Cast) -> None:
    registered(cast, content="=HYPERLINK(1)", outside_number="A1", source="hotline")
    [row] = exported(cast.hotline)
    assert not {"诉求人", "联系电话"} & row.keys()
    assert (row["系统编号"], row["来源工单号"], row["诉求内容"], row["小区"]) == (
        "TS-2026-00001", "A1", "=HYPERLINK(1)", "幸福小区"
    )  # fmt: skip
    [row] = exported(cast.hotline, "callers=1")
    assert (row["诉求人"], row["联系电话"]) == ("王先生", "13812345678")
    [row] = exported(cast.leader, "callers=1")
    assert (row["诉求人"], row["联系电话"]) == ("王**", "138****5678")
    notes = AuditEntry.objects.filter(action="导出投诉工单台账").order_by("pk").values_list("note", flat=True)
    assert [note.partition("：")[2] for note in notes] == [
        "没有筛选", "没有筛选；含诉求人姓名和电话", "没有筛选；诉求人姓名和电话已隐去",
    ]  # fmt: skip


def test_an_export_is_narrowed_and_shows_only_what_is_seen(cast: Cast) -> None:
    registered(cast)
    mine = dispatched(cast, category="leak", content="漏水")
    assert [row["系统编号"] for row in exported(cast.chengyuan_admin)] == [mine.number]
    assert [row["系统编号"] for row in exported(cast.hotline, "category=leak")] == [mine.number]
    assert exported(cast.beiyuan_clerk) == []
    chosen = kind_named("complaints").chosen(cast.hotline, query="category=nothing")
    assert chosen.errors


def test_the_official_look(cast: Cast) -> None:
    dispatched(cast)
    out, kind = io.BytesIO(), kind_named("complaints")
    write_chosen(out, kind, kind.chosen(cast.hotline), by=cast.hotline, look=Look.OFFICIAL, subtotals=True)
    out.seek(0)
    texts = [str(cell) for row in load_workbook(out).worksheets[0].values for cell in row if cell is not None]
    assert "临岭县2026-2027采暖季供热投诉工单台账" in texts
    assert any("共 1 件" in text for text in texts)
    assert f"{timezone.localtime():%Y-%m-%d %H:%M}" in texts


def test_a_plain_export_comes_back_without_a_change(cast: Cast) -> None:
    from tests.integration.complaints.test_import import stage

    registered(cast)
    out, kind = io.BytesIO(), kind_named("complaints")
    write_chosen(out, kind, kind.chosen(cast.hotline), by=cast.hotline, look=Look.PLAIN)
    batch = stage(cast.hotline, out.getvalue(), "导出.xlsx")
    assert [(row.pile, row.reason) for row in batch.rows.all()] == [("repeat", "已登记为 TS-2026-00001")]


def test_the_companies_of_a_season_are_kept_on_a_page(cast: Cast, client_as: SignIn) -> None:
    other = CommunityFactory(county=cast.county, name="光明小区", company=cast.chengyuan)
    client, address = client_as(cast.hotline), reverse("facilities:season_companies", args=[cast.season.pk])
    page = client.get(address, {"q": "光明"}).content.decode()
    assert "光明小区" in page and "幸福小区" not in page
    posted = {"community": [other.pk, cast.foreign.community.pk], "company": cast.beiyuan.pk}
    answer = client.post(address, posted, follow=True)
    assert "2026-2027 采暖季：1 个小区改为由 北苑供热站 供热。" in answer.content.decode()
    assert company_of(other, cast.season) == cast.beiyuan
    detail = client.get(reverse("facilities:community_detail", args=[other.pk])).content.decode()
    assert "本季改定" in detail and detail.count("小区登记的企业") == 1
    client.post(address, {"community": other.pk, "company": ""})
    assert not SeasonCompany.objects.exists()
    assert "没有勾选任何小区" in client.post(address, {"company": ""}, follow=True).content.decode()


def test_of_two_companies_that_are_named_a_person_chooses(cast: Cast, client_as: SignIn) -> None:
    orders = [registered(cast, origin={"company": "北苑供热站"}) for _ in range(2)] + [registered(cast)]
    client = client_as(cast.hotline)
    [group] = client.get(reverse("complaints:queue")).context["groups"]
    assert group.reason == "来源工单写的是北苑供热站，2026-2027 采暖季由城源热力有限公司供热"
    # One to the season's company, the others to whom their export names; one names nobody and goes on waiting.
    client.post(reverse("complaints:queue_decide"), {"order": orders[0].pk, "company": "", "by_season": "1"})
    posted = {"order": [order.pk for order in orders[1:]], "as_said": "1"}
    answer = client.post(reverse("complaints:queue_decide"), posted, follow=True)
    assert "已按来源工单派单：北苑供热站 1 件。另有 1 件没有写明，仍在等待。" in answer.content.decode()
    companies = [Order.objects.get(pk=order.pk).company for order in orders]
    assert companies == [cast.chengyuan, cast.beiyuan, None]
