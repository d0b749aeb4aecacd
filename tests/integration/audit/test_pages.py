"""The record's page: who sees which entries, how they are found, and how they are read."""

import datetime as dt
import io
from urllib.parse import quote

import pytest
from django.core.management import call_command
from openpyxl import load_workbook

from audit.models import AuditEntry
from audit.services import record
from common import clock
from tests.factories import CityFactory, UnitFactory, UserFactory

pytestmark = pytest.mark.either_database

AUDIT = "/audit/"


@pytest.fixture
def history(cast, summer):
    """Three entries of the county on two days, one of nobody, one of the foreign county."""
    summer.move_to("2026-07-31T23:30:00+08:00")
    record(actor=cast.admin, action="新建单位", target=cast.beiyuan, changes={"单位名称": [None, "北苑供热站"]})
    summer.move_to("2026-08-01T00:30:00+08:00")
    record(
        actor=cast.inspector,
        action="修改设施",
        target=cast.station,
        changes={"材质": ["铸铁", "球墨铸铁"]},
        note="核对铭牌",
    )
    record(actor=cast.admin, action="停用设施", target=cast.station)
    record(actor=None, action="登录失败", note="用户名“nobody”，第 1 次")
    record(actor=cast.foreign.admin, action="新建单位", target=cast.foreign.company)
    summer.move_to("2026-08-03T10:00:00+08:00")


def listed(client, query: str = "") -> list[tuple[str, str]]:
    page = client.get(f"{AUDIT}?{query}").context["table"].page
    return [(entry.action, entry.target_label) for entry in page.object_list]


def test_an_administrator_sees_the_own_regions_entries_newest_first(cast, client_as, history):
    assert listed(client_as(cast.admin)) == [
        ("登录失败", ""),
        ("停用设施", "幸福换热站"),
        ("修改设施", "幸福换热站"),
        ("新建单位", "北苑供热站"),
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("person=周管", ["停用设施", "新建单位"]),
        ("person=ll_inspector", ["修改设施"]),
        ("person=系统", ["登录失败"]),
        ("person=邻管", []),
        ("action=修改设施", ["修改设施"]),
        ("kind=facilities.facility", ["停用设施", "修改设施"]),
        ("target=北苑", ["新建单位"]),
        ("at_after=2026-08-01", ["登录失败", "停用设施", "修改设施"]),
        ("at_before=2026-07-31", ["新建单位"]),
        ("person=周管&kind=facilities.facility", ["停用设施"]),
    ],
)
def test_entries_are_found_by_person_action_object_and_day(cast, client_as, history, query, found):
    assert [action for action, _ in listed(client_as(cast.admin), query)] == found


def test_what_somebody_of_the_city_did_here_is_found_by_their_name(cast, client_as):
    city = UnitFactory(region=CityFactory(code="130100"), kind="housing_bureau")
    official = UserFactory(full_name="石督察", unit=city, role="住建管理员")
    client_as(official).post(
        f"/accounts/units/{cast.beiyuan.pk}/",
        {"name": "北苑供热中心", "kind": "heating_company", "region": cast.county.pk},
    )

    assert listed(client_as(cast.admin), "person=石督察") == [("修改单位", "北苑供热中心")]
    assert listed(client_as(cast.foreign.admin), "person=石督察") == []


@pytest.mark.parametrize("query", ["action=nonsense", "kind=nonsense", "at_after=2026-13-01"])
def test_an_invalid_filter_lists_nothing_and_says_so(cast, client_as, history, query):
    response = client_as(cast.admin).get(f"{AUDIT}?{query}")

    assert response.context["table"].page.object_list == []
    assert "查询条件有误，未列出任何记录。" in response.content.decode()


def test_the_choices_are_what_is_on_record(cast, client_as, history):
    fields = client_as(cast.admin).get(AUDIT).context["bar"].main
    offered = {field.name: [label for value, label in field.field.choices if value] for field in fields[1:]}

    assert offered["action"] == sorted(["停用设施", "修改设施", "新建单位", "登录失败"])
    assert offered["kind"] == ["单位", "设施"]


