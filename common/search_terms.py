"""Free text search over bigrams, served by an index on both databases: GIN on PostgreSQL, FTS5 on SQLite.

class Order(models.Model):
    search_terms = TermsField(default="", editable=False)  # common.text.bigram_stream of what is looked for

A migration of the app has `search_index("complaints_order")` among its operations.
"""

from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Count, Q, QuerySet

from common.text import bigram_stream, bigrams

# How many of the newest rows are read to see whether a phrase is frequent, and how many finds make it so: with fewer
# the index is asked, and brings at most some hundredths of the ledger.
PROBED_ROWS = 2_000
FREQUENT = 60
# So many pairs are looked up, those that are rarest among the rows read: an index walks long lists for what stands in
# every address, and what it brings is compared with the phrase anyway.
RAREST = 4


class SearchTermsContain(models.Lookup):
    """`search_terms__terms=[…]`: all of these bigrams occur. Served by a GIN index on PostgreSQL, by FTS5 on SQLite."""

    lookup_name = "terms"
    prepare_rhs = False

    def get_prep_lookup(self) -> list[str]:
        return list(self.rhs)

    def get_db_prep_lookup(self, value: Any, connection: Any) -> tuple[str, Any]:
        return "%s", [value]

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        column, params = self.process_lhs(compiler, connection)
        return f"string_to_array({column}, ' ') @> %s::text[]", [*params, self.rhs]

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        alias = connection.ops.quote_name(self.lhs.alias)
        index = index_table(self.lhs.target.model._meta.db_table)
        phrase = " AND ".join('"{}"'.format(term.replace('"', '""')) for term in self.rhs)
        return f"{alias}.id IN (SELECT rowid FROM {index} WHERE {index} MATCH %s)", [phrase]


class SearchTermsPhrase(models.Lookup):
    """`search_terms__phrase="供热 热管"`: these bigrams follow each other. No index serves it.

    Written as a position and not as LIKE: of a LIKE pattern PostgreSQL believes that next to nothing matches, and
    gathers and sorts a hundred thousand rows to find the fifty that stand at the top of the list anyway.
    """

    lookup_name = "phrase"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        column, params = self.process_lhs(compiler, connection)
        position = "instr" if connection.vendor == "sqlite" else "strpos"
        return f"{position}({column}, %s) > 0", [*params, self.rhs]


class TermsField(models.TextField):
    """The bigram stream of the row's texts (common.text.bigram_stream), indexed by `search_index`."""


TermsField.register_lookup(SearchTermsContain)
TermsField.register_lookup(SearchTermsPhrase)


def search_phrases(text: str) -> list[str]:
    """The bigram stream of each word that is looked for. Raises ValueError for a word of one character."""
    phrases = [bigram_stream(word) for word in text.split()]
    if not all(phrases):
        raise ValueError("请至少输入两个字再查找")
    return phrases


def search_condition(text: str, some: QuerySet[Any]) -> Q:
    """Every word of `text` occurs in `search_terms`. One query on `some`, in the list's order, decides how they are
    searched: in order until a page is full (the phrase is frequent, or they are few), or by asking the index.
    """
    phrases = search_phrases(text)
    condition = Q(*[Q(search_terms__phrase=phrase) for phrase in phrases])
    if not phrases:
        return condition
    pairs = bigrams(text)
    together = {pair: f"pair_{n}" for n, pair in enumerate(pairs)} if len(pairs) > RAREST else {}
    probe = some.values("search_terms")[:PROBED_ROWS].aggregate(
        read=Count("search_terms"), found=Count("search_terms", filter=condition),
        **{name: Count("search_terms", filter=Q(search_terms__phrase=pair)) for pair, name in together.items()},
    )  # fmt: skip
    if probe["read"] == PROBED_ROWS and probe["found"] < FREQUENT:
        rarest = sorted(pairs, key=lambda pair: probe[together[pair]])[:RAREST] if together else pairs
        condition &= Q(search_terms__terms=rarest)
    return condition


def index_table(table: str) -> str:
    return f"{table}_fts"


def _create(table: str, index_name: str, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(f"CREATE INDEX {index_name} ON {table} USING gin (string_to_array(search_terms, ' '))")
        # How often a term occurs decides between walking the ledger's order and looking the term up.
        editor.execute(f"ALTER INDEX {index_name} ALTER COLUMN 1 SET STATISTICS 1000")
        return
    index = index_table(table)
    new = f"INSERT INTO {index}(rowid, search_terms) VALUES (new.id, new.search_terms);"
    old = f"INSERT INTO {index}({index}, rowid, search_terms) VALUES ('delete', old.id, old.search_terms);"
    for statement in (
        f"CREATE VIRTUAL TABLE IF NOT EXISTS {index} USING fts5("
        f"search_terms, content='{table}', content_rowid='id', detail='none', "
        "tokenize=\"unicode61 remove_diacritics 0 categories 'L* M* N* P* S* Co'\")",
        f"CREATE TRIGGER {index}_insert AFTER INSERT ON {table} BEGIN {new} END",
        f"CREATE TRIGGER {index}_delete AFTER DELETE ON {table} BEGIN {old} END",
        f"CREATE TRIGGER {index}_update AFTER UPDATE OF search_terms ON {table} "
        f"WHEN old.search_terms IS NOT new.search_terms BEGIN {old} {new} END",
        f"INSERT INTO {index}({index}) VALUES ('rebuild')",
    ):
        editor.execute(statement)


def _drop(table: str, index_name: str, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(f"DROP INDEX {index_name}")
        return
    index = index_table(table)
    for event in ("insert", "delete", "update"):
        editor.execute(f"DROP TRIGGER {index}_{event}")
    editor.execute(f"DROP TABLE {index}")


def search_index(table: str, index_name: str) -> migrations.RunPython:
    """A migration operation: the index over the table's `search_terms`; `index_name`: on PostgreSQL.

    Django rebuilds a SQLite table when it alters a column, which drops its triggers: a later migration that alters
    such a table repeats this operation.
    """
    return migrations.RunPython(
        lambda apps, editor: _create(table, index_name, editor),
        lambda apps, editor: _drop(table, index_name, editor),
    )


def no_search_index(table: str, index_name: str) -> migrations.RunPython:
    """The other way round, for a migration that builds the table anew in between."""
    return migrations.RunPython(
        lambda apps, editor: _drop(table, index_name, editor),
        lambda apps, editor: _create(table, index_name, editor),
    )
