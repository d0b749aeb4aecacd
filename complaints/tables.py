"""Orders as a list. Only columns with an index behind them can be sorted by (see Order.Meta.indexes)."""

from typing import Any

from django.db.models import F, QuerySet
from django.utils.html import format_html

from common import clock
from common.due import describe
from common.tables import (
    ChoiceColumn,
    DateColumn,
    LedgerColumn,
    LedgerTable,
    LinkColumn,
    MoveColumn,
    NumberColumn,
    StatusColumn,
    TextColumn,
)
from complaints.callers import mask_name, mask_phone
from complaints.enums import Category, Cause, OrderStatus, Platform, Source, Urgency
from complaints.models import Order
from complaints.moves import MOVES
from complaints.standing import next_step, running_limit

# What an order in this state waits for: the move that the reader may be able to make.
MAIN_MOVES = {
    OrderStatus.NEW: "dispatch",
    OrderStatus.ACCEPTED: "dispatch",
    OrderStatus.DISPATCHED: "sign",
    OrderStatus.HANDLING: "visit",
    OrderStatus.REPORTED: "call_back",
}
# Long texts that no column shows.
UNREAD = ("search_terms", "origin", "result")


def main_move(order: Order) -> str:
    """The code of the move that usually comes next; empty for what is settled."""
    if order.status == OrderStatus.HANDLING and (order.visited_at or not Category(order.category).is_about_heating):
        return "report"
    return MAIN_MOVES.get(order.state, "")


class OrderTable(LedgerTable):
    table_name = "orders"
    caption = "投诉工单"
    card = ("number", "status", "category", "address", "limit", "next_step")
    default_columns = (
        "number", "status", "received_at", "category", "urgency", "address", "content", "company", "limit",
        "next_step",
    )  # fmt: skip
    default_order = ("-received_at",)
    selectable = True

    number = LinkColumn(verbose_name="编号", order_by=("sequence",))
    status = StatusColumn(verbose_name="状态", enum=OrderStatus, orderable=False)
    received_at = DateColumn(verbose_name="受理时间", time=True, order_by=("received_at",))
    category = ChoiceColumn(verbose_name="诉求类别", enum=Category, orderable=False)
    urgency = StatusColumn(verbose_name="紧急", enum=Urgency, orderable=False)
    address = TextColumn(verbose_name="地址", orderable=False)
    community = TextColumn(verbose_name="小区", accessor="community__name", select=("community",), orderable=False)
    content = TextColumn(verbose_name="诉求内容", accessor="masked_content", orderable=False)
    caller = LedgerColumn(verbose_name="诉求人", orderable=False)
    phone = LedgerColumn(verbose_name="联系电话", orderable=False)
    company = TextColumn(verbose_name="承办企业", accessor="company__label", select=("company",), orderable=False)
    limit = LedgerColumn(verbose_name="时限", accessor="due_at", order_by=("due_at",), empty_values=())
    measured_temperature_c = NumberColumn(verbose_name="实测室温", unit="℃", places=1, orderable=False)
    cause = ChoiceColumn(verbose_name="责任归因", enum=Cause, orderable=False)
    source = ChoiceColumn(verbose_name="来源", enum=Source, orderable=False)
    platform = ChoiceColumn(verbose_name="平台", enum=Platform, orderable=False)
    outside_number = TextColumn(verbose_name="来源工单号", orderable=False)
    township = TextColumn(verbose_name="乡镇、街道", accessor="township__name", select=("township",), orderable=False)
    dispatched_at = DateColumn(verbose_name="派单时间", time=True, orderable=False)
    closed_at = DateColumn(verbose_name="办结时间", time=True, orderable=False)
    next_step = MoveColumn(verbose_name="下一步", empty_values=(), select=("company",))

    def __init__(self, data: Any, *, user: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.user, self.now = user, clock.now()

    @classmethod
    def ordered(cls, queryset: QuerySet[Any], sort: tuple[str, ...] = ()) -> QuerySet[Any]:
        queryset = super().ordered(queryset, sort)
        if sort and sort[0].removeprefix("-") == "limit":
            # No limit is later than any limit, on both databases.
            down = sort[0].startswith("-")
            first = F("due_at").desc(nulls_first=True) if down else F("due_at").asc(nulls_last=True)
            queryset = queryset.order_by(first, "-pk" if down else "pk")
        return queryset

    def render_caller(self, record: Order) -> str:
        return mask_name(record.caller)

    def render_phone(self, record: Order) -> str:
        return mask_phone(record.phone)

    def render_limit(self, record: Order) -> Any:
        limit = running_limit(record)
        if limit is None:
            return ""
        due = describe(limit.due_at, self.now)
        return format_html('<span class="due due-{}">{} {}</span>', due.colour, limit.label, due.text)

    def render_next_step(self, record: Order) -> Any:
        code = main_move(record)
        if code and MOVES[code].allowed_for(self.user, record):
            label, url = MOVES[code].label, record.get_absolute_url()
            return format_html('<a class="move-link" href="{}{}/">{}</a>', url, code, label)
        text = next_step(record, now=self.now)
        return format_html('<span class="waiting">{}</span>', text) if text else ""
