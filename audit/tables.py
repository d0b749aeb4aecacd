"""The list of what was done."""

from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from audit.models import AuditEntry
from audit.selectors import readable_changes, target_name
from common.tables import DateColumn, LedgerColumn, LedgerTable, LinkColumn, TextColumn

MOST_CHANGES = 4


class AuditTable(LedgerTable):
    table_name = "audit"
    card = ("at", "actor_name", "action", "target_label", "changes")
    fixed = ("at", "action")
    default_order = ("-at",)

    at = DateColumn(verbose_name="时间", time=True)
    actor_name = LedgerColumn(verbose_name="操作人", orderable=False)
    unit_name = TextColumn(verbose_name="单位", orderable=False)
    action = LinkColumn(verbose_name="操作", orderable=False)
    target_type = LedgerColumn(verbose_name="对象", orderable=False)
    target_label = TextColumn(verbose_name="对象名称", orderable=False)
    changes = LedgerColumn(verbose_name="变更与说明", orderable=False)
    ip = LedgerColumn(verbose_name="来源地址", orderable=False)

    def render_target_type(self, value: str) -> str:
        return target_name(value) if value else ""

    def render_changes(self, record: Any) -> SafeString:
        lines = [(f"{name}：{old} → {new}",) for name, old, new in readable_changes(record)[:MOST_CHANGES]]
        more = len(record.changes) - MOST_CHANGES
        if more > 0:
            lines.append((f"另有 {more} 项",))
        if record.note:
            lines.append((record.note,))
        return format_html(
            '<div class="clamp" title="{}">{}</div>',
            "\n".join(line for (line,) in lines),
            format_html_join("；", "{}", lines),
        )

    def row_url(self, record: Any) -> str:
        return reverse("audit:entry", args=[record.pk])

    class Meta(LedgerTable.Meta):
        model = AuditEntry
        fields = ()
