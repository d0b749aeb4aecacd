"""The money for coal: what is needed, secured and paid, the gap, undoing an entry, the pages and the sheet."""

import datetime as dt
import io
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEntry
from coal import bookkeeping
from coal.demand_enums import TargetStatus
from coal.fund_enums import FundKind
from coal.fund_services import enter, reverse, set_need
from coal.funds import county_funds, funds_of, sums_of
from coal.models import FundEntry, FundNeed
from tests.cast import Cast
from tests.coal_factories import make_estimate, make_fund, make_target
from tests.factories import MovementFactory, UnitFactory, YardFactory

pytestmark = [pytest.mark.either_database, pytest.mark.django_db, pytest.mark.usefixtures("summer")]
SignIn = Callable[[Any], Client]
DAY = dt.date(2026, 8, 1)


def text(response: Any) -> str:
    return str(response.content.decode()).replace("\xa0", " ")


def company_page(cast: Cast) -> str:
    return f"/coal/funds/{cast.season.pk}/{cast.chengyuan.pk}/"


def secure(cast: Cast, kind: FundKind, wan: str, company: Any = None, by: Any = None) -> FundEntry:
    return enter(
        company or cast.chengyuan, cast.season, by=by or cast.development_officer, kind=kind, day=DAY,
        amount_yuan=Decimal(wan) * 10_000,
    )  # fmt: skip


# --- needed


def test_what_is_needed_is_the_estimate_times_the_price(cast: Cast, client_as: SignIn) -> None:
    make_estimate(company=cast.chengyuan, season=cast.season, by=cast.chengyuan_admin)
    client, address = client_as(cast.chengyuan_admin), f"{company_page(cast)}need/"
    form = client.get(address).context["form"]
    assert form.fields["price"].help_text == "乘以 53936 t（第 1 次测算，设计热负荷法）"
    sent = {"seen_revision": form["seen_revision"].value(), "price": "750.50"}
    page = text(client.post(address, sent, follow=True))
    need = FundNeed.objects.get()
    # 53 936 t × 750.50 元/t
    assert (need.amount_yuan, need.quantity_t, need.revision) == (Decimal("40478968.00"), 53936, 1)
    assert "所需资金登记为 4 047.9 万元" in page
    assert "53 936 t × 750.5 元/t（第 1 次测算，设计热负荷法）" in page
    assert AuditEntry.objects.get(action="登记购煤所需资金").changes["所需资金（元）"] == [None, "40478968.00"]


def test_the_target_in_force_goes_before_the_estimate(cast: Cast) -> None:
    estimate = make_estimate(company=cast.chengyuan, season=cast.season, by=cast.chengyuan_admin)
    make_target(estimate, status=TargetStatus.APPROVED, need_t=Decimal(50_000))
    need = set_need(cast.chengyuan, cast.season, by=cast.development_officer, price_yuan_per_t=Decimal(800))
    assert need.amount_yuan == 40_000_000
    assert need.basis == "已批准的储备目标第 1 版，全季需求，设计热负荷法"


def test_an_amount_by_itself_needs_a_reason_and_a_price_an_estimate(cast: Cast, client_as: SignIn) -> None:
    client, address = client_as(cast.chengyuan_clerk), f"{company_page(cast)}need/"
    for typed, said in (
        ({"amount": "3000"}, "直接填金额的，请写明怎么得出的"),
        ({"price": "800"}, "城源热力 还没有 2026-2027 的用煤测算，请先测算"),
        ({"price": "800", "amount": "3000", "reason": "合同"}, "单价和金额请只填一个"),
        ({}, "单价和金额请只填一个"),
        ({"amount": "0", "reason": "合同"}, "金额应大于 0"),
    ):
        response = client.post(address, {"seen_revision": 0, **typed})
        assert response.status_code == 422
        assert said in text(response)
    client.post(address, {"seen_revision": 0, "amount": "3,000.123456", "reason": "按已签合同"})
    assert FundNeed.objects.get().amount_yuan == Decimal("30001234.56")


