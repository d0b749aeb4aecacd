"""The stored heat of every day, by the batches that its arrivals name now.

When numbers got one form, arrivals came to name batches that the laboratory has tested, and their stored heat stayed.
"""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings
from django.db import migrations

CENT = Decimal("0.01")


def put_right(apps, editor):
    models = {name: apps.get_model("coal", name).objects for name in ("Movement", "QualityBatch", "StockDay", "Yard")}
    for yard in models["Yard"].all():
        batches = models["QualityBatch"].filter(company=yard.company_id, heat_value_mj_per_kg__isnull=False)
        tested = dict(batches.values_list("number", "heat_value_mj_per_kg"))
        came = came_by_day(models["Movement"].filter(yard=yard), tested)
        received, changed = Decimal(0), []
        for row in models["StockDay"].filter(yard=yard).order_by("day"):
            received += came[row.day]
            if (row.came_gj, row.received_gj) != (came[row.day], received):
                row.came_gj, row.received_gj = came[row.day], received
                changed.append(row)
        models["StockDay"].bulk_update(changed, ["came_gj", "received_gj"], batch_size=500)


def came_by_day(movements, tested):
    """GJ that came into a yard on each day and hold, by the laboratory's heat value, else by what was told."""
    gone = set(movements.filter(reverses__isnull=False).values_list("reverses", flat=True))
    came = defaultdict(Decimal)
    inflows = movements.filter(kind__in=("arrival", "transfer_in")).order_by()
    fields = inflows.values_list("pk", "day", "quantity_t", "batch", "heat_value_mj_per_kg")
    for pk, day, quantity_t, batch, told in fields.iterator():
        value = tested.get(batch, settings.COAL_USUAL_HEAT_VALUE_MJ_PER_KG if told is None else told)
        if pk not in gone:
            came[day] += (quantity_t * value).quantize(CENT, ROUND_HALF_UP)
    return came


class Migration(migrations.Migration):
    dependencies = [("coal", "0019_fill_arrival_days")]

    operations = [migrations.RunPython(put_right, migrations.RunPython.noop)]
