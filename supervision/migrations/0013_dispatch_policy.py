from django.db import migrations

from supervision.general_policy import seed_policy


class Migration(migrations.Migration):
    dependencies = [("supervision", "0012_complaint_policies"), ("complaints", "0007_dispatch_limit")]

    operations = [seed_policy("complaint_dispatch")]
