"""Hotlines' exports come in: what is read, what waits, what is the same order, what is handed out."""

import csv
import datetime as dt
import io
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook

from accounts.models import User
from accounts.roles import HOTLINE
from audit.models import AuditEntry
from common import clock
from common.moves import MoveRefused
from common.spreadsheets.ledgers.registering import apply_updates, import_ready
from common.spreadsheets.ledgers.settling import settle
from common.spreadsheets.models import ImportBatch, ImportRow
from common.spreadsheets.staging import keep_upload, read_upload
from common.spreadsheets.tasks import importer_of
from complaints.models import Order
from complaints.services import edit
from facilities.models import NameAlias, SeasonCompany
from notifications.models import Message
from tests.cast import Cast
from tests.factories import CommunityFactory
from tests.orders import dispatched, registered

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("summer")]
HEAD = (
    "工单编号", "来电时间", "来源", "诉求人", "联系电话", "诉求地址", "诉求类型", "诉求内容", "承办单位", "紧急程度",
    "办结时限",
)  # fmt: skip
WHEN = "2026-08-02 20:00"


def line(number: str = "LL1", **said: str) -> list[str]:
    row = {
        "工单编号": number, "来电时间": WHEN, "来源": "12345热线", "诉求人": "王先生", "联系电话": "19527408846",
        "诉求地址": "幸福小区15号楼5单元402室", "诉求类型": "温度不达标",
        "诉求内容": "反映家中温度只有15.0度，要求处理",
        "承办单位": "城源热力有限公司", "紧急程度": "一般", "办结时限": "2026-08-04 20:00",
    }  # fmt: skip
    return [*(row | said).values()]


def table(*rows: Sequence[str], head: Sequence[str] = HEAD, encoding: str = "gb18030") -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([head, *rows])
    return out.getvalue().encode(encoding)


def stage(user: Any, content: bytes, filename: str = "12345导出.csv") -> ImportBatch:
    batch = keep_upload(kind="complaints", owner=user, file=content, filename=filename, context={})
    read_upload(batch, importer_of(batch, by=user))
    return batch


def bring_in(batch: ImportBatch, **choices: bool) -> list[int]:
    return import_ready(batch, importer_of(batch, by=batch.owner), **choices)


def only(batch: ImportBatch) -> ImportRow:
    return batch.rows.get()


def piles(batch: ImportBatch) -> list[str]:
    return [*batch.rows.order_by("row").values_list("pile", flat=True)]


def test_a_row_becomes_an_order_with_all_that_it_says(cast: Cast) -> None:
    batch = stage(cast.hotline, table(line(诉求内容='=已报修未处理，"老人受不了"，只有15.0度')))
    assert only(batch).fields == {
        "number": "LL1", "caller": "王先生", "address": "幸福小区15号楼5单元402室", "phone": "19527408846",
        "content": '=已报修未处理，"老人受不了"，只有15.0度', "received_at": "2026-08-02T20:00:00+08:00",
        "source": "12345",
        "platform": None, "category": "温度不达标", "urgency": "一般", "temperature_c": "15.0",
        "community": "幸福小区",
        "building": "15", "building_unit": "5", "room": "402", "company": "城源热力有限公司",
        "asked_by": "2026-08-04 20:00",
    }  # fmt: skip
    assert (only(batch).pile, only(batch).problems) == ("ready", [])
    order = Order.objects.get(pk__in=bring_in(batch))
    assert (order.number, order.status, order.outside_number, order.season) == (
        "TS-2026-00001",
        "new",
        "LL1",
        cast.season,
    )
    assert (order.community, order.company, order.room) == (cast.community, cast.chengyuan, "402")
    assert str(order.stated_temperature_c) == "15.0"
    assert order.household == f"{cast.community.pk}:15:5:402"
    assert order.phone_reversed == "64880472591"
    # What the file said is kept, without the caller.
    assert order.origin["row"] == 2
    assert not {"诉求人", "联系电话"} & order.origin["raw"].keys()
    entry = AuditEntry.objects.get(target_type="complaints.order", target_id=order.pk)
    assert (entry.action, entry.to_status, entry.note) == ("导入登记", "new", "12345导出.csv")


