from django.db import migrations

from supervision.general_policy import seed_policy


class Migration(migrations.Migration):
    dependencies = [("supervision", "0011_desk_audience"), ("complaints", "0002_search_roles_limits")]

    operations = [seed_policy(kind) for kind in ("complaint", "complaint_visit", "complaint_callback")]