def test_changes_are_shown_in_words(cast, client_as, history):
    client = client_as(cast.admin)
    page = client.get(AUDIT).content.decode()

    assert "材质：铸铁 → 球墨铸铁；核对铭牌" in page
    assert "单位名称：北苑供热站" in page

    entry = AuditEntry.objects.get(action="修改设施")
    response = client.get(f"{AUDIT}{entry.pk}/")
    assert response.context["changes"] == [("材质", "铸铁", "球墨铸铁")]
    assert ("时间", "2026-08-01 00:30:00") in response.context["facts"]
    assert ("对象", "设施") in response.context["facts"]


def test_what_people_typed_is_never_markup(cast, client_as):
    record(actor=cast.admin, action="修改单位", changes={"<b>": ["<i>", "<script>x</script>"]}, note="<img>")
    page = client_as(cast.admin).get(AUDIT).content.decode()

    assert "&lt;script&gt;x&lt;/script&gt;" in page
    assert "<script>x" not in page
    assert "<img>" not in page


def test_an_entry_of_another_county_is_not_there(cast, client_as, history):
    foreign = AuditEntry.objects.get(actor=cast.foreign.admin)

    assert client_as(cast.admin).get(f"{AUDIT}{foreign.pk}/").status_code == 404
    assert client_as(cast.foreign.admin).get(f"{AUDIT}{foreign.pk}/").status_code == 200


@pytest.mark.parametrize(
    "role", ["住建督导员", "发改专员", "热线坐席", "企业管理员", "企业填报员", "乡镇专员", "只读领导"]
)
def test_the_record_is_for_administrators(cast, client_as, history, role):
    client = client_as(cast.by_role[role])

    for path in (AUDIT, f"{AUDIT}export/", f"{AUDIT}{AuditEntry.objects.first().pk}/"):
        assert client.get(path).status_code == 403


def test_the_list_costs_the_same_however_long_it_is(cast, client_as, django_assert_max_num_queries):
    call_command("sweep")  # without one, every page asks again whether there was one
    client = client_as(cast.admin)
    client.get(AUDIT)
    AuditEntry.objects.bulk_create(
        AuditEntry(
            at=clock.now() - dt.timedelta(minutes=n), actor=cast.admin, region_code="130199", action=f"操作{n % 7}"
        )
        for n in range(300)
    )

    with django_assert_max_num_queries(12):
        response = client.get(f"{AUDIT}?per_page=200&page=2&person=周管")
    assert len(response.context["table"].page.object_list) == 100


def exported(response) -> list[list]:
    """The rows of the sheet, without the empty ones."""
    sheet = load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    return [list(row) for row in sheet.iter_rows(values_only=True) if any(row)]


def test_the_export_holds_what_the_list_shows(cast, client_as, history):
    response = client_as(cast.admin).get(f"{AUDIT}export/?kind=facilities.facility")

    assert quote("操作记录-2026-08-03.xlsx") in response["Content-Disposition"]
    title, line, head, *rows = exported(response)
    assert title[0] == "操作记录"
    assert line[0] == "导出单位：临岭县住房和城乡建设局    导出人：周管"
    assert head == ["时间", "操作人", "单位", "操作", "对象", "对象名称", "变更", "说明", "来源地址"]
    at = dt.datetime(2026, 8, 1, 0, 30)
    bureau = "临岭县住房和城乡建设局"
    assert rows == [
        [at, "周管", bureau, "停用设施", "设施", "幸福换热站", None, None, None],
        [at, "杜导", bureau, "修改设施", "设施", "幸福换热站", "材质：铸铁 → 球墨铸铁", "核对铭牌", None],
    ]
    last = AuditEntry.objects.latest("pk")
    assert (last.action, last.actor, last.note) == ("导出", cast.admin, "操作记录 2 条")


def test_what_looks_like_a_formula_is_exported_as_text(cast, client_as):
    record(actor=cast.admin, action="修改单位", note='=HYPERLINK("http://evil.example")')

    response = client_as(cast.admin).get(f"{AUDIT}export/")
    sheet = load_workbook(io.BytesIO(b"".join(response.streaming_content))).active

    (cell,) = [cell for row in sheet.iter_rows() for cell in row if str(cell.value).startswith("=")]
    assert (cell.value, cell.data_type) == ('=HYPERLINK("http://evil.example")', "s")


def test_an_export_with_an_invalid_filter_is_refused_with_the_reason(cast, client_as, history):
    response = client_as(cast.admin).get(f"{AUDIT}export/?action=nonsense", follow=True)

    assert response.redirect_chain == [("/audit/?action=nonsense", 302)]
    assert "查询条件有误，没有导出：操作：" in response.content.decode()
