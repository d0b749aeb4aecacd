"""A deadline may be a moment: its minute is part of what a record is about. What there is has days as deadlines."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("supervision", "0007_rounds"),
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
        migrations.RemoveIndex(
            model_name="escalation",
            name="escalation_worst",
        ),
        migrations.RemoveIndex(
            model_name="escalation",
            name="escalation_due",
        ),
        migrations.RemoveIndex(
            model_name="proposal",
            name="proposal_worst",
        ),
        migrations.AddField(
            model_name="escalation",
            name="due_minute",
            field=models.PositiveSmallIntegerField(db_default=1440, verbose_name="时限时刻"),
        ),
        migrations.AddField(
            model_name="proposal",
            name="due_minute",
            field=models.PositiveSmallIntegerField(db_default=1440, verbose_name="时限时刻"),
        ),
        migrations.AddField(
            model_name="sweeprun",
            name="as_of_moment",
            field=models.DateTimeField(blank=True, null=True, verbose_name="按哪一刻检查"),
        ),
        migrations.AddIndex(
            model_name="escalation",
            index=models.Index(
                models.OrderBy(models.F("level"), descending=True),
                models.F("due_on"),
                models.F("due_minute"),
                models.OrderBy(models.F("id"), descending=True),
                name="escalation_worst",
            ),
        ),
        migrations.AddIndex(
            model_name="escalation",
            index=models.Index(fields=["due_on", "due_minute", "id"], name="escalation_due"),
        ),
        migrations.AddIndex(
            model_name="proposal",
            index=models.Index(
                models.OrderBy(models.F("level"), descending=True),
                models.F("due_on"),
                models.F("due_minute"),
                models.OrderBy(models.F("id"), descending=True),
                name="proposal_worst",
            ),
        ),
        migrations.AddConstraint(
            model_name="escalation",
            constraint=models.UniqueConstraint(
                fields=("kind", "item_id", "due_on", "due_minute", "round", "step", "repeat"), name="escalation_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.UniqueConstraint(
                fields=("kind", "item_id", "due_on", "due_minute", "round", "step", "repeat"), name="proposal_once"
            ),
        ),
    ]
