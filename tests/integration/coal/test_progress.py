"""Progress tables in and beside the book, by the pages and commands that every kind of ledger has."""

import datetime as dt
import io
import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.models import Unit
from audit.models import AuditEntry
from coal.bookkeeping import record_movement, reverse
from coal.enums import MovementKind
from coal.models import Movement, ProgressLine
from coal.progress_selectors import snapshot
from common.spreadsheets.models import ImportBatch, Pile
from tests.cast import Cast
from tests.coal_factories import make_contract, make_estimate, make_target
from tests.factories import YardFactory
from tests.workbooks import xlsx

pytestmark = [pytest.mark.either_database, pytest.mark.django_db]
SignIn = Callable[[Any], Client]
DAY = dt.date(2026, 7, 20)
MERGED = ("A1:L1", "G3:H3", *(f"{column}3:{column}4" for column in "ABCDEFIJKL"))
TOP: list[Sequence[Any]] = [
    ["临岭县“冬煤夏储”工作进展情况统计表"],
    ["填报单位：临岭县发展和改革局", *[""] * 7, "截止日期：2026年7月20日", "", "单位：吨、万平方米"],
    [
        "序号", "企业名称", "供热面积", "本采暖季需煤量", "储备目标", "合同签订量", "累计到货", "", "累计耗用",
        "当前库存", "完成率", "收到基低位发热量（kcal/kg）",
    ],
    [*[""] * 6, "长协", "市场煤"],
]  # fmt: skip
GOOD = [1, "城源热力有限公司", 300.4, 79005, "55,303", 61751, 25655, 16721, 0, 42376, "=J5/E5", 4733]
BAD = [2, "北苑供热站", 230.8, 55622, 44497, 42203, 17697, 11481, 350, 30028, "=J6/E6", 4761]
TOTAL = ["合计", "", 531.2, 134627, 99800, 103954, 43352, 28202, 350, 72404]


def text(response: Any) -> str:
    return str(response.content.decode()).replace("\u00a0", " ")


def table(*rows: Sequence[Any]) -> bytes:
    return xlsx([*TOP, *rows, TOTAL, ["制表：      审核：      制表时间：2026-07-20 17:30"]], merge=MERGED)


def read(path: Path, content: bytes, *options: str, username: str = "ll_admin") -> tuple[list[dict[str, Any]], int]:
    """(rows as the command prints them, its exit code)"""
    path.write_bytes(content)
    out, code = io.StringIO(), 0
    try:
        call_command(
            "import_ledger", str(path), "--kind", "coal", "--as", username, "--json", *options, stdout=out
        )  # fmt: skip
    except SystemExit as ended:
        code = int(ended.code or 0)
    return json.loads(out.getvalue())["rows"], code


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "进度.xlsx"


def test_a_table_with_a_head_over_two_rows_totals_and_thousands(cast: Cast, summer: Any, file: Path) -> None:
    rows, code = read(file, table(GOOD, BAD))
    assert code == 0
    assert [(row["row"], row["pile"]) for row in rows] == [
        (5, "ready"), (6, "ready"), (7, "skipped"), (8, "skipped"),
    ]  # fmt: skip
    fields = rows[0]["fields"]
    assert {name: fields[name] for name in ("company", "reported_on", "heat_value_mj_per_kg")} == {
        "company": "城源热力有限公司", "reported_on": "2026-07-20", "heat_value_mj_per_kg": "19.8161",
    }  # fmt: skip
    numbers = ("area_10k_m2", "need_t", "target_t", "contract_t", "arrived_long_term_t", "arrived_spot_t", "used_t",
               "stock_reported_t", "stock_by_movements_t")  # fmt: skip
    assert [float(fields[name]) for name in numbers] == [
        300.4, 79005, 55303, 61751, 25655, 16721, 0, 42376, 42376,
    ]  # fmt: skip
    line = ProgressLine.objects.get(company=cast.chengyuan)
    assert (line.reported_on, line.county, line.target_t) == (DAY, cast.county, Decimal(55303))
    assert AuditEntry.objects.filter(action="导入储备进度").count() == 2
    assert not Movement.objects.exists(), "the book is nobody's but the companies'"


def test_a_stock_that_its_own_movements_do_not_give_is_taken_and_names_both(
    cast: Cast, summer: Any, file: Path
) -> None:
    rows, _ = read(file, table(GOOD, BAD))
    assert rows[0]["problems"] == []
    [problem] = rows[1]["problems"]
    assert (problem["field"], problem["read"]) == ("stock_reported_t", "30028")
    assert problem["expected"] == "按到货减耗用应为 28828 吨，填报的是 30028 吨，请与填报单位核对"
    assert rows[1]["fields"]["stock_by_movements_t"] == "28828"
    assert ProgressLine.objects.get(company=cast.beiyuan).stock_reported_t == 30028


