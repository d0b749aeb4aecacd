"""Lists of communities and facilities in and out, by the pages and commands that every kind of ledger has."""

import io
import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from audit.models import AuditEntry
from common.spreadsheets.ledgers.exporting import Look, write_chosen
from common.spreadsheets.ledgers.kinds import kind_named
from common.spreadsheets.ledgers.marks import marked_copy
from common.spreadsheets.ledgers.registering import apply_updates, import_ready
from common.spreadsheets.ledgers.settling import recheck, settle
from common.spreadsheets.models import ImportBatch, Pile
from common.spreadsheets.staging import keep_upload, read_upload
from common.spreadsheets.tasks import importer_of
from facilities.models import Community, Facility
from facilities.services import change_community
from facilities.words import learn_alias
from tests.cast import Cast
from tests.factories import CityFactory, CommunityFactory, FacilityFactory, TownshipFactory

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]
SignIn = Callable[[Any], Client]
HEAD = ("序号", "小区名称", "供热企业", "乡镇、街道", "户数", "供热面积（㎡）", "建成年份", "地址")


def book(rows: Sequence[Sequence[Any]], *, merged: Sequence[str] = ()) -> bytes:
    workbook = Workbook()
    for row in rows:
        workbook.active.append(list(row))
    for cells in merged:
        workbook.active.merge_cells(cells)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def stage(user: Any, content: bytes, *, kind: str = "communities", filename: str = "名单.xlsx") -> ImportBatch:
    batch = keep_upload(kind=kind, owner=user, file=content, filename=filename, context={})
    read_upload(batch, importer_of(batch, by=user))
    return batch


def register(batch: ImportBatch) -> list[int]:
    return import_ready(batch, importer_of(batch, by=batch.owner))


def exported(user: Any, *, kind: str = "communities", look: Look = Look.PLAIN, subtotals: bool = False) -> Any:
    """The exported file, as a workbook of openpyxl."""
    out, declared = io.BytesIO(), kind_named(kind)
    write_chosen(out, declared, declared.chosen(user), by=user, look=look, subtotals=subtotals)
    out.seek(0)
    return load_workbook(out)


def saved(workbook: Any) -> bytes:
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def piles(batch: ImportBatch) -> dict[int, str]:
    return dict(batch.rows.values_list("row", "pile"))


def cell_of(sheet: Any, title: str, row: int) -> Any:
    titles = [cell.value for cell in sheet[1]]
    return sheet.cell(row, titles.index(title) + 1)


OFFICE_LIST = [
    ["临岭县2026年集中供热小区基本情况统计表"],
    ["填报单位：临岭县住建局", None, None, None, None, None, "2026年7月10日"],
    ["序号", "供热单位", "小区名称", "所属街道", "基本情况", None, None],
    [None, None, None, None, "户数", "供热面积（万㎡）", "建成时间"],
    [1, "城源热力", "锦绣花园", "城关镇", "420户", 3.85, "2005年10月"],
    [2, None, "金色 家园", "石桥乡", "约300户", "2.1", 2012],
    [3, None, "书香苑", "湖滨街道", 512, "4.6万平方米", "/"],
    [None, "小计", None, None, 1232, 10.55, None],
    [4, "北苑供热站", "锦绣花园", "城关镇", 421, 3.85, 2005],
    [5, "北苑供热站", "东湖小区", None, "若干", 1.2, 1920],
    ["合计", None, None, None, 1653, 15.6, None],
    ["填表人：王", None, None, "审核人："],
]
MERGED = ("A1:G1", "A3:A4", "B3:B4", "C3:C4", "D3:D4", "E3:G3", "B5:B7")


