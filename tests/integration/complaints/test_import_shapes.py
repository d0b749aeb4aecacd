"""Exports of other shapes: 同上, sums and footers that are filled in like orders, houses in columns of their own."""

import pytest

from complaints.models import Order
from tests.cast import Cast
from tests.integration.complaints.test_import import WHEN, bring_in, line, stage, table

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("summer"), pytest.mark.either_database]


def test_what_refers_to_nothing_above_holds_its_row(cast: Cast) -> None:
    batch = stage(cast.hotline, table(line("LL1", 诉求人="同上"), line("LL2", 诉求人="同上", 诉求内容="家里不热")))
    first, second = batch.rows.order_by("row")
    assert (first.pile, first.fields["caller"]) == ("waits", None)
    said = [(each["cell"], each["read"], each["expected"]) for each in first.problems]
    assert said == [("D2", "同上", "上面没有可以照抄的一行，请写明")]
    assert (second.pile, second.problems[0]["cell"]) == ("waits", "D3"), "it refers to the first, which says nothing"


def test_sums_notes_and_footers_are_no_orders_however_full(cast: Cast) -> None:
    full = {"诉求内容": "共1件", "诉求地址": "幸福小区"}
    firsts = (
        "幸福小区小计", "8月2日小计", "本月合计（件）", "城源热力有限公司小计：", "制表人：王芳", "备注：以上为8月工单",
        "说明：",
    )  # fmt: skip
    batch = stage(cast.hotline, table(line("LL1"), *(line(first, **full) for first in firsts)))
    assert [row.pile for row in batch.rows.order_by("row")] == ["ready", *["skipped"] * len(firsts)]


def test_a_house_in_columns_of_its_own_is_an_address(cast: Cast) -> None:
    head = ("工单编号", "来电时间", "小区", "楼号", "单元", "房间号", "诉求类型", "诉求内容")
    rows = [("LL1", WHEN, "幸福小区", "3", "2", "501", "温度不达标", "家里不热"),
            ("LL2", WHEN, "无名小区", "6号楼", "", "702", "温度不达标", "家里不热")]  # fmt: skip
    batch = stage(cast.hotline, table(*rows, head=head))
    bring_in(batch, dispatch=True, queue=True)
    addresses = Order.objects.order_by("pk").values_list("address", "status")
    assert list(addresses) == [("幸福小区3号楼2单元501室", "dispatched"), ("无名小区6号楼702室", "new")]
    orders = Order.objects.all()
    assert [order.outside_number for order in orders.filter(orders.search_condition("幸福小区"))] == ["LL1"]
