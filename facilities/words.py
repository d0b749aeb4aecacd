"""What a bureau teaches the reader of its ledgers: further words, and other names of units, communities, facilities."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from accounts.models import Region, Unit
from audit.services import record
from common import clock
from common.spreadsheets.columns import comparable
from common.spreadsheets.models import LedgerTerm
from common.spreadsheets.registry import registered
from common.spreadsheets.terms import Role
from common.text import normalise_name
from facilities.models import Community, Facility, NameAlias

Target = Unit | Community | Facility
LONGEST_TERM, LONGEST_ALIAS = 60, 120


def may_teach(user: Any) -> bool:
    return bool(user.has_perm("facilities.manage_vocabulary"))


def _check(by: Any) -> None:
    if not may_teach(by):
        raise PermissionDenied("您没有管理台账用词和别名的权限")


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


@transaction.atomic
def remove_term(term: LedgerTerm, *, by: Any) -> None:
    _check(by)
    changes = {Role(term.role).label: [term.term, None]}
    record(actor=by, action="删除台账用词", target=term, region_code=term.scope, changes=changes)
    term.delete()


def _field(target: Target) -> str:
    return target._meta.model_name or ""


@transaction.atomic
def learn_alias(*, county: Region, alias: str, target: Target, by: Any) -> NameAlias:
    """From now on ledgers of the county mean `target` by this name; said again of another, that one."""
    _check(by)
    name = " ".join(alias.split())[:LONGEST_ALIAS]
    if not comparable(name):
        raise ValidationError({"alias": "请填写别名"})
    field = _field(target)
    known = NameAlias.objects.filter(county=county, key=normalise_name(name), **{f"{field}__isnull": False}).first()
    old = str(getattr(known, field)) if known else None
    if known and getattr(known, field) == target:
        return known
    learned = known or NameAlias(county=county, key=normalise_name(name), alias=name)
    setattr(learned, field, target)
    learned.learned_by, learned.learned_at = by, clock.now()
    learned.save()
    record(
        actor=by, action="记住别名", target=learned, region_code=county.code,
        changes={f"“{name}”指": [old, str(target)]},
    )  # fmt: skip
    return learned


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