def test_a_list_as_offices_keep_it_is_read_into_its_piles(cast: Cast) -> None:
    batch = stage(cast.admin, book(OFFICE_LIST, merged=MERGED))
    assert piles(batch) == {
        5: "waits", 6: "ready", 7: "waits", 8: "skipped", 9: "waits", 10: "waits", 11: "skipped", 12: "skipped",
    }  # fmt: skip
    first = batch.rows.get(row=5).fields
    assert first == {
        "name": "锦绣花园", "company": "城源热力", "township": "城关镇", "station": None, "households": 420,
        "heated_area_m2": "38500.00", "built_year": 2005, "address": None, "latitude": None, "longitude": None,
    }  # fmt: skip
    assert batch.rows.get(row=6).fields["company"] == "城源热力"
    said = {row.row: [(each["field"], each["cell"], each["read"]) for each in row.problems] for row in batch.rows.all()}
    assert said[7] == [("township", "", "湖滨街道")]
    told = dict(batch.rows.exclude(conflict="").values_list("row", "conflict"))
    assert told == {
        5: "第 9 行说的也是这一个小区，内容不同，请核对以哪一行为准",
        9: "第 5 行说的也是这一个小区，内容不同，请核对以哪一行为准",
    }
    assert said[10] == [("households", "E10", "若干"), ("built_year", "G10", "1920")]


ONE_EACH = [row for row in OFFICE_LIST if row[:3] != [4, "北苑供热站", "锦绣花园"]]


def test_what_is_ready_becomes_communities_once(cast: Cast) -> None:
    content = book(ONE_EACH, merged=MERGED)
    pks = register(stage(cast.admin, content))
    first, second = (Community.objects.get(pk=pk) for pk in pks)
    assert (first.name, first.county, first.company, first.township) == (
        "锦绣花园", cast.county, cast.chengyuan, cast.town_a,
    )  # fmt: skip
    assert (first.households, first.heated_area_m2, first.built_year) == (420, Decimal("38500.00"), 2005)
    assert second.name == "金色 家园"
    assert AuditEntry.objects.of(first).get().action == "新建小区"
    again = stage(cast.admin, content)
    assert piles(again)[5] == piles(again)[6] == "repeat"
    assert register(again) == []
    assert Community.objects.filter(name="锦绣花园").count() == 1


def test_two_files_with_the_same_community_make_one(cast: Cast) -> None:
    first = stage(cast.admin, book([HEAD, [1, "东湖小区", "北苑供热站"]]))
    second = stage(cast.inspector, book([HEAD, [1, "东湖小区", "北苑供热站", None, 90]]))
    register(first)
    assert register(second) == []
    row = second.rows.get()
    assert (row.pile, row.changes) == ("update", [{"field": "households", "old": "", "new": "90"}])


def test_an_exported_list_comes_back_as_what_it_is_and_changes_what_was_changed(cast: Cast) -> None:
    old = CommunityFactory(
        county=cast.county, company=cast.chengyuan, township=cast.town_a, name="书香苑", households=100,
        heated_area_m2=Decimal("9000.50"), address="文化路 1 号",
    )  # fmt: skip
    workbook = exported(cast.admin)
    assert set(piles(stage(cast.admin, saved(workbook))).values()) == {"repeat"}
    sheet = workbook.active
    row = next(number for number in range(2, 9) if cell_of(sheet, "小区名称", number).value == "书香苑")
    cell_of(sheet, "小区名称", row).value = "书香名苑"
    cell_of(sheet, "户数", row).value = 120
    cell_of(sheet, "地址", row).value = None
    cell_of(sheet, "供热企业", row).value = "北苑供热站"
    batch = stage(cast.admin, saved(workbook))
    item = batch.rows.get(pile=Pile.UPDATE)
    assert {each["field"]: (each["old"], each["new"]) for each in item.changes} == {
        "name": ("书香苑", "书香名苑"), "company": ("城源热力有限公司", "北苑供热站"), "households": ("100", "120"),
        "address": ("文化路 1 号", ""),
    }  # fmt: skip
    assert item.conflict == ""
    assert apply_updates([item], importer_of(batch, by=cast.admin)) == (1, [])
    old.refresh_from_db()
    assert (old.name, old.company, old.households, old.address) == ("书香名苑", cast.beiyuan, 120, "")
    assert (old.heated_area_m2, old.township) == (Decimal("9000.50"), cast.town_a)
    assert AuditEntry.objects.of(old).latest("pk").changes["户数"] == ["100", "120"]


def test_a_list_that_went_out_before_the_site_changed_says_so(cast: Cast) -> None:
    workbook = exported(cast.admin)
    change_community(cast.community, by=cast.admin, households=777)
    for row in range(2, workbook.active.max_row + 1):
        if cell_of(workbook.active, "小区名称", row).value == cast.community.name:
            cell_of(workbook.active, "地址", row).value = "新地址"
    batch = stage(cast.admin, saved(workbook))
    assert "导出以后系统里又有改动" in batch.rows.get(pile=Pile.UPDATE).conflict