def test_what_was_left_over_counts_with_the_arrivals(cast: Cast, summer: Any, file: Path) -> None:
    head = ["序号", "企业名称", "截止日期", "上季结余（吨）", "累计到货", "累计耗用", "库存（万吨）"]
    rows, _ = read(file, xlsx([["储煤情况表"], head, [1, "城源热力有限公司", "2026年7月20日", 500, 1000, 200, 0.13]]))
    assert rows[0]["problems"] == []
    assert rows[0]["fields"]["stock_by_movements_t"] == "1300"


@pytest.mark.parametrize(
    ("title", "line"),
    [
        ("临岭县“冬煤夏储”工作进展情况统计表（单位：万吨）", "截止日期：2026年7月20日"),
        ("临岭县“冬煤夏储”工作进展情况统计表", "填报单位：临岭县发展和改革局  截止日期：2026年7月20日  单位：万吨"),
    ],
)
def test_a_unit_of_all_columns_is_found_wherever_it_is_named_above(
    cast: Cast, file: Path, title: str, line: str
) -> None:
    head = ["序号", "企业名称", "储备目标", "累计到货", "当前库存"]
    content = xlsx([[title], [line], head, [1, "城源热力有限公司", 5.5303, 4.2376, 1.2345]], merge=("A1:E1", "A2:E2"))
    [row], _ = read(file, content)
    found = [Decimal(row["fields"][name]) for name in ("target_t", "arrived_spot_t", "stock_reported_t")]
    assert found == [55303, 42376, 12345]


def test_the_same_table_again_changes_nothing_and_another_figure_is_offered(
    cast: Cast, summer: Any, file: Path
) -> None:
    read(file, table(GOOD))
    rows, _ = read(file, table(GOOD))
    assert rows[0]["pile"] == "repeat"
    rows, _ = read(file, table([*GOOD[:9], 42000, *GOOD[10:]]))
    assert rows[0]["pile"] == "repeat"
    assert ProgressLine.objects.get().stock_reported_t == 42376
    [row] = ImportBatch.objects.latest("pk").rows.filter(pile=Pile.UPDATE)
    assert [(change["field"], change["old"], change["new"]) for change in row.changes] == [
        ("stock_reported_t", "42376", "42000")
    ]


def test_an_unknown_company_waits_or_is_made_if_asked_to(cast: Cast, summer: Any, file: Path) -> None:
    stranger = [1, "河东热源有限公司", *GOOD[2:]]
    rows, code = read(file, table(stranger), "--dry-run")
    assert (rows[0]["pile"], code) == ("waits", 1)
    rows, code = read(file, table(stranger), "--create-missing")
    assert (rows[0]["pile"], code) == ("ready", 0)
    assert ProgressLine.objects.get().company == Unit.objects.get(name="河东热源有限公司")


def test_beside_the_book(cast: Cast, summer: Any, file: Path, client_as: SignIn) -> None:
    yard = YardFactory(company=cast.chengyuan, county=cast.county)
    record_movement(
        yard, by=cast.chengyuan_admin, kind=MovementKind.ARRIVAL, day=dt.date(2026, 6, 1), quantity_t=Decimal(42000)
    )  # fmt: skip
    make_contract(company=cast.chengyuan, by=cast.chengyuan_admin, quantity_t=Decimal(60000))
    estimate = make_estimate(company=cast.chengyuan, season=cast.season, by=cast.chengyuan_admin)
    make_target(estimate, status="approved", need_t=Decimal(79005), quantity_t=Decimal(55000))
    read(file, table(GOOD, BAD))
    first, second = sorted(snapshot(cast.admin, DAY), key=lambda line: line.line.company == cast.beiyuan)
    assert [(each.label, each.told_t, each.booked_t, each.difference_t) for each in first.figures] == [
        ("本季需煤量", 79005, 79005, 0), ("储备目标", 55303, 55000, 303), ("合同签订量", 61751, 60000, 1751),
        ("上季结余", first.line.opening_stock_t, None, None), ("累计到货", 42376, 42000, 376),
        ("其中长协到货", 25655, 0, 25655), ("其中市场煤到货", 16721, 0, 16721),
        ("累计耗用", 0, 0, 0), ("库存", 42376, 42000, 376),
        ("供热面积（万㎡）", first.line.area_10k_m2, 200, first.line.area_10k_m2 - 200),
        ("热值（MJ/kg）", first.line.heat_value_mj_per_kg, Decimal("20.934"), first.figures[-1].difference_t),
    ]  # fmt: skip
    assert second.is_contradictory
    assert not first.is_contradictory
    page = client_as(cast.admin).get("/coal/progress/2026-07-20/").content.decode()
    assert "2 家企业中 2 家与系统里的流水不一致" in page
    assert "按到货减耗用应为 28 828 t，填报库存 30 028 t" in page.replace("\u00a0", " ")
    assert client_as(cast.beiyuan_clerk).get("/coal/progress/2026-07-20/").content.decode().count("城源") == 0
    assert client_as(cast.foreign.admin).get("/coal/progress/2026-07-20/").status_code == 404


