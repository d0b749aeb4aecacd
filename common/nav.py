"""The sidebar as data: `heating/navigation.py` declares the entries, this module picks those that a person gets."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry. `url_name` is reversed without arguments: an entry whose page does not exist is not shown.

    `permissions`: any one of them is enough; none means everyone who is logged in. `unless`: who has any of these gets
    another entry instead. `under`: part of the entry above it.
    """

    label: str
    icon: str
    url_name: str
    permissions: tuple[str, ...] = ()
    under: bool = False
    unless: tuple[str, ...] = ()
    # How many things wait there for the user, as text; asked when the sidebar is shown.
    count: Callable[[Any], str] | None = None


@dataclass(frozen=True, slots=True)
class NavGroup:
    label: str
    items: tuple[NavItem, ...]


@dataclass(frozen=True, slots=True)
class NavEntry:
    label: str
    icon: str
    url: str
    under: bool
    current: bool
    count: Any = ""


@dataclass(frozen=True, slots=True)
class NavSection:
    label: str
    entries: tuple[NavEntry, ...]


def entries_for(user: Any, path: str, groups: Iterable[NavGroup]) -> list[NavSection]:
    """The groups with what the user may open; a group with nothing left is dropped.

    The entry whose address is the longest beginning of `path` is the current one (the overview only for itself).
    """
    allowed = [(group, _allowed(user, group.items)) for group in groups]
    current = _current(path, [url for _, items in allowed for _, url in items])
    return [
        NavSection(
            group.label,
            tuple(
                NavEntry(item.label, item.icon, url, item.under, url == current, _counted(item, user))
                for item, url in items
            ),
        )
        for group, items in allowed
        if items
    ]


def _counted(item: NavItem, user: Any) -> Any:
    count = item.count
    return SimpleLazyObject(lambda: count(user)) if count else ""


def _allowed(user: Any, items: tuple[NavItem, ...]) -> list[tuple[NavItem, str]]:
    kept = []
    for item in items:
        if item.permissions and not any(user.has_perm(name) for name in item.permissions):
            continue
        if any(user.has_perm(name) for name in item.unless):
            continue
        try:
            kept.append((item, reverse(item.url_name)))
        except NoReverseMatch:
            continue
    return kept


def _current(path: str, urls: list[str]) -> str | None:
    matching = [url for url in urls if (path == url if url == "/" else path.startswith(url))]
    return max(matching, key=len, default=None)