def test_a_revision_keeps_the_ones_before_it_and_knows_the_last(cast: Cast, client_as: SignIn) -> None:
    def revise(wan: int, seen: int) -> FundNeed:
        return set_need(
            cast.chengyuan, cast.season, by=cast.chengyuan_admin, amount_yuan=Decimal(wan) * 10_000, reason="合同",
            seen_revision=seen,
        )  # fmt: skip

    revise(3000, 0)
    with pytest.raises(ValidationError, match="程源 已在 2026-08-03 10:00 登记第 1 版，您填的没有保存"):
        revise(3100, 0)
    revise(3200, 1)
    assert funds_of(cast.chengyuan, cast.season).needed_yuan == 32_000_000
    page = text(client_as(cast.leader).get(company_page(cast)))
    assert "第 1 版 3 000 万元" in page
    assert "第 2 版 3 200 万元" in page
    assert AuditEntry.objects.get(action="修订购煤所需资金").changes["所需资金（元）"] == ["30000000.00", "32000000.00"]


# --- secured, paid, gap


def test_the_gap_is_what_is_needed_less_what_is_secured(cast: Cast) -> None:
    set_need(cast.chengyuan, cast.season, by=cast.chengyuan_admin, amount_yuan=Decimal(30_000_000), reason="合同")
    for kind, wan in (
        (FundKind.OWN, "800"),
        (FundKind.LOAN, "1200.5"),
        (FundKind.LOAN, "99.5"),
        (FundKind.PAID, "650"),
    ):
        secure(cast, kind, wan)
    funds = funds_of(cast.chengyuan, cast.season)
    assert (funds.own_yuan, funds.loan_yuan, funds.subsidy_yuan) == (8_000_000, 13_000_000, 0)
    assert (funds.secured_yuan, funds.gap_yuan, funds.secured_percent) == (21_000_000, 9_000_000, 70)
    assert (funds.paid_yuan, funds.is_overpaid, funds.surplus_yuan) == (6_500_000, False, 0)
    secure(cast, FundKind.SUBSIDY, "1000")
    funds = funds_of(cast.chengyuan, cast.season)
    assert (funds.gap_yuan, funds.surplus_yuan) == (0, 1_000_000)


def test_a_surplus_of_one_company_does_not_hide_the_gap_of_another(cast: Cast) -> None:
    for company, need, own in ((cast.chengyuan, 1000, "1500"), (cast.beiyuan, 1000, "400")):
        amount = Decimal(need) * 10_000
        set_need(company, cast.season, by=cast.development_officer, amount_yuan=amount, reason="合同")
        secure(cast, FundKind.OWN, own, company)
    third = UnitFactory(name="兴隆热力", region=cast.county)
    secure(cast, FundKind.OWN, "70", third)
    sums = sums_of(county_funds(cast.season, cast.leader))
    assert (sums.needed_yuan, sums.secured_yuan, sums.gap_yuan) == (20_000_000, 19_700_000, 6_000_000)
    assert (sums.secured_percent, sums.without_need) == (70, 1)


def test_what_arrived_at_its_price_stands_beside_what_was_paid(cast: Cast) -> None:
    yard = YardFactory(company=cast.chengyuan)
    MovementFactory(yard=yard, quantity_t=Decimal("100.5"), unit_price_yuan_per_t=Decimal("700.10"))
    MovementFactory(yard=yard, quantity_t=Decimal(50), unit_price_yuan_per_t=None)
    MovementFactory(yard=yard, quantity_t=Decimal(10), day=dt.date(2026, 3, 15), unit_price_yuan_per_t=Decimal(900))
    twice = MovementFactory(yard=yard, quantity_t=Decimal(80), unit_price_yuan_per_t=Decimal(800))
    bookkeeping.reverse(twice, by=cast.chengyuan_admin, reason="重复登记")
    unpriced = MovementFactory(yard=yard, quantity_t=Decimal(20), unit_price_yuan_per_t=None)
    bookkeeping.reverse(unpriced, by=cast.chengyuan_admin, reason="重复登记")
    secure(cast, FundKind.PAID, "5")
    funds = funds_of(cast.chengyuan, cast.season)
    # 100.5 t × 700.10 元/t; what came before the summer's start belongs to the season before.
    assert funds.arrivals.value_yuan == Decimal("70360.05")
    assert (funds.arrivals.priced_t, funds.arrivals.unpriced_t) == (Decimal("100.5"), 50)
    assert funds.arrivals.mean_price_yuan_per_t == Decimal("700.10")
    assert (funds.owed_yuan, funds.is_overpaid) == (Decimal("20360.05"), True)