def test_what_came_is_held_against_the_kinds_of_its_contracts(
    cast: Cast, summer: Any, file: Path, client_as: SignIn
) -> None:
    """25 000 t under a long-term contract, 16 000 t under one of the market, of which 1 000 t were reversed; 500 t
    without a contract, 60 t with a number that names none."""
    yard, by = YardFactory(company=cast.chengyuan), cast.chengyuan_admin
    make_contract(company=cast.chengyuan, by=by, number="L", kind="long_term")
    make_contract(company=cast.chengyuan, by=by, number="S", kind="spot")
    came = [
        record_movement(
            yard, by=by, kind=MovementKind.ARRIVAL, day=dt.date(2026, 6, 1), quantity_t=Decimal(tonnes), contract=number
        )
        for tonnes, number in ((25_000, "L"), (15_000, "S"), (1_000, "S"), (500, ""), (60, "N"))
    ]
    reverse(came[2], by=by, reason="重复登记")
    read(file, table(GOOD))
    [line] = snapshot(cast.admin, DAY)
    split = {each.label: (each.told_t, each.booked_t) for each in line.figures if each.label.startswith("其中")}
    assert split == {"其中长协到货": (25_655, 25_000), "其中市场煤到货": (16_721, 15_000)}
    assert line.of_no_kind_t == 560
    assert "另有 560 t 到货没有登记在已知的合同下" in text(client_as(cast.admin).get("/coal/progress/2026-07-20/"))


def test_a_table_that_does_not_tell_the_kinds_apart_is_not_held_against_them(
    cast: Cast, summer: Any, file: Path
) -> None:
    head = ["序号", "企业名称", "截止日期", "累计到货", "累计耗用", "库存"]
    read(file, xlsx([["储煤情况表"], head, [1, "城源热力有限公司", "2026年7月20日", 1000, 200, 800]]))
    [line] = snapshot(cast.admin, DAY)
    assert not [each.label for each in line.figures if each.label.startswith("其中")]


def test_all_differences_the_farthest_off_first(cast: Cast, summer: Any, file: Path, client_as: SignIn) -> None:
    for company, by, tonnes in (
        (cast.chengyuan, cast.chengyuan_admin, 42_000), (cast.beiyuan, cast.beiyuan_admin, 20_000),
    ):  # fmt: skip
        record_movement(
            YardFactory(company=company), by=by, kind=MovementKind.ARRIVAL, day=dt.date(2026, 6, 1),
            quantity_t=Decimal(tonnes),
        )  # fmt: skip
    read(file, table(GOOD, BAD))
    client, address = client_as(cast.admin), "/coal/progress/2026-07-20/"

    def shown(**query: Any) -> list[tuple[str, str, Any]]:
        form = client.get(address, query).context["form"]
        return [(each.line.company.label, each.figure.label, each.figure.off_percent) for each in form.shown]

    # By the book nothing came under a contract and nothing was used; then 9 178 of 20 000, 10 028 of them in the yard.
    assert shown() == [
        (cast.chengyuan.label, "其中长协到货", None), (cast.beiyuan.label, "其中长协到货", None),
        (cast.chengyuan.label, "其中市场煤到货", None), (cast.beiyuan.label, "其中市场煤到货", None),
        (cast.beiyuan.label, "累计耗用", None), (cast.beiyuan.label, "库存", Decimal("50.1")),
        (cast.beiyuan.label, "累计到货", Decimal("45.9")), (cast.chengyuan.label, "累计到货", Decimal("0.9")),
        (cast.chengyuan.label, "库存", Decimal("0.9")),
    ]  # fmt: skip
    assert [each[1] for each in shown(company=cast.chengyuan.pk)] == [
        "其中长协到货", "其中市场煤到货", "累计到货", "库存",
    ]  # fmt: skip
    assert [each[0] for each in shown(figure="库存")] == [cast.beiyuan.label, cast.chengyuan.label]
    assert shown(company=cast.chengyuan.pk, figure="累计耗用") == []
    # A choice that is none narrows nothing.
    assert len(shown(company="x")) == 9
    assert "2 / 9 处" in text(client.get(address, {"figure": "库存"}))
