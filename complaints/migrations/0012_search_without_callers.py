from typing import Any

from django.db import migrations
from django.db.models import F, Q

from complaints.rules import search_terms

AT_ONCE = 1000


def without_callers(apps: Any, editor: Any) -> None:
    """What free text search looks at is written anew where a phone or the caller's name stands in it."""
    Order = apps.get_model("complaints", "Order")
    said = Q(content__regex=r"\d{4}[ -]?\d{3}") | Q(address__regex=r"\d{4}[ -]?\d{3}")
    named = ~Q(caller="") & (Q(content__contains=F("caller")) | Q(address__contains=F("caller")))
    some = []
    for order in Order.objects.filter(said | named).iterator(chunk_size=AT_ONCE):
        order.search_terms = search_terms(order)
        some.append(order)
        if len(some) == AT_ONCE:
            Order.objects.bulk_update(some, ["search_terms"])
            some = []
    Order.objects.bulk_update(some, ["search_terms"])


class Migration(migrations.Migration):
    dependencies = [("complaints", "0011_households")]

    operations = [migrations.RunPython(without_callers, migrations.RunPython.noop)]
