"""From 督办单 upwards the sweep proposes and the bureau decides, in every policy that nobody has changed."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from accounts.roles import seed_roles

# The ladder that the site came with: code → (days from the deadline, every how many days again, who is told).
DEFAULTS = {
    "remind-7": (-7, 0, {"responsible"}),
    "remind-3": (-3, 0, {"responsible"}),
    "urge": (1, 0, {"company_head", "bureau"}),
    "notice": (3, 0, {"company", "bureau"}),
    "talk": (7, 0, {"company_head", "bureau_leader"}),
    "circular": (15, 7, {"company", "bureau", "bureau_leader"}),
}
BY_GRADE = {"": DEFAULTS, "major": DEFAULTS | {"talk": (3, 0, {"company", "company_head", "bureau", "bureau_leader"})}}
PROPOSED = ("notice", "talk", "circular")
PEOPLE = ("responsible", "company", "company_head", "bureau", "bureau_leader")


def propose_severe_steps(apps, editor):  # type: ignore[no-untyped-def]
    Policy = apps.get_model("supervision", "Policy")
    PolicyStep = apps.get_model("supervision", "PolicyStep")
    for policy in Policy.objects.filter(kind="hazard", urgency="", grade__in=BY_GRADE, version=1, is_active=True):
        steps = PolicyStep.objects.filter(policy=policy)
        found = {
            step.code: (step.amount, step.repeat_every, {who for who in PEOPLE if getattr(step, f"tells_{who}")})
            for step in steps
            if step.unit == "days" and step.is_active and not step.is_proposed
        }
        if steps.count() == len(found) and found == BY_GRADE[policy.grade]:
            steps.filter(code__in=PROPOSED).update(is_proposed=True)


class Migration(migrations.Migration):
    dependencies = [
        ("supervision", "0005_policy_keys"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20, verbose_name="事项")),
                ("item_id", models.BigIntegerField()),
                ("due_on", models.DateField(verbose_name="时限")),
                ("step", models.CharField(max_length=20, verbose_name="步骤")),
                ("level", models.PositiveSmallIntegerField(verbose_name="层级")),
                ("repeat", models.PositiveIntegerField(db_default=0, verbose_name="第几次重复")),
                ("unit_id", models.BigIntegerField(null=True, verbose_name="责任单位")),
                ("proposed_at", models.DateTimeField(verbose_name="报审批时间")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "待审批"), ("approved", "已批准"), ("declined", "不同意")],
                        default="open",
                        max_length=8,
                        verbose_name="状态",
                    ),
                ),
                ("held_until", models.DateField(blank=True, null=True, verbose_name="暂缓到")),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="理由")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="办理时间")),
                ("version", models.PositiveIntegerField(default=0)),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="办理人",
                    ),
                ),
            ],
            options={
                "verbose_name": "督办审批",
                "verbose_name_plural": "督办审批",
                "permissions": [("decide_proposal", "审批督办")],
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        models.OrderBy(models.F("level"), descending=True),
                        models.F("due_on"),
                        models.OrderBy(models.F("id"), descending=True),
                        name="proposal_worst",
                    ),
                    models.Index(
                        condition=models.Q(("state", "open")), fields=["level", "due_on"], name="proposal_open"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "item_id", "due_on", "step", "repeat"), name="proposal_once"
                    )
                ],
            },
        ),
        migrations.RunPython(propose_severe_steps, migrations.RunPython.noop),
        seed_roles("supervision"),
    ]
