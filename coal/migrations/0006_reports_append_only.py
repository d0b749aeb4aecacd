from django.db import migrations

from accounts.roles import seed_roles
from common.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("coal", "0005_reports")]

    operations = [append_only("coal_dailyreport"), seed_roles("coal")]
