"""The record as a table: what its export holds."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from audit.selectors import change_text, readable_changes, target_name
from common.spreadsheets.columns import Column, Ledger

# A table longer than this is read by nobody; whoever needs more narrows the dates.
MOST_EXPORTED = 100_000

LEDGER = Ledger(
    kind="audit",
    title="操作记录",
    columns=(
        Column("at", "时间", width=18, is_centred=True),
        Column("actor_name", "操作人", width=10, is_centred=True),
        Column("unit_name", "单位", width=24),
        Column("action", "操作", width=14, is_centred=True),
        Column("target_type", "对象", width=10, is_centred=True),
        Column("target_label", "对象名称", width=32),
        Column("changes", "变更", width=44),
        Column("note", "说明", width=32),
        Column("ip", "来源地址", width=16, is_centred=True),
    ),
    content=frozenset({"action"}),
)


def export_rows(queryset: QuerySet[Any]) -> Iterator[tuple[Any, ...]]:
    """The entries in the order of LEDGER's columns, newest first, at most MOST_EXPORTED. One query, in portions."""
    for entry in queryset.order_by("-at", "-pk")[:MOST_EXPORTED].iterator():
        yield (
            entry.at,
            entry.actor_name,
            entry.unit_name,
            entry.action,
            target_name(entry.target_type) if entry.target_type else "",
            entry.target_label,
            "\n".join(change_text(*change) for change in readable_changes(entry)),
            entry.note,
            entry.ip,
        )
