"""Seasons: their dates, and which one the pages are about."""

import datetime as dt

import pytest

from accounts.models import Region
from audit.models import AuditEntry
from facilities.models import Season
from tests.factories import CityFactory, CountyFactory, SeasonFactory, UnitFactory, UserFactory

pytestmark = pytest.mark.either_database

SEASONS = "/facilities/seasons/"
SWITCH = "/facilities/season/"


def dates(start_year: int, **changed: str) -> dict[str, str]:
    return {
        "name": f"{start_year}-{start_year + 1}",
        "summer_start_on": f"{start_year}-03-16",
        "trial_run_on": f"{start_year}-10-31",
        "heating_start_on": f"{start_year}-11-15",
        "heating_end_on": f"{start_year + 1}-03-15",
        **changed,
    }


def shown(client) -> str:
    return client.get("/accounts/me/").context["current_season"].name


@pytest.mark.parametrize(
    ("today", "season"),
    [
        ("2026-08-03", "2026-2027"),
        ("2026-03-16", "2026-2027"),
        ("2027-03-15", "2026-2027"),
        ("2026-03-15", "2025-2026"),
        ("2028-01-01", "2026-2027"),
    ],
)
def test_pages_are_about_todays_season_else_the_newest(cast, client_as, summer, today, season):
    summer.move_to(f"{today}T10:00:00+08:00")

    assert shown(client_as(cast.beiyuan_clerk)) == season


def test_another_season_may_be_chosen_for_the_session(cast, client_as, summer):
    client = client_as(cast.beiyuan_clerk)

    response = client.post(SWITCH, {"season": cast.last_season.pk, "next": "/facilities/?kind=boiler"})

    assert response["Location"] == "/facilities/?kind=boiler"
    assert shown(client) == "2025-2026"
    assert shown(client_as(cast.beiyuan_clerk)) == "2026-2027", "only this session"


def test_the_switch_goes_back_to_this_site_only(cast, client_as):
    response = client_as(cast.admin).post(SWITCH, {"season": cast.season.pk, "next": "//evil.example/"})

    assert response["Location"] == "/"


def test_a_season_of_another_county_cannot_be_chosen(cast, client_as, summer):
    client = client_as(cast.admin)

    assert client.post(SWITCH, {"season": cast.foreign.season.pk}).status_code == 404
    assert client.post(SWITCH, {"season": "x"}).status_code == 404
    assert client.get(SWITCH).status_code == 405
    assert [season.pk for season in client.get("/accounts/me/").context["seasons"]] == [
        cast.season.pk,
        cast.last_season.pk,
    ]


def test_the_season_costs_a_page_one_query(cast, client_as, summer, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = client_as(cast.admin)
    client.get("/facilities/")
    with CaptureQueriesContext(connection) as queries:
        client.get("/facilities/")

    assert sum('FROM "facilities_season"' in query["sql"] for query in queries) == 1


def test_a_new_season_is_offered_with_last_seasons_days_in_the_next_years(cast, client_as):
    Season.objects.filter(pk=cast.season.pk).update(trial_run_on=dt.date(2026, 10, 25))

    form = client_as(cast.admin).get(f"{SEASONS}new/").context["form"]

    assert form.initial == {
        "name": "2027-2028",
        "summer_start_on": dt.date(2027, 3, 16),
        "trial_run_on": dt.date(2027, 10, 25),
        "heating_start_on": dt.date(2027, 11, 15),
        "heating_end_on": dt.date(2028, 3, 15),
    }


def test_the_first_season_of_a_county_has_the_set_days(cast, client_as, summer, settings):
    settings.SEASON_DEFAULT_DAYS = {**settings.SEASON_DEFAULT_DAYS, "heating_start_on": (11, 1, 0)}
    bureau = UnitFactory(region=CountyFactory(), kind="housing_bureau")
    admin = UserFactory(unit=bureau, role="住建管理员")

    client_as(admin).post(f"{SEASONS}new/", {"name": "2026-2027"})

    season = Season.objects.get(county=bureau.region)
    assert [str(day) for day in (season.summer_start_on, season.trial_run_on, season.heating_start_on)] == [
        "2026-03-16",
        "2026-10-31",
        "2026-11-01",
    ]


def test_a_new_season_is_on_record(cast, client_as):
    client_as(cast.admin).post(f"{SEASONS}new/", dates(2027))

    season = Season.objects.get(county=cast.county, name="2027-2028")
    assert season.trial_run_on == dt.date(2027, 10, 31)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.target_id, entry.changes["试运行"]) == ("新建采暖季", season.pk, [None, "2027-10-31"])


