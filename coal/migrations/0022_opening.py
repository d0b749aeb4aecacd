"""A count with which a book was opened says so, those that are there too."""

from django.db import migrations, models
from django.db.models import Exists, OuterRef, Q


def mark_openings(apps, editor):
    days = apps.get_model("coal", "StockDay").objects.using(editor.connection.alias)
    holds = Q(counted_t__isnull=False) | Q(received_t__gt=0)
    earlier = days.filter(holds, yard=OuterRef("yard"), day__lt=OuterRef("day"))
    openings = days.filter(~Exists(earlier), counted_t__isnull=False).values_list("pk", flat=True)
    days.filter(pk__in=list(openings)).update(opens=True)


class Migration(migrations.Migration):
    dependencies = [("coal", "0021_dropped_targets")]

    operations = [
        migrations.AddField("stockday", "opens", models.BooleanField(default=False, verbose_name="开账")),
        migrations.RunPython(mark_openings, migrations.RunPython.noop),
    ]
