"""What a bureau teaches the reader of its ledgers: further words, and other names of units, communities, facilities."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.enums import RegionLevel
from accounts.models import Region, Unit
from audit.services import record
from common import clock
from common.spreadsheets.columns import comparable
from common.spreadsheets.models import LedgerTerm
from common.spreadsheets.registry import registered
from common.spreadsheets.terms import Role, Terms, terms_of
from common.text import normalise_name
from facilities.models import Community, Facility, NameAlias

Target = Unit | Community | Facility
NOUNS: dict[type[Target], str] = {Unit: "单位", Community: "小区", Facility: "设施"}
LONGEST_TERM, LONGEST_ALIAS = 60, 120
# What a problem point begins with is looked up too: one character would be found everywhere.
SHORTEST_ALIAS = 2


def may_teach(user: Any) -> bool:
    return bool(user.has_perm("facilities.manage_vocabulary"))


def _check(by: Any) -> None:
    if not may_teach(by):
        raise PermissionDenied("您没有管理台账用词和别名的权限")


def may_name(user: Any) -> bool:
    """Whether the user may say that another name means a unit, a community or a facility."""
    return bool(may_teach(user) or user.has_perm("facilities.teach_names"))


def words_of(user: Any, kind: str) -> Terms:
    """The further words by which the user's bureau reads this kind of ledger. One query."""
    region = user.unit.region if user.unit_id else None
    return terms_of(kind, region.county.code) if region and region.level != RegionLevel.CITY else Terms()


def add_term(*, county: Region, kind: str, role: str, meaning: str, value: str = "", term: str, by: Any) -> LedgerTerm:
    """Raises ValidationError for a word that is known already, or that says nothing."""
    _check(by)
    vocabulary = registered().get(kind)
    told = vocabulary.meanings().get((role, meaning, value)) if vocabulary else None
    if vocabulary is None or told is None:
        raise ValidationError({"meaning": "请选择这个说法的含义"})
    word = "".join(term.split())[:LONGEST_TERM]
    if not comparable(word):
        raise ValidationError({"term": "请填写说法，不能只有标点"})
    if role == Role.HEAD:
        for column in vocabulary.ledger.columns:
            if comparable(word) in map(comparable, column.heads):
                raise ValidationError({"term": f"“{word}”本来就按“{column.title}”识别，不用添加"})
    try:
        with transaction.atomic():
            added = LedgerTerm.objects.create(
                kind=kind, scope=county.code, role=role, meaning=meaning, value=value, term=word, added_by=by
            )
            record(
                actor=by, action="添加台账用词", target=added, region_code=county.code,
                changes={Role(role).label: [None, f"{word} → {told}"]},
            )  # fmt: skip
    except IntegrityError:
        raise ValidationError({"term": f"“{word}”已经添加过，请先删除原来的再添加"}) from None
    return added


def meaning_of(term: LedgerTerm) -> str:
    """In words; the bare name where the kind of ledger is no longer there."""
    vocabulary = registered().get(term.kind)
    meanings = vocabulary.meanings() if vocabulary else {}
    return meanings.get((term.role, term.meaning, term.value), term.meaning)


@transaction.atomic
def remove_term(term: LedgerTerm, *, by: Any) -> None:
    _check(by)
    changes = {Role(term.role).label: [f"{term.term} → {meaning_of(term)}", None]}
    record(actor=by, action="删除台账用词", target=term, region_code=term.scope, changes=changes)
    term.delete()


@transaction.atomic
def learn_alias(*, county: Region, alias: str, target: Target, by: Any) -> NameAlias:
    """From now on ledgers of the county mean `target` by this name; said again of another, that one.

    Raises ValidationError where the name says too little, is a registered one, or `target` is not the county's.
    """
    if not may_name(by):
        raise PermissionDenied("您没有确认别名的权限")
    name = " ".join(alias.split())[:LONGEST_ALIAS]
    key, field = normalise_name(name), target._meta.model_name or ""
    if len(comparable(name)) < SHORTEST_ALIAS:
        raise ValidationError({"alias": f"别名至少要有 {SHORTEST_ALIAS} 个字，太短会认错"})
    _check_registered(county, name, target)
    known = {"county": county, "key": key, f"{field}__isnull": False}
    before = NameAlias.objects.filter(**known).select_related(field).first()
    old = getattr(before, field) if before else None
    if before and old == target:
        return before
    learned, _ = NameAlias.objects.update_or_create(
        **known,
        defaults={field: target, "learned_by": by, "learned_at": clock.now()},
        create_defaults={"alias": name, field: target, "learned_by": by, "learned_at": clock.now()},
    )
    record(
        actor=by, action="记住别名", target=learned, region_code=county.code,
        changes={f"“{name}”指": [str(old) if old else None, str(target)]},
    )  # fmt: skip
    return learned


def targets(county: Region, model: type[Target]) -> QuerySet[Any]:
    """What of this kind an alias of the county may mean; what is no longer in use may not."""
    if model is Unit:
        return Unit.objects.active().filter(region__code__startswith=county.scope_prefix)
    if model is Facility:
        return Facility.objects.filter(county=county, is_active=True)
    return Community.objects.filter(county=county)


def _check_registered(county: Region, name: str, target: Target) -> None:
    noun = NOUNS[type(target)]
    fields = ("pk", "name", "short_name") if isinstance(target, Unit) else ("pk", "name")
    found = {pk: names for pk, *names in targets(county, type(target)).values_list(*fields)}
    if target.pk not in found:
        raise ValidationError({"target": f"{target}已停用，或者不是{county}的{noun}，请重新选择"})
    called = {pk for pk, names in found.items() if normalise_name(name) in map(normalise_name, names)}
    if target.pk in called:
        raise ValidationError({"alias": f"“{name}”就是这个{noun}登记的名称或简称，不用添加"})
    if called:
        raise ValidationError({"alias": f"“{name}”是另一个{noun}登记的名称或简称，不能再当作“{target}”的别名"})


@transaction.atomic
def forget_alias(alias: NameAlias, *, by: Any) -> None:
    _check(by)
    target = alias.unit or alias.community or alias.facility
    changes = {f"“{alias.alias}”指": [str(target), None]}
    record(actor=by, action="删除别名", target=alias, region_code=alias.county.code, changes=changes)
    alias.delete()


def aliases_of(county: Region) -> dict[str, Mapping[str, int]]:
    """{"unit": {the alias as names are compared: pk}, "community": …, "facility": …}. One query."""
    found: dict[str, dict[str, int]] = {"unit": {}, "community": {}, "facility": {}}
    rows = NameAlias.objects.filter(county=county).values_list("key", "unit_id", "community_id", "facility_id")
    for key, *targets in rows:
        for name, pk in zip(found, targets, strict=True):
            if pk:
                found[name][key] = pk
    return dict(found)
