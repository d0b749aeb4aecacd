"""What may be chosen, each beginning at what the user sees and narrowed to the hazard's county."""

from typing import Any

from django.db.models import Q, QuerySet

from accounts import roles
from accounts.enums import RegionLevel, UnitKind
from accounts.models import RECTIFYING_KINDS, Region, Unit, User
from facilities.models import Community, Facility


def _of_county(county: Region, field: str = "region") -> Q:
    return Q(**{f"{field}__code__startswith": county.scope_prefix})


def lead_units(user: Any, county: Region, keep: int | None = None) -> QuerySet[Unit]:
    """Units that mend: companies first, then others; those that only read are left out. `keep` stays choosable."""
    offered = _of_county(county) & Q(is_active=True, kind__in=RECTIFYING_KINDS, sees_region=False)
    return Unit.objects.visible_to(user).filter(offered | Q(pk=keep)).order_by("kind", "name")


def supervisors(user: Any, county: Region, keep: int | None = None) -> QuerySet[User]:
    """Inspectors and admins of the county's bureau."""
    offered = _of_county(county, "unit__region") & Q(is_active=True, unit__kind=UnitKind.HOUSING_BUREAU)
    staff = offered & Q(groups__name__in=roles.BUREAU_ROLES)
    return User.objects.visible_to(user).filter(staff | Q(pk=keep)).distinct().order_by("full_name", "pk")


def townships(user: Any, county: Region) -> QuerySet[Region]:
    return Region.objects.visible_to(user).filter(parent=county, level=RegionLevel.TOWNSHIP)


def communities(user: Any, county: Region) -> QuerySet[Community]:
    return Community.objects.visible_to(user).filter(county=county)


def facilities(user: Any, county: Region, keep: int | None = None) -> QuerySet[Facility]:
    seen = Facility.objects.visible_to(user).filter(Q(county=county, is_active=True) | Q(pk=keep))
    return seen.select_related("company", "township")
