"""Free text search over bigrams. A later migration that alters `inspections_hazard` repeats `search_index`."""

from django.db import migrations

from accounts.roles import seed_roles
from common.search_terms import search_index


class Migration(migrations.Migration):
    dependencies = [("inspections", "0001_initial"), ("accounts", "0002_roles")]

    operations = [search_index("inspections_hazard", "hazard_search"), seed_roles("inspections")]