@pytest.mark.parametrize(
    ("changed", "errors"),
    [
        ({"name": "2027-2029"}, {"name": ["采暖季写的是“2027-2029”，两个年份应相连，如 2027-2028"]}),
        ({"name": "2027"}, {"name": ["请按“2026-2027”的样子填写"]}),
        (
            {"trial_run_on": "2027-11-20"},
            {"__all__": ["日期应依次为：夏治开始、试运行、供暖开始、供暖结束"]},
        ),
        (
            {"summer_start_on": "2026-03-16"},
            {"summer_start_on": ["填的是 2026-03-16，这个采暖季的夏治开始应在 2027 年"]},
        ),
        ({"heating_end_on": "2029-03-15"}, {"heating_end_on": ["填的是 2029-03-15，这个采暖季的供暖结束应在 2028 年"]}),
    ],
)
def test_dates_that_make_no_sense_are_refused(cast, client_as, changed, errors):
    response = client_as(cast.admin).post(f"{SEASONS}new/", dates(2027, **changed))

    assert response.context["form"].errors == errors
    assert Season.objects.filter(county=cast.county).count() == 2


def test_a_county_has_each_season_once(cast, client_as):
    response = client_as(cast.admin).post(f"{SEASONS}new/", dates(2026))

    assert response.context["form"].errors == {"name": ["已有同名的采暖季，请核对"]}


def test_changing_a_date_leaves_the_ledgers_counter_alone(cast, client_as):
    client = client_as(cast.admin)
    page = f"{SEASONS}{cast.season.pk}/"
    Season.objects.filter(pk=cast.season.pk).update(last_sequence=41)

    assert client.post(page, dates(2026, trial_run_on="2026-10-25", name="2030-2031")).status_code == 302

    cast.season.refresh_from_db()
    assert (cast.season.name, cast.season.trial_run_on, cast.season.last_sequence) == (
        "2026-2027",
        dt.date(2026, 10, 25),
        41,
    )
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.changes) == ("修改采暖季", {"试运行": ["2026-10-31", "2026-10-25"]})


def test_an_existing_season_keeps_its_dates_in_order_too(cast, client_as):
    response = client_as(cast.admin).post(f"{SEASONS}{cast.season.pk}/", dates(2026, trial_run_on="2026-11-20"))

    assert response.context["form"].errors == {"__all__": ["日期应依次为：夏治开始、试运行、供暖开始、供暖结束"]}
    assert not AuditEntry.objects.exists()


def test_a_season_of_another_county_is_not_there(cast, client_as):
    client = client_as(cast.admin)

    assert client.get(f"{SEASONS}{cast.foreign.season.pk}/").status_code == 404
    assert client.post(f"{SEASONS}{cast.foreign.season.pk}/", dates(2026)).status_code == 404
    assert len(client.get(SEASONS).context["table"].page.object_list) == 2


@pytest.mark.parametrize("role", ["住建督导员", "企业管理员", "乡镇专员", "只读领导"])
def test_seasons_are_for_administrators(cast, client_as, role):
    client = client_as(cast.by_role[role])

    for path in (SEASONS, f"{SEASONS}new/", f"{SEASONS}{cast.season.pk}/"):
        assert client.get(path).status_code == 403


def test_a_city_chooses_the_county_of_a_new_season(cast, client_as):
    city = CityFactory(code="130100")
    admin = UserFactory(unit=UnitFactory(region=city, kind="housing_bureau"), role="住建管理员")
    for county in (cast.county, CountyFactory(code="130188")):
        type(county).objects.filter(pk=county.pk).update(parent=city)
    client = client_as(admin)

    assert client.post(f"{SEASONS}new/", dates(2027)).context["form"].errors == {"county": ["这个字段是必填项。"]}
    client.post(f"{SEASONS}new/", dates(2027, county=str(cast.county.pk)))

    assert Season.objects.filter(county=cast.county, name="2027-2028").exists()
    SeasonFactory(county=cast.foreign.county, start_year=2027)
    page = client.get(SEASONS)
    assert len(page.context["table"].page.object_list) == 3
    assert "临岭县 2026-2027 采暖季" not in page.content.decode(), "one county's seasons need no county"
    SeasonFactory(county=Region.objects.get(code="130188"))
    assert "临岭县 2026-2027 采暖季" in client.get(SEASONS).content.decode()
