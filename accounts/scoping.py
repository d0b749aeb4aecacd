"""Row scope in one place: which regions' rows a user may see, for the querysets of every app."""

from typing import Any

from django.db.models import Q

from accounts.enums import RegionLevel, UnitKind
from accounts.models import Region


def sees_region(user: Any) -> bool:
    """Whether the user reads everything of a region (bureaus, leaders) and not only what names their unit."""
    if user.is_superuser:
        return True
    if not user.unit_id:
        return False
    return user.unit.kind in (UnitKind.HOUSING_BUREAU, UnitKind.DEVELOPMENT_BUREAU) or user.unit.sees_region


def county_ids(user: Any) -> list[int] | None:
    """The counties whose rows the user's region covers; None means all (superuser). No query for a county's user."""
    if user.is_superuser:
        return None
    if not user.unit_id:
        return []
    region = user.unit.region
    if region.level == RegionLevel.CITY:
        return list(Region.objects.filter(parent=region, level=RegionLevel.COUNTY).values_list("pk", flat=True))
    return [region.county.pk]


def oversees_every_county(user: Any) -> bool:
    """Whether the rows of all counties of the site are the user's: of the only county, or of the city above them all.
    One query at most for a county's user, two for a city's."""
    covered = county_ids(user)
    if covered is None:
        return True
    if not user.unit_id or user.unit.region.level == RegionLevel.TOWNSHIP:
        return False
    return not Region.objects.filter(level=RegionLevel.COUNTY).exclude(pk__in=covered).exists()


def in_region(user: Any, *, county: str = "county", township: str | None = None) -> Q:
    """A condition on the fields that hold a row's county and township: the rows of the user's region.

    A township's user gets the township's rows; where the model has no township field, the county's.
    """
    ids = county_ids(user)
    if ids is None:
        return Q()
    if township and user.unit_id and user.unit.region.level == RegionLevel.TOWNSHIP:
        return Q(**{f"{township}_id": user.unit.region_id})
    if len(ids) == 1:
        return Q(**{f"{county}_id": ids[0]})
    return Q(**{f"{county}_id__in": ids})