def test_the_marked_copy_says_which_rows_contradict_each_other(cast: Cast) -> None:
    rows = [[1, "东湖小区", "北苑供热站", None, 80], [2, "东湖小区", "北苑供热站", None, 90]]
    copy = load_workbook(io.BytesIO(marked_copy(stage(cast.admin, book([HEAD, *rows]))).content))
    comments = [cell.comment.text for row in copy.worksheets[0].iter_rows() for cell in row if cell.comment]
    assert any("第 3 行说的也是这一个小区" in text for text in comments)


def test_a_copied_row_renames_nothing_unseen(cast: Cast, client_as: SignIn) -> None:
    workbook = exported(cast.admin)
    sheet = workbook.active
    sheet.append([cell.value for cell in sheet[2]])
    cell_of(sheet, "小区名称", sheet.max_row).value = "新建小区"
    batch = stage(cast.admin, saved(workbook))
    copy = batch.rows.get(row=sheet.max_row)
    assert (copy.pile, copy.conflict) == ("update", "第 2 行说的也是这一个小区，内容不同，请核对以哪一行为准")
    # It is another one: its number is put aside.
    sent = {f"row{copy.row}-name": "新建小区", f"row{copy.row}-is_another": "on"}
    client_as(cast.admin).post(reverse("facilities:community_import_settle", args=[batch.pk, copy.row]), sent)
    [pk] = register(batch)
    assert Community.objects.get(pk=pk).name == "新建小区"
    assert Community.objects.filter(name=cast.community.name).exists()


def test_the_table_of_another_kind_is_not_taken_for_this_one(cast: Cast) -> None:
    batch = stage(cast.admin, saved(exported(cast.admin, kind="facilities")))
    assert {row.pile for row in batch.rows.all()} == {"waits"}


def test_a_known_record_with_a_cell_that_cannot_be_read_waits(cast: Cast) -> None:
    batch = stage(cast.admin, book([HEAD, [1, "幸福小区", "城源热力有限公司", "城关镇", "若干"]]))
    row = batch.rows.get()
    assert (row.pile, row.item_id) == ("waits", cast.community.pk)
    settled = settle(row, importer_of(batch, by=cast.admin), values={"households": 300})
    assert (settled.pile, [each["field"] for each in settled.changes]) == ("update", ["households"])


def test_a_company_that_is_no_longer_active_does_not_hold_up_its_own_list(cast: Cast) -> None:
    content = saved(exported(cast.admin))
    cast.chengyuan.is_active = False
    cast.chengyuan.save()
    assert {row.pile for row in stage(cast.admin, content).rows.all()} == {"repeat"}
    new = stage(cast.admin, book([HEAD, [1, "东湖小区", "城源热力有限公司"]]))
    assert new.rows.get().pile == "waits"


def test_what_is_written_once_for_several_rows_is_compared_in_each(cast: Cast) -> None:
    for name in ("甲小区", "乙小区", "丙小区"):
        CommunityFactory(county=cast.county, company=cast.chengyuan, township=None, name=name)
    rows = [["北苑供热站", "甲小区"], [None, "乙小区"], [None, "丙小区"]]
    batch = stage(cast.admin, book([["供热企业", "小区名称"], *rows]))
    assert {row.changes[0]["new"] for row in batch.rows.all()} == {"北苑供热站"}
    assert batch.rows.count() == 3


def test_emptied_states_and_names_empty_nothing_that_must_be_there(cast: Cast) -> None:
    workbook = exported(cast.admin, kind="facilities")
    cell_of(workbook.active, "状态", 2).value = None
    cell_of(workbook.active, "小区", 2).value = None
    row = stage(cast.admin, saved(workbook), kind="facilities").rows.get()
    assert [each["field"] for each in row.changes] == ["community"]


