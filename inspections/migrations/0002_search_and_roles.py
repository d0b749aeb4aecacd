"""Free text search over bigrams: a GIN index on PostgreSQL, an FTS5 table kept by triggers on SQLite.

Django rebuilds a SQLite table when it alters a column, which drops its triggers: a later migration that alters
`inspections_hazard` repeats `create_search`.
"""

from django.db import migrations

from accounts.roles import seed_roles

POSTGRESQL = [
    "CREATE INDEX hazard_search ON inspections_hazard USING gin (string_to_array(search_terms, ' '))",
    # How often a term occurs decides between walking the ledger's order and looking the term up.
    "ALTER INDEX hazard_search ALTER COLUMN 1 SET STATISTICS 1000",
]
SQLITE = [
    "CREATE VIRTUAL TABLE IF NOT EXISTS inspections_hazard_fts USING fts5("
    "search_terms, content='inspections_hazard', content_rowid='id', detail='none', "
    "tokenize=\"unicode61 remove_diacritics 0 categories 'L* M* N* P* S* Co'\")",
    "CREATE TRIGGER inspections_hazard_fts_insert AFTER INSERT ON inspections_hazard BEGIN "
    "INSERT INTO inspections_hazard_fts(rowid, search_terms) VALUES (new.id, new.search_terms); END",
    "CREATE TRIGGER inspections_hazard_fts_delete AFTER DELETE ON inspections_hazard BEGIN "
    "INSERT INTO inspections_hazard_fts(inspections_hazard_fts, rowid, search_terms) "
    "VALUES ('delete', old.id, old.search_terms); END",
    "CREATE TRIGGER inspections_hazard_fts_update AFTER UPDATE OF search_terms ON inspections_hazard "
    "WHEN old.search_terms IS NOT new.search_terms BEGIN "
    "INSERT INTO inspections_hazard_fts(inspections_hazard_fts, rowid, search_terms) "
    "VALUES ('delete', old.id, old.search_terms); "
    "INSERT INTO inspections_hazard_fts(rowid, search_terms) VALUES (new.id, new.search_terms); END",
    "INSERT INTO inspections_hazard_fts(inspections_hazard_fts) VALUES ('rebuild')",
]


def create_search(apps, editor):  # type: ignore[no-untyped-def]
    for statement in POSTGRESQL if editor.connection.vendor == "postgresql" else SQLITE:
        editor.execute(statement)


def drop_search(apps, editor):  # type: ignore[no-untyped-def]
    if editor.connection.vendor == "postgresql":
        editor.execute("DROP INDEX hazard_search")
        return
    for event in ("insert", "delete", "update"):
        editor.execute(f"DROP TRIGGER inspections_hazard_fts_{event}")
    editor.execute("DROP TABLE inspections_hazard_fts")


class Migration(migrations.Migration):
    dependencies = [("inspections", "0001_initial"), ("accounts", "0002_roles")]

    operations = [migrations.RunPython(create_search, drop_search), seed_roles("inspections")]
