"""The ledger as a list. Only columns with an index behind them can be sorted by (see Hazard.Meta.indexes)."""

from typing import Any, cast

from django.db.models import F, QuerySet
from django.utils.html import format_html

from common.tables import (
    ChoiceColumn,
    DateColumn,
    DueColumn,
    LedgerTable,
    LinkColumn,
    MoveColumn,
    NumberColumn,
    StatusColumn,
    TextColumn,
)
from facilities.enums import FacilityKind
from inspections.enums import Category, Grade, HazardStatus, Source, Urgency
from inspections.models import Hazard
from inspections.moves import MOVES
from inspections.querysets import HazardQuerySet
from inspections.selectors import next_step

# What a hazard in this state waits for: the move that the reader may be able to make, and its name in the list.
_MAIN_MOVES = {
    HazardStatus.PENDING: ("issue", "下达"),
    HazardStatus.ISSUED: ("sign", "签收"),
    HazardStatus.RECTIFYING: ("report", "填报进度"),
    HazardStatus.AWAITING_ACCEPTANCE: ("accept", "验收"),
}
_PLAN = ("plan", "制定方案")
# Long texts that no column shows.
UNREAD = (
    "search_terms", "origin", "cause", "remark", "late_due_reason", "five_duty", "five_measure", "five_funding",
    "five_time_limit", "five_plan",
)  # fmt: skip


def _is_done(hazard: Hazard) -> bool:
    return not HazardStatus(hazard.status).is_open


class HazardTable(LedgerTable):
    table_name = "hazards"
    caption = "隐患台账"
    card = ("number", "status", "problem_point", "lead_unit", "due_on", "next_step")
    default_columns = (
        "number", "status", "problem_point", "description", "grade", "lead_unit", "responsible_person", "due_on",
        "progress_percent", "next_step",
    )  # fmt: skip
    default_order = ("-season_id", "-sequence")
    selectable = True

    number = LinkColumn(verbose_name="编号", order_by=("sequence",))
    status = StatusColumn(verbose_name="状态", enum=HazardStatus, order_by=("status_rank", "sequence"))
    problem_point = TextColumn(verbose_name="问题点位", orderable=False)
    description = TextColumn(verbose_name="存在问题", orderable=False)
    facility_kind = ChoiceColumn(verbose_name="设施类别", enum=FacilityKind, order_by=("kind_rank", "sequence"))
    grade = StatusColumn(verbose_name="等级", enum=Grade, order_by=("grade_rank", "sequence"))
    category = ChoiceColumn(verbose_name="隐患分类", enum=Category, orderable=False)
    urgency = ChoiceColumn(verbose_name="整改类型", enum=Urgency, orderable=False)
    source = ChoiceColumn(verbose_name="来源", enum=Source, orderable=False)
    lead_unit = TextColumn(
        verbose_name="责任单位",
        accessor="lead_unit__label",
        select=("lead_unit",),
        order_by=("lead_unit_id", "sequence"),
    )
    responsible_person = TextColumn(verbose_name="责任人", orderable=False)
    responsible_phone = TextColumn(verbose_name="联系电话", orderable=False)
    township = TextColumn(
        verbose_name="乡镇、街道", accessor="township__name", select=("township",),
        order_by=("township_id", "sequence"),
    )  # fmt: skip
    found_on = DateColumn(verbose_name="发现日期", order_by=("found_on",))
    due_on = DueColumn(verbose_name="整改时限", done=_is_done, order_by=("due_on",))
    progress_percent = NumberColumn(verbose_name="进度", unit="%", orderable=False)
    supervisor = TextColumn(
        verbose_name="督办人", accessor="supervisor__display_name", select=("supervisor",), orderable=False
    )
    acceptance_standard = TextColumn(verbose_name="验收标准", orderable=False)
    measure = TextColumn(verbose_name="整改措施", orderable=False)
    estimated_cost_yuan = NumberColumn(verbose_name="预计费用", unit="元", places=2, orderable=False)
    issued_at = DateColumn(verbose_name="下达日期", orderable=False)
    closed_at = DateColumn(verbose_name="销号日期", orderable=False)
    next_step = MoveColumn(verbose_name="下一步", empty_values=(), select=("lead_unit",))

    def __init__(self, data: Any, *, user: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.user = user

    @classmethod
    def ordered(cls, queryset: QuerySet[Any], sort: tuple[str, ...] = ()) -> QuerySet[Any]:
        name = sort[0].removeprefix("-") if sort else ""
        if name in ("status", "grade", "facility_kind") and not queryset.query.combinator:
            queryset = cast(HazardQuerySet, queryset).with_ranks()
        queryset = super().ordered(queryset, sort)
        if name == "due_on":
            # No deadline is later than any deadline, on both databases.
            down = sort[0].startswith("-")
            first = F("due_on").desc(nulls_first=True) if down else F("due_on").asc(nulls_last=True)
            queryset = queryset.order_by(first, "-pk" if down else "pk")
        return queryset

    def render_next_step(self, record: Hazard) -> Any:
        status = HazardStatus(record.status)
        unplanned = status is HazardStatus.RECTIFYING and record.planned_at is None
        code, label = _PLAN if unplanned else _MAIN_MOVES.get(status, ("", ""))
        if code and MOVES[code].allowed_for(self.user, record):
            return format_html('<a class="move-link" href="{}{}/">{}</a>', record.get_absolute_url(), code, label)
        text = next_step(record)
        return format_html('<span class="waiting">{}</span>', text) if text else ""