def test_what_an_address_says_besides_is_no_loss_without_a_word(cast: Cast) -> None:
    rows = ("幸福小区三号楼二单元五〇一", "幸福小区3号楼甲单元1203", "幸福小区沿街商铺12号", "幸福小区对面4号")
    batch = stage(cast.hotline, table(*(line(f"LL{place}", 诉求地址=text) for place, text in enumerate(rows))))
    read = list(batch.rows.order_by("row"))
    assert [[row.fields[name] for name in ("building", "building_unit", "room")] for row in read[:2]] == [
        ["3", "2", "501"], ["3", None, "1203"],
    ]  # fmt: skip
    said = [each["expected"] for row in read for each in row.problems if each["field"] == "room"]
    assert said == ["地址里的“甲单元”没有读成楼、单元、房号，请核对"]
    assert piles(batch)[1] == "ready"
    # A room of its own column is the room.
    own = table([*line(诉求地址="幸福小区3号楼甲单元"), "1203"], head=[*HEAD, "房号"])
    assert only(stage(cast.hotline, own)).problems == []


def test_other_heads_notes_above_and_a_head_of_two_rows(cast: Cast) -> None:
    workbook = Workbook()
    sheet = workbook.active
    for row in (
        ["2026年8月政务热线工单统计表"],
        ["填报单位：12345中心", None, "日期：2026-08-03"],
        ["流水号", "受理信息", None, "市民姓名", "来电号码", "事发地址", "问题分类", "问题描述", "供热企业"],
        [None, "登记时间", "渠道", None, None, None, None, None, None],
        [
            "20260802001",
            46236.8333333,
            "微信公众号",
            "李女士",
            "0531-88881234",
            "幸福小区3-2-501",
            "漏水",
            "楼道漏水",
            None,
        ],
    ):
        sheet.append(row)
    for cells in ("B3:C3", "A3:A4", "D3:D4", "E3:E4", "F3:F4", "G3:G4", "H3:H4", "I3:I4"):
        sheet.merge_cells(cells)
    out = io.BytesIO()
    workbook.save(out)
    row = stage(cast.hotline, out.getvalue(), "八月.xlsx").rows.get(pile="ready")
    fields = row.fields
    assert (fields["number"], fields["received_at"], fields["source"]) == (
        "20260802001", "2026-08-02T20:00:00+08:00", "网络"
    )  # fmt: skip
    assert (fields["building"], fields["building_unit"], fields["room"]) == ("3", "2", "501")
    # No company in the row: the community's of that season.
    assert (fields["category"], fields["company"]) == ("管线漏水", "城源热力有限公司")


@pytest.mark.parametrize(
    ("said", "field", "read", "expected"),
    [
        ({"承办单位": "待核实"}, "company", "待核实",
        "原表还没有核实承办企业，按小区，2026-2027 采暖季幸福小区由城源热力有限公司供热；确认请填城源热力有限公司"),
        ({"承办单位": "某某热力"}, "company", "某某热力", "没有名为“某某热力”的供热企业，请先建立，或改为已有的名称"),
        ({"诉求地址": "幸福小区二期3号楼"}, "community", "幸福小区二期",
        "系统里没有小区“幸福小区二期”，请改为已有的小区，或先建立该小区"),
        ({"诉求地址": ""}, "community", "", "没有地址，请选择小区"),
        ({"诉求地址": "无主小区对面的幸福小区2号楼1单元301"}, "community", "",
        "地址里写了无主小区、幸福小区，请选择是哪一个小区"),
        ({"诉求地址": "幸福小区对面某某苑2号楼"}, "community", "", "地址里写了幸福小区，请选择小区；就是它的也请选上"),
        ({"诉求地址": "幸福小区5号楼4-2-301"}, "room", "",
        "地址“幸福小区5号楼4-2-301”里看不出哪个是单元、哪个是房号，请填写单元和房号"),
        ({"诉求类型": "路灯"}, "category", "路灯",
        "应为温度不达标、未按时供热、停暖、管线漏水、收费退费、服务态度、政策咨询、其他之一"),
        ({"来电时间": "2026-08-32 10:00"}, "received_at", "2026-08-32 10:00",
        "没有这个时间，请改为日期和时间，例如 2025-11-29 20:00"),
        ({"来电时间": "2019-08-02 10:00"}, "received_at", "2019-08-02",
        "这一天不在任何采暖季里，请先建立采暖季，或核对受理时间"),
        ({"诉求内容": ""}, "content", "", "请填写诉求内容"),
    ],
)  # fmt: skip
def test_what_a_row_waits_for(cast: Cast, said: dict[str, str], field: str, read: str, expected: str) -> None:
    CommunityFactory(county=cast.county, name="无主小区", company=None)
    row = only(stage(cast.hotline, table(line(**said))))
    assert row.pile == "waits"
    assert {key: row.problems[0][key] for key in ("field", "read", "expected")} == {
        "field": field, "read": read, "expected": expected
    }  # fmt: skip


