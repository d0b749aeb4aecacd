"""Laboratory reports: what they do to the stored heat, what they warn of, and how they are corrected."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from audit.models import AuditEntry
from coal import bookkeeping, heat_values
from coal.balances import heat_gj
from coal.enums import INFLOWS, HeatSource, MovementKind
from coal.layers import layers
from coal.models import Movement, QualityBatch, StockDay
from coal.quality_selectors import quality_warnings_of
from coal.quality_services import correct_batch
from coal.selectors import stock_by_yard
from tests.cast import Cast
from tests.coal_factories import make_batch, make_contract
from tests.factories import YardFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("summer")]
Browser = Callable[[Any], Client]
TODAY = dt.date(2026, 8, 3)


def text(response: Any) -> str:
    return str(response.content.decode())


def arrive(yard: Any, by: Any, tonnes: str, day: int, told: str | None = "21", batch: str = "260701") -> Movement:
    return bookkeeping.record_movement(
        yard, by=by, day=dt.date(2026, 7, day), kind=MovementKind.ARRIVAL, quantity_t=Decimal(tonnes), batch=batch,
        heat_value_mj_per_kg=Decimal(told) if told else None, contract="CY-2026-01",
    )  # fmt: skip


def retest(batch: QualityBatch, by: Any, **values: Any) -> QualityBatch:
    names = (
        "number", "sampled_on", "sampled_by", "tested_on", "tested_by", "report_number", "heat_value_mj_per_kg",
        "moisture_percent", "ash_percent", "volatile_percent", "sulphur_percent", "note",
    )  # fmt: skip
    reason = values.pop("reason", "")
    kept = {name: getattr(batch, name) for name in names} | values
    return correct_batch(batch, by=by, seen=batch.version, reason=reason, **kept)


def held_heat(yard: Any) -> Decimal:
    return stock_by_yard([yard], TODAY)[yard.pk].heat_gj


def check(*yards: Any) -> None:
    """The stored heat of every day is that of the arrivals that hold, each with the heat value that counts."""
    for yard in yards:
        came = list(Movement.objects.filter(yard=yard, kind__in=INFLOWS).order_by("day", "pk"))
        gone = Movement.objects.reversed_among(each.pk for each in came)
        tested = heat_values.tested_values(yard.company_id, (each.batch for each in came))
        total = Decimal(0)
        for row in StockDay.objects.filter(yard=yard).order_by("day"):
            of_day = [each for each in came if each.day == row.day and each.pk not in gone]
            gj = sum(
                (heat_gj(each.quantity_t, heat_values.heat_value_of(each, tested).mj_per_kg) for each in of_day),
                Decimal(0),
            )
            total += gj
            assert (row.came_gj, row.received_gj) == (gj, total)


def test_what_the_laboratory_finds_is_carried_through_every_day(cast: Cast) -> None:
    by, yard, other = cast.chengyuan_admin, *(YardFactory(company=cast.chengyuan) for _ in range(2))
    foreign = YardFactory(company=cast.beiyuan)
    arrive(foreign, cast.beiyuan_admin, "100", 1)
    arrive(yard, by, "100", 1)
    arrive(yard, by, "50", 3, None, "260703")
    arrive(yard, by, "40", 5, "22")
    wrong = arrive(yard, by, "10", 5)
    bookkeeping.transfer(yard, other, by=by, day=dt.date(2026, 7, 6), quantity_t=Decimal(30))
    bookkeeping.reverse(wrong, by=by, reason="重复")
    batch = make_batch(company=cast.chengyuan, by=by)
    before = held_heat(foreign)
    # 100 × 21 + 50 × 20.934 + 40 × 22, less 30 × 21.
    assert held_heat(yard) == Decimal("3396.70")
    tested = retest(batch, by, heat_value_mj_per_kg=Decimal("19.5"), tested_on=dt.date(2026, 7, 9))
    assert held_heat(yard) == Decimal("3191.70")  # 70 and 40 t of 19.5
    assert (held_heat(other), held_heat(foreign)) == (Decimal("585.00"), before)
    # What comes later of the batch, also into the past, counts as tested; a reversal takes out what was put in.
    late = arrive(yard, by, "20", 2)
    check(yard, other, foreign)
    bookkeeping.reverse(late, by=by, reason="不是这个煤场的")
    check(yard, other)
    again = retest(tested, by, heat_value_mj_per_kg=Decimal("20.1"), reason="复检")
    assert held_heat(yard) == Decimal("3257.70")
    check(yard, other, foreign)
    # Its number stays while arrivals carry it: their heat would fall back to what was told, without a word.
    with pytest.raises(ValidationError, match="批次号不能改"):
        retest(again, by, number="260799", reason="批次号写错")
    assert held_heat(yard) == Decimal("3257.70")
    check(yard, other, foreign)


def test_where_a_heat_value_comes_from_is_shown(cast: Cast, client_as: Browser) -> None:
    by, yard = cast.chengyuan_admin, YardFactory(company=cast.chengyuan)
    movement = arrive(yard, by, "100", 1)
    arrive(yard, by, "50", 2, "22", "260702")
    make_batch(company=cast.chengyuan, by=by, heat_value_mj_per_kg=Decimal("19.5"))
    found = [(layer.heat_value_mj_per_kg, layer.heat_source) for layer in layers(yard, TODAY)]
    assert found == [(Decimal("19.500"), HeatSource.TESTED), (Decimal(22), HeatSource.TOLD)]
    browser = client_as(cast.leader)
    page = text(browser.get(reverse("coal:yard_detail", args=[yard.pk])))
    assert "19.500（化验）" in page and "来货申报" in page
    page = text(browser.get(reverse("coal:movement_detail", args=[movement.pk])))
    assert "申报热值" in page and "19.500，批次 260701 的化验结果" in page


def test_worse_than_agreed_is_a_warning_with_the_tonnes(cast: Cast, client_as: Browser) -> None:
    by, yard = cast.chengyuan_admin, YardFactory(company=cast.chengyuan)
    make_contract(company=cast.chengyuan, by=by)
    arrive(yard, by, "100", 1)
    wrong = arrive(yard, by, "60", 1)
    bookkeeping.reverse(wrong, by=by, reason="重复")
    browser = client_as(cast.chengyuan_clerk)
    form = {
        "number": "260701", "sampled_on": "7.2", "heat_value_mj_per_kg": "4800", "sulphur_percent": "8",
    }  # fmt: skip
    page = text(browser.post(reverse("coal:quality_create"), form, follow=True))
    assert "合同 CY-2026-01 项下 100 t：热值 20.097 MJ/kg，低于约定的 20.9，低 0.803" in page
    assert "全硫 St,d填的是 8 %，常见 0.1 至 3 %" in page
    [warning] = quality_warnings_of(cast.chengyuan, cast.season)
    assert (warning.batch.number, warning.arrived.quantity_t, len(warning.faults)) == ("260701", 100, 2)
    panel = render_to_string("coal/_quality_panel.html", {"warnings": [warning], "season": cast.season})
    assert "全硫高" in panel and "热值低" in panel
    assert "煤质不合合同约定" in text(browser.get(reverse("coal:quality_list")))
    assert quality_warnings_of(cast.beiyuan, cast.season) == []


def test_a_retest_says_why_and_keeps_the_first_result(cast: Cast, client_as: Browser) -> None:
    batch = make_batch(company=cast.chengyuan, by=cast.chengyuan_admin)
    browser, address = client_as(cast.chengyuan_clerk), reverse("coal:quality_edit", args=[batch.pk])
    form = {"number": "260701", "sampled_on": "2026-07-02", "heat_value_mj_per_kg": "20.5", "version": 1}
    # The first result needs no reason.
    assert browser.post(address, form).status_code == 302
    second = {**form, "heat_value_mj_per_kg": "20.1", "version": 2}
    assert "原来的化验结果要改" in text(browser.post(address, second))
    assert browser.post(address, {**second, "reason": "复检，报告 118"}).status_code == 302
    assert browser.post(address, {**second, "reason": "旧页面"}).status_code == 409
    entry = AuditEntry.objects.get(action="更正化验结果")
    assert entry.changes == {"收到基低位热值 Qnet,ar（MJ/kg）": ["20.500", "20.100"]}
    page = text(browser.get(batch.get_absolute_url()))
    assert "20.500" in page and "复检，报告 118" in page
    early = browser.post(address, {**second, "version": 3, "tested_on": "2026-07-01", "reason": "补日期"})
    assert "早于采样日期" in text(early)


def test_a_batchs_number_that_arrivals_carry_stays(cast: Cast, client_as: Browser) -> None:
    batch = make_batch(company=cast.chengyuan, by=cast.chengyuan_admin)
    arrive(YardFactory(company=cast.chengyuan), cast.chengyuan_admin, "100", 1)
    form = {"number": "260702", "sampled_on": "2026-07-02", "version": 1}
    refused = client_as(cast.chengyuan_clerk).post(reverse("coal:quality_edit", args=[batch.pk]), form)
    assert refused.status_code == 422 and "已有到货 100.00 t（1 车）写着 260701" in text(refused)
    batch.refresh_from_db()
    assert batch.number == "260701"


def test_a_batch_says_only_what_was_done(cast: Cast, client_as: Browser) -> None:
    """Stock is not reckoned anew where nothing came of the batch; its number is one however it is typed."""
    browser, form = client_as(cast.chengyuan_clerk), {"sampled_on": "7.2", "heat_value_mj_per_kg": "20"}
    page = text(browser.post(reverse("coal:quality_create"), {**form, "number": "A-1"}, follow=True))
    assert "还没有到货写着这个批次号" in page and "库存已按化验的热值" not in page
    arrive(YardFactory(company=cast.chengyuan), cast.chengyuan_admin, "100", 1, batch="ｂ-2")
    page = text(browser.post(reverse("coal:quality_create"), {**form, "number": "B -2"}, follow=True))
    assert "批次 B-2 已保存，这一批的库存已按化验的热值折标煤。" in page
