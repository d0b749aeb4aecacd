"""The calendar of working days, with the State Council's arrangement as far as it is announced."""

from django.db import migrations, models

from accounts.roles import seed_roles
from supervision.official_days import official_days


def seed_days(apps, editor):  # type: ignore[no-untyped-def]
    CalendarDay = apps.get_model("supervision", "CalendarDay")
    CalendarDay.objects.bulk_create(
        CalendarDay(day=day, source="state", is_workday=special.is_workday, name=special.name)
        for day, special in official_days().items()
    )


class Migration(migrations.Migration):
    dependencies = [("supervision", "0002_policy")]

    operations = [
        migrations.CreateModel(
            name="CalendarDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="日期")),
                (
                    "source",
                    models.CharField(
                        choices=[("state", "国务院通知"), ("own", "本单位安排")], max_length=10, verbose_name="依据"
                    ),
                ),
                ("is_workday", models.BooleanField(verbose_name="上班")),
                ("name", models.CharField(blank=True, max_length=40, verbose_name="名称")),
            ],
            options={
                "verbose_name": "工作日历",
                "verbose_name_plural": "工作日历",
                "ordering": ["day", "source"],
                "permissions": [("manage_calendar", "修改工作日历")],
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("day", "source"), name="calendar_day_once")],
            },
        ),
        migrations.RunPython(seed_days, migrations.RunPython.noop),
        seed_roles("supervision"),
    ]
