"""The registers of communities and facilities: who sees, who changes, and what makes sense."""

from decimal import Decimal
from typing import Any

import pytest

from audit.models import AuditEntry
from facilities.models import Community, Facility
from tests.factories import CommunityFactory, FacilityFactory, UnitFactory

pytestmark = pytest.mark.either_database

FACILITIES = "/facilities/"
COMMUNITIES = "/facilities/communities/"


def names(client, path: str, query: str = "") -> list[str]:
    return [row.name for row in client.get(f"{path}?{query}").context["table"].page.object_list]


def facility(cast, **changed) -> dict:
    return {"name": "3号锅炉", "kind": "boiler", "company": cast.chengyuan.pk, **changed}


def test_the_bureau_registers_a_facility(cast, client_as):
    client = client_as(cast.inspector)

    response = client.post(
        f"{FACILITIES}new/",
        facility(
            cast, kind="riser", community=cast.community.pk, installed_year="1998", material="镀锌钢管",
            latitude="38.041234", longitude="114.512345",
        ),
    )  # fmt: skip

    made = Facility.objects.get(name="3号锅炉")
    assert response["Location"] == f"{FACILITIES}{made.pk}/"
    assert (made.county, made.company, made.community, made.kind) == (
        cast.county,
        cast.chengyuan,
        cast.community,
        "riser",
    )
    assert made.township == cast.town_a, "the community's township, as none was chosen"
    assert (made.latitude, made.longitude) == (Decimal("38.041234"), Decimal("114.512345"))
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.target_id) == ("新建设施", made.pk)
    assert entry.changes["设施类别"] == [None, "楼栋立管"]
    page = client.get(f"{FACILITIES}{made.pk}/")
    assert page.context["points"] == [{"lat": 38.041234, "lon": 114.512345, "label": "3号锅炉"}]
    assert "北纬 38.041234，东经 114.512345" in page.content.decode()


@pytest.mark.parametrize(
    ("changed", "errors"),
    [
        ({"latitude": "38.04"}, {"longitude": ["纬度和经度要么都填，要么都不填"]}),
        ({"installed_year": "1898"}, {"installed_year": ["年份填的是 1898，应在 1950 到 2027 之间"]}),
        ({"name": "幸福换热站", "kind": "station"}, {"__all__": ["该企业已有同类同名的设施，请核对"]}),
    ],
)
def test_what_makes_no_sense_is_refused(cast, client_as, summer, changed, errors):
    response = client_as(cast.admin).post(f"{FACILITIES}new/", facility(cast, **changed))

    assert response.context["form"].errors == errors


@pytest.mark.parametrize("field", ["company", "community", "township"])
def test_nothing_of_another_county_can_be_chosen(cast, client_as, field):
    foreign = {
        "company": cast.foreign.company,
        "community": cast.foreign.community,
        "township": cast.foreign.township,
    }[field]

    client = client_as(cast.admin)
    assert foreign.name not in client.get(f"{FACILITIES}new/").content.decode()
    response = client.post(f"{FACILITIES}new/", facility(cast, **{field: foreign.pk}))
    assert list(response.context["form"].errors) == [field]


def test_a_change_is_on_record_with_what_it_was(cast, client_as):
    client_as(cast.admin).post(
        f"{FACILITIES}{cast.station.pk}/edit/",
        facility(cast, name="幸福换热站", kind="station", township=cast.town_b.pk, material="不锈钢"),
    )

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.changes) == (
        "修改设施",
        {"乡镇、街道": ["城关镇", "石桥乡"], "小区": ["幸福小区", None], "材质": [None, "不锈钢"]},
    )


def test_a_facility_is_switched_off_never_deleted(cast, client_as):
    client = client_as(cast.admin)
    page = f"{FACILITIES}{cast.station.pk}/switch/"

    assert "停用后，登记隐患时不再列出 幸福换热站" in client.get(page).content.decode()
    client.post(page)

    cast.station.refresh_from_db()
    assert not cast.station.is_active
    assert names(client, FACILITIES, "state=on") == []
    assert names(client, FACILITIES, "state=off") == ["幸福换热站"]
    client.post(page)
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == ["停用设施", "启用设施"]


def test_a_community_is_made_and_changed(cast, client_as):
    client = client_as(cast.admin)
    values = {"name": "康乐小区", "company": cast.beiyuan.pk, "households": "320", "heated_area_m2": "28500.5"}

    client.post(f"{COMMUNITIES}new/", values)
    community = Community.objects.get(name="康乐小区")
    assert (community.county, community.company, community.heated_area_m2) == (
        cast.county,
        cast.beiyuan,
        Decimal("28500.50"),
    )
    client.post(f"{COMMUNITIES}{community.pk}/edit/", {**values, "households": "336"})

    last = AuditEntry.objects.latest("pk")
    assert (last.action, last.changes) == ("修改小区", {"户数": ["320", "336"]})
    response = client.post(f"{COMMUNITIES}new/", {"name": "康乐小区"})
    assert response.context["form"].errors == {"name": ["已有同名的小区，请核对"]}


