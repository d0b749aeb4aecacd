"""The list of what was done."""

from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.models import AuditEntry
from audit.selectors import change_text, readable_changes, target_name
from common.tables import LedgerColumn, LedgerTable, LinkColumn, TextColumn

MOST_CHANGES = 4


class AuditTable(LedgerTable):
    table_name = "audit"
    card = ("at", "actor_name", "action", "target_label", "changes")
    fixed = ("at", "action")
    default_order = ("-at",)

    at = LinkColumn(verbose_name="时间", accessor="moment", order_by="at")
    actor_name = LedgerColumn(verbose_name="操作人", orderable=False)
    unit_name = TextColumn(verbose_name="单位", orderable=False)
    action = LedgerColumn(verbose_name="操作", orderable=False)
    target_type = LedgerColumn(verbose_name="对象", orderable=False)
    target_label = TextColumn(verbose_name="对象名称", orderable=False)
    changes = TextColumn(verbose_name="变更与说明", orderable=False)
    ip = LedgerColumn(verbose_name="来源地址", orderable=False)

    def render_target_type(self, value: str) -> str:
        return target_name(value) if value else ""

    def render_changes(self, record: Any) -> SafeString | str:
        lines = [change_text(*change) for change in readable_changes(record)[:MOST_CHANGES]]
        if len(record.changes) > MOST_CHANGES:
            lines.append(f"另有 {len(record.changes) - MOST_CHANGES} 项")
        if record.note:
            lines.append(record.note)
        if not lines:
            return ""
        return format_html('<div class="clamp" title="{}">{}</div>', "\n".join(lines), "；".join(lines))

    def row_url(self, record: Any) -> str:
        return reverse("audit:entry", args=[record.pk])

    class Meta(LedgerTable.Meta):
        model = AuditEntry
        fields = ()