def test_a_row_waits_for_a_cell_that_says_nothing_because_of_a_formula(cast: Cast) -> None:
    head = ["小区名称", "供热企业", "户数", "供热面积"]
    content = book([head, ["新湖小区", "北苑供热站", "=1+1", 90.5], ["合计", None, "=SUM(C2:C2)", None]])
    row = stage(cast.admin, content).rows.get(row=2)
    found = [each for each in row.problems if each["field"] == "households"]
    assert (row.pile, [(each["cell"], each["read"]) for each in found]) == ("waits", [("C2", "公式")])
    assert "请在 WPS 里打开、算好、保存后重新上传，或在这里填写" in found[0]["expected"]


def test_hidden_rows_are_named(cast: Cast, client_as: Callable[[Any], Client]) -> None:
    head = ["小区名称", "供热企业"]
    workbook = load_workbook(
        io.BytesIO(book([head, ["甲小区", "北苑供热站"], ["乙小区", "北苑供热站"], ["合计", None]]))
    )
    for number in (3, 4):
        workbook.active.row_dimensions[number].hidden = True
    batch = stage(cast.admin, saved(workbook))
    assert batch.head["hidden"] == [3]
    page = client_as(cast.admin).get(f"/facilities/communities/import/{batch.pk}/").content.decode()
    assert "原表里有 1 行是隐藏的（手工隐藏，或开着筛选），也读进来了：第 3 行" in page


@pytest.mark.parametrize(
    ("text", "state"),
    [("在用", True), ("√", True), ("停止使用", False), ("未使用", False), ("不在用", False), ("备用", None)],
)
def test_whether_a_facility_is_in_use_is_what_the_whole_cell_says(cast: Cast, text: str, state: bool | None) -> None:
    rows = [["设施名称", "设施类别", "供热企业", "状态"], ["甲站", "换热站", "北苑供热站", text]]
    assert stage(cast.admin, book(rows), kind="facilities").rows.get().fields["is_active"] is state


@pytest.mark.parametrize(
    ("head", "cell", "area"),
    [
        ("供热面积", "38500㎡", "38500.00"), ("供热面积", "3.85万", "38500.00"), ("供热面积", "3.85万 ㎡", "38500.00"),
        ("供热面积（万㎡）", 3.85, "38500.00"), ("供热面积（公顷）", 1, "10000.00"),
        ("供热面积（㎡）", 38500.126, "38500.13"), ("供热面积", "3.8-3.9", None),
    ],
)  # fmt: skip
def test_areas_as_offices_write_them(cast: Cast, head: str, cell: Any, area: str | None) -> None:
    rows = [["小区名称", "供热企业", head], ["东湖小区", "北苑供热站", cell]]
    assert stage(cast.admin, book(rows)).rows.get().fields["heated_area_m2"] == area


def test_the_measure_of_the_whole_table_may_stand_above_it(cast: Cast) -> None:
    above = [["供热小区情况表"], ["单位：户、万平方米"], ["小区名称", "户数", "供热面积"]]
    row = stage(cast.admin, book([*above, ["东湖小区", 420, 3.85]])).rows.get()
    assert (row.fields["households"], row.fields["heated_area_m2"]) == (420, "38500.00")


@pytest.mark.parametrize(
    ("text", "year"),
    [("2005", 2005), ("2005年", 2005), ("2005年10月", 2005), ("2005-10", 2005), ("1998-2005", None), ("20051", None)],
)
def test_years(cast: Cast, text: str, year: int | None) -> None:
    rows = [["小区名称", "供热企业", "建成年份"], ["东湖小区", "北苑供热站", text]]
    assert stage(cast.admin, book(rows)).rows.get().fields["built_year"] == year


@pytest.mark.parametrize("name", ["城关镇", "城关", "城关镇人民政府"])
def test_townships_by_what_people_call_them(cast: Cast, name: str) -> None:
    [pk] = register(stage(cast.admin, book([HEAD, [1, "东湖小区", None, name]])))
    assert Community.objects.get(pk=pk).township == cast.town_a


def test_a_row_without_a_name_is_asked_for_it_and_a_name_like_a_units_is_one(cast: Cast) -> None:
    head = ["序号", "供热企业", "小区名称", "户数", "地址"]
    rows = [[None, "北苑供热站", None, 420, "幸福路 1 号"], [None, None, "金城中心", None, None]]
    batch = stage(cast.admin, book([head, *rows]))
    assert piles(batch) == {2: "waits", 3: "ready"}
    assert batch.rows.get(row=2).problems[0]["expected"] == "请填写小区名称"


