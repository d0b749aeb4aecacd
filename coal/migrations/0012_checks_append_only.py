from django.db import migrations

from accounts.roles import seed_roles
from common.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("coal", "0011_checks"), ("accounts", "0002_roles")]

    operations = [
        append_only("coal_yardcheck"),
        append_only("coal_checkpoint"),
        append_only("coal_checkphoto"),
        seed_roles("coal"),
    ]