def test_the_bureau_that_passed_it_on_is_no_company(cast: Cast) -> None:
    row = only(stage(cast.hotline, table(line(承办单位=cast.bureau.name))))
    assert (row.pile, row.fields["company"]) == ("ready", "城源热力有限公司")


def test_the_same_order_twice_and_registered_before(cast: Cast) -> None:
    batch = stage(cast.hotline, table(line("LL1"), line("LL2"), line("LL1"), line("LL2", 联系电话="13800000000")))
    assert piles(batch) == ["ready", "waits", "repeat", "waits"]
    assert batch.rows.get(row=4).reason == "与第 2 行相同"
    assert batch.rows.get(row=3).conflict == "第 5 行是同一个工单号，内容不同，请核对以哪一行为准"
    bring_in(batch)
    again = stage(cast.hotline, table(line("LL1"), line("LL1", 来源="网站")), "次日.csv")
    # Another source gives out numbers of its own.
    assert piles(again) == ["repeat", "ready"]
    assert again.rows.get(row=2).reason == "已登记为 TS-2026-00001"


def test_a_row_that_does_not_say_its_source_is_the_hotlines(cast: Cast) -> None:
    rows = line("LL1"), line("LL1", 来源=""), line("LL2"), line("LL2", 来源="", 诉求人="李")
    batch = stage(cast.hotline, table(*rows))
    assert [*batch.rows.order_by("row").values_list("pile", "conflict")] == [
        ("ready", ""), ("repeat", ""), ("waits", "第 5 行是同一个工单号，内容不同，请核对以哪一行为准"),
        ("waits", "第 4 行是同一个工单号，内容不同，请核对以哪一行为准"),
    ]  # fmt: skip


def test_a_number_is_the_same_in_full_width_and_small_letters(cast: Cast) -> None:
    bring_in(stage(cast.hotline, table(line("LL9"))))
    assert piles(stage(cast.hotline, table(line("ll9")), "b.csv")) == ["repeat"]
    assert piles(stage(cast.hotline, table(line("ＬＬ９"), encoding="utf-8"), "c.csv")) == ["repeat"]
    with pytest.raises(MoveRefused, match="已经登记过，编号 TS-2026-00001"):
        registered(cast, source="hotline", outside_number="ｌｌ9")


def test_without_a_number_a_neighbours_complaint_is_another(cast: Cast) -> None:
    def said(room: str, phone: str) -> list[str]:
        return line("", 来电时间="2026-08-02", 诉求地址=f"幸福小区{room}", 联系电话=phone, 诉求内容="家里不热")

    first = [said("1号楼1单元101", "13811110001"), said("1号楼1单元102", "13811110002"), said("1号楼1单元103", "")]
    bring_in(stage(cast.hotline, table(*first)))
    later = [
        said("1号楼2单元201", "13811110003"), said("1号楼2单元202", ""), said("1号楼1单元102", "13811110002"),
        said("1号楼1单元103", ""),
    ]  # fmt: skip
    assert piles(stage(cast.hotline, table(*later), "次日.csv")) == ["ready", "ready", "repeat", "repeat"]


def test_a_phone_that_nobody_gave_is_none(cast: Cast) -> None:
    said = {"LL1": "未提供", "LL2": "19527408846.0", "LL3": "12345"}
    rows = stage(cast.hotline, table(*(line(number, 联系电话=phone) for number, phone in said.items()))).rows
    assert [(row.fields["phone"], row.pile) for row in rows.order_by("row")] == [
        (None, "ready"), ("19527408846", "ready"), ("12345", "ready"),
    ]  # fmt: skip
    assert registered(cast, phone="不详").phone == ""


def test_only_what_says_nothing_of_a_phone_is_warned_of(cast: Cast) -> None:
    none = (
        "未提供", "未留", "没留", "无电话", "没有电话", "保密", "拒绝提供", "未留电话", "（未留）",
        "来电人拒绝提供联系方式", "不愿透露", "无",
        "未 提供",
    )  # fmt: skip
    for place, text in enumerate((*none, "王先生", "不清", "未接通", "无人接听", "电话")):
        row = only(stage(cast.hotline, table(line(联系电话=text)), f"{place}.csv"))
        said = [(each["field"], each["read"], each["expected"][:8]) for each in row.problems]
        assert row.fields["phone"] is None
        assert said == ([] if text in none else [("phone", text, "这不像电话号码，")]), text


