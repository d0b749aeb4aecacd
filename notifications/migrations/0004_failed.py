"""Who may have sent once more what was given up."""

from django.db import migrations

from accounts.roles import seed_roles


class Migration(migrations.Migration):
    dependencies = [("notifications", "0003_repeats"), ("accounts", "0002_roles")]

    operations = [
        migrations.AlterModelOptions(
            name="outgoing",
            options={
                "default_permissions": (),
                "permissions": [("manage_outgoing", "重发没有发出的消息")],
                "verbose_name": "待发消息",
                "verbose_name_plural": "待发消息",
            },
        ),
        seed_roles("notifications"),
    ]
