from django.db import migrations, models
from django.db.models import Q

OPEN = ["new", "accepted", "dispatched", "handling", "reported"]
SWEPT = ["urgency", "category", "round", "watched_since", "id"]


class Migration(migrations.Migration):
    dependencies = [("complaints", "0012_search_without_callers")]

    operations = [
        migrations.RemoveIndex(model_name="order", name="order_of_community"),
        migrations.RemoveIndex(model_name="order", name="order_closed"),
        migrations.RemoveIndex(model_name="order", name="order_handling_sweep"),
        migrations.RemoveIndex(model_name="order", name="order_visit_sweep"),
        migrations.RemoveIndex(model_name="order", name="order_callback_sweep"),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["community", "received_at", "status", "category"], name="order_of_community"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                fields=["county", "closed_at", "season", "received_at", "status"],
                condition=Q(closed_at__isnull=False),
                name="order_closed",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                fields=["due_at", *SWEPT],
                condition=Q(status__in=OPEN, reported_at__isnull=True),
                name="order_handling_sweep",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                fields=["visit_due_at", *SWEPT],
                condition=Q(status__in=OPEN, visited_at__isnull=True, reported_at__isnull=True),
                name="order_visit_sweep",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                fields=["callback_due_at", *SWEPT], condition=Q(status="reported"), name="order_callback_sweep"
            ),
        ),
    ]
