"""Yard checks: recording, correcting, the news of an emergency, the hazard that comes of one, and the pages."""

import datetime as dt
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEntry
from coal.check_enums import CheckLevel as Level
from coal.check_selectors import check_occasion, last_checks_of, overdue_yards
from coal.check_services import rules_of, save_rules
from coal.models import CheckPhoto, CheckPoint, CheckRules, Yard, YardCheck
from inspections.models import Hazard
from inspections.services import register
from notifications.models import Message, Outgoing
from notifications.outbox import deliver
from tests.cast import Cast
from tests.factories import YardFactory
from tests.pictures import photo
from tests.yard_checks import make_check, point

pytestmark = [pytest.mark.either_database, pytest.mark.django_db, pytest.mark.usefixtures("summer")]
SignIn = Callable[[Any], Client]
NOW = dt.datetime(2026, 8, 3, 2, 0, tzinfo=dt.UTC)


@pytest.fixture
def yard(cast: Cast) -> Yard:
    return YardFactory(company=cast.chengyuan, name="东厂煤场", capacity_t=Decimal(1000))


def text(response: Any) -> str:
    return str(response.content.decode()).replace("\xa0", " ")


def typed(client: Client, address: str, **more: Any) -> dict[str, Any]:
    """What the form begins with, as a browser would send it, and what is typed over it."""
    form = client.get(address).context["form"]
    values = {name: form[name].value() for name in form.fields if name != "photos"}
    values["checked_at"] = form["checked_at"].subwidgets[0].data["value"]
    answers = {"smoke_seen": "no", "cover": "good", "fire_equipment_in_order": "yes", "do": "save"}
    return {**{name: value for name, value in values.items() if value not in (None, "")}, **answers, **more}


def inbox(user: Any) -> list[str]:
    return list(Message.objects.filter(recipient=user).order_by("pk").values_list("subject", flat=True))


# --- recording


def test_a_company_records_a_check_with_a_phone(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    client, address = client_as(cast.chengyuan_clerk), f"/coal/yards/{yard.pk}/check/"
    sent = typed(
        client, address, pile_height_m="5.5", label_0="北坡", depth_0="1.5", heat_0="41.5", heat_2="38", note="已翻堆",
        photos=SimpleUploadedFile("堆.jpg", photo(1)),
    )  # fmt: skip
    assert (sent["checked_by"], sent["checked_at"]) == ("程员", "2026-08-03T10:00")
    page = text(client.post(address, sent, follow=True))
    assert "东厂煤场 的检查已登记，结论：正常。" in page
    check = YardCheck.objects.get()
    assert (check.yard, check.checked_at, check.pile_height_m, check.hottest_c) == (yard, NOW, Decimal("5.5"), 41.5)
    assert (check.level, check.findings, check.entered_by) == (Level.NORMAL, [], cast.chengyuan_clerk)
    assert [(p.position, p.label, p.depth_m, p.temperature_c) for p in check.points.all()] == [
        (1, "北坡", Decimal("1.5"), Decimal("41.5")), (2, "测点 3", None, Decimal(38)),
    ]  # fmt: skip
    entry = AuditEntry.objects.get(action="登记煤场检查")
    assert entry.changes["测点"] == [None, "北坡 深 1.5 m 41.5 ℃；测点 3 38 ℃"]
    assert entry.region_code == "130199"
    kept = check.photos.get()
    assert client.get(f"/coal/checks/photos/{kept.pk}/")["Content-Type"] == "image/jpeg"
    assert client.get(f"/coal/checks/photos/{kept.pk}/thumbnail/").status_code == 200
    # The next one asks for the same points again, without the old temperatures.
    again = typed(client, address)
    assert (again["label_0"], again["depth_0"], again["label_1"]) == ("北坡", "1.5", "测点 3")
    assert "heat_0" not in again


def test_more_lines_keep_what_was_typed_and_record_nothing(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    client, address = client_as(cast.chengyuan_clerk), f"/coal/yards/{yard.pk}/check/"
    response = client.post(address, typed(client, address, label_3="南坡", heat_3="44", do="more"))
    form = response.context["form"]
    assert (len(form.point_rows), form["label_3"].value(), form["heat_3"].value()) == (7, "南坡", "44")
    assert "还不能提交" not in text(response)
    assert not YardCheck.objects.exists()
    sent = typed(client, address, rows=7, pile_height_m="4", heat_6="45")
    client.post(address, sent)
    assert YardCheck.objects.get().points.get().label == "测点 7"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"heat_0": "", "pile_height_m": "3"}, "煤场里有煤，请至少填写一个测点的煤温；没有煤的，堆高填 0"),
        ({"label_0": "北坡", "label_1": "北坡", "heat_1": "30"}, "有 2 个测点都叫“北坡”，请写成不同的名称"),
        ({"checked_at": "2026-08-03T10:01"}, "检查时间 2026-08-03 10:01 还没有到，请核对"),
        ({"heat_0": "900"}, "应不高于 800 ℃，请核对"),
        ({"co_ppm": "-1"}, "应不低于 0 ppm，请核对"),
        ({"smoke_seen": ""}, "冒烟"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    cast: Cast, yard: Yard, client_as: SignIn, wrong: dict[str, str], said: str
) -> None:
    client, address = client_as(cast.chengyuan_clerk), f"/coal/yards/{yard.pk}/check/"
    sent = typed(client, address, **{"pile_height_m": "4", "label_0": "甲", "heat_0": "31", "note": "记得", **wrong})
    response = client.post(address, sent)
    assert response.status_code == 422
    assert said in text(response)
    assert response.context["form"]["note"].value() == "记得"
    assert not YardCheck.objects.exists()