def test_a_community_is_known_by_the_names_that_the_site_has_learned(cast: Cast) -> None:
    learn_alias(county=cast.county, alias="老幸福里", target=cast.community, by=cast.admin)
    batch = stage(cast.admin, book([HEAD, [1, "老幸福里", "城源热力有限公司", "城关镇", 88]]))
    row = batch.rows.get()
    assert (row.item_id, [each["field"] for each in row.changes]) == (cast.community.pk, ["households"])


def test_an_account_of_the_whole_city_is_told_to_use_a_countys(cast: Cast, client_as: SignIn) -> None:
    batch = stage(cast.admin, book([HEAD, [1, "东湖小区", "没有的企业"]]))
    city = CityFactory(code="130100", name="某市")
    cast.county.parent = city
    cast.county.save()
    cast.bureau.region = city
    cast.bureau.save()
    client = client_as(cast.admin)
    upload = client.get(reverse("facilities:community_import_list"), follow=True)
    again = client.post(reverse("facilities:community_import_recheck", args=[batch.pk]), follow=True)
    for answer in (upload, again):
        assert "名单按县登记，请用县（市、区）的账号导入" in [str(each) for each in answer.context["messages"]]


def test_columns_that_the_file_does_not_have_and_empty_cells_change_nothing(cast: Cast) -> None:
    Community.objects.filter(pk=cast.community.pk).update(households=500, address="老地址")
    batch = stage(cast.admin, book([HEAD[:6], [1, "幸福小区", "城源热力有限公司", "城关镇", None, None]]))
    assert batch.rows.get().pile == "repeat"


def test_a_row_is_settled_on_the_page(cast: Cast, client_as: SignIn) -> None:
    batch = stage(cast.admin, book([HEAD, [1, "东湖小区", "北苑供热站", None, "若干"], [2, None, "北苑供热站"]]))
    client = client_as(cast.admin)
    page = client.get(reverse("facilities:community_import_batch", args=[batch.pk])).content.decode()
    assert "E2 格写的是“若干”，请填写数字，单位可用户、万户" in page
    assert 'value="若干"' in page
    address = reverse("facilities:community_import_settle", args=[batch.pk, 2])
    values = {"row2-name": "东湖小区", "row2-company": "北苑供热站", "row2-households": "九十"}
    refused = client.post(address, values)
    assert refused.status_code == 422
    client.post(address, values | {"row2-households": "90户"})
    assert batch.rows.get(row=2).pile == "ready"
    assert batch.rows.get(row=2).fields["households"] == 90
    client.post(reverse("facilities:community_import_dismiss", args=[batch.pk, 3]), {"reason": "没有名称"})
    done = client.post(reverse("facilities:community_import_run", args=[batch.pk]), follow=True)
    assert "已登记 1 个小区。" in [str(message) for message in done.context["messages"]]
    assert Community.objects.get(name="东湖小区").households == 90


def test_a_company_called_otherwise_is_remembered_for_the_rows_below_too(cast: Cast, client_as: SignIn) -> None:
    rows = [[n, name, "北边那家供热"] for n, name in enumerate(("东湖小区", "西湖小区"), 1)]
    batch = stage(cast.admin, book([HEAD, *rows]))
    client = client_as(cast.admin)
    page = client.get(reverse("facilities:community_import_batch", args=[batch.pk])).content.decode()
    assert "记住：以后表里写“北边那家供热”，就是上面填的供热企业" in page
    sent = {"row2-name": "东湖小区", "row2-company": "北苑供热站", "row2-learn_company": "on"}
    client.post(reverse("facilities:community_import_settle", args=[batch.pk, 2]), sent)
    assert piles(batch) == {2: "ready", 3: "ready"}
    first, second = register(batch)
    assert {Community.objects.get(pk=pk).company for pk in (first, second)} == {cast.beiyuan}


def test_a_mended_name_is_looked_up_anew(cast: Cast) -> None:
    batch = stage(cast.admin, book([HEAD, [1, "幸福小区", "城源热力有限公司", "城关镇"]]))
    row = batch.rows.get()
    assert row.pile == "repeat"
    importer = importer_of(batch, by=cast.admin)
    settled = settle(row, importer, values={"name": "幸福二区"})
    assert (settled.pile, settled.item_id) == ("ready", None)
    back = settle(settled, importer, values={"name": "幸福小区"})
    assert (back.pile, back.item_id) == ("repeat", cast.community.pk)


