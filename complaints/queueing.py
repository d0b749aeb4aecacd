"""Orders of which nobody knows yet who is to see to them, gathered by the place they speak of, and a person's decision.

What is decided is learned: this text means that community, this community is heated by that company this season.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts.models import Unit
from complaints import workflow
from complaints.county import County, certain_company
from complaints.dispatching import may_dispatch
from complaints.enums import AT_DESK_STATUSES
from complaints.models import Order, SendBack
from complaints.send_backs import Refusals, in_words, refusals_of, willing
from complaints.services import edit
from facilities.models import Community, Season
from facilities.season_companies import assign_company
from facilities.words import learn_alias

# The oldest first; what comes later is seen once these are decided.
MOST_SHOWN = 500
MOST_COUNTED = 99
# For so long the number beside 待定企业 may be old for others than who decides.
COUNT_SECONDS = 60


@dataclass
class Group:
    """Waiting orders of one season that speak of the same place. `said`: companies that their exports name.

    `company`: who gets them if nobody objects; None where only a person can know.
    """

    season: Season
    place: str
    community: Community | None
    by_season: Unit | None
    company: Unit | None = None
    said: list[str] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    # Those who have sent these orders back: offered to none of them again.
    refusals: Refusals = field(default_factory=dict)

    @property
    def key(self) -> str:
        """One word for the form's fields."""
        return f"{self.season.pk}-{self.community.pk if self.community else ''}-{self.orders[0].pk}"

    @property
    def is_contradicted(self) -> bool:
        """Whether exports name others than the season's list does."""
        return self.is_willing and any(name != self.by_season.name for name in self.said)  # type: ignore[union-attr]

    @property
    def is_willing(self) -> bool:
        """Whether the season's company may get them."""
        return willing(self.by_season, self.refusals) is not None

    @property
    def reason(self) -> str:
        """Why it waits, in words."""
        if self.refusals:
            return f"{in_words(self.refusals)}。请另选一家"
        if self.community is None:
            return f"系统里没有小区“{self.place}”" if self.place else "地址里没有写明是哪个小区"
        if self.by_season is None:
            return f"{self.season} 采暖季还没有确定供热企业"
        if others := [name for name in self.said if name != self.by_season.name]:
            return f"来源工单写的是{'、'.join(others)}，{self.season} 采暖季由{self.by_season}供热"
        return f"{self.season} 采暖季由{self.by_season}供热"


def waiting(user: Any) -> Any:
    """The orders at the desk without a company, oldest first."""
    orders = Order.objects.visible_to(user).filter(status__in=AT_DESK_STATUSES, company=None)
    return orders.select_related("season", "community", "county").order_by("received_at", "pk")


def undecided(user: Any) -> str:
    """How many wait, for the sidebar; empty for none. A query, none while the number is cached."""
    known: str | None = cache.get(_count_key(user))
    if known is None:
        count = waiting(user).order_by()[: MOST_COUNTED + 1].count()
        known = f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count or "")
        cache.set(_count_key(user), known, COUNT_SECONDS)
    return known


def forget_count(user: Any) -> None:
    """After the user has decided."""
    cache.delete(_count_key(user))


def _count_key(user: Any) -> str:
    return f"complaints:undecided:{user.pk}"


def groups(orders: Iterable[Order], county: County) -> list[Group]:
    """The largest first. One query beyond those of `county`, two of them for each season."""
    orders = list(orders)
    sent_back = refusals_of(orders)
    found: dict[tuple[Any, ...], Group] = {}
    for order in orders:
        community, place = order.community, ""
        if community is None:
            address = county.locate(order.address)
            community, place = address.community, address.place
        refusals = sent_back.get(order.pk, {})
        # What has been sent back is not decided with what has not.
        refused = tuple(sorted((company, each.reason) for company, each in refusals.items()))
        key = (order.season_id, community.pk if community else None, "" if community else place, refused)
        group = found.get(key)
        if group is None:
            by_season = county.company_of(community, order.season)
            group = found[key] = Group(order.season, place, community, by_season, refusals=refusals)
        group.orders.append(order)
        if (said := _said_by(order, county, refusals)) and said not in group.said:
            group.said.append(said)
    for group in found.values():
        said_units = [county.unit(name) for name in group.said]
        if len(said_units) <= 1:
            by_season = willing(group.by_season, group.refusals)
            group.company = certain_company(said_units[0] if said_units else None, by_season)
    return sorted(found.values(), key=lambda group: -len(group.orders))


def said_companies(orders: Iterable[Order], county: County) -> dict[Unit, list[Order]]:
    """By the company that their exports name; those whose export names nobody that is known, or who has sent them
    back, are left out. One query."""
    orders = list(orders)
    sent_back = refusals_of(orders)
    found: dict[Unit, list[Order]] = {}
    for order in orders:
        if unit := county.unit(_said_by(order, county, sent_back.get(order.pk, {}))):
            found.setdefault(unit, []).append(order)
    return found


def _said_by(order: Order, county: County, refusals: Refusals) -> str:
    """Whom the order's export named; not of one that has been sent back by them."""
    text = order.origin.get("company") or ""
    unit = county.unit(text)
    if unit is None:
        return text
    return unit.name if willing(unit, refusals) else ""


def refused_among(orders: Iterable[Order], company: Unit) -> list[SendBack]:
    """What the company said of those of the orders that it has sent back. One query."""
    return [each[company.pk] for each in refusals_of(orders).values() if company.pk in each]


@transaction.atomic
def decide(
    orders: Sequence[Order],
    *,
    by: Any,
    community: Community | None,
    company: Unit | None,
    place: str = "",
    for_season: bool = False,
    dispatch: bool = False,
) -> tuple[int, int]:
    """Write down community and company of these orders of one season: (how many, how many of them were handed out).

    `place`: what their addresses call the community, learned as another name of it. `for_season`: the company is the
    community's for the whole season. Raises ValidationError for what cannot be learned, MoveRefused, Stale.
    """
    if not may_dispatch(by):
        raise PermissionDenied("您没有派单的权限")
    if not orders:
        return 0, 0
    season = orders[0].season
    if community and place:
        learn_alias(county=season.county, alias=place, target=community, by=by)
    if community and company and for_season:
        assign_company(season, [community], company, by=by)
    done = out = 0
    for order in orders:
        values: dict[str, Any] = {"company": company} if company else {}
        if community and order.community_id != community.pk:
            values["community"] = community
        if values:
            done += edit(order, by=by, version=order.version, values=values) is not None
        if company and dispatch:
            workflow.dispatch(order, by=by, company=company)
            out += 1
    return done, out
