from django.db import migrations, models

from facilities.initials import pinyin_initials


def fill(apps, editor):  # type: ignore[no-untyped-def]
    Community = apps.get_model("facilities", "Community")
    rows = list(Community.objects.only("pk", "name"))
    for row in rows:
        row.pinyin_initials = pinyin_initials(row.name)
    Community.objects.bulk_update(rows, ["pinyin_initials"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("facilities", "0005_season_companies")]
    operations = [
        migrations.AddField(
            model_name="community",
            name="pinyin_initials",
            field=models.CharField(blank=True, editable=False, max_length=60),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
