"""Households as one word, however their fields were filled in: what was typed as 3号楼 / 2单元 / 501室 is 3:2:501 now."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db import migrations

from complaints.houses import house_in_fields

AT_ONCE = 1000


def _changed(orders: Any) -> Iterator[Any]:
    named = (
        orders.exclude(household="")
        .only("community_id", "building", "building_unit", "room", "household")
        .order_by("pk")
    )
    for order in named.iterator(chunk_size=AT_ONCE):
        house = house_in_fields(order.building, order.building_unit, order.room)
        household = ":".join([str(order.community_id), house.building, house.unit, house.room])[:80]
        if household != order.household:
            order.household = household
            yield order


def normalise_households(apps: Any, editor: Any) -> None:
    orders = apps.get_model("complaints", "Order").objects.using(editor.connection.alias)
    changed = _changed(orders)
    while part := list(islice(changed, AT_ONCE)):
        orders.bulk_update(part, ["household"])


class Migration(migrations.Migration):
    dependencies = [("complaints", "0005_hazards_by_occasion")]

    operations = [migrations.RunPython(normalise_households, migrations.RunPython.noop)]
