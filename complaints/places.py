"""Communities as a clerk types them: by a part of the name, another name, or the initials of the pinyin."""

from typing import Any

from django.db.models import Q

from common.text import normalise_name
from facilities.models import Community, NameAlias

MOST_OFFERED = 8


def communities_called(text: str, user: Any, county_id: int | None, most: int = 200) -> list[Community]:
    """Those that the user sees whose name, other name or initials have `text` in them, nearest first. One query."""
    key = normalise_name(text)
    if not key:
        return []
    known = NameAlias.objects.filter(community__isnull=False, key__contains=key).values("community_id")
    called = Q(name__icontains=key) | Q(name__icontains=text.strip()) | Q(pk__in=known)
    if key.isascii():
        called |= Q(pinyin_initials__contains=key)
    found = Community.objects.visible_to(user).filter(called).select_related("company", "township", "county")
    if county_id is not None:
        found = found.filter(county_id=county_id)

    def farness(community: Community) -> tuple[int, int, str]:
        names = (normalise_name(community.name), community.pinyin_initials)
        place = 0 if key in names else 1 if any(name.startswith(key) for name in names) else 2
        return place, len(community.name), community.name

    return sorted(found[:most], key=farness)


def the_community(text: str, user: Any, county_id: int) -> tuple[Community | None, list[Community]]:
    """The only one meant by `text`: of that very name, else the only one found; and those it may mean."""
    found = communities_called(text, user, county_id)
    exact = [each for each in found if normalise_name(each.name) == normalise_name(text)]
    meant = exact or found
    return (meant[0] if len(meant) == 1 else None), found
