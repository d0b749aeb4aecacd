"""The lists of escalations and of proposals."""

from typing import Any

from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from common import clock
from common.tables import DateColumn, DueColumn, LedgerColumn, LedgerTable, LinkColumn, TextColumn
from common.ui import badge, moment
from supervision.enums import ProposalState, measure_of
from supervision.kinds import KINDS, Facts
from supervision.models import Escalation, Proposal
from supervision.proposals import why_not_needed
from supervision.selectors import by_kind

QUIETLY = format_html('<span class="quiet">{}</span>', "没有单独通知")
GONE = Facts(title="（已删除）")


def give_facts(records: list[Any]) -> None:
    """Each of the records gets the `facts` of its item. One query for each kind."""
    facts = {name: KINDS[name].facts(ids) for name, ids in by_kind(records).items()}
    for record in records:
        record.facts = facts[record.kind].get(record.item_id, GONE)


def is_past(record: Any) -> bool:
    """Whether the item is no longer watched with the record's deadline."""
    return (record.facts.deadline, record.facts.round) != (record.deadline, record.round)


class EscalationTable(LedgerTable):
    """Each record gets the `facts` of its item."""

    table_name = "escalations"
    caption = "督办"
    card = ("item", "step", "text", "unit", "due_on")
    fixed = ("item", "step")
    default_order = ("-level", "due_on", "due_minute")

    item = LinkColumn(verbose_name="事项", accessor="facts__title", orderable=False)
    step = LedgerColumn(verbose_name="步骤", order_by=("level", "-due_on", "-due_minute"))
    text = TextColumn(verbose_name="内容", accessor="facts__text", orderable=False)
    unit = TextColumn(verbose_name="责任单位", accessor="facts__unit", orderable=False)
    due_on = DueColumn(verbose_name="时限", accessor="deadline", done=is_past, order_by=("due_on", "due_minute"))
    status = LedgerColumn(verbose_name="现状", accessor="facts__status", orderable=False)
    reached_at = DateColumn(verbose_name="达到时间", time=True, order_by=("pk",))
    announced = LedgerColumn(verbose_name="通知", orderable=False)

    @classmethod
    def with_facts(cls, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """As `for_request`; one more query for each kind of item on the page."""
        table = cls.for_request(request, *args, rows=Escalation.objects.with_proposals(), **kwargs)
        give_facts(table.page.object_list)
        return table

    def render_announced(self, record: Any) -> str:
        """已通知 / 没有单独通知 / 待审批 / 暂缓到 2026-09-03 / 不同意 / 不再需要审批"""
        if record.proposal_state is None:
            return "已通知" if record.announced else QUIETLY
        if record.proposal_state == ProposalState.APPROVED:
            return "已通知"
        if record.proposal_state == ProposalState.DECLINED:
            return badge("不同意")
        if not record.is_waiting:
            return badge("不再需要审批", "muted")
        is_held = record.held_until is not None and record.held_until > clock.today()
        return badge(f"暂缓到 {record.held_until}") if is_held else badge("待审批", "amber")

    def render_step(self, record: Any) -> str:
        measure = measure_of(record.step)
        label = f"{measure.label}（第 {record.repeat} 次重复）" if record.repeat else measure.label
        return badge(label, measure.colour)

    def render_status(self, record: Any) -> str:
        return badge(record.facts.status, record.facts.colour)

    def row_url(self, record: Any) -> str:
        return record.facts.path

    class Meta(LedgerTable.Meta):
        model = Escalation
        fields = ()


class ProposalTable(LedgerTable):
    """Each record gets the `facts` of its item. `gone`: all of them are no longer needed."""

    table_name = "proposals"
    caption = "督办审批"
    card = ("item", "step", "text", "unit", "due_on", "state")
    fixed = ("item", "step")
    default_order = ("-level", "due_on", "due_minute")
    selectable = True
    gone = False

    item = LinkColumn(verbose_name="事项", accessor="facts__title", orderable=False)
    step = LedgerColumn(verbose_name="措施", order_by=("level", "-due_on", "-due_minute"))
    text = TextColumn(verbose_name="内容", accessor="facts__text", orderable=False)
    unit = TextColumn(verbose_name="责任单位", accessor="facts__unit", orderable=False)
    due_on = DueColumn(verbose_name="时限", accessor="deadline", done=is_past, order_by=("due_on", "due_minute"))
    status = LedgerColumn(verbose_name="现状", accessor="facts__status", orderable=False)
    proposed_at = DateColumn(verbose_name="报审批时间", time=True, order_by=("proposed_at",))
    state = LedgerColumn(verbose_name="审批", orderable=False)

    @classmethod
    def with_facts(cls, request: HttpRequest, *args: Any, gone: bool, **kwargs: Any) -> Any:
        """As `for_request`; one more query for each kind of item on the page."""
        table = cls.for_request(request, *args, **kwargs)
        table.gone = gone
        give_facts(table.page.object_list)
        return table

    def render_step(self, record: Any) -> str:
        return badge(record.label, measure_of(record.step).colour)

    def render_status(self, record: Any) -> str:
        return badge(record.facts.status, record.facts.colour)

    def render_state(self, record: Any) -> SafeString:
        """The version that was seen is sent with the boxes."""
        return format_html(
            '{}<input type="hidden" name="seen" value="{}-{}" form="{}">',
            proposal_words(record, self.gone), record.pk, record.version, self.selection_form,
        )  # fmt: skip

    def can_select(self, record: Any) -> bool:
        return record.state == ProposalState.OPEN and not self.gone

    def row_url(self, record: Any) -> str:
        return record.facts.path

    def row_label(self, record: Any) -> str:
        return f"{record.facts.title} {record.label}"

    class Meta(LedgerTable.Meta):
        model = Proposal
        fields = ()


def proposal_words(record: Any, gone: bool) -> str:
    """待审批 / 暂缓到 2026-09-03，杜导：等材料 / 已批准，杜导 2026-09-01 10:05 / 不再需要：现在是“已销号”"""
    if gone:
        return f"不再需要：{why_not_needed(record, record.facts)}"
    if not record.decided_by:
        return "待审批"
    who = f"{record.decided_by.display_name} {moment(record.decided_at)}"
    held = f"暂缓到 {record.held_until}" if record.held_until else ProposalState(record.state).label
    return "，".join([held, f"{who}：{record.reason}" if record.reason else who])
