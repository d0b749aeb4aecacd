"""Every write to estimates and to drafts of targets, each with its entry in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max

from accounts.enums import UnitKind
from accounts.models import Unit
from audit.services import Changes, record
from audit.writing import label, shown
from coal.bounds import check_fits, check_need
from coal.demand import rounded, tce
from coal.demand_enums import Method, MilestoneKind, TargetRule, TargetStatus
from coal.demand_selectors import inputs_of, latest_estimate
from coal.inputs import INPUTS
from coal.milestones import Planned, departures
from coal.models import Estimate, Target, TargetMilestone
from common import clock
from common.concurrency import Stale, change
from facilities.models import Season

ESTIMATE_FIELDS = (
    "area_m2", "heat_index_w_per_m2", "heating_days", "indoor_c", "mean_c", "design_c", "boiler_efficiency",
    "network_efficiency", "heat_value_mj_per_kg", "winter", "winter_name", "degree_days", "last_coal_t",
    "last_heat_value_mj_per_kg", "last_area_m2", "last_degree_days", "margin_percent",
)  # fmt: skip
TARGET_FIELDS = ("method", "rule", "amount", "need_t", "quantity_t", "quantity_tce", "note")


# --- estimates


def may_estimate(user: Any, company: Unit) -> bool:
    """The company's own people, and the development bureau, which may reckon for each."""
    if user.is_superuser:
        return True
    is_theirs = user.unit_id == company.pk or (user.unit_id and user.unit.kind == UnitKind.DEVELOPMENT_BUREAU)
    return bool(is_theirs and user.has_perm("coal.estimate_demand"))


@transaction.atomic
def save_estimate(
    *, by: Any, company: Unit, season: Season, values: Mapping[str, Any], reasons: Mapping[str, str], seen: str
) -> Estimate:
    """`values`: ESTIMATE_FIELDS. `seen`: `seal` of the estimate on the page; another one by now raises Stale.

    What a target rests on stays as it is: then a further estimate is made.
    """
    if not may_estimate(by, company):
        raise PermissionDenied("测算由供热企业自己或发改局保存")
    wanted = Estimate(**values)
    check_fits(wanted, ESTIMATE_FIELDS)
    check_need(wanted.demands.values())
    latest = latest_estimate(company, season)
    if seal(latest) != seen:
        raise Stale(latest or Estimate(company=company, season=season))
    who = {"saved_by": by, "saved_at": clock.now()}
    changes: Changes = {}
    if latest:
        changes = _differences(latest, values, ESTIMATE_FIELDS) | _reasons_changed(latest.reasons, reasons)
    if latest is None or (latest.is_frozen and changes):
        return _create_estimate(latest, by=by, company=company, season=season, reasons=dict(reasons), **values, **who)
    if changes:
        change(latest, expect={"is_frozen": False}, reasons=dict(reasons), **values, **who)
        record(actor=by, action="修改测算", target=latest, changes=changes, region_code=season.county.code)
    return latest


def _create_estimate(latest: Estimate | None, *, by: Any, **values: Any) -> Estimate:
    estimate = Estimate(county=values["season"].county, number=latest.number + 1 if latest else 1, **values)
    try:
        with transaction.atomic():
            estimate.save(force_insert=True)
    except IntegrityError:
        raise Stale(estimate) from None
    changes = _filled(estimate, ESTIMATE_FIELDS) | _reasons_changed({}, estimate.reasons)
    record(actor=by, action="保存测算", target=estimate, changes=changes, region_code=estimate.county.code)
    return estimate


def _differences(instance: Any, values: Mapping[str, Any], names: Iterable[str]) -> Changes:
    """{label: [old, new]} of the fields whose value is another, as people read them."""
    new, changes = copy(instance), {}
    for name in names:
        setattr(new, name, values[name])
        if getattr(instance, name) != values[name]:
            changes[label(instance, name)] = [_said(instance, name), _said(new, name)]
    return changes


def _filled(instance: Any, names: Iterable[str]) -> Changes:
    """{label: [None, value]} of the fields that have one."""
    return {label(instance, name): [None, said] for name in names if (said := _said(instance, name)) is not None}


def _said(instance: Any, name: str) -> str | None:
    """12746, not 12746.00."""
    value = getattr(instance, name)
    return f"{value.normalize():f}" if isinstance(value, Decimal) else shown(instance, name)


def seal(estimate: Estimate | None) -> str:
    """Which estimate it is, in which version; of none yet “0”."""
    return f"{estimate.number}.{estimate.version}" if estimate else "0"


def _reasons_changed(old: Mapping[str, str], new: Mapping[str, str]) -> Changes:
    names = [name for name in INPUTS if old.get(name, "") != new.get(name, "")]
    return {f"{INPUTS[name].label}的理由": [old.get(name) or None, new.get(name) or None] for name in names}


def _freeze(estimate: Estimate) -> None:
    """What a target rests on does not change any more, neither its inputs nor its results."""
    if not estimate.is_frozen:
        change(estimate, expect={"is_frozen": False}, is_frozen=True, results=estimate.frozen_results())


# --- targets


