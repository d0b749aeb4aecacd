"""Steps belong to the policy of a grade and an urgency, are counted in days, working days or hours, and may repeat.

What a bureau has set so far holds on: the general steps become the general policy, and each grade with steps of its
own gets a policy with these and the general ones.
"""

import django.db.models.deletion
from django.db import migrations, models

MEASURES = ("remind", "urge", "notice", "talk", "circular")
# As supervision.policy has it.
LEVELS_PER_MEASURE, LEVEL_OF_DEADLINE = 2000, 1000
DAYS_BETWEEN_CIRCULARS = 7


def level_of(measure, days):  # type: ignore[no-untyped-def]
    return (MEASURES.index(measure) + 1) * LEVELS_PER_MEASURE + LEVEL_OF_DEADLINE + days


def make_policies(apps, editor):  # type: ignore[no-untyped-def]
    Policy = apps.get_model("supervision", "Policy")
    PolicyStep = apps.get_model("supervision", "PolicyStep")
    for kind in PolicyStep.objects.order_by().values_list("kind", flat=True).distinct():
        old = list(PolicyStep.objects.filter(kind=kind))
        general = {step.code: step for step in old if not step.grade}
        grades = sorted({step.grade for step in old if step.grade and step.is_active})
        for grade in ["", *grades]:
            own = {step.code: step for step in old if grade and step.grade == grade}
            used = {code: step for code, step in own.items() if step.is_active or code not in general}
            policy = Policy.objects.create(kind=kind, grade=grade)
            for step in {**general, **used}.values():
                step.pk, step.policy, step.version = None, policy, 1
                step.level = level_of(step.measure, step.amount)
                step.repeat_every = DAYS_BETWEEN_CIRCULARS if step.measure == "circular" else 0
                step.save(force_insert=True)
    PolicyStep.objects.filter(policy=None).delete()


def renew_levels(apps, editor):  # type: ignore[no-untyped-def]
    """Of what is on record, so that it can be compared with what comes."""
    PolicyStep = apps.get_model("supervision", "PolicyStep")
    Escalation = apps.get_model("supervision", "Escalation")
    # The general policy last: it has the last word on a code.
    for step in PolicyStep.objects.order_by("policy__kind", "-policy__grade"):
        Escalation.objects.filter(kind=step.policy.kind, step=step.code).update(level=step.level)


class Migration(migrations.Migration):
    dependencies = [("supervision", "0003_calendar")]

    operations = [
        migrations.CreateModel(
            name="Policy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20, verbose_name="事项")),
                ("grade", models.CharField(blank=True, max_length=10, verbose_name="等级")),
                ("urgency", models.CharField(blank=True, max_length=12, verbose_name="整改类型")),
                ("is_active", models.BooleanField(default=True, verbose_name="启用")),
                ("version", models.PositiveIntegerField(default=1, verbose_name="版本")),
            ],
            options={
                "verbose_name": "督办规则",
                "verbose_name_plural": "督办规则",
                "ordering": ["kind", "grade", "urgency"],
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("kind", "grade", "urgency"), name="policy_once")],
            },
        ),
        migrations.RemoveConstraint(model_name="policystep", name="policy_step_once"),
        migrations.RemoveConstraint(model_name="policystep", name="policy_step_side"),
        migrations.RenameField(model_name="policystep", old_name="offset_days", new_name="amount"),
        migrations.AlterField(
            model_name="policystep", name="amount", field=models.SmallIntegerField(verbose_name="距时限")
        ),
        migrations.AlterField(
            model_name="policystep",
            name="version",
            field=models.PositiveIntegerField(default=1, verbose_name="版本"),
        ),
        migrations.AddField(
            model_name="policystep",
            name="policy",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="supervision.policy"
            ),
        ),
        migrations.AddField(
            model_name="policystep",
            name="unit",
            field=models.CharField(
                choices=[("days", "天"), ("workdays", "个工作日"), ("hours", "小时")],
                default="days",
                max_length=10,
                verbose_name="单位",
            ),
        ),
        migrations.AddField(
            model_name="policystep",
            name="repeat_every",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="每隔多久重复"),
        ),
        migrations.AddField(
            model_name="policystep",
            name="is_proposed",
            field=models.BooleanField(default=False, verbose_name="报住建局审批"),
        ),
        migrations.AddField(
            model_name="escalation",
            name="repeat",
            field=models.PositiveIntegerField(db_default=0, verbose_name="第几次重复"),
        ),
        migrations.RunPython(make_policies),
        migrations.RunPython(renew_levels),
    ]
