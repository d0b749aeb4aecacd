"""What was registered before households were normalised is found beside what comes in now."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from complaints.models import Order
from complaints.rules import digits_reversed
from tests.cast import Cast
from tests.orders import registered

pytestmark = [pytest.mark.either_database, pytest.mark.django_db, pytest.mark.usefixtures("summer")]

migration = import_module("complaints.migrations.0011_households")
EDITOR = SimpleNamespace(connection=connection)


def test_households_of_before_are_normalised(cast: Cast) -> None:
    old, room = registered(cast, building="3号楼", building_unit="2单元", room="501室"), registered(cast, room="")
    Order.objects.filter(pk=old.pk).update(household=f"{cast.community.pk}:3号楼:2单元:501室")
    migration.normalise_orders(apps, EDITOR)
    assert Order.objects.get(pk=old.pk).household == f"{cast.community.pk}:3:2:501"
    assert Order.objects.get(pk=room.pk).household == ""


def test_numbers_of_before_are_normalised_but_for_those_that_are_taken(cast: Cast) -> None:
    low, taken, wide = (registered(cast, source="hotline", outside_number=number) for number in ("A1", "B1", "B2"))
    for order, number in ((low, "a1"), (wide, "ｂ1")):
        Order.objects.filter(pk=order.pk).update(outside_number=number)
    migration.normalise_numbers(apps, EDITOR)
    numbers = dict(Order.objects.values_list("pk", "outside_number"))
    assert numbers == {low.pk: "A1", taken.pk: "B1", wide.pk: "ｂ1"}


def test_phones_of_before_are_reckoned_anew(cast: Cast) -> None:
    said = {"两个": "13811110000、13922220000", "没有": "", "热线": "12345"}
    orders = {name: registered(cast, phone=phone) for name, phone in said.items()}
    Order.objects.update(phone_reversed="000022229310000111831")
    Order.objects.filter(pk=orders["没有"].pk).update(phone="未提供")
    migration.normalise_orders(apps, EDITOR)
    kept = {name: Order.objects.get(pk=order.pk) for name, order in orders.items()}
    assert {name: (order.phone, order.phone_reversed) for name, order in kept.items()} == {
        "两个": ("13811110000、13922220000", "00001111831"), "没有": ("", ""), "热线": ("12345", ""),
    }  # fmt: skip


def test_people_are_taken_out_of_the_rows_of_before(cast: Cast) -> None:
    raw = {
        "诉求地址": "幸福小区3号楼",
        "家属手机": "13911113333",
        "备注": "找赵钱孙13911114444",
        "诉求内容": "王先生家不热",
    }
    order = registered(cast, origin={"file": "a.csv", "row": 2, "raw": raw})
    migration.normalise_orders(apps, EDITOR)
    kept = Order.objects.get(pk=order.pk).origin
    assert kept == {"file": "a.csv", "row": 2, "raw": {"诉求地址": "幸福小区3号楼", "诉求内容": "诉求人家不热"}}


@pytest.mark.parametrize(
    ("phone", "digits"),
    [
        ("13811110000", "13811110000"), ("138 1111 0000", "13811110000"), ("+86 13811110000", "13811110000"),
        ("8613811110000", "13811110000"), ("１３８１１１１００００", "13811110000"), ("13811110000.0", "13811110000"),
        ("13811110000、13922220000", "13811110000"), ("13811110000 13922220000", "13811110000"),
        ("王先生13811110000", "13811110000"), ("0531-88881234转801", "053188881234"),
        ("0531-88881234-801", "053188881234"), ("12345，13811110000", "13811110000"), ("12345", ""),
        ("138****0000", ""), ("未提供", ""), ("", ""),
    ],
)  # fmt: skip
def test_whom_a_phone_reaches(phone: str, digits: str) -> None:
    assert digits_reversed(phone)[::-1] == digits


def test_what_was_searched_before_loses_phones_behind_names(cast: Cast) -> None:
    order = registered(cast, caller="郑测丙", content="郑测丙13866665555反映不热")
    wanted = order.search_terms
    Order.objects.update(search_terms=f"{wanted} 13 38 86 66 65 55")
    import_module("complaints.migrations.0014_search_terms").put_together(apps, EDITOR)
    assert Order.objects.get().search_terms == wanted
    assert "66" not in wanted
