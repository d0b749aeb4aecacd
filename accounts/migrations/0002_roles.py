from django.db import migrations

from accounts.roles import seed_roles


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("audit", "0002_append_only"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    # The audit app is below this one and cannot seed its capability itself.
    operations = [seed_roles("accounts"), seed_roles("audit")]
