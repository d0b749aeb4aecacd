"""Units and regions: who sees and changes which, and what stays as it is once people rest on it."""

import pytest
from django.core.exceptions import ValidationError

from accounts.models import Region, Unit
from accounts.services import change_unit
from audit.models import AuditEntry
from tests.factories import CityFactory, UnitFactory, UserFactory

pytestmark = pytest.mark.either_database

UNITS = "/accounts/units/"
REGIONS = "/accounts/regions/"


def unit_fields(**changed) -> dict:
    return {"name": "惠民供热中心", "short_name": "惠民供热", "kind": "heating_company", **changed}


def test_an_administrator_makes_a_unit(cast, client_as):
    client_as(cast.admin).post(f"{UNITS}new/", unit_fields(region=cast.county.pk, phone="0311-88880000"))

    unit = Unit.objects.get(name="惠民供热中心")
    assert (unit.kind, unit.region, unit.is_active) == ("heating_company", cast.county, True)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.target_id) == ("新建单位", cast.admin, unit.pk)
    assert entry.changes == {
        "单位名称": [None, "惠民供热中心"],
        "简称": [None, "惠民供热"],
        "单位类型": [None, "供热企业"],
        "所属区划": [None, "临岭县"],
        "联系电话": [None, "0311-88880000"],
    }


@pytest.mark.parametrize(
    ("changed", "field", "message"),
    [
        ({"kind": "township"}, "region", "乡镇、街道单位应选到乡镇一级，临岭县 不是乡镇"),
        ({"kind": "housing_bureau", "region": "town_a"}, "region", "住建局、发改局应选到县或市一级，城关镇 是乡镇"),
        ({"sees_region": "on"}, "sees_region", "只有“其他单位”可以勾选此项，其余单位的查看范围由类型决定"),
        ({"name": "北苑供热站"}, "__all__", "该区划已有同名单位，请核对"),
    ],
)
def test_a_unit_that_makes_no_sense_is_refused(cast, client_as, changed, field, message):
    region = getattr(cast, changed.pop("region", "county"))

    response = client_as(cast.admin).post(f"{UNITS}new/", unit_fields(region=region.pk, **changed))

    assert response.context["form"].errors == {field: [message]}


def test_a_change_is_on_record_with_what_it_was(cast, client_as):
    client_as(cast.admin).post(
        f"{UNITS}{cast.leader_office.pk}/",
        {"name": "临岭县政府办公室", "short_name": "县府办", "kind": "other", "region": cast.county.pk},
    )

    cast.leader_office.refresh_from_db()
    assert (cast.leader_office.short_name, cast.leader_office.sees_region) == ("县府办", False)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.changes) == (
        "修改单位",
        {"简称": ["县政府办", "县府办"], "可查看本区划全部数据": ["是", "否"]},
    )


def test_kind_and_region_stay_once_the_unit_has_people(cast, client_as):
    response = client_as(cast.admin).post(
        f"{UNITS}{cast.beiyuan.pk}/", {"name": "北苑供热中心", "kind": "housing_bureau", "region": cast.town_a.pk}
    )

    assert response.status_code == 302, "what the form does not offer is not looked at"
    cast.beiyuan.refresh_from_db()
    assert (cast.beiyuan.name, cast.beiyuan.kind, cast.beiyuan.region) == (
        "北苑供热中心",
        "heating_company",
        cast.county,
    )
    with pytest.raises(ValidationError, match="该单位已有用户，不能再改；如有变化请停用后另建"):
        change_unit(cast.beiyuan, by=cast.admin, kind="other")


def test_kind_and_region_may_be_corrected_before(cast, client_as):
    unit = UnitFactory(region=cast.county)

    client_as(cast.admin).post(
        f"{UNITS}{unit.pk}/", {"name": "石桥乡人民政府", "kind": "township", "region": cast.town_b.pk}
    )

    unit.refresh_from_db()
    assert (unit.name, unit.kind, unit.region) == ("石桥乡人民政府", "township", cast.town_b)


def test_a_unit_is_switched_off_with_its_people_and_on_again(cast, client_as):
    client = client_as(cast.admin)
    page = f"{UNITS}{cast.chengyuan.pk}/switch/"

    assert "停用后，城源热力有限公司 的 2 名用户立即不能登录" in client.get(page).content.decode()
    client.post(page)
    cast.chengyuan.refresh_from_db()
    assert not cast.chengyuan.is_active
    client.post(page)

    actions = AuditEntry.objects.order_by("pk").values_list("action", "changes")
    assert list(actions) == [("停用单位", {"启用": ["是", "否"]}), ("启用单位", {"启用": ["否", "是"]})]


