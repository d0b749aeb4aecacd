"""Reads about people for pages. Each docstring states its number of queries."""

from dataclasses import dataclass
from typing import Any

from accounts import roles
from accounts.models import User

DEMO_PASSWORD = "Nuandong-2025"
DEMO_USERNAMES = ("zhujian", "dudao", "fagai", "rexian", "chengyuan", "beiyuan", "jiedao", "lingdao")


@dataclass(frozen=True)
class DemoAccount:
    username: str
    full_name: str
    role: str
    unit: str


def demo_accounts() -> list[DemoAccount]:
    """The accounts that the demo's login page offers, in the order of DEMO_USERNAMES. Two queries."""
    people = User.objects.active().filter(username__in=DEMO_USERNAMES).select_related("unit").prefetch_related("groups")
    found = {user.username: user for user in people}
    return [
        DemoAccount(user.username, user.full_name, "、".join(user.role_names), str(user.unit))
        for user in (found.get(username) for username in DEMO_USERNAMES)
        if user is not None
    ]


def roles_to_give(user: Any) -> tuple[str, ...]:
    """The roles that this user may give to others. One query, none for a superuser."""
    return roles.ALL_ROLES if user.is_superuser else roles.givable(user.role_names)