def test_a_township_that_is_there_by_now_lets_the_row_through(cast: Cast) -> None:
    batch = stage(cast.admin, book([HEAD, [1, "湖滨花园", "北苑供热站", "湖滨街道"]]))
    assert recheck(batch, importer_of(batch, by=cast.admin)) == 0
    TownshipFactory(parent=cast.county, code="130199300", name="湖滨街道")
    assert recheck(batch, importer_of(batch, by=cast.admin)) == 1


def test_of_two_rows_that_are_the_same_facility_a_person_says_which(cast: Cast) -> None:
    head = ["设施名称", "设施类别", "供热企业", "投用年份"]
    rows = [["东湖站", "换热站", "北苑供热站", 2010], ["东湖站", "热力站", "北苑供热站", 2011]]
    batch = stage(cast.admin, book([head, *rows, ["西湖站", "换热站", "北苑供热站", None]]), kind="facilities")
    assert piles(batch) == {2: "waits", 3: "waits", 4: "ready"}
    importer = importer_of(batch, by=cast.admin)
    for row in (2, 3):
        settle(batch.rows.get(row=row), importer, values={})
    # Both were let through: the first is registered, the second is a change of it; nothing else waits for them.
    assert len(register(batch)) == 2
    assert piles(batch) == {2: "imported", 3: "update", 4: "imported"}
    assert Facility.objects.get(name="东湖站").installed_year == 2010


def test_a_row_that_the_page_was_quicker_with_leaves_the_others_alone(cast: Cast) -> None:
    batch = stage(cast.admin, book([HEAD, [1, "西湖小区"], [2, "东湖小区", "北苑供热站"]]))
    importer = importer_of(batch, by=cast.admin)
    importer.begin(batch)
    assert importer.find(2, batch.rows.get(row=2).fields) is None
    CommunityFactory(county=cast.county, name="西湖小区")
    made = importer.create(list(batch.rows.select_related("batch")))
    assert [bool(pk) for pk in made] == [False, True]
    row = batch.rows.get(row=2)
    assert (row.pile, row.problems[0]["expected"]) == ("waits", "已有同名的小区，请核对")
    assert Community.objects.get(pk=made[1]).company == cast.beiyuan


def test_a_list_of_facilities_belongs_to_the_company_of_its_title_or_of_the_heading(cast: Cast) -> None:
    titles = [["北苑供热站2026年换热站清单"], ["名称", "类别", "状态"]]
    titled = stage(cast.admin, book([*titles, ["甲站", "换热站", "停用"]]), kind="facilities")
    [pk] = register(titled)
    facility = Facility.objects.get(pk=pk)
    assert (facility.company, facility.kind, facility.is_active) == (cast.beiyuan, "station", False)
    headed = book([["名称", "供热企业", "类别"], ["一、城源热力有限公司"], ["乙站", None, "换热站"]])
    [pk] = register(stage(cast.admin, headed, kind="facilities"))
    assert Facility.objects.get(pk=pk).company == cast.chengyuan


def test_facilities_are_exported_in_the_official_look_with_subtotals(cast: Cast) -> None:
    FacilityFactory(county=cast.county, company=cast.beiyuan, kind="boiler", name="一号锅炉", is_active=False)
    sheet = exported(cast.admin, kind="facilities", look=Look.OFFICIAL, subtotals=True).worksheets[0]
    texts = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert texts[0][0] == "供热设施台账"
    [total] = [row for row in texts if row[0] == "合计"]
    assert "共 2 处" in " ".join(str(cell) for cell in total if cell)


def test_the_template_is_read_back(cast: Cast, client_as: SignIn) -> None:
    got = client_as(cast.admin).get(reverse("facilities:community_template"))
    workbook = load_workbook(io.BytesIO(b"".join(got.streaming_content)))
    sheet = workbook.worksheets[0]
    [head] = [row for row in sheet.iter_rows() if row[0].value == "序号"]
    at = {str(cell.value).rstrip("*"): cell.column for cell in head}
    for title, value in {"小区名称": "东湖小区", "供热企业": "北苑供热站", "户数": 90}.items():
        sheet.cell(head[0].row + 1, at[title], value)
    [pk] = register(stage(cast.admin, saved(workbook)))
    assert Community.objects.get(pk=pk).company == cast.beiyuan


