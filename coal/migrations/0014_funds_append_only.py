from django.db import migrations

from accounts.roles import seed_roles
from common.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("coal", "0013_funds"), ("accounts", "0002_roles")]

    operations = [append_only("coal_fundneed"), append_only("coal_fundentry"), seed_roles("coal")]
