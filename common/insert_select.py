"""INSERT … SELECT from a queryset: any number of rows in one statement, none of which passes through Python."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections, models, router
from django.db.models import QuerySet


def insert_select(
    model: type[models.Model], fields: Sequence[str], rows: QuerySet[Any], *, line_up_by: str = ""
) -> int:
    """Insert `rows`, a `values_list` in the order of `fields`, into the table of `model`; how many were new.

    Rows that a unique key refuses are left out, whoever wrote the other one and whenever. Several transactions that are
    about to write the same keys wait for each other: `line_up_by` names the field in whose order they all write, lest
    each waits for the other.
    """
    alias = router.db_for_write(model)
    connection = connections[alias]
    try:
        sql, params = rows.using(alias).query.sql_with_params()
    except EmptyResultSet:
        return 0
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(model._meta.get_field(name).column)) for name in fields)  # type: ignore[union-attr]
    # SQLite has one writer at a time, and would look for the rows in the wrong way for the sake of their order.
    in_line = f" ORDER BY {fields.index(line_up_by) + 1}" if line_up_by and connection.vendor == "postgresql" else ""
    # The WHERE tells SQLite that ON CONFLICT is no part of a join.
    statement = (
        f"INSERT INTO {quote(model._meta.db_table)} ({columns}) "
        f"SELECT * FROM ({sql}) AS new_rows WHERE 1 = 1{in_line} ON CONFLICT DO NOTHING"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return int(cursor.rowcount)


class Literal(models.Func):
    """A text constant of the code's own that is written into the statement and not handed over beside it: SQLite uses
    a partial index only if the statement repeats its condition."""

    output_field = models.CharField()
    arity = 0

    def __init__(self, text: str) -> None:
        if not text.isidentifier():
            raise ValueError(text)
        super().__init__(template=f"'{text}'")


class DaysBetween(models.Func):
    """`DaysBetween(F("due_on"), today)`: days from the second date to the first; negative if that comes earlier."""

    output_field = models.IntegerField()
    template = "(%(expressions)s)"
    arg_joiner = " - "
    arity = 2

    def __init__(self, later: Any, earlier: Any) -> None:
        super().__init__(*(_date(side) for side in (later, earlier)))

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, tuple[Any, ...]]:
        (later, later_params), (earlier, earlier_params) = map(compiler.compile, self.get_source_expressions())
        return f"CAST(julianday({later}) - julianday({earlier}) AS INTEGER)", (*later_params, *earlier_params)


def _date(side: Any) -> Any:
    return models.Value(side, output_field=models.DateField()) if isinstance(side, dt.date) else side
