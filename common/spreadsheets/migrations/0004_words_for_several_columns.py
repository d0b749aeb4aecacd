from django.db import migrations, models
from django.db.models import F, Value
from django.db.models.functions import Concat


def part_values(apps, editor):
    """What a word says stood behind its column: "grade:major"."""
    terms = apps.get_model("spreadsheets", "LedgerTerm").objects.using(editor.connection.alias)
    for term in terms.filter(role="value"):
        column, _, value = term.meaning.partition(":")
        terms.filter(pk=term.pk).update(meaning=column, value=value)


def join_values(apps, editor):
    terms = apps.get_model("spreadsheets", "LedgerTerm").objects.using(editor.connection.alias)
    terms.filter(role="value").update(meaning=Concat(F("meaning"), Value(":"), F("value")))


class Migration(migrations.Migration):
    dependencies = [("spreadsheets", "0003_where_photos_come_from")]

    operations = [
        migrations.AlterModelOptions(
            name="ledgerterm",
            options={
                "default_permissions": (),
                "ordering": ["kind", "role", "meaning", "value", "term"],
                "verbose_name": "台账用词",
                "verbose_name_plural": "台账用词",
            },
        ),
        migrations.RemoveConstraint(model_name="ledgerterm", name="ledger_term_once"),
        migrations.AddField(
            model_name="ledgerterm",
            name="value",
            field=models.CharField(blank=True, max_length=60, verbose_name="取值"),
        ),
        migrations.RunPython(part_values, join_values),
        migrations.AddConstraint(
            model_name="ledgerterm",
            constraint=models.UniqueConstraint(
                fields=("kind", "scope", "role", "meaning", "term"), name="ledger_term_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerterm",
            constraint=models.UniqueConstraint(
                condition=models.Q(("role", "head")), fields=("kind", "scope", "term"), name="ledger_head_once"
            ),
        ),
    ]
