"""The hotline desk registers hazards: what several callers complain of is one valve."""

from django.db import migrations

from accounts.roles import seed_roles


class Migration(migrations.Migration):
    dependencies = [("inspections", "0006_occasions_of_many")]

    operations = [seed_roles("inspections")]
