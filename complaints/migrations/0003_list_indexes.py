from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_roles"),
        ("complaints", "0002_search_roles_limits"),
        ("facilities", "0006_pinyin_initials"),
        ("inspections", "0004_watched_since"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["county", "season", "due_at", "id"], name="order_due"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("urgency__in", ["urgent", "danger"])),
                fields=["county", "season", "urgency", "received_at", "id"],
                name="order_urgent",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("status__in", ("new", "accepted", "dispatched", "handling", "reported"))),
                fields=["company", "status", "received_at", "id"],
                name="order_open_of_company",
            ),
        ),
    ]
