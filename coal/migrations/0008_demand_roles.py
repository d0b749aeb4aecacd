from django.db import migrations

from accounts.roles import seed_roles


class Migration(migrations.Migration):
    dependencies = [("coal", "0007_demand"), ("accounts", "0002_roles")]

    operations = [seed_roles("coal")]
