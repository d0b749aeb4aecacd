"""Reads of yard checks. Each docstring states its number of queries."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from accounts.models import Unit
from coal.check_enums import CheckLevel
from coal.check_services import rules_of
from coal.judging import plain
from coal.models import CheckRules, Yard, YardCheck
from common import clock
from common.occasions import Occasion
from facilities.enums import FacilityKind

OCCASION = "yard_check"
# So many checks the trend of a yard goes back.
TREND = 20


@dataclass(frozen=True, slots=True)
class Standing:
    """A yard and for how many days nobody has checked it, None for one never checked. `every_days`: what its county
    asks."""

    yard: Yard
    days: int | None
    every_days: int

    @property
    def is_overdue(self) -> bool:
        """久未检查. A yard that is out of use needs none."""
        return self.yard.is_active and (self.days is None or self.days > self.every_days)

    @property
    def since(self) -> str:
        """今天检查 / 3 天前检查 / 没有检查过"""
        if self.days is None:
            return "没有检查过"
        return f"{self.days} 天前检查" if self.days else "今天检查"


@dataclass(frozen=True, slots=True)
class LastCheck(Standing):
    """With the check itself, None for a yard never checked."""

    check: YardCheck | None


def last_checks(yards: Sequence[Yard], rules: CheckRules) -> list[LastCheck]:
    """Each yard with its last check, in the order given. One query."""
    checks = _last_of(yards)
    return [
        LastCheck(yard, _days_since(check.checked_at if check else None), rules.check_every_days, check)
        for yard, check in ((yard, checks.get(yard.pk)) for yard in yards)
    ]


def _last_of(yards: Sequence[Yard]) -> dict[int, YardCheck]:
    """Each yard's last check that holds, by the yard's pk. One query."""
    found = Yard.objects.filter(pk__in=[yard.pk for yard in yards]).order_by().values(last=_latest("pk"))
    return {check.yard_id: check for check in YardCheck.objects.filter(pk__in=found)}


def _latest(field: str) -> Subquery:
    """Of a yard's last check that holds."""
    checks = YardCheck.objects.current().filter(yard=OuterRef("pk")).order_by("-checked_at", "-pk")
    return Subquery(checks.values(field)[:1])


def _days_since(checked_at: dt.datetime | None) -> int | None:
    return (clock.today() - clock.local_date(checked_at)).days if checked_at else None


def last_checks_of(company: Unit) -> list[LastCheck]:
    """The company's yards in use, for `coal/_checks_panel.html`. The caller has seen to it that the reader sees the
    company's coal. Three queries."""
    yards = list(Yard.objects.filter(company=company, is_active=True))
    return last_checks(yards, rules_of(company.region.county))


def overdue_yards(yards: Iterable[Yard]) -> list[Standing]:
    """Those that nobody has checked for too long, the longest first. One query, for any number of counties."""
    active = {yard.pk: yard for yard in yards if yard.is_active}
    own = CheckRules.objects.filter(county=OuterRef("county")).values("check_every_days")[:1]
    rows = Yard.objects.filter(pk__in=active).order_by().values_list("pk", _latest("checked_at"), Subquery(own))
    usual = CheckRules().check_every_days
    found = [Standing(active[pk], _days_since(checked_at), every or usual) for pk, checked_at, every in rows]
    # Never checked is longest.
    return sorted(
        (each for each in found if each.is_overdue),
        key=lambda each: (each.days is not None, -(each.days or 0), each.yard.pk),
    )


def trend(yard: Yard, rules: CheckRules) -> dict[str, Any] | None:
    """The hottest point of the last checks as partials/chart.html shows it; None for fewer than two. One query."""
    checks = list(yard.checks.current().filter(hottest_c__isnull=False)[:TREND])[::-1]
    if len(checks) < 2:
        return None
    labels = [f"{timezone.localtime(check.checked_at):%Y-%m-%d %H:%M}" for check in checks]
    act_c = rules.temperature_act_c
    hottest = [check.hottest_c or Decimal(0) for check in checks]
    return {
        "id": "hottest", "title": "最高点煤温", "unit": "℃", "head": ["检查时间", "最高煤温", "结论"],
        "rows": [
            [label, plain(value), check.state.label]
            for label, value, check in zip(labels, hottest, checks, strict=True)
        ],
        "data": {
            "kind": "lines", "unit": "℃", "labels": [label[5:10].replace("-", "月") + "日" for label in labels],
            "series": [
                {"name": "最高煤温", "values": [float(value) for value in hottest], "colour": "accent"},
                {"name": f"需处理 {plain(act_c)} ℃", "values": [float(act_c)] * len(hottest), "colour": "amber",
                 "dashed": True},
            ],
        },
    }  # fmt: skip


def history_of(check: YardCheck) -> list[YardCheck]:
    """The check with all that it has corrected and that have corrected it, the first one first. A query a step."""
    chain = [check]
    while (earlier := chain[0].corrects) is not None:
        chain.insert(0, earlier)
    while (later := getattr(chain[-1], "correction", None)) is not None:
        chain.append(later)
    return chain


def check_occasion(user: Any, pk: int) -> Occasion | None:
    """A check as what a hazard may be registered from (`common/occasions.py`). Two queries."""
    if not user.has_perm("coal.view_coal"):
        return None
    visible: QuerySet[YardCheck] = YardCheck.objects.visible_to(user)
    check = visible.select_related("yard__company", "yard__county").filter(pk=pk).first()
    if check is None:
        return None
    yard, day = check.yard, clock.local_date(check.checked_at)
    serious = [sentence for level, sentence in check.sentences if level >= CheckLevel.ACT]
    said = [*(serious or [sentence for _, sentence in check.sentences]), check.note.strip()]
    initial = {
        "problem_point": f"{yard.company.label}{yard}", "facility_kind": FacilityKind.BOILER,
        "lead_unit": yard.company_id, "found_on": day, "description": "；".join(filter(None, said)),
        "acceptance_standard": _standard(rules_of(yard.county)),
    }  # fmt: skip
    return Occasion(OCCASION, check.pk, f"煤场检查 {yard} {day}", check.get_absolute_url(), initial)


def _standard(rules: CheckRules) -> str:
    """What holds when it is mended, by the county's values."""
    return (
        f"复测各测点煤温都低于 {plain(rules.temperature_notice_c)} ℃、一氧化碳低于 {plain(rules.co_notice_ppm)} ppm，"
        f"堆高低于 {plain(rules.pile_height_notice_m)} m，无冒烟，苫盖和消防器材完好"
    )
