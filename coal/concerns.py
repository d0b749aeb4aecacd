"""What is wrong with a county's coal, worst first, each with where to go. No query: it is read from the standings."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum

from django.urls import reverse

from accounts.models import Unit
from coal.check_enums import CheckLevel
from coal.demand import rounded
from coal.demand_enums import Light, MilestoneKind
from coal.standings import Standing, milestone_in_words
from common import clock
from common.columns import group_digits
from common.ui import prose_day, quantity


class Matter(IntEnum):
    """In the order of how bad it is."""

    FAR_BEHIND = 1
    SHORT_OF_COVER = 2
    MILESTONE = 3
    YARD_CHECK = 4
    COUNTS = 5
    QUALITY = 6
    MONEY = 7
    NO_TARGET = 8
    REPORTS = 9
    UNTOLD_HEAT = 10


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
    """Of one company. A look back leaves out what is known of today only: checks, quality, money, untold heat."""
    yield from _milestone(standing)
    yield from _cover(standing)
    yield from _counts(standing)
    yield from _reports(standing)
    if not standing.is_look_back:
        yield from _checks(standing)
        yield from _quality(standing)
        yield from _money(standing)
        yield from _heat(standing)


def _milestone(standing: Standing) -> Iterator[Concern]:
    target = standing.target
    if not standing.owes_target:
        return
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


def _checks(standing: Standing) -> Iterator[Concern]:
    """A line for each yard whose last check asks for something, or that nobody has checked for too long."""
    today, season = clock.today(), standing.season
    if not season.summer_start_on <= today <= season.heating_end_on:
        return
    every = standing.keeper.check_every_days
    for yard in standing.keeper.yards:
        level = CheckLevel(yard.check_level or 0)
        if yard.is_active and level >= CheckLevel.ACT:
            text = f"{yard.name} {yard.checked_on} 检查结论是“{level.label}”，还没有复查正常"
            colour, path = level.colour, reverse("coal:check_detail", args=[yard.check])
            weight = Decimal(1000 * level)
            yield Concern(Matter.YARD_CHECK, standing.company, f"煤场{level.label}", colour, text, path, weight)
        days = (today - yard.checked_on).days if yard.checked_on else None
        if yard.is_active and (days is None or days > every):
            since = "没有检查过" if days is None else f"{days} 天没有检查"
            text, path = f"{yard.name} {since}，应每 {every} 天检查一次", reverse("coal:yard_detail", args=[yard.pk])
            weight = Decimal(999 if days is None else min(days, 999))
            yield Concern(Matter.YARD_CHECK, standing.company, "久未检查", "amber", text, path, weight)


def _quality(standing: Standing) -> Iterator[Concern]:
    batches, worse_t = standing.keeper.worse_batches, standing.keeper.worse_t
    if batches:
        text = f"{batches} 批煤化验不合合同约定（热值低或全硫高），到货 {group_digits(worse_t, 2)} t"
        path = f"{reverse('coal:quality_list')}?company={standing.company.pk}"
        yield Concern(Matter.QUALITY, standing.company, "煤质不合约定", "amber", text, path, worse_t)


def _money(standing: Standing) -> Iterator[Concern]:
    needed, secured = standing.keeper.needed_yuan, standing.keeper.secured_yuan
    if needed is not None and needed > secured:
        said = f"需 {_in_10k(needed)} 万元，已落实 {_in_10k(secured)} 万元"
        text = f"购煤资金还差 {_in_10k(needed - secured)} 万元（{said}）"
        path = reverse("coal:fund_company", args=[standing.season.pk, standing.company.pk])
        yield Concern(Matter.MONEY, standing.company, "资金缺口", "amber", text, path, needed - secured)


def _in_10k(yuan: Decimal) -> str:
    return group_digits(rounded(yuan / 10_000, 2), 2)
