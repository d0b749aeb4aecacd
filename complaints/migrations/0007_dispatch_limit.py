"""How long an order may lie at the desk before it is handed out: the rules to begin with, for the bureau to change."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import migrations, models

# category, urgency, hours
FIRST_RULES = (
    ("", "danger", 1),
    ("", "urgent", 2),
    ("stopped", "", 2),
    ("leak", "", 2),
    ("", "", 24),
)


def create_rules(apps: Any, editor: Any) -> None:
    rules = apps.get_model("complaints", "Limit").objects.using(editor.connection.alias)
    rules.bulk_create(
        apps.get_model("complaints", "Limit")(
            stage="dispatch", category=category, urgency=urgency, amount=hours, unit="hours"
        )
        for category, urgency, hours in FIRST_RULES
    )


def watch_what_waits(apps: Any, editor: Any) -> None:
    """Also what lies at the desk already: from the rule for all up, the last that fits."""
    orders = apps.get_model("complaints", "Order").objects.using(editor.connection.alias)
    waiting = orders.filter(status__in=["new", "accepted"], dispatched_at__isnull=True)
    for category, urgency, hours in reversed(FIRST_RULES):
        fits = {name: value for name, value in (("category", category), ("urgency", urgency)) if value}
        waiting.filter(**fits).update(dispatch_due_at=models.F("registered_at") + dt.timedelta(hours=hours))


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_roles"),
        ("complaints", "0006_send_backs"),
        ("facilities", "0007_sight"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="dispatch_due_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="派单时限"),
        ),
        migrations.AlterField(
            model_name="limit",
            name="stage",
            field=models.CharField(
                choices=[
                    ("dispatch", "派单时限（登记起算）"),
                    ("visit", "到场时限（派单起算）"),
                    ("handling", "办理时限（派单起算）"),
                    ("callback", "回访时限（反馈起算）"),
                ],
                max_length=10,
                verbose_name="时限",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("dispatched_at__isnull", True), ("status__in", ("new", "accepted"))),
                fields=["dispatch_due_at"],
                name="order_dispatch_sweep",
            ),
        ),
        migrations.RunPython(create_rules, migrations.RunPython.noop),
        migrations.RunPython(watch_what_waits, migrations.RunPython.noop),
    ]
