"""What is kept beside an order to find it by, as it is reckoned now: the household, however its fields were filled in
(3号楼 / 2单元 / 501室 is 3:2:501), and the first phone at which somebody can be reached, if there is one; words are no
phone. Of the rows of imported tables what is personal is left out, in whatever column it stood. Numbers of other systems are kept as they are compared: ll9 and ＬＬ9 are LL9.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db import migrations

from complaints.houses import house_in_fields
from complaints.ledger import ORDERS
from complaints.personal import without_people
from complaints.rules import digits_reversed, outside_number, phone_of

AT_ONCE = 1000
# The heads of columns that are read, as tables have them.
READ = {head for column in ORDERS.columns if column.name not in ("caller", "phone") for head in column.heads}


FIELDS = ("household", "phone", "phone_reversed", "origin")


def _as_now(order: Any) -> tuple[Any, ...]:
    household = order.household
    if household:
        house = house_in_fields(order.building, order.building_unit, order.room)
        household = ":".join([str(order.community_id), house.building, house.unit, house.room])[:80]
    phone = phone_of(order.phone)
    origin = order.origin
    if raw := origin.get("raw"):
        origin = {**origin, "raw": without_people(raw, read=READ, caller=order.caller)}
    return household, phone, digits_reversed(phone), origin


def _changed(orders: Any) -> Iterator[Any]:
    kept = orders.only("community_id", "building", "building_unit", "room", "caller", *FIELDS).order_by("pk")
    for order in kept.iterator(chunk_size=AT_ONCE):
        now = _as_now(order)
        if now != tuple(getattr(order, name) for name in FIELDS):
            for name, value in zip(FIELDS, now, strict=True):
                setattr(order, name, value)
            yield order


def normalise_orders(apps: Any, editor: Any) -> None:
    orders = apps.get_model("complaints", "Order").objects.using(editor.connection.alias)
    changed = _changed(orders)
    while part := list(islice(changed, AT_ONCE)):
        orders.bulk_update(part, FIELDS)


def normalise_numbers(apps: Any, editor: Any) -> None:
    """Numbers of other systems as they are compared from now on. Of two that are the same now the second stays."""
    orders = apps.get_model("complaints", "Order").objects.using(editor.connection.alias)
    numbered = orders.exclude(outside_number="").order_by("pk")
    for order in numbered.only("county_id", "source", "outside_number").iterator(chunk_size=AT_ONCE):
        number = outside_number(order.outside_number)
        same = {"county": order.county_id, "source": order.source, "outside_number": number}
        if number != order.outside_number and not orders.filter(**same).exists():
            orders.filter(pk=order.pk).update(outside_number=number)


class Migration(migrations.Migration):
    dependencies = [("complaints", "0010_whose_cluster")]

    operations = [
        migrations.RunPython(normalise_orders, migrations.RunPython.noop),
        migrations.RunPython(normalise_numbers, migrations.RunPython.noop),
    ]
