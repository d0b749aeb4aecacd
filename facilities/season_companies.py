"""Which company heats a community in a season: the one said for that season, else the one that the community names."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet

from accounts.enums import UnitKind
from accounts.models import Unit
from audit.services import build, record_many
from facilities.models import Community, Season, SeasonCompany


def company_of(community: Community | None, season: Season) -> Unit | None:
    """None where nobody has said, and for a company that is no longer active: nothing is taken by default. At most
    two queries."""
    if community is None:
        return None
    said = SeasonCompany.objects.filter(community=community, season=season).select_related("company").first()
    company = said.company if said else community.company
    return company if company and company.is_active else None


def communities_called(season: Season, user: Any, text: str = "") -> QuerySet[Any]:
    """The season's communities that the user sees, each with `heated_by`; those with `text` in their name."""
    found = Community.objects.in_season(season, user)
    return found.filter(name__icontains=text) if text else found


class SeasonCompanies:
    """The same for many communities of a season's county: for all of it, or for `communities`. Three queries."""

    def __init__(self, season: Season, communities: Iterable[Community] | None = None) -> None:
        rows = Community.objects.filter(county=season.county_id, company__isnull=False)
        said = season.companies.all()
        if communities is not None:
            asked = [community.pk for community in communities]
            rows, said = rows.filter(pk__in=asked), said.filter(community__in=asked)
        by_community = dict(rows.values_list("pk", "company_id"))
        by_community |= dict(said.values_list("community_id", "company_id"))
        units = Unit.objects.active().in_bulk(set(by_community.values()))
        self._companies = {pk: units[company] for pk, company in by_community.items() if company in units}

    def of(self, community: Community | None) -> Unit | None:
        return self._companies.get(community.pk) if community else None


@transaction.atomic
def assign_company(season: Season, communities: Iterable[Community], company: Unit | None, *, by: Any) -> int:
    """From now on the company heats these communities in that season; None: what is said for the season is taken back,
    and the community's own company holds. How many that changed; each is on record with the community.

    Raises PermissionDenied; ValidationError for a unit that is no heating company in use, another county's community.
    """
    if not by.has_perm("facilities.assign_company"):
        raise PermissionDenied("您没有确定小区供热企业的权限")
    if company is not None and (company.kind != UnitKind.HEATING_COMPANY or not company.is_active):
        raise ValidationError({"company": f"{company} 不是在用的供热企业，请重新选择"})
    chosen = {community.pk: community for community in communities}
    if foreign := [each.name for each in chosen.values() if each.county_id != season.county_id]:
        raise ValidationError({"community": f"{foreign[0]} 不是{season.county}的小区，请重新选择"})
    rows = season.companies.select_for_update(of=("self",)).select_related("company")
    known = {row.community_id: row for row in rows.filter(community__in=chosen)}
    new = company.pk if company else None
    changed = [pk for pk in chosen if (known[pk].company_id if pk in known else None) != new]
    if company is None:
        season.companies.filter(community__in=changed).delete()
    else:
        SeasonCompany.objects.bulk_create(
            [SeasonCompany(season=season, community=chosen[pk], company=company) for pk in changed],
            update_conflicts=True, unique_fields=["community", "season"], update_fields=["company"],
        )  # fmt: skip
    label = f"{season} 采暖季供热企业"
    record_many(
        build(
            actor=by, action="确定供热企业", target=chosen[pk], region_code=season.county.code,
            changes={label: [str(known[pk].company) if pk in known else None, str(company) if company else None]},
        )
        for pk in changed
    )  # fmt: skip
    return len(changed)
