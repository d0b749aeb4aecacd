from django.db import migrations

from supervision.general_policy import seed_policy


class Migration(migrations.Migration):
    dependencies = [("supervision", "0009_development_audience"), ("coal", "0016_duties")]

    operations = [seed_policy(kind) for kind in ("coal_milestone", "coal_report", "coal_cover")]
