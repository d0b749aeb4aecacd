from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def index_labels(apps, editor: BaseDatabaseSchemaEditor) -> None:  # type: ignore[no-untyped-def]
    """`icontains` on the object's name through trigrams. SQLite has no index for it and does with a scan."""
    if editor.connection.vendor == "postgresql":
        editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        editor.execute(
            "CREATE INDEX audit_target_label ON audit_auditentry USING gin (upper(target_label) gin_trgm_ops)"
        )


def drop_index(apps, editor: BaseDatabaseSchemaEditor) -> None:  # type: ignore[no-untyped-def]
    if editor.connection.vendor == "postgresql":
        editor.execute("DROP INDEX audit_target_label")


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only")]

    operations = [
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["action", "-at", "-id"], name="audit_action_at"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["actor", "-at", "-id"], name="audit_actor_at"),
        ),
        migrations.RunPython(index_labels, drop_index),
    ]