def test_who_does_not_keep_lists_imports_none_and_another_countys_stay_as_they_are(cast: Cast) -> None:
    from django.core.exceptions import PermissionDenied

    with pytest.raises(PermissionDenied):
        stage(cast.chengyuan_admin, book([HEAD, [1, "东湖小区"]]))
    foreign = cast.foreign.community
    row = [1, "新名字", None, None, 5, None, None, None, f"XQ-{foreign.pk}"]
    batch = stage(cast.admin, book([[*HEAD, "系统编号"], row]))
    assert register(batch) == []
    assert batch.rows.get().problems[0]["expected"].startswith("没有这个编号的小区")
    foreign.refresh_from_db()
    assert foreign.households != 5


def test_the_commands_take_every_kind(cast: Cast, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "名单.xlsx"
    file.write_bytes(book(ONE_EACH, merged=MERGED))
    with pytest.raises(SystemExit) as waits:
        call_command("import_ledger", str(file), "--kind", "communities", "--as", cast.admin.username, "--json")
    assert waits.value.code == 1
    report = json.loads(capsys.readouterr().out)
    assert [row["pile"] for row in report["rows"][:3]] == ["ready", "ready", "waits"]
    assert "没有名为“湖滨街道”的乡镇、街道" in report["rows"][2]["problems"][0]["expected"]
    out = tmp_path / "导出.xlsx"
    call_command("export_ledger", "communities", "--as", cast.admin.username, "--out", str(out), "--look", "plain")
    assert "已导出 3 个到" in capsys.readouterr().out


PRINTED = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cf", "Zs", "Zl", "Zp"])
TEXTS = st.text(PRINTED, min_size=1, max_size=60)


@given(
    name=TEXTS, address=TEXTS, households=st.none() | st.integers(0, 99_999),
    area=st.none() | st.decimals(0, 9_999_999, places=2), year=st.none() | st.integers(1950, 2026),
)  # fmt: skip
@example(name="一", address="/", households=0, area=Decimal("0.00"), year=None)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_community_that_went_out_comes_back_the_same(
    cast: Cast, name: str, address: str, households: int | None, area: Decimal | None, year: int | None
) -> None:
    Community.objects.filter(county=cast.county).exclude(pk=cast.community.pk).delete()
    CommunityFactory(
        county=cast.county, company=cast.beiyuan, township=None, name=f"小区{name}"[:60], address=address,
        households=households, heated_area_m2=area, built_year=year,
    )  # fmt: skip
    batch = stage(cast.admin, saved(exported(cast.admin)))
    assert {(row.pile, str(row.changes), str(row.problems)) for row in batch.rows.all()} == {("repeat", "[]", "[]")}


def test_the_station_of_a_community_goes_out_and_comes_in(cast: Cast) -> None:
    FacilityFactory(county=cast.county, company=cast.beiyuan, kind="station", name="东湖换热站")
    FacilityFactory(county=cast.county, company=cast.beiyuan, kind="boiler", name="东湖锅炉")
    cast.community.station = cast.station
    cast.community.save()
    sheet = exported(cast.admin).active
    cell = cell_of(sheet, "换热站", 2)
    assert cell.value == "幸福换热站"
    cell.value = "东湖换热站"
    batch = stage(cast.admin, saved(sheet.parent))
    assert piles(batch) == {2: "update"}
    apply_updates(batch.rows.filter(pile="update"), importer_of(batch, by=cast.admin))
    cast.community.refresh_from_db()
    assert str(cast.community.station) == "东湖换热站"
    head = ("小区名称", "所属换热站")
    waits = stage(cast.admin, book([head, ["新城", "东湖锅炉"], ["旧城", "东湖换热站"]]))
    assert piles(waits) == {2: "waits", 3: "ready"}
    # Two companies have a station of one name: nobody knows which is meant.
    FacilityFactory(county=cast.county, company=cast.chengyuan, kind="station", name="东湖换热站")
    assert piles(stage(cast.admin, book([head, ["旧城", "东湖换热站"]]))) == {2: "waits"}