@transaction.atomic
def save_target(
    target: Target | None, *, by: Any, estimate: Estimate, method: Method, rule: TargetRule, amount: Decimal,
    milestones: Sequence[Planned], note: str = "", seen: int | None = None,
) -> Target:  # fmt: skip
    """A company's draft, new or written anew, on this estimate. `seen`: the version on the page; an older one raises
    Stale. Raises PermissionDenied; ValidationError."""
    if not by.has_perm("coal.propose_target") or by.unit_id != estimate.company_id:
        raise PermissionDenied("储备目标由供热企业自己填报")
    _freeze(estimate)
    figures = figures_of(estimate, method, rule, amount)
    values = {**figures, "estimate": estimate, "method": method, "rule": rule, "amount": amount, "note": note}
    if target is None:
        return _create_target(estimate, by=by, values=values, milestones=milestones)
    if target.status not in (TargetStatus.DRAFT, TargetStatus.RETURNED):
        raise ValidationError(f"第 {target.revision} 版现在是“{target.state.label}”，不能再改")
    changes = _differences(target, values, TARGET_FIELDS)
    old_milestones = in_words(planned_of(target))
    if old_milestones != in_words(milestones):
        changes["节点"] = [old_milestones, in_words(milestones)]
    if seen is not None:
        target.version = seen
    change(target, expect={"status": target.status}, **values)
    target.milestones.all().delete()
    _add_milestones(target, milestones)
    record(actor=by, action="修改目标", target=target, changes=changes, region_code=target.county.code)
    return target


def _create_target(
    estimate: Estimate,
    *,
    by: Any,
    values: Mapping[str, Any],
    milestones: Sequence[Planned],
    revision: int = 1,
    why: str = "",
) -> Target:
    target = Target(
        county=estimate.county, company=estimate.company, season=estimate.season, revision=revision, **values
    )
    try:
        with transaction.atomic():
            target.save(force_insert=True)
    except IntegrityError:
        raise ValidationError("这个采暖季已经有储备目标了，请刷新后在原来的目标上修改") from None
    _add_milestones(target, milestones)
    changes = _filled(target, TARGET_FIELDS) | {"节点": [None, in_words(milestones)]}
    record(
        actor=by, action="填写目标" if revision == 1 else f"开始第 {revision} 版", target=target, changes=changes,
        note=why, region_code=target.county.code,
    )  # fmt: skip
    return target


def open_revision(target: Target, *, by: Any, why: str) -> Target:
    """The next revision as a draft that says what the one in force says. For `workflow.revise`, in its transaction."""
    values = {
        name: getattr(target, name)
        for name in (*TARGET_FIELDS, "estimate", "mean_day_t", "coldest_day_t", "heat_value_mj_per_kg")
    }
    return _create_target(
        target.estimate, by=by, values=values, milestones=planned_of(target), revision=_next_revision(target), why=why
    )


def _next_revision(target: Target) -> int:
    """Numbers of revisions that were given up are not given again."""
    all_of = Target.objects.filter(company=target.company_id, season=target.season_id)
    return int(all_of.aggregate(last=Max("revision"))["last"]) + 1


def figures_of(estimate: Estimate, method: Method, rule: TargetRule, amount: Decimal) -> dict[str, Decimal]:
    """The tonnes of a target: need × share, or a day's coal × days, rounded to a tonne. Raises ValidationError."""
    demand = estimate.demands.get(method)
    if demand is None:
        raise ValidationError({"method": f"这次测算没有{method.label}的结果，请先补上上季数据"})
    day_t = demand.coldest_day_t if rule == TargetRule.COLDEST_DAYS else demand.mean_day_t
    quantity_t = rounded(demand.coal_t * amount / 100 if rule == TargetRule.SHARE else day_t * amount)
    if quantity_t <= 0:
        raise ValidationError({"amount": "按这个比例或天数算出的目标不到 1 t，请核对"})
    return {
        "need_t": demand.coal_t,
        "mean_day_t": demand.mean_day_t,
        "coldest_day_t": demand.coldest_day_t,
        "heat_value_mj_per_kg": estimate.heat_value_mj_per_kg,
        "quantity_t": quantity_t,
        "quantity_tce": rounded(tce(quantity_t, estimate.heat_value_mj_per_kg)),
    }


def _add_milestones(target: Target, milestones: Sequence[Planned]) -> None:
    TargetMilestone.objects.bulk_create(
        TargetMilestone(
            target=target,
            kind=each.kind,
            due_on=each.due_on,
            share_percent=None if each.kind is MilestoneKind.COVER else each.amount,
            quantity_t=each.quantity_t(target.quantity_t),
            cover_days=int(each.amount) if each.kind is MilestoneKind.COVER else None,
        )
        for each in milestones
    )


def departures_of(target: Target) -> list[str]:
    """Where its milestones ask for less than the county usually does, a sentence each. Two queries."""
    return departures(planned_of(target), target.season, inputs_of(target.county))


def planned_of(target: Target) -> list[Planned]:
    """One query."""
    return [
        Planned(MilestoneKind(row.kind), row.due_on, Decimal(row.cover_days or 0) or row.share_percent or Decimal(0))
        for row in target.milestones.all()
    ]


def in_words(milestones: Sequence[Planned]) -> str:
    """6月30日 合同签订 100%；… for the history."""
    return "；".join(
        f"{each.due_on.month}月{each.due_on.day}日 {each.kind.label} {each.amount.normalize():f}"
        + (" 天" if each.kind is MilestoneKind.COVER else "%")
        for each in sorted(milestones, key=lambda each: (each.due_on, each.kind))
    )
