"""Daily reports: filed once a day, corrected by revisions, beside the book and the same day last season."""

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.test import Client

from audit.models import AuditEntry
from coal.bookkeeping import count, record_movement
from coal.duties.reports import note
from coal.enums import MovementKind as Kind
from coal.models import DailyReport, ReportDuty, Yard
from coal.reporting import file_report
from coal.reports import due_at, missing_reports
from tests.cast import Cast
from tests.factories import DailyReportFactory, YardFactory

pytestmark = [pytest.mark.either_database, pytest.mark.django_db]
YESTERDAY = dt.date(2026, 12, 1)
FIGURES = {
    "arrived_t": "40", "used_t": "30", "stock_yard_t": "510", "stock_port_t": "0", "stock_transit_t": "120",
    "heat_gj": "452.17", "high_c": "3.5", "low_c": "-6", "boilers_running": "2", "make_up_water_t": "",
    "power_10k_kwh": "", "events": "",
}  # fmt: skip


@pytest.fixture(autouse=True)
def winter() -> Iterator[time_machine.Traveller]:
    """2 December 2026, nine in the morning in Shanghai."""
    with time_machine.travel(dt.datetime(2026, 12, 2, 1, tzinfo=dt.UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def yard(cast: Cast) -> Yard:
    """500 t at the end of November, 40 came and 30 went yesterday."""
    yard, by = YardFactory(company=cast.chengyuan, name="东厂煤场"), cast.chengyuan_admin
    count(yard, by=by, day=dt.date(2026, 11, 30), quantity_t=Decimal(500))
    record_movement(yard, by=by, day=YESTERDAY, kind=Kind.ARRIVAL, quantity_t=Decimal(40))
    record_movement(yard, by=by, day=YESTERDAY, kind=Kind.USE, quantity_t=Decimal(30))
    return yard


SignIn = Callable[[Any], Client]


def post(client: Client, day: str = "2026-12-01", seen: int = 0, **changed: str) -> Any:
    return client.post(f"/coal/reports/file/?day={day}", {**FIGURES, "seen_revision": seen, **changed}, follow=True)


def test_the_form_knows_what_the_book_and_the_last_report_know(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    DailyReportFactory(
        company=cast.chengyuan, day=dt.date(2026, 11, 29), filed_by=cast.chengyuan_admin, stock_port_t=Decimal(300),
        stock_transit_t=Decimal(60), boilers_running=3,
    )  # fmt: skip
    DailyReportFactory(
        company=cast.chengyuan, day=dt.date(2025, 12, 1), filed_by=cast.chengyuan_admin, used_t=Decimal("41.5")
    )
    response = client_as(cast.chengyuan_clerk).get("/coal/reports/file/")
    form = response.context["form"]
    assert (form["arrived_t"].value(), form["used_t"].value(), form["stock_yard_t"].value()) == ("40", "30", "510")
    assert (form["stock_port_t"].value(), form["stock_transit_t"].value(), form["boilers_running"].value()) == (
        "300", "60", 3,
    )  # fmt: skip
    assert form["used_t"].help_text == "去年同日 41.5"
    assert response.context["day"] == YESTERDAY


def test_a_report_is_filed_and_the_bureau_reads_it(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    response = post(client_as(cast.chengyuan_clerk))
    assert "2026-12-01 的日报已报，住建局、发改局现在就能看到。" in response.content.decode()
    report = DailyReport.objects.get()
    assert (report.day, report.revision, report.used_t, report.low_c) == (YESTERDAY, 1, Decimal(30), Decimal(-6))
    page = client_as(cast.inspector).get(report.get_absolute_url()).content.decode()
    assert "程员 2026-12-02 09:00 填报" in page and "与日报一致" in page
    assert AuditEntry.objects.get(action="填报煤炭日报").changes["耗用（t）"] == [None, "30"]


def test_a_stock_that_the_book_does_not_give_is_a_warning_that_names_both(
    cast: Cast, yard: Yard, client_as: SignIn
) -> None:
    response = post(client_as(cast.chengyuan_clerk), stock_yard_t="480", used_t="35")
    page = response.content.decode()
    assert "日报与流水账不一致，请核对" in page
    for client in (client_as(cast.development_officer), client_as(cast.leader)):
        listed = client.get("/coal/reports/").content.decode().replace("\xa0", " ")
        assert "库存：日报 480.00 t，流水账 510.00 t，日报少 30.00 t" in listed
        assert "耗用：日报 35.00 t，流水账 30.00 t，日报多 5.00 t" in listed
        assert "到货：日报" not in listed


def test_who_has_no_book_by_then_owes_no_report(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    """北苑 keeps none, 城源 since 30 November: neither is said to be missing before."""
    YardFactory(company=cast.beiyuan)
    said = {}
    for day in ("2026-12-01", "2026-11-29"):
        page = client_as(cast.inspector).get(f"/coal/reports/?day={day}")
        said[day] = ([row["company"] for row in page.context["rows"]], page.context["missing"])
    assert said == {
        "2026-12-01": ([cast.chengyuan, cast.beiyuan], ["城源热力"]),
        "2026-11-29": ([cast.chengyuan, cast.beiyuan], []),
    }


def test_what_was_reported_is_there_though_the_last_yard_is_out_of_use(
    cast: Cast, yard: Yard, client_as: SignIn
) -> None:
    post(client_as(cast.chengyuan_clerk))
    Yard.objects.update(is_active=False)
    for who in (cast.inspector, cast.chengyuan_clerk):
        page = client_as(who).get(f"/coal/reports/company/{cast.chengyuan.pk}/")
        assert [report.day for report in page.context["table"].page.object_list] == [YESTERDAY]
    inspector = client_as(cast.inspector)
    assert [row["company"] for row in inspector.get("/coal/reports/").context["rows"]] == [cast.chengyuan]
    assert inspector.get("/coal/reports/?day=2026-11-30").context["rows"] == []


@pytest.mark.parametrize("page", ["/coal/reports/", "/coal/reports/file/"])
def test_a_day_before_all_reports_is_none(cast: Cast, yard: Yard, client_as: SignIn, page: str) -> None:
    for user in (cast.inspector, cast.chengyuan_clerk)[page.endswith("file/") :]:
        for day in ("0001-01-01", "1999-12-31", "2026-13-01"):
            shown = client_as(user).get(page, {"day": day}, follow=True)
            assert shown.status_code == 200 and shown.context.get("day", YESTERDAY) == YESTERDAY


def test_who_has_not_filed_stands_first_and_is_late_from_ten(
    cast: Cast, yard: Yard, client_as: SignIn, winter: time_machine.Traveller
) -> None:
    count(YardFactory(company=cast.beiyuan), by=cast.beiyuan_admin, day=dt.date(2026, 11, 30), quantity_t=Decimal(5))
    post(client_as(cast.chengyuan_clerk))
    page = client_as(cast.inspector).get("/coal/reports/")
    assert [row["company"] for row in page.context["rows"]] == [cast.beiyuan, cast.chengyuan]
    assert "1 家还没有报：北苑供热站。时限 2026-12-02 10:00。" in page.content.decode()
    winter.move_to(dt.datetime(2026, 12, 2, 2, 1, tzinfo=dt.UTC))
    late = client_as(cast.inspector).get("/coal/reports/").content.decode()
    assert "1 家还没有报：北苑供热站。已过 2026-12-02 10:00 的时限。" in late


def test_a_correction_is_a_new_revision_and_the_old_one_stays(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    client = client_as(cast.chengyuan_clerk)
    post(client)
    refused = post(client, seen=1, used_t="33")
    assert "更正理由" in refused.content.decode() and DailyReport.objects.count() == 1
    corrected = post(client, seen=1, used_t="33", correction_reason="过磅数据更新")
    assert "2026-12-01 的日报已更正" in corrected.content.decode()
    old, new = DailyReport.objects.order_by("revision")
    assert (old.used_t, new.used_t, new.revision, new.correction_reason) == (30, 33, 2, "过磅数据更新")
    page = client_as(cast.inspector).get(old.get_absolute_url()).content.decode()
    assert "这是旧的第 1 版" in page and new.get_absolute_url() in page
    assert AuditEntry.objects.get(action="更正煤炭日报").changes == {"耗用（t）": ["30.00", "33"]}


def test_who_comes_second_is_told_and_keeps_what_was_typed(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    post(client_as(cast.chengyuan_admin))
    response = post(client_as(cast.chengyuan_clerk), seen=0, used_t="31", correction_reason="x")
    page = response.content.decode()
    assert "程源 已在 2026-12-02 09:00 报过第 1 版，您填的没有提交" in page
    assert response.context["form"]["used_t"].value() == "31"
    assert DailyReport.objects.count() == 1


def test_there_is_no_correction_of_what_was_not_reported(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    response = post(client_as(cast.chengyuan_clerk), seen=3, correction_reason="x")
    assert "这一天的日报还没有报过" in response.content.decode()
    assert not DailyReport.objects.exists()


def test_a_correction_that_corrects_nothing_is_refused(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    client = client_as(cast.chengyuan_clerk)
    post(client)
    assert "没有需要更正的" in post(client, seen=1, correction_reason="手滑").content.decode()
    assert DailyReport.objects.count() == 1


def test_what_cannot_be_is_refused(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    client = client_as(cast.chengyuan_clerk)
    assert "最低气温 5.0 ℃ 高于最高气温 3.5 ℃" in post(client, low_c="5.0").content.decode()
    assert "气温应不低于 -60 ℃" in post(client, low_c="-61").content.decode()
    assert post(client, used_t="-1").context["form"].errors["used_t"]
    assert not DailyReport.objects.exists()


def test_a_day_that_is_not_over_cannot_be_reported(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    assert client_as(cast.chengyuan_clerk).get("/coal/reports/file/?day=2026-12-02").context["day"] == YESTERDAY
    with pytest.raises(ValidationError, match="2026-12-02 还没有过完"):
        file_report(cast.chengyuan, dt.date(2026, 12, 2), by=cast.chengyuan_admin)


def test_a_company_reads_its_own_only(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    YardFactory(company=cast.beiyuan)
    post(client_as(cast.chengyuan_clerk))
    report = DailyReport.objects.get()
    beiyuan = client_as(cast.beiyuan_clerk)
    assert beiyuan.get(report.get_absolute_url()).status_code == 404
    assert beiyuan.get(f"/coal/reports/company/{cast.chengyuan.pk}/").status_code == 404
    own = beiyuan.get("/coal/reports/", follow=True)
    assert own.redirect_chain == [(f"/coal/reports/company/{cast.beiyuan.pk}/", 302)]


def test_a_company_without_a_yard_is_told_what_to_do_first(cast: Cast, client_as: SignIn) -> None:
    assert "本单位还没有在用的煤场" in client_as(cast.beiyuan_clerk).get("/coal/reports/file/").content.decode()


def test_what_is_owed_are_the_days_from_the_trial_run_on_since_the_book_was_opened(cast: Cast, yard: Yard) -> None:
    """北苑 keeps a book since 29 October, 城源 since 30 November; a closed yard owes nothing."""
    theirs = YardFactory(company=cast.beiyuan)
    count(theirs, by=cast.beiyuan_admin, day=dt.date(2026, 10, 29), quantity_t=Decimal(10))
    for number in range(30):
        day = dt.date(2026, 10, 31) + dt.timedelta(number)
        DailyReportFactory(company=cast.beiyuan, day=day, filed_by=cast.beiyuan_admin)

    def owed() -> list[tuple[str, str]]:
        found = missing_reports(cast.season, dt.date(2026, 9, 1), YESTERDAY)
        return [(each.company.name, each.day.isoformat()) for each in found]

    assert sorted(owed()) == [
        ("北苑供热站", "2026-11-30"), ("北苑供热站", "2026-12-01"),
        ("城源热力有限公司", "2026-11-30"), ("城源热力有限公司", "2026-12-01"),
    ]  # fmt: skip
    Yard.objects.filter(pk=theirs.pk).update(is_active=False)
    assert {name for name, _ in owed()} == {"城源热力有限公司"}
    assert due_at(YESTERDAY).astimezone(dt.UTC) == dt.datetime(2026, 12, 2, 2, tzinfo=dt.UTC)


def test_page_overview_and_sweep_miss_the_same_reports(
    cast: Cast, client_as: SignIn, yard: Yard, winter: time_machine.Traveller
) -> None:
    """The book was opened on 30 November; what was filed for a day before it makes up for none that is owed."""
    DailyReportFactory(company=cast.chengyuan, day=dt.date(2026, 11, 28), filed_by=cast.chengyuan_admin)
    owed = [YESTERDAY, dt.date(2026, 11, 30)]
    winter.move_to(dt.datetime(2026, 12, 2, 2, tzinfo=dt.UTC))  # at ten yesterday's is due
    page = client_as(cast.inspector).get(f"/coal/reports/company/{cast.chengyuan.pk}/")
    assert page.context["missing"] == owed
    rows = {row.company: row for row in client_as(cast.inspector).get("/coal/").context["rows"]}
    assert rows[cast.chengyuan].keeper.missing_reports == 2
    note(dt.date(2026, 12, 2))
    duties = ReportDuty.objects.filter(company=cast.chengyuan, is_filed=False).order_by("-day")
    assert [duty.day for duty in duties] == owed


@pytest.mark.parametrize("statement", ["UPDATE coal_dailyreport SET used_t = 1", "DELETE FROM coal_dailyreport"])
def test_the_database_keeps_a_report_as_it_is(cast: Cast, statement: str) -> None:
    DailyReportFactory(company=cast.chengyuan)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_list_of_a_day_costs_the_same_for_many_companies(
    cast: Cast, client_as: SignIn, django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        company = YardFactory(company__region=cast.county, name=f"{number}").company
        DailyReportFactory(company=company, day=YESTERDAY)
    client = client_as(cast.inspector)
    client.get("/messages/")  # what the shell of every page counts is cached for a while
    with django_assert_max_num_queries(20):
        assert len(client.get("/coal/reports/").context["rows"]) == 6
