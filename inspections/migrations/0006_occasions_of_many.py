import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inspections", "0005_occasions")]

    operations = [
        migrations.AlterField(
            model_name="hazardoccasion",
            name="hazard",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="occasions", to="inspections.hazard"
            ),
        ),
        migrations.AddConstraint(
            model_name="hazardoccasion",
            constraint=models.UniqueConstraint(fields=("hazard", "kind", "item_id"), name="occasion_once"),
        ),
    ]
