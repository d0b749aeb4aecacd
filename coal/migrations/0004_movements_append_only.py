from django.db import migrations

from accounts.roles import seed_roles
from common.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("coal", "0003_movements")]

    operations = [append_only("coal_movement"), seed_roles("coal")]