def test_an_entry_is_typed_in_wan_and_once(cast: Cast, client_as: SignIn) -> None:
    client, address = client_as(cast.chengyuan_clerk), f"{company_page(cast)}enter/loan/"
    form = client.get(address).context["form"]
    sent = {"key": str(form["key"].value()), "day": "7.15", "amount": "1,200.5", "note": "农商行 2026-18 号"}
    page = text(client.post(address, sent, follow=True))
    assert "已登记贷款 1 200.5 万元，共落实 1 200.5 万元、已付 0 万元。" in page
    client.post(address, sent)
    entry = FundEntry.objects.get()
    assert (entry.kind, entry.day, entry.amount_yuan) == ("loan", dt.date(2026, 7, 15), 12_005_000)
    for wrong, said in (({"day": "2026-08-04"}, "还没有到"), ({"amount": "0"}, "金额应大于 0")):
        response = client.post(address, {**sent, "key": str(uuid.uuid4()), **wrong})
        assert response.status_code == 422
        assert said in text(response)
    assert client.get(f"{company_page(cast)}enter/theft/").status_code == 404


def test_a_key_stands_for_one_entry_of_one_company_and_one_person(cast: Cast) -> None:
    key = uuid.uuid4()
    sent: dict[str, Any] = {
        "by": cast.beiyuan_admin,
        "kind": FundKind.LOAN,
        "day": DAY,
        "amount_yuan": Decimal(500_000),
        "note": "",
        "key": key,
    }
    first = enter(cast.beiyuan, cast.season, **sent)
    assert enter(cast.beiyuan, cast.season, **sent) == first
    tries: list[tuple[Any, dict[str, Any]]] = [
        (cast.chengyuan, {"by": cast.chengyuan_admin}), (cast.beiyuan, {"by": cast.development_officer}),
        (cast.beiyuan, {"amount_yuan": Decimal(500_001)}), (cast.beiyuan, {"kind": FundKind.OWN}),
    ]  # fmt: skip
    for company, changed in tries:
        with pytest.raises(ValidationError, match="这张表单已经提交过，当时登记的是别的内容"):
            enter(company, cast.season, **{**sent, **changed})
    assert FundEntry.objects.count() == 1


def test_more_paid_than_secured_is_said(cast: Cast, client_as: SignIn) -> None:
    client, address = client_as(cast.development_officer), f"{company_page(cast)}enter/paid/"
    sent = {"key": str(uuid.uuid4()), "day": "2026-08-01", "amount": "12"}
    assert "已付 12 万元多于已落实的 0 万元" in text(client.post(address, sent, follow=True))


# --- undoing


def test_a_mistake_is_undone_by_a_counter_entry(cast: Cast, client_as: SignIn) -> None:
    entry = secure(cast, FundKind.OWN, "800", by=cast.chengyuan_clerk)
    client, address = client_as(cast.chengyuan_admin), f"/coal/funds/entries/{entry.pk}/reverse/"
    assert "2026-08-01 的自筹 800 万元 不再作数" in text(client.get(address))
    page = client.post(address, {"reason": "金额写错"}, follow=True)
    assert "已冲正，原记录保留，注明已冲正。" in text(page)
    assert funds_of(cast.chengyuan, cast.season).secured_yuan == 0
    assert [row.reverses_id for row in page.context["table"].page.object_list] == [entry.pk, None]
    assert client.get(address).url == company_page(cast)
    with pytest.raises(ValidationError, match="这一条已经冲正过了"):
        reverse(entry, by=cast.chengyuan_admin, reason="再来")
    with pytest.raises(ValidationError, match="本身是冲正"):
        reverse(entry.reversal, by=cast.chengyuan_admin, reason="再来")
    with pytest.raises(ValidationError, match="请写明为什么冲正"):
        reverse(secure(cast, FundKind.OWN, "1"), by=cast.chengyuan_admin, reason=" ")


