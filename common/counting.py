"""Counts above long lists: exact up to a cap, beyond which counting on would cost more than the number is worth."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

# A count beyond this is shown as "10 000+".
COUNT_CAP = 10_000


@dataclass(frozen=True)
class CappedCount:
    value: int

    @property
    def is_capped(self) -> bool:
        return self.value > COUNT_CAP

    def __str__(self) -> str:
        return "10 000+" if self.is_capped else f"{self.value:,}".replace(",", " ")


def union_sql(parts: Sequence[QuerySet[Any]], most: int, *fields: str) -> tuple[str, list[Any]]:
    """SQL: these fields of all rows of the parts, `most` + 1 of them at most. EmptyResultSet: there are none."""
    statements: list[str] = []
    params: list[Any] = []
    for part in parts:
        # What a filter has emptied cannot be compiled.
        with suppress(EmptyResultSet):
            sql, sql_params = part.order_by().values(*fields).query.sql_with_params()
            statements.append(sql)
            params.extend(sql_params)
    if not statements:
        raise EmptyResultSet
    return f"{' UNION ALL '.join(statements)} LIMIT {most + 1}", params


def capped_counts(wanted: Mapping[str, Sequence[QuerySet[Any]]]) -> dict[str, int]:
    """How many rows the parts of each name have together, COUNT_CAP + 1 for more than that. One statement with one
    count for each, so that the cost does not grow with the ledger."""
    statements: list[str] = []
    params: list[Any] = []
    for parts in wanted.values():
        try:
            sql, sql_params = union_sql(parts, COUNT_CAP, "pk")
        except EmptyResultSet:
            statements.append("0")
            continue
        statements.append(f"(SELECT COUNT(*) FROM ({sql}) AS counted)")
        params.extend(sql_params)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(statements)}", params)
        return dict(zip(wanted, cursor.fetchone(), strict=True))