def test_each_sees_what_is_theirs(cast, client_as):
    FacilityFactory(company=cast.beiyuan, name="北苑换热站", township=cast.town_b)
    CommunityFactory(county=cast.county, name="北苑小区", company=cast.beiyuan, township=cast.town_b)
    both = {FACILITIES: ["北苑换热站", "幸福换热站"], COMMUNITIES: ["北苑小区", "幸福小区"]}

    def seen(user) -> dict[str, list[str]]:
        client = client_as(user)
        return {path: sorted(names(client, path)) for path in both}

    assert seen(cast.admin) == seen(cast.development_officer) == seen(cast.leader) == both
    assert seen(cast.chengyuan_admin) == {FACILITIES: ["幸福换热站"], COMMUNITIES: ["幸福小区"]}
    assert seen(cast.beiyuan_clerk) == {FACILITIES: ["北苑换热站"], COMMUNITIES: ["北苑小区"]}
    assert seen(cast.township_officer) == {FACILITIES: ["幸福换热站"], COMMUNITIES: ["幸福小区"]}
    assert seen(cast.foreign.admin) == {FACILITIES: ["邻河换热站"], COMMUNITIES: ["邻河花园"]}


def test_what_is_not_theirs_is_not_there(cast, client_as):
    for user, station, community in (
        (cast.admin, cast.foreign.station, cast.foreign.community),
        (cast.beiyuan_clerk, cast.station, cast.community),
    ):
        client = client_as(user)
        assert client.get(f"{FACILITIES}{station.pk}/").status_code == 404
        assert client.get(f"{COMMUNITIES}{community.pk}/").status_code == 404
    client = client_as(cast.admin)
    for path in ("edit/", "switch/"):
        assert client.post(f"{FACILITIES}{cast.foreign.station.pk}/{path}").status_code == 404
    assert client.post(f"{COMMUNITIES}{cast.foreign.community.pk}/edit/").status_code == 404


@pytest.mark.parametrize("role", ["发改专员", "热线坐席", "企业管理员", "企业填报员", "乡镇专员", "只读领导"])
def test_everyone_reads_but_only_the_bureau_changes(cast, client_as, role):
    user = cast.by_role[role]
    client = client_as(user)
    station = FacilityFactory(company=cast.beiyuan) if role == "企业填报员" else cast.station

    page = client.get(f"{FACILITIES}{station.pk}/")
    assert page.status_code == 200
    assert "修改</a>" not in page.content.decode()
    for path in ("new/", f"{station.pk}/edit/", f"{station.pk}/switch/", "communities/new/"):
        assert client.post(f"{FACILITIES}{path}").status_code == 403


def test_the_lists_are_narrowed(cast, client_as):
    FacilityFactory(company=cast.beiyuan, name="北苑锅炉", kind="boiler", township=cast.town_b)
    client = client_as(cast.admin)

    assert names(client, FACILITIES, "kind=boiler") == ["北苑锅炉"]
    assert names(client, FACILITIES, f"company={cast.chengyuan.pk}") == ["幸福换热站"]
    assert names(client, FACILITIES, f"township={cast.town_b.pk}") == ["北苑锅炉"]
    assert names(client, FACILITIES, "q=幸福小区") == ["幸福换热站"], "found by its community too"
    assert names(client, FACILITIES, "kind=nonsense") == []
    assert names(client, COMMUNITIES, f"company={cast.beiyuan.pk}") == []
    assert names(client, COMMUNITIES, "q=幸福") == ["幸福小区"]


def test_a_switched_off_company_can_be_kept_but_not_chosen(cast, client_as):
    closed = UnitFactory(region=cast.county, name="旧供热站", is_active=False)
    old = FacilityFactory(company=closed, name="旧锅炉")
    client = client_as(cast.admin)

    assert list(client.post(f"{FACILITIES}new/", facility(cast, company=closed.pk)).context["form"].errors) == [
        "company"
    ]
    values = facility(cast, name="旧锅炉房", kind="station", company=closed.pk)
    assert client.post(f"{FACILITIES}{old.pk}/edit/", values).status_code == 302


@pytest.mark.parametrize("path", [FACILITIES, COMMUNITIES])
def test_the_lists_cost_the_same_however_long(cast, client_as, django_assert_max_num_queries, path):
    FacilityFactory.create_batch(40, company=cast.chengyuan, township=cast.town_a, community=cast.community)
    CommunityFactory.create_batch(40, county=cast.county, company=cast.chengyuan, township=cast.town_a)
    client = client_as(cast.admin)
    client.get(path)

    with django_assert_max_num_queries(12):
        assert len(client.get(path).context["table"].page.object_list) == 41


def test_a_community_names_a_station_of_its_own_county(cast: Any, client_as: Any) -> None:
    from facilities.forms import CommunityForm

    offered = CommunityForm(instance=cast.community, by=cast.city_admin).fields["station"].queryset  # type: ignore[attr-defined]
    assert set(offered) == {cast.station, cast.foreign.station}
    address = f"/facilities/communities/{cast.community.pk}/edit/"
    given = {"name": "幸福小区", "company": cast.chengyuan.pk, "township": cast.town_a.pk}
    response = client_as(cast.city_admin).post(address, given | {"station": cast.foreign.station.pk})
    assert "邻河换热站 不在临岭县" in response.content.decode()
    client_as(cast.admin).post(address, given | {"station": cast.station.pk})
    cast.community.refresh_from_db()
    assert cast.community.station == cast.station
    assert "幸福换热站" in client_as(cast.admin).get(f"/facilities/communities/{cast.community.pk}/").content.decode()