def test_what_is_personal_in_other_columns_is_not_kept_with_the_row(cast: Cast) -> None:
    further = {
        "来电号码": "13911112222",
        "家属手机": "13911113333",
        "联系人": "赵钱孙",
        "备注": "找13911114444",
        "楼层": "4",
    }
    row = line(诉求内容="王先生家不热，请打13911115555")
    batch = stage(cast.hotline, table([*row, *further.values()], head=[*HEAD, *further]))
    order = Order.objects.get(pk__in=bring_in(batch))
    assert (order.phone, order.content) == ("19527408846", "王先生家不热，请打13911115555")
    raw = order.origin["raw"]
    assert not {"诉求人", "联系电话", *further} & raw.keys() - {"楼层"}
    assert (raw["诉求内容"], raw["楼层"]) == ("诉求人家不热，请打139****5555", "4")
    assert (raw["工单编号"], raw["来电时间"]) == ("LL1", WHEN)


def test_an_update_does_not_leave_the_season(cast: Cast) -> None:
    bring_in(stage(cast.hotline, table(line("LL1"))))
    later = stage(cast.hotline, table(line("LL1", 来电时间="2026-01-10 08:00")), "次日.csv")
    done, [refused] = apply_updates([only(later)], importer_of(later, by=cast.hotline))
    assert done == 0 and "不在 2026-2027 采暖季" in str(refused)
    order = Order.objects.get()
    with pytest.raises(MoveRefused, match="还没有到，请核对"):
        edit(order, by=cast.hotline, version=order.version, values={"received_at": clock.now() + dt.timedelta(hours=1)})


def test_a_household_is_one_whichever_way_it_came_in(cast: Cast) -> None:
    bring_in(stage(cast.hotline, table(line("LL1", 诉求地址="幸福小区3号楼2-501"))))
    registered(cast, building="三号楼", building_unit="2单元", room="501室")
    assert {*Order.objects.values_list("household", flat=True)} == {f"{cast.community.pk}:3:2:501"}
    # What is written otherwise and means the same is no change.
    again = stage(cast.hotline, table(line("LL1", 诉求地址="幸福小区3号楼2-501", 楼号="03#"), head=[*HEAD, "楼号"]))
    assert piles(again) == ["repeat"]


def test_a_later_export_offers_what_it_says_otherwise(cast: Cast) -> None:
    bring_in(stage(cast.hotline, table(line("LL1"))))
    later = stage(cast.hotline, table(line("LL1", 诉求类型="停暖", 诉求地址="幸福小区3号楼")), "次日.csv")
    row = only(later)
    assert row.pile == "update"
    assert [(each["field"], each["old"], each["new"]) for each in row.changes] == [
        ("address", "幸福小区15号楼5单元402室", "幸福小区3号楼"), ("building", "15", "3"), ("category", "温度不达标",
        "停暖"),
    ]  # fmt: skip
    assert apply_updates([row], importer_of(later, by=cast.hotline)) == (1, [])
    order = Order.objects.get()
    assert (order.category, order.building, order.address) == ("stopped", "3", "幸福小区3号楼")
    # Once it is handed out its limits hang on the category: a move of its own changes it.
    from complaints import workflow

    workflow.dispatch(order, by=cast.hotline, company=cast.chengyuan)
    third = only(stage(cast.hotline, table(line("LL1", 诉求地址="幸福小区3号楼")), "第三天.csv"))
    assert [(each["field"], each["blocked"]) for each in third.changes] == [
        ("category", "已经派单，请在工单里用“调整类别”")
    ]  # fmt: skip


def test_a_company_that_contradicts_the_seasons_is_a_persons_choice(cast: Cast) -> None:
    batch = stage(cast.hotline, table(line(承办单位="北苑供热站")))
    row = only(batch)
    assert row.pile == "ready"
    assert [(each["field"], each["expected"]) for each in row.problems] == [
        (
            "company",
            "2026-2027 采暖季幸福小区由城源热力有限公司供热，与原来写的北苑供热站不一致；"
            "不改的登记后由人确定派给谁",
        )
    ]  # fmt: skip
    order = Order.objects.get(pk__in=bring_in(batch, dispatch=True))
    assert (order.company, order.status, order.origin["company"]) == (None, "new", "北苑供热站")


def test_the_choice_made_in_the_import_holds(cast: Cast) -> None:
    batch = stage(cast.hotline, table(line(承办单位="北苑供热站")))
    importer = importer_of(batch, by=cast.hotline)
    form_values = {**only(batch).fields, "company": "北苑供热站", "company_is_chosen": True}
    settled = settle(only(batch), importer, values=form_values)
    assert (settled.pile, settled.problems) == ("ready", [])
    assert Order.objects.get(pk__in=bring_in(batch)).company == cast.beiyuan


