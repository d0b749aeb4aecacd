"""The keys of what 0004 has filled: PostgreSQL alters no table that still has changed rows to check."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("supervision", "0004_policies")]

    operations = [
        migrations.AlterModelOptions(
            name="policystep",
            options={
                "verbose_name": "督办步骤",
                "verbose_name_plural": "督办步骤",
                "ordering": ["policy", "level"],
                "permissions": [("manage_policy", "修改督办规则")],
                "default_permissions": (),
            },
        ),
        migrations.RemoveField(model_name="policystep", name="kind"),
        migrations.RemoveField(model_name="policystep", name="grade"),
        migrations.AlterField(
            model_name="policystep",
            name="policy",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="supervision.policy"
            ),
        ),
        migrations.AddConstraint(
            model_name="policystep",
            constraint=models.UniqueConstraint(fields=("policy", "version", "code"), name="policy_step_once"),
        ),
        migrations.AddConstraint(
            model_name="policystep",
            constraint=models.CheckConstraint(
                condition=Q(measure="remind", amount__lte=0, repeat_every=0) | (~Q(measure="remind") & Q(amount__gt=0)),
                name="policy_step_side",
            ),
        ),
        migrations.RemoveConstraint(model_name="escalation", name="escalation_once"),
        migrations.AddConstraint(
            model_name="escalation",
            constraint=models.UniqueConstraint(
                fields=("kind", "item_id", "due_on", "step", "repeat"), name="escalation_once"
            ),
        ),
    ]
