"""Who has sent an order back, and whose each visit was."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Case, OuterRef, Subquery, When

import common.clock


def name_the_visitors(apps: Any, editor: Any) -> None:
    """Of the round that is in hand its company; of an earlier one that of the round."""
    database = editor.connection.alias
    rounds = apps.get_model("complaints", "OrderRound").objects.using(database)
    orders = apps.get_model("complaints", "Order").objects.using(database).filter(pk=OuterRef("order"))
    theirs = rounds.filter(order=OuterRef("order"), round=OuterRef("round"))
    apps.get_model("complaints", "Visit").objects.using(database).update(
        company=Case(
            When(round=Subquery(orders.values("round")[:1]), then=Subquery(orders.values("company")[:1])),
            default=Subquery(theirs.values("company")[:1]),
        )
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_roles"),
        ("complaints", "0005_hazards_by_occasion"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="visit",
            name="company",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.unit",
                verbose_name="承办企业",
            ),
        ),
        migrations.RunPython(name_the_visitors, migrations.RunPython.noop),
        migrations.CreateModel(
            name="SendBack",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("round", models.PositiveSmallIntegerField(verbose_name="轮次")),
                ("reason", models.TextField(verbose_name="退单理由")),
                ("at", models.DateTimeField(default=common.clock.now, verbose_name="退单时间")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="退单人",
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.unit",
                        verbose_name="退单企业",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="send_backs", to="complaints.order"
                    ),
                ),
            ],
            options={
                "verbose_name": "退单",
                "verbose_name_plural": "退单",
                "ordering": ["at", "pk"],
                "default_permissions": (),
            },
        ),
    ]
