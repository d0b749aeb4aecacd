"""INSERT … SELECT from a queryset: any number of rows in one statement, none of which passes through Python."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections, models, router
from django.db.models import QuerySet


def insert_select(model: type[models.Model], fields: Sequence[str], rows: QuerySet[Any]) -> int:
    """Insert `rows`, a `values_list` in the order of `fields`, into the table of `model`; how many were new.

    Rows that a unique key refuses are left out, whoever wrote the other one and whenever. On PostgreSQL this waits for
    transactions that are about to write the same key: give `rows` an order, lest two that do so wait for each other.
    """
    alias = router.db_for_write(model)
    connection = connections[alias]
    try:
        sql, params = rows.using(alias).query.sql_with_params()
    except EmptyResultSet:
        return 0
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(model._meta.get_field(name).column)) for name in fields)  # type: ignore[union-attr]
    # The WHERE tells SQLite that ON CONFLICT is no part of a join.
    statement = (
        f"INSERT INTO {quote(model._meta.db_table)} ({columns}) "
        f"SELECT * FROM ({sql}) AS new_rows WHERE 1 = 1 ON CONFLICT DO NOTHING"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return int(cursor.rowcount)


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
