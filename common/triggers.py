"""Append-only tables: the database itself refuses UPDATE and DELETE."""

from collections.abc import Callable

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

REFUSAL = "append-only table"


def _create(table: str, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(
            f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}: {table}'; END $$"
        )
        editor.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse()"
        )
        return
    for event in ("UPDATE", "DELETE"):
        editor.execute(
            f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}: {table}'); END"
        )


def _drop(table: str, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(f"DROP FUNCTION {table}_refuse() CASCADE")
        return
    for event in ("update", "delete"):
        editor.execute(f"DROP TRIGGER {table}_no_{event}")


def filled(table: str, fill: Callable[[Apps], None]) -> migrations.RunPython:
    """A migration operation that writes columns which `table`, append-only, has got since; with its triggers lifted."""

    def run(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        _drop(table, editor)
        fill(apps)
        _create(table, editor)

    return migrations.RunPython(run, migrations.RunPython.noop)


def append_only(table: str) -> migrations.RunPython:
    """A migration operation that makes `table` refuse UPDATE and DELETE, on PostgreSQL and on SQLite.

    Django rebuilds a SQLite table when it alters a column, which drops its triggers: a later migration that alters
    such a table repeats this operation.
    """
    return migrations.RunPython(
        lambda apps, editor: _create(table, editor),
        lambda apps, editor: _drop(table, editor),
    )
