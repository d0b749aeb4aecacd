from typing import Any

from django.db import migrations, models


def into_lists(apps: Any, editor: Any) -> None:
    for cluster in apps.get_model("complaints", "Cluster").objects.iterator():
        cluster.companies.add(*filter(None, [cluster.company_id]))
        cluster.townships.add(*filter(None, [cluster.township_id]))


def one_of_each(apps: Any, editor: Any) -> None:
    for cluster in apps.get_model("complaints", "Cluster").objects.iterator():
        townships = list(cluster.townships.all()[:2])
        cluster.company = cluster.companies.first()
        cluster.township = townships[0] if len(townships) == 1 else None
        cluster.save()


class Migration(migrations.Migration):
    """A station's cluster is the matter of several companies and townships."""

    dependencies = [("accounts", "0002_roles"), ("complaints", "0009_lapsed_extensions")]

    operations = [
        migrations.AddField(
            "cluster",
            "companies",
            models.ManyToManyField(related_name="+", to="accounts.unit", verbose_name="供热企业"),
        ),
        migrations.AddField(
            "cluster",
            "townships",
            models.ManyToManyField(related_name="+", to="accounts.region", verbose_name="乡镇、街道"),
        ),
        migrations.RunPython(into_lists, one_of_each),
        migrations.RemoveIndex("cluster", "cluster_company"),
        migrations.RemoveField("cluster", "company"),
        migrations.RemoveField("cluster", "township"),
    ]
