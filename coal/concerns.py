"""What is wrong with a county's coal, worst first, each with where to go. No query: it is read from the standings."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum

from django.urls import reverse

from accounts.models import Unit
from coal.demand_enums import Light, MilestoneKind
from coal.standings import Standing, milestone_in_words
from common.ui import prose_day, quantity


class Matter(IntEnum):
    """In the order of how bad it is."""

    FAR_BEHIND = 1
    SHORT_OF_COVER = 2
    MILESTONE = 3
    COUNTS = 4
    NO_TARGET = 5
    REPORTS = 6
    UNTOLD_HEAT = 7


@dataclass(frozen=True, slots=True)
class Concern:
    """`label` and `colour`: its badge; `path`: where it is dealt with; `weight`: among its like, more is worse."""

    matter: Matter
    company: Unit
    label: str
    colour: str
    text: str
    path: str
    weight: Decimal = Decimal(0)


def concerns(standings: Iterable[Standing]) -> list[Concern]:
    found = [concern for standing in standings for concern in concerns_of(standing)]
    return sorted(found, key=lambda each: (each.matter, -each.weight, each.company.pk))


def concerns_of(standing: Standing) -> Iterator[Concern]:
    """Of one company."""
    yield from _milestone(standing)
    yield from _cover(standing)
    yield from _counts(standing)
    yield from _reports(standing)
    yield from _heat(standing)


def _milestone(standing: Standing) -> Iterator[Concern]:
    target = standing.target
    if target is None:
        path = reverse("coal:target_list")
        yield Concern(Matter.NO_TARGET, standing.company, "无目标", "grey", "本季还没有已批准的储备目标", path)
        return
    for found in standing.verdicts:
        light, milestone = found.light, found.milestone
        if milestone is None or light not in (Light.BEHIND, Light.FAR_BEHIND):
            continue
        matter = Matter.FAR_BEHIND if light is Light.FAR_BEHIND else Matter.MILESTONE
        text, path = milestone_in_words(found), target.get_absolute_url()
        if milestone.kind == MilestoneKind.CONTRACTED:
            path = f"{reverse('coal:contract_list')}?company={standing.company.pk}"
        else:
            text += f"；{_forecast(standing)}"
        yield Concern(matter, standing.company, light.label, light.colour, text, path, found.short_t)


def _forecast(standing: Standing) -> str:
    said = standing.forecast
    return f"预计 {said} 达到目标" if said[:1].isdigit() else said


def _cover(standing: Standing) -> Iterator[Concern]:
    if not standing.is_short:
        return
    least, days, need = standing.least_days(standing.day), standing.cover.mean_days, standing.cover.need
    text = f"可用 {days} 天（平均日），低于最低 {least} 天；{need.basis} {need.mean_t} t/d"
    path = standing.path
    yield Concern(Matter.SHORT_OF_COVER, standing.company, "存煤不足", "red", text, path, -(days or Decimal(0)))


def _counts(standing: Standing) -> Iterator[Concern]:
    """More was counted away, or found, in the season than a book that is kept well explains."""
    history, percent = standing.history, standing.keeper.count_percent
    if history is None:
        return
    more_t, less_t = (sum(each.values(), Decimal(0)) for each in (history.surplus_t, history.shortage_t))
    booked_t = history.booked_t
    if max(more_t, less_t) * 100 > booked_t * percent:
        text = (
            f"本季盘亏 {quantity(less_t)} t、盘盈 {quantity(more_t)} t，超过入场煤 {quantity(booked_t)} t 的 "
            f"{quantity(percent)}%，请核对流水"
        )
        path = f"{reverse('coal:movement_list')}?company={standing.company.pk}&kind=count"
        yield Concern(Matter.COUNTS, standing.company, "账实不符", "amber", text, path, max(more_t, less_t))


def _reports(standing: Standing) -> Iterator[Concern]:
    missing, owed = standing.keeper.missing_reports, standing.keeper.owed
    if missing and owed:
        text = f"{prose_day(owed[0])}至{prose_day(owed[1])}有 {missing} 天的日报没有报"
        path = reverse("coal:report_company", args=[standing.company.pk])
        yield Concern(Matter.REPORTS, standing.company, "日报未报", "amber", text, path, Decimal(missing))


def _heat(standing: Standing) -> Iterator[Concern]:
    for yard in standing.keeper.yards:
        if yard.untold_since is not None:
            text = f"{yard.name} 自 {prose_day(yard.untold_since)} 起有到货没有报热值，折标煤暂按常用热值计"
            path = f"{reverse('coal:yard_detail', args=[yard.pk])}?kind=arrival"
            yield Concern(Matter.UNTOLD_HEAT, standing.company, "缺热值", "amber", text, path)