def test_no_coal_needs_no_points(cast: Cast, yard: Yard) -> None:
    check = make_check(yard, by=cast.inspector, pile_height_m=Decimal(0), points=[])
    assert (check.level, check.hottest_c) == (Level.NORMAL, None)


def test_what_is_sent_twice_is_entered_once(cast: Cast, yard: Yard) -> None:
    key = uuid.uuid4()
    first = make_check(yard, by=cast.inspector, key=key, points=[point("90")])
    assert make_check(yard, by=cast.inspector, key=key, points=[point("90")]) == first
    assert (YardCheck.objects.count(), CheckPoint.objects.count()) == (1, 1)
    other = YardFactory(company=cast.beiyuan)
    tries: list[tuple[Yard, Any, dict[str, Any]]] = [
        (other, cast.inspector, {}), (yard, cast.admin, {}), (yard, cast.inspector, {"note": "冒汽"}),
        (yard, cast.inspector, {"points": [point("91")]}),
    ]  # fmt: skip
    for where, by, changed in tries:
        with pytest.raises(ValidationError, match="这张表单已经提交过，当时登记的是别的内容"):
            make_check(where, by=by, key=key, **{"points": [point("90")], **changed})
    assert (YardCheck.objects.count(), CheckPoint.objects.count()) == (1, 1)


