"""Free text search finds no order by a phone that stands right behind a name, or is written in other groups of digits:
what is searched is put together anew where such a number may be."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db import migrations
from django.db.models import Q

from complaints.rules import search_terms

AT_ONCE = 1000
MAY_BE_A_PHONE = r"[0-9０-９]{3}"
READ = ("number", "outside_number", "address", "content", "caller", "search_terms")


def _changed(orders: Any) -> Iterator[Any]:
    written = orders.filter(Q(content__regex=MAY_BE_A_PHONE) | Q(address__regex=MAY_BE_A_PHONE)).order_by("pk")
    for order in written.only(*READ).iterator(chunk_size=AT_ONCE):
        now = search_terms(order)
        if now != order.search_terms:
            order.search_terms = now
            yield order


def put_together(apps: Any, editor: Any) -> None:
    orders = apps.get_model("complaints", "Order").objects.using(editor.connection.alias)
    changed = _changed(orders)
    while part := list(islice(changed, AT_ONCE)):
        orders.bulk_update(part, ["search_terms"])


class Migration(migrations.Migration):
    dependencies = [("complaints", "0013_covering_indexes")]

    operations = [migrations.RunPython(put_together, migrations.RunPython.noop)]
