"""The list of escalations."""

from typing import Any

from django.http import HttpRequest

from common.tables import DateColumn, DueColumn, LedgerColumn, LedgerTable, LinkColumn, TextColumn, YesNoColumn
from common.ui import badge
from supervision.enums import measure_of
from supervision.kinds import KINDS, Facts
from supervision.models import Escalation
from supervision.selectors import by_kind

GONE = Facts(title="（已删除）")


class EscalationTable(LedgerTable):
    """Each record gets the `facts` of its item."""

    table_name = "escalations"
    caption = "督办"
    card = ("item", "step", "text", "unit", "due_on")
    fixed = ("item", "step")
    default_order = ("-level", "due_on")

    item = LinkColumn(verbose_name="编号", accessor="facts__title", orderable=False)
    step = LedgerColumn(verbose_name="步骤", order_by=("level", "-due_on"))
    text = TextColumn(verbose_name="问题点位", accessor="facts__text", orderable=False)
    unit = TextColumn(verbose_name="责任单位", accessor="facts__unit", orderable=False)
    due_on = DueColumn(verbose_name="时限", done=lambda record: record.facts.due_on != record.due_on)
    status = LedgerColumn(verbose_name="现状", accessor="facts__status", orderable=False)
    reached_at = DateColumn(verbose_name="达到时间", time=True, order_by=("pk",))
    announced = YesNoColumn(verbose_name="通知", words=("已通知", "没有单独通知"), orderable=False)

    @classmethod
    def with_facts(cls, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """As `for_request`; one more query for each kind of item on the page."""
        table = cls.for_request(request, *args, **kwargs)
        records: list[Any] = table.page.object_list
        facts = {name: KINDS[name].facts(ids) for name, ids in by_kind(records).items()}
        for record in records:
            record.facts = facts[record.kind].get(record.item_id, GONE)
        return table

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
