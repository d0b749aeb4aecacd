"""The page of an estimate: reckoning without saving, saving, reasons, winters, two people at once."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import AuditEntry
from coal.demand_enums import Method
from coal.models import Estimate
from tests.cast import Cast
from tests.coal_factories import LAST_SEASON, a_winter_of, make_estimate, make_target

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("summer"), pytest.mark.either_database]
Browser = Callable[[Any], Client]

TYPED = {
    "seen": "0", "winter": "design", "area_m2": "2,000,000", "heat_index_w_per_m2": "45", "heating_days": "150",
    "indoor_c": "18", "mean_c": "-5", "design_c": "-15", "boiler_efficiency": "0.8", "network_efficiency": "0.9",
    "heat_value_mj_per_kg": "5000",
}  # fmt: skip
LAST = {
    "last_coal_t": "50000", "last_heat_value_mj_per_kg": "5000 kcal/kg", "last_area_m2": "2000000",
    "last_degree_days": "3450", "margin_percent": "5",
}  # fmt: skip


def address(cast: Cast) -> str:
    return reverse("coal:estimate", args=[cast.season.pk, cast.chengyuan.pk])


def text(response: Any) -> str:
    return str(response.content.decode()).replace("\u00a0", " ")


def test_trying_shows_the_check_case_and_saves_nothing(cast: Cast, client_as: Browser) -> None:
    page = client_as(cast.chengyuan_admin).post(address(cast), {**TYPED, **LAST, "do": "try"})
    assert page.status_code == 200
    shown = text(page)
    for figure in ("812 945", "53 936", "38 526", "359.6", "515.9", "19.26"):
        assert f'<td class="num">{figure}</td>' in shown
    assert "0.0864 × 150 × 90 000 × (18 − (−5)) ÷ (18 − (−15))" in shown
    assert "上季耗煤法比设计热负荷法少 1 436 t（2.7%）。" in shown
    assert not Estimate.objects.exists()


def test_saving(cast: Cast, client_as: Browser) -> None:
    page = client_as(cast.chengyuan_admin).post(address(cast), {**TYPED, **LAST, "do": "save"}, follow=True)
    assert "的测算已保存" in text(page)
    saved = Estimate.objects.get()
    assert (saved.company, saved.season, saved.number, saved.saved_by) == (
        cast.chengyuan, cast.season, 1, cast.chengyuan_admin,
    )  # fmt: skip
    assert (saved.heat_value_mj_per_kg, saved.area_m2, saved.degree_days) == (
        Decimal("20.934"), Decimal(2_000_000), 3450,
    )  # fmt: skip
    assert {method: demand.coal_t for method, demand in saved.demands.items()} == {
        Method.DESIGN_LOAD: 53_936, Method.LAST_SEASON: 52_500,
    }  # fmt: skip
    entry = AuditEntry.objects.of(saved).get()
    assert (entry.action, entry.changes["供热面积（㎡）"]) == ("保存测算", [None, "2000000"])


@pytest.mark.parametrize("area", ["0.01", "67.39"])
@pytest.mark.parametrize("do", ["try", "save"])
def test_an_area_of_which_no_coal_comes_is_refused(cast: Cast, client_as: Browser, area: str, do: str) -> None:
    reason = {"reason_area_m2": "小", "reason_last_area_m2": "小"}
    typed = {**TYPED, **LAST, **reason, "area_m2": area, "last_area_m2": "2000000", "do": do}
    if area == "67.39":
        typed |= {"heating_days": "150", "last_coal_t": "0.01", "reason_last_coal_t": "小"}
    page = client_as(cast.chengyuan_admin).post(address(cast), typed)
    assert page.status_code == 422
    assert "请核对供热面积和上季耗煤的数字和单位（面积是 ㎡，不是万㎡）" in text(page)
    assert not Estimate.objects.exists()


def test_degree_days_of_nothing_are_refused(cast: Cast, client_as: Browser) -> None:
    warm = {"indoor_c": "20", "mean_c": "19", "reason_mean_c": "暖", "design_c": "-15"}
    page = client_as(cast.chengyuan_admin).post(address(cast), {**TYPED, **LAST, **warm, "do": "try"})
    assert page.status_code == 422
    assert "按这些数没法测算" in text(page)


def test_an_area_far_from_that_of_its_communities_needs_a_reason(cast: Cast, client_as: Browser) -> None:
    """673 900 m², typed in 10 000 m² and with a digit too many; without a known area from 10 000 to 50 million."""
    cast.community.heated_area_m2 = Decimal(673_900)
    cast.community.save()
    client = client_as(cast.chengyuan_admin)
    for area, asked in (("67.39", True), ("224000", True), ("224633", False), ("2021700", False), ("6739000", True)):
        page = client.post(address(cast), {**TYPED, "area_m2": area, "do": "save"})
        assert ("reason_area_m2" in page.context["form"].errors if page.status_code == 422 else False) is asked, area
        Estimate.objects.all().delete()
    last = {**LAST, "last_area_m2": "2021700", "last_coal_t": "202171"}
    errors = client.post(address(cast), {**TYPED, **last, "area_m2": "673900", "do": "save"}).context["form"].errors
    assert set(errors) == {"reason_last_coal_t"}
    cast.community.heated_area_m2 = None
    cast.community.save()
    errors = client.post(address(cast), {**TYPED, "area_m2": "9999", "do": "save"}).context["form"].errors
    assert set(errors) == {"reason_area_m2"}


def test_old_rows_that_give_nothing_do_not_break_a_page(cast: Cast, client_as: Browser) -> None:
    nothing = make_estimate(
        company=cast.chengyuan, season=cast.season, by=cast.chengyuan_admin, area_m2=Decimal("0.01"),
        **{**LAST_SEASON, "last_area_m2": Decimal("0.01")},
    )  # fmt: skip
    target = make_target(nothing, quantity_t=Decimal(1))
    client = client_as(cast.chengyuan_admin)
    assert "两种方法无法比较" in text(client.get(address(cast)))
    assert "平均日 —（日耗煤是 0）" in text(client.get(target.get_absolute_url()))
    assert client_as(cast.development_officer).get("/coal/estimates/").status_code == 200


def test_without_last_season_there_is_one_method(cast: Cast, client_as: Browser) -> None:
    shown = text(client_as(cast.chengyuan_admin).post(address(cast), {**TYPED, "do": "try"}))
    assert "没有填上季耗煤，只有一种方法的结果" in shown
    assert "53 936" in shown


def test_last_seasons_coal_needs_what_it_was_burnt_under(cast: Cast, client_as: Browser) -> None:
    page = client_as(cast.chengyuan_admin).post(address(cast), {**TYPED, "last_coal_t": "50000", "do": "save"})
    assert page.status_code == 422
    assert text(page).count("填了上季耗煤，这一项也要填") == 8  # four fields, each in the summary too
    assert not Estimate.objects.exists()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"mean_c": "18"}, "室外平均 18 ℃ 不低于室内 18 ℃"),
        ({"design_c": "-4"}, "室外计算温度 -4 ℃ 应不高于室外平均温度 -5 ℃"),
        ({"boiler_efficiency": "80"}, "填的是 80，效率应在 0 到 1 之间"),
        ({"area_m2": "0"}, "应大于 0"),
        ({"heat_value_mj_per_kg": "500"}, "热值写的是“500”，请写成"),
        ({"heat_value_mj_per_kg": "45 MJ/kg"}, "不像煤的热值"),
        ({"heating_days": ""}, "必填"),
    ],
)
def test_what_cannot_be_is_said_where_it_stands(
    cast: Cast, client_as: Browser, typed: dict[str, str], said: str
) -> None:
    page = client_as(cast.chengyuan_admin).post(address(cast), {**TYPED, **typed, "do": "save"})
    assert page.status_code == 422
    assert said in text(page)
    assert not Estimate.objects.exists()


def test_outside_the_usual_needs_a_reason(cast: Cast, client_as: Browser) -> None:
    client, typed = client_as(cast.chengyuan_admin), {**TYPED, "heat_index_w_per_m2": "70"}
    tried = client.post(address(cast), {**typed, "do": "try"})
    assert tried.status_code == 200
    assert "面积热指标超出常见范围的理由" in text(tried)
    refused = client.post(address(cast), {**typed, "do": "save"})
    assert refused.status_code == 422
    assert "请填写理由，或改为常见范围内的数" in text(refused)
    # What it comes to is shown all the same: 70 W/㎡ in the place of 45.
    assert "140 000 kW" in text(refused)
    assert not Estimate.objects.exists()
    client.post(address(cast), {**typed, "reason_heat_index_w_per_m2": "老旧小区未做保温", "do": "save"})
    saved = Estimate.objects.get()
    assert saved.reasons == {"heat_index_w_per_m2": "老旧小区未做保温"}
    assert AuditEntry.objects.of(saved).get().changes["面积热指标的理由"] == [None, "老旧小区未做保温"]


def test_the_bounds_are_the_countys_own(cast: Cast, client_as: Browser) -> None:
    officer, company = client_as(cast.development_officer), client_as(cast.chengyuan_admin)
    page = officer.get(reverse("coal:parameters"))
    typed = {box.html_name: str(box.value()) for _, boxes, _ in page.context["form"].rows for box in boxes if box}
    typed |= {"heat_index_w_per_m2_most": "80", "cover_days_typical": "20"}
    assert officer.post(reverse("coal:parameters"), typed).status_code == 302
    company.post(address(cast), {**TYPED, "heat_index_w_per_m2": "70", "do": "save"})
    assert Estimate.objects.get().reasons == {}
    entry = AuditEntry.objects.get(action="修改测算参数")
    assert entry.changes == {
        "面积热指标": ["40 至 65，常用 45", "40 至 80，常用 45"],
        "供暖期最低可用天数": ["0 至 60，常用 15", "0 至 60，常用 20"],
    }
    # Another county keeps what the site comes with.
    foreign = reverse("coal:estimate", args=[cast.foreign.season.pk, cast.foreign.company.pk])
    page = client_as(cast.foreign.company_admin).post(foreign, {**TYPED, "heat_index_w_per_m2": "70", "do": "save"})
    assert page.status_code == 422


def test_bounds_out_of_order_are_refused(cast: Cast, client_as: Browser) -> None:
    officer = client_as(cast.development_officer)
    page = officer.get(reverse("coal:parameters"))
    typed = {box.html_name: str(box.value()) for _, boxes, _ in page.context["form"].rows for box in boxes if box}
    refused = officer.post(reverse("coal:parameters"), {**typed, "indoor_c_typical": "25"})
    assert refused.status_code == 422
    assert "应在下限 16 和上限 20 之间" in text(refused)


def test_a_cold_winter_says_how_cold_it_is(cast: Cast, client_as: Browser) -> None:
    for year, mean_c in ((2023, "-4.0"), (2024, "1.0"), (2025, "-6.0")):
        a_winter_of(cast.season, year, mean_c)
    typed = {**TYPED, "winter": "cold", "mean_c": "0", "heating_days": "121"}
    page = client_as(cast.chengyuan_admin).post(address(cast), {**typed, "do": "save"}, follow=True)
    assert "按冷冬（P90）测算（2025-2026），本季度日数 2 904 ℃·d" in text(page)
    saved = Estimate.objects.get()
    # 121 days of 24 degree-days.
    assert (saved.winter_name, saved.mean_c, saved.degree_days) == ("2025-2026", Decimal("-6.0"), 2904)
    other = client_as(cast.chengyuan_admin).post(address(cast), {**typed, "winter": "median", "do": "try"})
    assert "按一般冬天（P50）测算（2023-2024），本季度日数 2 662 ℃·d" in text(other)
    mean = client_as(cast.chengyuan_admin).post(address(cast), {**typed, "winter": "mean", "do": "try"})
    assert "按历年平均测算（3 个冬天），本季度日数 2 541 ℃·d" in text(mean)


def test_a_longer_season_has_more_degree_days_of_the_same_winter(cast: Cast, client_as: Browser) -> None:
    a_winter_of(cast.season, 2025, "-6.0")
    page = client_as(cast.chengyuan_admin).post(address(cast), {**TYPED, "winter": "cold", "do": "try"})
    assert "本季度日数 3 600 ℃·d" in text(page)  # 150 days of 24


def test_without_temperatures_there_is_only_the_design_value(cast: Cast, client_as: Browser) -> None:
    page = client_as(cast.chengyuan_admin).get(address(cast))
    assert "还没有历年气温资料，只能按设计值测算" in text(page)
    assert client_as(cast.chengyuan_admin).post(
        address(cast), {**TYPED, "winter": "cold", "do": "save"}
    ).status_code == 422  # fmt: skip


def test_the_first_form_knows_what_is_known(cast: Cast, client_as: Browser) -> None:
    cast.community.heated_area_m2 = Decimal("38500.50")
    cast.community.save()
    a_winter_of(cast.season, 2025, "-6.0")
    make_estimate(company=cast.chengyuan, season=cast.last_season, by=cast.chengyuan_admin)
    form = client_as(cast.chengyuan_admin).get(address(cast)).context["form"]
    shown = {name: form[name].value() for name in ("area_m2", "heating_days", "last_degree_days", "last_area_m2")}
    assert shown == {
        "area_m2": "38500.5", "heating_days": "121", "last_degree_days": "2904", "last_area_m2": "2000000",
    }  # fmt: skip
    assert form["last_coal_t"].value() is None


def test_what_a_target_rests_on_stays(cast: Cast, client_as: Browser) -> None:
    estimate = make_estimate(company=cast.chengyuan, season=cast.season, by=cast.chengyuan_admin, **LAST_SEASON)
    make_target(estimate)
    estimate.is_frozen, estimate.results = True, estimate.frozen_results()
    estimate.save()
    client = client_as(cast.chengyuan_admin)
    page = client.post(address(cast), {**TYPED, "seen": "1.1", "area_m2": "2100000", "do": "save"}, follow=True)
    assert "第 1 次测算已用于目标，保持不变；已另存为第 2 次测算。" in text(page)
    assert list(Estimate.objects.order_by("number").values_list("number", "area_m2", "is_frozen")) == [
        (1, Decimal(2_000_000), True), (2, Decimal(2_100_000), False),
    ]  # fmt: skip
    # The same once more changes nothing.
    client.post(address(cast), {**TYPED, "seen": "2.1", "area_m2": "2100000", "do": "save"})
    assert Estimate.objects.count() == 2
    assert "53 936" in text(client.get(estimate.get_absolute_url()))


def test_who_was_second_sees_it_and_keeps_what_was_typed(cast: Cast, client_as: Browser) -> None:
    first, second = client_as(cast.chengyuan_admin), client_as(cast.development_officer)
    first.post(address(cast), {**TYPED, "do": "save"})
    late = second.post(address(cast), {**TYPED, "area_m2": "1900000", "do": "save"})
    assert late.status_code == 409
    assert "程源 刚刚保存了第 1 次测算" in text(late)
    assert (late.context["form"]["area_m2"].value(), late.context["form"]["seen"].value()) == ("1900000", "1.1")
    assert Estimate.objects.get().area_m2 == 2_000_000
    second.post(address(cast), {**TYPED, "area_m2": "1900000", "seen": "1.1", "do": "save"})
    assert Estimate.objects.get().area_m2 == 1_900_000


def test_others_may_try_but_not_save(cast: Cast, client_as: Browser) -> None:
    for user in (cast.inspector, cast.leader):
        assert client_as(user).post(address(cast), {**TYPED, "do": "try"}).status_code == 200
        assert client_as(user).post(address(cast), {**TYPED, "do": "save"}).status_code == 403
    assert client_as(cast.beiyuan_clerk).get(address(cast)).status_code == 404
    assert client_as(cast.township_officer).get(address(cast)).status_code == 404
    assert not Estimate.objects.exists()


def test_the_list_is_the_countys_or_ones_own(cast: Cast, client_as: Browser) -> None:
    make_estimate(company=cast.beiyuan, season=cast.season, by=cast.beiyuan_admin, **LAST_SEASON)
    shown = text(client_as(cast.development_officer).get(reverse("coal:estimate_list")))
    assert "城源热力有限公司" in shown and "还没有测算" in shown and "52 500" in shown
    assert client_as(cast.beiyuan_clerk).get(reverse("coal:estimate_list")).status_code == 302
    township = text(client_as(cast.township_officer).get(reverse("coal:estimate_list")))
    assert "52 500" not in township
