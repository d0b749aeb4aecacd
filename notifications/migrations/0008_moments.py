"""A deadline may be a moment: news knows its minute. What there is has days as deadlines."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0007_take_ups"),
    ]

    operations = [
        migrations.AddField(
            model_name="outgoing",
            name="due_minute",
            field=models.PositiveSmallIntegerField(db_default=1440),
        ),
    ]
