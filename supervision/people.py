"""Whom an audience flag means, by the names of an item's fields: so a kind says it in its declaration.

Each function gives what a kind takes as `recipients`: items go in, and come out with their people as `recipient`.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.enums import UnitKind
from accounts.models import User
from accounts.roles import BUREAU_ROLES, COMPANY_ADMIN, COMPANY_ROLES, HOTLINE
from supervision.kind import Recipients


def of_unit(unit: str, *roles: str) -> Recipients:
    """Who has one of the roles in the unit that the field names."""
    return lambda items: [_people(items, unit, roles)]


def head_of_unit(unit: str) -> Recipients:
    """The company's administrators; of a company that has none, all its people."""

    def recipients(items: QuerySet[Any]) -> list[QuerySet[Any]]:
        head = Exists(User.objects.filter(unit=OuterRef(unit), is_active=True, groups__name=COMPANY_ADMIN).order_by())
        return [
            _people(items.filter(head), unit, (COMPANY_ADMIN,)),
            _people(items.filter(~head), unit, COMPANY_ROLES),
        ]

    return recipients


def person_or_unit(person: str, unit: str, *roles: str) -> Recipients:
    """The person's account, as long as it is the unit's; for a person without one, the people of the unit."""

    def recipients(items: QuerySet[Any]) -> list[QuerySet[Any]]:
        account = Exists(User.objects.filter(pk=OuterRef(person), is_active=True, unit=OuterRef(unit)))
        named = items.filter(account).annotate(recipient=F(person))
        return [named, _people(items.filter(~account), unit, roles)]

    return recipients


def of_bureau(county: str, *roles: str, kind: UnitKind = UnitKind.HOUSING_BUREAU) -> Recipients:
    """Who has one of the roles in the county's bureau of that kind."""
    units = f"{county}__units"
    return lambda items: [_people(items, units, roles, **{f"{units}__kind": kind})]


def of_desk(county: str) -> Recipients:
    """The hotline desk of the county, or of the city that it belongs to; where there is none, the housing bureau."""

    def recipients(items: QuerySet[Any]) -> list[QuerySet[Any]]:
        of_the_county = Q(unit__region=OuterRef(county)) | Q(unit__region=OuterRef(f"{county}__parent"))
        desk = Exists(User.objects.filter(of_the_county, is_active=True, groups__name=HOTLINE).order_by())
        there, elsewhere = items.filter(desk), items.filter(~desk)
        return [
            _people(there, f"{county}__units", (HOTLINE,)),
            _people(there, f"{county}__parent__units", (HOTLINE,)),
            *of_bureau(county, *BUREAU_ROLES)(elsewhere),
        ]

    return recipients


def only(condition: Q, whom: Recipients) -> Recipients:
    """Those, of the items for which it holds."""
    return lambda items: whom(items.filter(condition))


def either(condition: Q, whom: Recipients, otherwise: Recipients) -> Recipients:
    return lambda items: [*whom(items.filter(condition)), *otherwise(items.exclude(condition))]


def supervisor_or_bureau(supervisor: str, county: str, *roles: str) -> Recipients:
    """The supervisor; of an item that has none, those of the county's housing bureau."""

    def recipients(items: QuerySet[Any]) -> list[QuerySet[Any]]:
        supervised = items.filter(_has_supervisor(supervisor, county)).annotate(recipient=F(supervisor))
        return [supervised, *of_bureau(county, *roles)(without(supervisor, county)(items))]

    return recipients


def without(supervisor: str, county: str) -> Callable[[QuerySet[Any]], QuerySet[Any]]:
    """The items that have no supervisor of a housing bureau that looks after the county."""
    return lambda items: items.filter(~_has_supervisor(supervisor, county))


def _has_supervisor(supervisor: str, county: str) -> Exists:
    of_the_county = Q(unit__region=OuterRef(county)) | Q(unit__region=OuterRef(f"{county}__parent"))
    return Exists(
        User.objects.filter(of_the_county, pk=OuterRef(supervisor), is_active=True, unit__kind=UnitKind.HOUSING_BUREAU)
    )


def _people(items: QuerySet[Any], unit: str, roles: tuple[str, ...], **of_unit: Any) -> QuerySet[Any]:
    # In one filter: what is asked of a unit, its people and their roles is asked of the same ones.
    found = items.filter(**of_unit, **{f"{unit}__users__is_active": True, f"{unit}__users__groups__name__in": roles})
    return found.annotate(recipient=F(f"{unit}__users"))
