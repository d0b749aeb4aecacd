"""What was on record of a round belongs to it: a hazard that came back began a ladder of its own."""

from typing import Any

from django.db import migrations, models
from django.db.models import F, OuterRef, Subquery


def give_rounds(apps: Any, schema_editor: Any) -> None:
    """Records made since the present round began are of that round, and of the first one otherwise: earlier rounds
    differ by their deadlines."""
    hazards = apps.get_model("inspections", "Hazard").objects.filter(round__gt=1)
    for name, made_at in (("Escalation", "reached_at"), ("Proposal", "proposed_at")):
        records = apps.get_model("supervision", name).objects.filter(kind="hazard")
        _of_the_present_round(records, hazards, made_at)
    outgoing = apps.get_model("notifications", "Outgoing").objects.filter(matter__in=("hazard", "hazard-proposal"))
    _of_the_present_round(outgoing, hazards, "created_at")


def _of_the_present_round(records: Any, hazards: Any, made_at: str) -> None:
    same = hazards.filter(pk=OuterRef("item_id"), due_on=OuterRef("due_on"), issued_at__lte=OuterRef(made_at))
    present = Subquery(same.order_by().values("round")[:1])
    records.annotate(present=present).filter(present__isnull=False).update(round=F("present"))


def no_unit_is_zero(apps: Any, schema_editor: Any) -> None:
    apps.get_model("supervision", "Proposal").objects.filter(unit_id__isnull=True).update(unit_id=0)


class Migration(migrations.Migration):
    dependencies = [
        ("inspections", "0003_list_indexes"),
        ("notifications", "0006_rounds"),
        ("supervision", "0006_proposals"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="escalation",
            name="escalation_once",
        ),
        migrations.RemoveConstraint(
            model_name="proposal",
            name="proposal_once",
        ),
        migrations.AddField(
            model_name="escalation",
            name="round",
            field=models.PositiveSmallIntegerField(db_default=1, verbose_name="轮次"),
        ),
        migrations.AddField(
            model_name="proposal",
            name="round",
            field=models.PositiveSmallIntegerField(db_default=1, verbose_name="轮次"),
        ),
        migrations.RunPython(no_unit_is_zero, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="proposal",
            name="unit_id",
            field=models.BigIntegerField(default=0, verbose_name="责任单位"),
        ),
        migrations.RunPython(give_rounds, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="escalation",
            constraint=models.UniqueConstraint(
                fields=("kind", "item_id", "due_on", "round", "step", "repeat"), name="escalation_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.UniqueConstraint(
                fields=("kind", "item_id", "due_on", "round", "step", "repeat"), name="proposal_once"
            ),
        ),
    ]