def test_the_company_is_that_of_the_season_in_which_it_was_received(cast: Cast) -> None:
    SeasonCompany.objects.create(season=cast.last_season, community=cast.community, company=cast.beiyuan)
    content = table(line("LL1", 承办单位=""), line("LL2", 承办单位="", 来电时间="2026-01-10 08:00"))
    pks = bring_in(stage(cast.hotline, content))
    orders = Order.objects.filter(pk__in=pks).order_by("outside_number")
    assert [(order.season, order.company) for order in orders] == [
        (cast.season, cast.chengyuan), (cast.last_season, cast.beiyuan)
    ]  # fmt: skip
    assert [order.number for order in orders] == ["TS-2026-00001", "TS-2025-00001"]


def test_what_is_certain_is_handed_out_at_once(cast: Cast, django_assert_max_num_queries: Any) -> None:
    CommunityFactory(county=cast.county, name="无主小区", company=None)
    rows = [line(f"LL{n}", 紧急程度="紧急" if n == 3 else "一般") for n in range(20)]
    rows += [line("LL90", 诉求地址="无主小区1号楼", 承办单位=""), line("LL91", 承办单位="待核实")]
    batch = stage(cast.hotline, table(*rows))
    with django_assert_max_num_queries(70):
        pks = bring_in(batch, dispatch=True, queue=True)
    orders = {order.outside_number: order for order in Order.objects.filter(pk__in=pks)}
    out = orders["LL3"]
    assert (len(orders), out.status, out.company) == (22, "dispatched", cast.chengyuan)
    assert out.dispatched_at is not None and out.due_at == out.original_due_at and out.due_at > out.dispatched_at
    # Nobody knows whose 无主小区 is; what only lacked a check is its community's.
    assert (orders["LL90"].company, orders["LL90"].status) == (None, "new")
    assert (orders["LL91"].company, orders["LL91"].status) == (cast.chengyuan, "dispatched")
    history = AuditEntry.objects.filter(target_id=out.pk, target_type="complaints.order").order_by("pk")
    assert [(entry.action, entry.from_status, entry.to_status) for entry in history] == [
        ("导入登记", "", "dispatched"), ("派单", "new", "dispatched"),
    ]  # fmt: skip
    told = Message.objects.filter(recipient=cast.chengyuan_admin).order_by("pk").values_list("subject", flat=True)
    assert [subject.split("；")[0] for subject in told] == [
        "有一批投诉已派单，请签收", f"{out.number} 已派单（紧急），请签收"
    ]  # fmt: skip
    assert not Message.objects.filter(recipient=cast.beiyuan_clerk).exists()


def test_the_limits_are_those_of_an_order_handed_out_by_itself(cast: Cast) -> None:
    pks = bring_in(stage(cast.hotline, table(line("LL1", 诉求类型="停暖"))), dispatch=True)
    one, other = Order.objects.get(pk__in=pks), dispatched(cast, category="stopped", content="停暖")
    assert (one.due_at, one.visit_due_at) == (other.due_at, other.visit_due_at)


def test_without_the_permission_nothing_is_handed_out(cast: Cast) -> None:
    """A bureau may let somebody import who does not dispatch."""
    batch = stage(cast.hotline, table(line()))
    Group.objects.get(name=HOTLINE).permissions.remove(Permission.objects.get(codename="dispatch_order"))
    clerk = User.objects.select_related("unit__region").get(pk=cast.hotline.pk)
    with pytest.raises(PermissionDenied, match="您没有派单的权限"):
        import_ready(batch, importer_of(batch, by=clerk), dispatch=True)
    assert not Order.objects.exists()
    batch = ImportBatch.objects.get(pk=batch.pk)
    assert len(import_ready(batch, importer_of(batch, by=clerk))) == 1


def test_a_name_settled_once_is_learned_for_the_others(cast: Cast, client_as: Callable[[Any], Client]) -> None:
    rows = [line(f"LL{n}", 诉求地址=f"幸福二小区{n}号楼1单元101") for n in (1, 2, 3)]
    batch = stage(cast.hotline, table(*rows))
    assert piles(batch) == ["waits"] * 3
    client = client_as(cast.hotline)
    page = client.get(reverse("complaints:order_import_batch", args=[batch.pk]))
    assert "记住：以后表里写“幸福二小区”，就是上面填的小区" in page.content.decode()
    form = page.context["form"]
    posted = {form.add_prefix(name): form.initial.get(name) or "" for name in form.fields}
    posted |= {form.add_prefix("community"): "幸福小区", form.add_prefix("learn_community"): "on"}
    answer = client.post(reverse("complaints:order_import_settle", args=[batch.pk, 2]), posted)
    assert answer.status_code == 302, answer.content.decode()
    assert piles(batch) == ["ready"] * 3
    assert NameAlias.objects.get().community == cast.community
