"""Free text search, who may do what, and the limits to begin with: a bureau changes them on its page."""

from typing import Any

from django.db import migrations

from accounts.roles import seed_roles
from common.search_terms import search_index

# stage, category, urgency, amount, unit
LIMITS = (
    ("visit", "", "danger", 2, "hours"),
    ("visit", "stopped", "", 2, "hours"),
    ("visit", "leak", "", 2, "hours"),
    ("handling", "", "danger", 2, "hours"),
    ("handling", "low_temperature", "", 24, "hours"),
    ("handling", "late_heating", "", 24, "hours"),
    ("handling", "stopped", "", 24, "hours"),
    ("handling", "leak", "", 24, "hours"),
    ("handling", "", "", 7, "days"),
    ("callback", "", "", 2, "workdays"),
)


def create_limits(apps: Any, editor: Any) -> None:
    limits = apps.get_model("complaints", "Limit")
    limits.objects.using(editor.connection.alias).bulk_create(
        limits(stage=stage, category=category, urgency=urgency, amount=amount, unit=unit)
        for stage, category, urgency, amount, unit in LIMITS
    )


class Migration(migrations.Migration):
    dependencies = [("complaints", "0001_initial"), ("accounts", "0002_roles")]

    operations = [
        search_index("complaints_order", "order_search"),
        seed_roles("complaints"),
        migrations.RunPython(create_limits, migrations.RunPython.noop),
    ]