def test_only_photos_and_a_refused_check_leaves_no_file(cast: Cast, yard: Yard, client_as: SignIn, settings: Any):
    client, address = client_as(cast.chengyuan_clerk), f"/coal/yards/{yard.pk}/check/"
    pdf = SimpleUploadedFile("a.pdf", b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\nstartxref\n9\n%%EOF\n")
    response = client.post(address, typed(client, address, pile_height_m="4", heat_0="31", photos=pdf))
    assert "“a.pdf”不是照片，请只选照片" in text(response)
    sent = typed(client, address, pile_height_m="4", heat_0="", photos=SimpleUploadedFile("堆.jpg", photo(1)))
    assert client.post(address, sent).status_code == 422
    assert not CheckPhoto.objects.exists()
    assert [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()] == []


def test_who_may_record(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    for user, status in (
        (cast.chengyuan_clerk, 200), (cast.inspector, 200), (cast.development_officer, 403), (cast.leader, 403),
        (cast.beiyuan_clerk, 404), (cast.foreign.inspector, 404),
    ):  # fmt: skip
        assert client_as(user).get(f"/coal/yards/{yard.pk}/check/").status_code == status, user
    with pytest.raises(PermissionDenied):
        make_check(yard, by=cast.development_officer)
    Yard.objects.update(is_active=False)
    yard.refresh_from_db()
    with pytest.raises(ValidationError, match="东厂煤场 已停用"):
        make_check(yard, by=cast.chengyuan_clerk)


def test_the_database_keeps_a_check_as_it_is(cast: Cast, yard: Yard) -> None:
    make_check(yard, by=cast.inspector)
    for table in ("coal_yardcheck", "coal_checkpoint"):
        for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}"):
            with pytest.raises(DatabaseError, match="append-only table"), transaction.atomic():
                connection.cursor().execute(statement)


# --- correcting


def test_a_wrong_check_is_replaced_by_another_that_names_it(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    wrong = make_check(yard, by=cast.chengyuan_clerk, points=[point("65")])
    client, address = client_as(cast.chengyuan_admin), f"/coal/checks/{wrong.pk}/correct/"
    sent = typed(client, address, heat_0="56", correction_reason="读数看错")
    assert sent["pile_height_m"] == "4"
    page = text(client.post(address, sent, follow=True))
    assert "东厂煤场 的检查已更正，结论：关注。" in page
    right = YardCheck.objects.get(corrects=wrong)
    assert (right.level, right.correction_reason, right.hottest_c) == (Level.NOTICE, "读数看错", 56)
    assert [standing.check for standing in last_checks_of(cast.chengyuan)] == [right]
    old = text(client.get(f"/coal/checks/{wrong.pk}/"))
    assert "不再作数。理由：读数看错" in old
    assert "登记隐患</a>" not in old
    # The list has what holds; the other is there for who asks.
    assert client.get("/coal/checks/").context["table"].page.object_list == [right]
    assert client.get("/coal/checks/?version=all").context["table"].page.object_list == [right, wrong]
    # A second correction of the same check is led to the first.
    assert client.get(address).url == f"/coal/checks/{right.pk}/"
    with pytest.raises(ValidationError, match="程源 已在 2026-08-03 10:00 更正过这次检查，您填的没有提交"):
        make_check(yard, by=cast.chengyuan_admin, corrects=wrong, correction_reason="再改")


def test_a_correction_needs_a_reason(cast: Cast, yard: Yard) -> None:
    wrong = make_check(yard, by=cast.chengyuan_clerk)
    with pytest.raises(ValidationError, match="请写明为什么更正"):
        make_check(yard, by=cast.chengyuan_clerk, corrects=wrong, correction_reason="  ")


def test_a_company_does_not_replace_what_the_bureau_has_found(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    found = make_check(yard, by=cast.inspector, points=[point("85")])
    with pytest.raises(PermissionDenied):
        make_check(yard, by=cast.chengyuan_admin, corrects=found, correction_reason="没那么热")
    client = client_as(cast.chengyuan_admin)
    assert not client.get(f"/coal/checks/{found.pk}/").context["may_correct"]
    assert client.get(f"/coal/checks/{found.pk}/correct/").url == f"/coal/checks/{found.pk}/"
    own = make_check(yard, by=cast.chengyuan_admin)
    assert make_check(yard, by=cast.inspector_2, corrects=own, correction_reason="复测").corrects == own


# --- an emergency


def test_an_emergency_is_told_to_both_bureaus_and_the_company_once(cast: Cast, yard: Yard) -> None:
    check = make_check(yard, by=cast.inspector, points=[point("86.5", "3号测点")])
    recipients = set(Outgoing.objects.values_list("recipient__username", flat=True))
    assert recipients == {"ll_admin", "ll_inspector2", "ll_development", "cy_admin"}
    for _ in range(2):
        deliver()
    for user in (cast.admin, cast.inspector_2, cast.development_officer, cast.chengyuan_admin):
        assert inbox(user) == ["紧急：城源热力 东厂煤场，3号测点（深 1.5 m）煤温 86.5 ℃，超过紧急的 80 ℃"]
    assert Message.objects.count() == 4
    message = Message.objects.filter(recipient=cast.admin).get()
    assert message.path == f"/coal/checks/{check.pk}/"
    assert "李海燕 2026-08-03 09:00 检查，杜导 登记" in message.body


def test_what_is_no_emergency_is_told_to_nobody(cast: Cast, yard: Yard) -> None:
    make_check(yard, by=cast.inspector, points=[point("80")])
    assert not Outgoing.objects.exists()


def test_news_and_check_are_one_transaction(cast: Cast, yard: Yard) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        make_check(yard, by=cast.inspector, smoke_seen=True)
        raise RuntimeError
    assert not Outgoing.objects.exists()
    assert not YardCheck.objects.exists()


def test_what_was_corrected_before_it_went_out_is_not_told(cast: Cast, yard: Yard) -> None:
    wrong = make_check(yard, by=cast.chengyuan_clerk, points=[point("85")])
    make_check(yard, by=cast.chengyuan_clerk, corrects=wrong, correction_reason="应为 58 ℃", points=[point("58")])
    deliver()
    assert inbox(cast.inspector) == ["城源热力 东厂煤场 的紧急情况已更正为“关注”"]


def test_who_was_alarmed_hears_that_it_was_none(cast: Cast, yard: Yard) -> None:
    wrong = make_check(yard, by=cast.chengyuan_clerk, points=[point("85")])
    deliver()
    still = make_check(
        yard, by=cast.chengyuan_clerk, corrects=wrong, correction_reason="应为 84 ℃", points=[point("84")]
    )
    deliver()
    make_check(yard, by=cast.inspector, corrects=still, correction_reason="复测 40 ℃", points=[point("40")])
    deliver()
    assert [subject[:2] for subject in inbox(cast.development_officer)] == ["紧急", "紧急", "城源"]
    assert inbox(cast.development_officer)[-1] == "城源热力 东厂煤场 的紧急情况已更正为“正常”"


def test_who_has_left_is_not_told(cast: Cast, yard: Yard) -> None:
    make_check(yard, by=cast.inspector, smoke_seen=True)
    cast.chengyuan_admin.is_active = False
    cast.chengyuan_admin.save()
    deliver()
    assert inbox(cast.chengyuan_admin) == []
    assert len(inbox(cast.admin)) == 1


# --- the hazard


def test_a_hazard_comes_of_a_check_with_one_click(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    check = make_check(yard, by=cast.inspector, points=[point("66", "3号测点")], note="北坡有味")
    client = client_as(cast.inspector)
    address = client.get(f"/coal/checks/{check.pk}/").context["hazard_url"]
    assert address == f"/hazards/new/?from=yard_check-{check.pk}"
    page = client.get(address)
    form = page.context["form"]
    assert (form["problem_point"].value(), form["facility_kind"].value()) == ("城源热力东厂煤场", "boiler")
    assert form["description"].value() == "3号测点（深 1.5 m）煤温 66 ℃，达到需处理的 60 ℃；北坡有味"
    assert (form["lead_unit"].value(), form["found_on"].value()) == (cast.chengyuan.pk, "2026-08-03")
    assert form["acceptance_standard"].value().startswith("复测各测点煤温都低于 50 ℃、一氧化碳低于 24 ppm")
    assert "下面已按<a" in text(page)
    sent = {name: form[name].value() for name in form.fields if name != "photos"}
    response = client.post(address, {name: value for name, value in sent.items() if value}, follow=True)
    hazard = Hazard.objects.get()
    assert f'来自 <a href="/coal/checks/{check.pk}/">煤场检查 东厂煤场 2026-08-03</a>' in text(response)
    assert AuditEntry.objects.get(action="登记").changes == {"来自": [None, "煤场检查 东厂煤场 2026-08-03"]}
    # And back: the check says what has come of it, and to whom does not see the hazard only that.
    back = text(client.get(f"/coal/checks/{check.pk}/"))
    assert f'<a href="/hazards/{hazard.pk}/">{hazard.number}</a>' in back
    assert "再登记一条隐患" in back
    assert f'由它已经登记过隐患：<a href="/hazards/{hazard.pk}/">{hazard.number}</a>（待下达）' in text(
        client.get(address)
    )


def test_a_hazard_begins_with_nothing_that_its_user_does_not_see(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    check = make_check(yard, by=cast.inspector, points=[point("66")])
    for user in (cast.beiyuan_clerk, cast.township_officer, cast.foreign.admin):
        page = client_as(user).get(f"/hazards/new/?from=yard_check-{check.pk}")
        assert page.context["occasion"] is None, user
        assert not page.context["form"]["description"].value()
    for wrong in (
        "yard_check-0",
        "yard_check-",
        "complaint-1",
        "yard_check-1' --",
        "9" * 80,
        f"yard_check-{check.pk}x",
    ):
        page = client_as(cast.inspector).get("/hazards/new/", {"from": wrong})
        assert (page.status_code, page.context["occasion"]) == (200, None), wrong


def test_a_companys_own_people_stay_with_their_company(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    check = make_check(yard, by=cast.inspector, smoke_seen=True)
    client = client_as(cast.chengyuan_admin)
    address = f"/hazards/new/?from=yard_check-{check.pk}"
    form = client.get(address).context["form"]
    assert form.fields["lead_unit"].disabled
    assert form["source"].value() == "self_check"
    sent = {name: form[name].value() for name in form.fields if name != "photos"}
    client.post(address, {name: value for name, value in sent.items() if value})
    hazard = Hazard.objects.get()
    assert (hazard.lead_unit, hazard.occasions.get().item_id) == (cast.chengyuan, check.pk)
    # A township sees a hazard of its area, but not the coal that it came from.
    Hazard.objects.update(township=cast.town_a)
    page = text(client_as(cast.township_officer).get(f"/hazards/{hazard.pk}/"))
    assert "来自 煤场检查 东厂煤场 2026-08-03" in page
    assert f"/coal/checks/{check.pk}/" not in page


def test_of_a_hazard_that_one_does_not_see_a_check_says_only_that_it_is(cast: Cast, yard: Yard, client_as: SignIn):
    check = make_check(yard, by=cast.inspector, points=[point("66")])
    found = check_occasion(cast.inspector, check.pk)
    assert found is not None
    hazard = register(
        by=cast.inspector, season=cast.season, occasion=found, lead_unit=cast.wanjia, problem_point="煤场围墙外",
        description="荒草靠近煤堆", facility_kind="boiler", found_on=dt.date(2026, 8, 3),
    )  # fmt: skip
    page = text(client_as(cast.chengyuan_admin).get(f"/coal/checks/{check.pk}/"))
    assert hazard.number in page
    assert f"/hazards/{hazard.pk}/" not in page
    assert f"/hazards/{hazard.pk}/" in text(client_as(cast.leader).get(f"/coal/checks/{check.pk}/"))


def test_an_emergency_asks_for_a_delivery_once_it_is_written(
    cast: Cast, yard: Yard, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        make_check(yard, by=cast.inspector, smoke_seen=True)
    assert len(callbacks) == 1
    with django_capture_on_commit_callbacks() as callbacks:
        make_check(yard, by=cast.inspector)
    assert callbacks == []


def test_a_normal_check_offers_no_hazard_and_who_may_not_register_is_told(cast: Cast, yard: Yard, client_as: SignIn):
    normal = make_check(yard, by=cast.inspector)
    assert "登记隐患</a>" not in text(client_as(cast.inspector).get(f"/coal/checks/{normal.pk}/"))
    serious = make_check(yard, by=cast.inspector, fire_equipment_in_order=False)
    page = text(client_as(cast.development_officer).get(f"/coal/checks/{serious.pk}/"))
    assert "/hazards/new/" not in page
    assert "可请住建局或供热企业在这一页登记" in page


# --- a county's values


def test_a_county_has_its_own_values_and_old_checks_keep_what_they_were(cast: Cast, yard: Yard, client_as: SignIn):
    before = make_check(yard, by=cast.inspector, points=[point("56")])
    client = client_as(cast.development_officer)
    form = client.get("/coal/checks/rules/").context["form"]
    sent = {name: form[name].value() for name in form.fields}
    assert (sent["temperature_act_c"], sent["smoke_level"]) == ("60", 3)
    assert client.post("/coal/checks/rules/", sent).status_code == 302
    assert not CheckRules.objects.exists()
    response = client.post("/coal/checks/rules/", {**sent, "temperature_act_c": "55"}, follow=True)
    assert "临岭县 的煤场检查标准已保存，以后的检查按新的标准；以前的检查结论不变。" in text(response)
    after = make_check(yard, by=cast.inspector, points=[point("56")])
    before.refresh_from_db()
    assert (before.level, after.level) == (Level.NOTICE, Level.ACT)
    assert AuditEntry.objects.get(action="修改煤场检查标准").changes == {"煤温需处理（℃）": ["60", "55"]}
    assert rules_of(cast.foreign.county).temperature_act_c == 60


def test_values_stand_in_order(cast: Cast, client_as: SignIn) -> None:
    client = client_as(cast.admin)
    form = client.get("/coal/checks/rules/").context["form"]
    sent = {name: form[name].value() for name in form.fields}
    response = client.post("/coal/checks/rules/", {**sent, "co_act_ppm": "20"})
    assert response.status_code == 422
    assert "“需处理”20 小于“关注”24，请核对" in text(response)
    with pytest.raises(PermissionDenied):
        save_rules(by=cast.inspector, county=cast.county, values={"check_every_days": 3})


# --- pages


def test_the_yard_says_how_it_was_found_and_when(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    client = client_as(cast.chengyuan_admin)
    assert "没有检查过" in text(client.get(f"/coal/yards/{yard.pk}/"))
    for days_ago, celsius in ((16, "41"), (12, "52"), (9, "63")):
        make_check(yard, by=cast.inspector, days_ago=days_ago, points=[point(celsius)])
    page = client.get(f"/coal/yards/{yard.pk}/")
    assert "9 天前检查" in text(page)
    assert "久未检查，应每 7 天检查一次" in text(page)
    assert "需处理</span>" in text(page)
    assert [row[1] for row in page.context["trend"]["rows"]] == ["41", "52", "63"]
    assert page.context["trend"]["data"]["series"][1]["values"] == [60.0, 60.0, 60.0]


def test_a_yard_is_overdue_on_the_day_after_the_last_one_allowed(cast: Cast, yard: Yard) -> None:
    other = YardFactory(company=cast.beiyuan, name="北苑煤场")
    YardFactory(company=cast.beiyuan, name="旧煤场", is_active=False)
    make_check(yard, by=cast.inspector, days_ago=7)
    assert [each.yard for each in overdue_yards(Yard.objects.visible_to(cast.inspector))] == [other]
    assert overdue_yards(Yard.objects.visible_to(cast.chengyuan_admin)) == []
    save_rules(by=cast.admin, county=cast.county, values={"check_every_days": 6})
    assert [(each.yard, each.days) for each in overdue_yards(Yard.objects.visible_to(cast.inspector))] == [
        (other, None),
        (yard, 7),
    ]


def test_a_later_entry_of_an_earlier_check_is_not_the_last(cast: Cast, yard: Yard) -> None:
    last = make_check(yard, by=cast.inspector, days_ago=1)
    make_check(yard, by=cast.inspector, days_ago=5)
    assert last_checks_of(cast.chengyuan)[0].check == last


def test_the_list_is_narrowed_and_shows_the_yards_that_wait(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    other = YardFactory(company=cast.beiyuan, name="北苑煤场")
    hot = make_check(other, by=cast.inspector, days_ago=8, points=[point("70")])
    make_check(yard, by=cast.inspector)
    make_check(YardFactory(company=cast.foreign.company), by=cast.foreign.inspector)
    client = client_as(cast.leader)
    page = client.get("/coal/checks/")
    assert len(page.context["table"].page.object_list) == 2
    assert "北苑供热站 北苑煤场</a>，8 天前检查（应每 7 天一次）" in text(page)
    assert client.get("/coal/checks/?level=2").context["table"].page.object_list == [hot]
    assert client.get(f"/coal/checks/?company={cast.beiyuan.pk}").context["table"].page.object_list == [hot]
    assert client.get("/coal/checks/?day_after=2026-08-01").context["table"].page.object_list[0].yard == yard
    assert len(client_as(cast.beiyuan_clerk).get("/coal/checks/").context["table"].page.object_list) == 1


def test_as_many_queries_for_many_checks_as_for_few(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    client = client_as(cast.admin)

    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    addresses = ("/coal/checks/", f"/coal/yards/{yard.pk}/")
    for days_ago in (3, 2):
        make_check(yard, by=cast.inspector, days_ago=days_ago)
    client.get("/coal/checks/")  # what the shell of the page keeps for a while is there from here on
    few = [queries(address) for address in addresses]
    for number in range(6):
        make_check(yard, by=cast.inspector)
        make_check(YardFactory(company=cast.beiyuan), by=cast.inspector, days_ago=number)
    assert [queries(address) for address in addresses] == few
