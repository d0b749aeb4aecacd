"""From when on a hazard's deadline counts as watched: so far since it was issued, before that since it was registered."""

from typing import Any

from django.db import migrations, models
from django.db.models.functions import Coalesce


def since_issued(apps: Any, editor: Any) -> None:
    hazards = apps.get_model("inspections", "Hazard").objects.using(editor.connection.alias)
    hazards.update(watched_since=Coalesce("issued_at", "registered_at"))


class Migration(migrations.Migration):
    dependencies = [("inspections", "0003_list_indexes")]

    operations = [
        # Without a default: SQLite adds such a column without building the table anew, which would drop the triggers.
        migrations.AddField(
            "hazard", "watched_since", models.DateTimeField(blank=True, null=True, verbose_name="督办起算时间")
        ),
        migrations.RunPython(since_issued, migrations.RunPython.noop),
    ]