def test_nobody_switches_off_the_own_unit(cast, client_as):
    response = client_as(cast.admin).post(f"{UNITS}{cast.bureau.pk}/switch/", follow=True)

    assert "不能停用自己所在的单位，请由上级管理员办理" in response.content.decode()
    cast.bureau.refresh_from_db()
    assert cast.bureau.is_active


def test_units_of_another_county_are_not_there(cast, client_as):
    client = client_as(cast.admin)
    foreign = cast.foreign.company

    assert Unit.objects.filter(pk=foreign.pk).exists()
    for path in ("", "switch/"):
        assert client.get(f"{UNITS}{foreign.pk}/{path}").status_code == 404
        assert client.post(f"{UNITS}{foreign.pk}/{path}").status_code == 404
    assert foreign.name not in client.get(UNITS).content.decode()
    response = client.post(f"{UNITS}new/", unit_fields(region=cast.foreign.county.pk))
    assert list(response.context["form"].errors) == ["region"]


@pytest.mark.parametrize("role", ["住建督导员", "企业管理员", "乡镇专员", "只读领导"])
def test_units_and_regions_are_for_administrators(cast, client_as, role):
    client = client_as(cast.by_role[role])

    for path in (UNITS, f"{UNITS}new/", f"{UNITS}{cast.beiyuan.pk}/", REGIONS, f"{REGIONS}new/"):
        assert client.get(path).status_code == 403


def test_the_list_is_narrowed_by_kind_region_and_text(cast, client_as):
    client = client_as(cast.admin)

    def names(query: str) -> list[str]:
        return [unit.name for unit in client.get(f"{UNITS}?{query}").context["table"].page.object_list]

    assert names("kind=heating_company") == ["城源热力有限公司", "北苑供热站"]
    assert names(f"region={cast.town_a.pk}") == ["城关镇人民政府"]
    assert names("q=政府办") == ["临岭县政府办公室"]
    assert names("kind=nonsense") == []


def test_a_township_is_added_and_renamed(cast, client_as):
    client = client_as(cast.admin)

    client.post(f"{REGIONS}new/", {"code": "130199300", "name": "兴隆镇"})
    town = Region.objects.get(code="130199300")
    assert (town.parent, town.level) == (cast.county, "township")
    client.post(f"{REGIONS}{town.pk}/", {"name": "兴隆街道"})

    assert list(AuditEntry.objects.order_by("pk").values_list("action", "changes")) == [
        ("新增区划", {"区划代码": [None, "130199300"], "名称": [None, "兴隆镇"]}),
        ("修改区划", {"名称": ["兴隆镇", "兴隆街道"]}),
    ]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("130299300", "代码填的是“130299300”，应为以 130199 开头的 9 位数字"),
        ("1301993", "代码填的是“1301993”，应为以 130199 开头的 9 位数字"),
        ("130199100", "代码 130199100 已被使用，请核对"),
    ],
)
def test_a_township_has_a_code_of_its_county(cast, client_as, code, message):
    response = client_as(cast.admin).post(f"{REGIONS}new/", {"code": code, "name": "某镇"})

    assert response.context["form"].errors == {"code": [message]}


def test_a_region_of_another_county_is_not_there(cast, client_as):
    client = client_as(cast.admin)

    assert client.post(f"{REGIONS}{cast.foreign.township.pk}/", {"name": "改名"}).status_code == 404
    assert "河口镇" not in client.get(REGIONS).content.decode()


def test_a_city_adds_counties_and_townships(cast, client_as):
    city = CityFactory(code="130100")
    Region.objects.filter(pk=cast.county.pk).update(parent=city)
    admin = UserFactory(unit=UnitFactory(region=city, kind="housing_bureau"), role="住建管理员")
    client = client_as(admin)

    client.post(f"{REGIONS}new/", {"parent": city.pk, "code": "130150", "name": "新区"})
    client.post(f"{REGIONS}new/", {"parent": cast.county.pk, "code": "130199400", "name": "东乡"})

    assert Region.objects.get(code="130150").level == "county"
    assert Region.objects.get(code="130199400").parent == cast.county
