"""Reads of the record for its page. Each docstring states its number of queries."""

from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Q

from audit.models import AuditEntry

# What stands in the place of a name where nobody was signed in.
NOBODY = ("系统", "未登录")
MOST_PEOPLE = 1000
EMPTY = "（空）"


def _distinct(column: str) -> list[str]:
    """The different values of an indexed column: one look-up in the index per value, however many rows there are."""
    table = AuditEntry._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE found(value) AS (SELECT MIN({column}) FROM {table} UNION ALL "
            f"SELECT (SELECT MIN({column}) FROM {table} WHERE {column} > found.value) FROM found "
            "WHERE found.value IS NOT NULL) SELECT value FROM found WHERE value IS NOT NULL"
        )
        return [value for (value,) in cursor.fetchall() if value]


def actions() -> list[str]:
    """Every kind of action on record. One query."""
    return _distinct("action")


def target_types() -> list[tuple[str, str]]:
    """(type, what people call it) of everything that has entries. One query."""
    return [(name, target_name(name)) for name in _distinct("target_type")]


def target_name(target_type: str) -> str:
    """隐患 for inspections.hazard; the type itself if its model is no more. No query."""
    try:
        return str(apps.get_model(target_type)._meta.verbose_name)
    except (LookupError, ValueError):
        return target_type


def by_person(text: str) -> Q:
    """Entries by people whose name or user name has `text` in it, or by 系统 / 未登录. One query.

    People of other regions count too: one of the city may have changed something here.
    """
    if text in NOBODY:
        return Q(actor__isnull=True, actor_name=text)
    people: Any = get_user_model().objects
    matching = people.filter(Q(full_name__icontains=text) | Q(username__icontains=text))
    return Q(actor_id__in=list(matching.order_by().values_list("pk", flat=True)[:MOST_PEOPLE]))


def readable_changes(entry: AuditEntry) -> list[tuple[str, str, str]]:
    """(field, old, new) as text; an empty value is （空）. No query."""
    return [(name, _text(old), _text(new)) for name, (old, new) in entry.changes.items()]


def change_text(name: str, old: str, new: str) -> str:
    """责任单位：北苑供热站 → 城源热力, or 责任单位：城源热力 where there was nothing before."""
    return f"{name}：{new}" if old == EMPTY else f"{name}：{old} → {new}"


def _text(value: Any) -> str:
    if value is None or value == "" or value == []:
        return EMPTY
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)
