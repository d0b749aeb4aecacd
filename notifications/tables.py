"""The inbox as a list, and what could not be sent."""

from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from common.tables import DateColumn, LedgerColumn, LedgerTable, LinkColumn, NumberColumn, TextColumn
from notifications.models import Message, Outgoing

# The form on the page that the buttons of the rows send.
FORM_ID = "inbox-form"


class MessageTable(LedgerTable):
    caption = "消息"
    card = ("subject", "body", "created_at", "read")
    default_order = ("-created_at",)

    subject = LinkColumn(verbose_name="标题", orderable=False)
    body = TextColumn(verbose_name="内容", orderable=False)
    created_at = DateColumn(verbose_name="时间", time=True, order_by=("created_at",))
    read = LedgerColumn(verbose_name="状态", accessor="read_at", orderable=False)

    def render_read(self, record: Any) -> SafeString:
        if record.read_at:
            return format_html('<span class="quiet">已读</span>')
        return format_html(
            '<button class="btn btn-sm" type="submit" form="{}" formaction="{}">标为已读</button>',
            FORM_ID,
            reverse("notifications:read", args=[record.pk]),
        )

    def row_url(self, record: Any) -> str:
        return reverse("notifications:open", args=[record.pk])

    def row_class(self, record: Any) -> str:
        return "" if record.read_at else "row-unread"

    class Meta(LedgerTable.Meta):
        model = Message
        fields = ()


class BundleTable(LedgerTable):
    """What one message lists, in its order."""

    caption = "消息所列事项"
    card = ("subject", "body")
    default_order = ("pk",)

    subject = LinkColumn(verbose_name="事项", orderable=False)
    body = TextColumn(verbose_name="内容", orderable=False)

    def row_url(self, record: Any) -> str:
        return str(record.path)

    class Meta(LedgerTable.Meta):
        model = Outgoing
        fields = ()


class FailedTable(LedgerTable):
    caption = "没有发出的消息"
    card = ("subject", "recipient", "done_at", "last_error")
    default_order = ("-done_at",)
    selectable = True

    subject = LinkColumn(verbose_name="标题", orderable=False)
    recipient = TextColumn(verbose_name="收件人", accessor="recipient__display_name", orderable=False)
    created_at = DateColumn(verbose_name="写入时间", time=True, orderable=False)
    done_at = DateColumn(verbose_name="放弃时间", time=True, order_by=("done_at",))
    attempts = NumberColumn(verbose_name="尝试次数", orderable=False)
    last_error = TextColumn(verbose_name="原因", orderable=False)

    def render_attempts(self, record: Any) -> str:
        """Those in which the worker was killed among them."""
        return str(record.attempts + record.take_ups)

    def row_url(self, record: Any) -> str:
        return str(record.path)

    class Meta(LedgerTable.Meta):
        model = Outgoing
        fields = ()