def test_the_database_keeps_what_was_entered(cast: Cast) -> None:
    set_need(cast.chengyuan, cast.season, by=cast.chengyuan_admin, amount_yuan=Decimal(1), reason="合同")
    secure(cast, FundKind.OWN, "1")
    for table in ("coal_fundneed", "coal_fundentry"):
        for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}"):
            with pytest.raises(DatabaseError, match="append-only table"), transaction.atomic():
                connection.cursor().execute(statement)


# --- who, and the pages


def test_who_may_record(cast: Cast) -> None:
    for by in (cast.admin, cast.leader, cast.beiyuan_clerk, cast.foreign.company_admin):
        with pytest.raises(PermissionDenied):
            secure(cast, FundKind.OWN, "1", by=by)
        with pytest.raises(PermissionDenied):
            set_need(cast.chengyuan, cast.season, by=by, amount_yuan=Decimal(1), reason="合同")
    entry = secure(cast, FundKind.OWN, "1", by=cast.chengyuan_clerk)
    with pytest.raises(PermissionDenied):
        reverse(entry, by=cast.admin, reason="不对")


def test_a_company_sees_its_own_money_only(cast: Cast, client_as: SignIn) -> None:
    make_fund(company=cast.chengyuan, season=cast.season, by=cast.chengyuan_admin)
    make_fund(company=cast.beiyuan, season=cast.season, by=cast.beiyuan_clerk)
    client = client_as(cast.chengyuan_clerk)
    assert client.get("/coal/funds/").url == company_page(cast)
    assert client.get(f"/coal/funds/{cast.season.pk}/{cast.beiyuan.pk}/").status_code == 404
    rows = client_as(cast.leader).get("/coal/funds/").context["rows"]
    assert [(row.company, row.loan_yuan) for row in rows] == [(cast.chengyuan, 1_000_000), (cast.beiyuan, 1_000_000)]


def test_the_sheet_has_the_figures_of_the_page(cast: Cast, client_as: SignIn) -> None:
    set_need(cast.chengyuan, cast.season, by=cast.chengyuan_admin, amount_yuan=Decimal(30_000_000), reason="按合同")
    secure(cast, FundKind.OWN, "800")
    secure(cast, FundKind.PAID, "120.55")
    response = client_as(cast.leader).get("/coal/funds/sheet/")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).worksheets[0]
    lines = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert lines[0][0] == "临岭县2026-2027采暖季购煤资金表"
    own = next(line for line in lines if line[1] == "城源热力有限公司")
    assert own == [1, "城源热力有限公司", 3000, 800, 0, 0, 800, 26.7, 2200, 120.55, 0, "按合同"]
    assert next(line for line in lines if line[1] == "北苑供热站")[-1] == "尚未登记"
    total = next(line for line in lines if "合计" in line[:2])
    assert (total[2], total[6], total[8], total[9]) == (3000, 800, 2200, 120.55)
    assert AuditEntry.objects.get(action="导出购煤资金表").note == "2026-2027，2 家企业"


def test_as_many_queries_for_many_companies_as_for_few(cast: Cast, client_as: SignIn) -> None:
    client = client_as(cast.admin)

    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    addresses = ("/coal/funds/", company_page(cast))
    make_fund(company=cast.chengyuan, season=cast.season, by=cast.chengyuan_admin)
    client.get("/coal/funds/")
    few = [queries(address) for address in addresses]
    for _ in range(4):
        company = UnitFactory(region=cast.county)
        MovementFactory(yard=YardFactory(company=company), entered_by=cast.admin)
        for _ in range(3):
            make_fund(company=company, season=cast.season, by=cast.admin)
            make_fund(company=cast.chengyuan, season=cast.season, by=cast.admin)
    assert [queries(address) for address in addresses] == few
