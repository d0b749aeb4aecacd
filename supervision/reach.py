"""Whom no reminder can reach: units that have something to do, and bureaus, in which nobody has an account to be told
by. For the bureau's pages; live, so that a warning goes with the first account."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, NullIf

from accounts.enums import RegionLevel
from accounts.models import Region, Unit, User
from accounts.roles import ALL_ROLES
from supervision.kinds import KINDS, Kind
from supervision.models import PolicyStep

MOST_NAMED = 10
MOST_COUNTED = 99


@dataclass
class SilentUnit:
    """`count`: how many items wait for it, up to MOST_COUNTED + 1."""

    pk: int
    name: str
    is_active: bool
    count: int = 0

    @property
    def about(self) -> str:
        """12 条 / 99+ 条 / 已停用，12 条"""
        count = f"{MOST_COUNTED}+ 条" if self.count > MOST_COUNTED else f"{self.count} 条"
        return count if self.is_active else f"已停用，{count}"


@dataclass(frozen=True)
class Unreached:
    """`units`: those with most to do; `more`: how many others. `bureaus`: a sentence for each county."""

    units: list[SilentUnit] = field(default_factory=list)
    more: int = 0
    bureaus: list[str] = field(default_factory=list)


class _Counted(Subquery):
    """How many rows the subquery has. In its FROM, so that a slice holds: counting ends there."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def unreached(user: Any) -> Unreached:
    """Of what the user sees; empty for who is not of a housing bureau. One query."""
    if not (user.is_superuser or (user.unit_id and user.unit.is_bureau)):
        return Unreached()
    units: dict[int, SilentUnit] = {}
    counties: dict[str, dict[str, tuple[str, ...]]] = {}
    first, *others = [part for kind in KINDS.values() for part in (_units(kind, user), *_bureaus(kind, user))]
    for kind, flag, pk, name, is_active, count in first.union(*others, all=True):
        if flag and count:
            counties.setdefault(name, {})[flag] = KINDS[kind].bureau[flag].roles
        elif count:
            units.setdefault(pk, SilentUnit(pk, name, is_active)).count += count
    most = sorted(units.values(), key=lambda unit: (-unit.count, unit.pk))
    sentences = [_sentence(county, missing) for county, missing in sorted(counties.items())]
    return Unreached(most[:MOST_NAMED], len(most[MOST_NAMED:]), sentences)


def _units(kind: Kind, user: Any) -> QuerySet[Any]:
    """(kind, "", pk, name, is active, items) of each unit without a usable account. Few; only theirs are counted."""
    people = User.objects.filter(unit=OuterRef("pk"), is_active=True, groups__name__in=kind.unit_roles)
    # People of a unit that was switched off cannot sign in.
    silent = Unit.objects.visible_to(user).filter(~Exists(people) | Q(is_active=False))
    if not kind.unit_roles:
        silent = silent.none()
    items = (kind.watched() & kind.visible(user)).filter(**{kind.unit: OuterRef("pk"), f"{kind.due}__isnull": False})
    label = Coalesce(NullIf("short_name", Value("")), "name")
    return silent.order_by().values_list(
        Value(kind.name),
        Value(""),
        "pk",
        label,
        "is_active",
        _Counted(items.order_by().values("pk")[: MOST_COUNTED + 1]),
    )


def _bureaus(kind: Kind, user: Any) -> Iterator[QuerySet[Any]]:
    """For each audience flag (kind, flag, pk, name, true, items) of each county: 1 if a step in use tells these people
    of some item, and there are none; else 0."""
    counties = Region.objects.visible_to(user).filter(level=RegionLevel.COUNTY).order_by()
    steps = PolicyStep.objects.filter(
        policy__kind=kind.name, policy__is_active=True, version=F("policy__version"), is_active=True
    )
    people = User.objects.filter(unit__region=OuterRef("pk"), unit__is_active=True, is_active=True)
    for flag, meant in kind.bureau.items():
        there = people.filter(groups__name__in=meant.roles)
        nobody = ~Exists(there.filter(unit__kind=meant.unit_kind) if meant.unit_kind else there)
        items = meant.of(kind.watched()).filter(**{kind.county: OuterRef("pk"), f"{kind.due}__isnull": False})
        # A CASE, so that no item is looked at where somebody is there.
        some = Case(
            When(nobody & Exists(steps.filter(**{flag: True})), then=_Counted(items.order_by().values("pk")[:1])),
            default=Value(0),
        )
        yield counties.values_list(Value(kind.name), Value(flag), "pk", "name", Value(True), some)


def _sentence(county: str, missing: dict[str, tuple[str, ...]]) -> str:
    """临岭县没有可用的住建管理员账号，要通知住建局负责人的提醒和督办没有人收到。"""
    wanted = {role for roles in missing.values() for role in roles}
    roles = "或".join(role for role in ALL_ROLES if role in wanted)
    audience = "、".join(str(PolicyStep._meta.get_field(flag).verbose_name) for flag in missing)  # type: ignore[union-attr]
    return f"{county}没有可用的{roles}账号，要通知{audience}的提醒和督办没有人收到。"
