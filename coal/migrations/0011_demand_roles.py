from django.db import migrations

from accounts.roles import seed_roles


class Migration(migrations.Migration):
    dependencies = [("coal", "0010_demand"), ("accounts", "0002_roles")]

    operations = [seed_roles("coal")]
