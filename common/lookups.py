"""Words that Django's ORM lacks to keep the databases' planners from taking the longer way."""

from typing import Any

from django.db import models


class Among(models.Lookup):
    """`Among(F("pk"), Subquery(ids))` is an IN whose ids PostgreSQL gathers first and then looks up one by one.

    For ids that are few beside the ledger: of an ordinary IN it may believe that a walk down the ledger is shorter.
    """

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        operator = "= ANY(ARRAY{})" if connection.vendor == "postgresql" else "IN {}"
        return f"{left} {operator.format(right)}", [*left_params, *right_params]


class Unindexed(models.Func):
    """A column whose index SQLite shall not choose.

    It keeps no distribution of values: it takes a month of the whole ledger for less than the rows of one company.
    """

    template = "%(expressions)s"
    arity = 1

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        return super().as_sql(compiler, connection, template="+%(expressions)s", **context)
