"""Contracts', batches' and arrivals' numbers in the one form that `coal.numbers` keeps."""

import re
import unicodedata

from django.db import migrations

from common.triggers import append_only

BOOK = append_only("coal_movement")
CARRIERS = (("Contract", "number"), ("QualityBatch", "number"), ("Movement", "contract"), ("Movement", "batch"))


def kept(number):
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", number)).upper()


def put_in_one_form(apps, editor):
    """A number that would come to be another one's of the same company is left to people."""
    for model, field in CARRIERS:
        rows = apps.get_model("coal", model).objects
        for number in rows.order_by().values_list(field, flat=True).distinct():
            if kept(number) == number:
                continue
            meant = rows.filter(**{field: number})
            if model != "Movement":
                taken = rows.filter(**{field: kept(number)}).values("company")
                meant = meant.exclude(company__in=list(taken.values_list("company", flat=True)))
            meant.update(**{field: kept(number)})


class Migration(migrations.Migration):
    """The book's triggers are lifted for this one rewriting and set again; PostgreSQL and SQLite do all of it or none."""

    dependencies = [("coal", "0016_duties")]

    operations = [
        migrations.RunPython(BOOK.reverse_code, migrations.RunPython.noop),
        migrations.RunPython(put_in_one_form, migrations.RunPython.noop),
        migrations.RunPython(BOOK.code, migrations.RunPython.noop),
    ]
