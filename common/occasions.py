"""What gave occasion to something entered elsewhere: a check in a coal yard from which a hazard is registered.

Rooms that do not know each other meet here. Where the occasion lies, its app registers how it is found; where the
outcome lies, its app registers how that is found:

    register_occasion("yard_check", find)      # coal: find(user, pk) → Occasion, None for what the user does not see
    register_outcomes(outcomes)                # inspections: outcomes(user, "yard_check", pk) → [Outcome, …]

    /hazards/new/?from=yard_check-12           # the form begins with what the occasion says
    outcomes_of(user, "yard_check", 12)        # what has come of it, for its own page

An outcome that is settled says so to what it came from, in the transaction that settles it:

    register_settled("order", call_callers)    # complaints: call_callers(settled, [pk, …])
    tell_settled("order", [7, 9], Settled(…))  # inspections, when a hazard is struck off
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

# The parameter of an address that names an occasion.
PARAMETER = "from"
_NAMED = re.compile(r"([a-z_]{1,40})-([0-9]{1,18})", re.ASCII)


def query_of(kind: str, item_id: int) -> str:
    """from=yard_check-12, for the address of a form that begins with it."""
    return urlencode({PARAMETER: f"{kind}-{item_id}"})


@dataclass(frozen=True, slots=True)
class Occasion:
    """`label`: 煤场检查 东厂煤场 2026-08-03. `initial`: what the form begins with, by the names of its fields; names
    that the form does not have are left out."""

    kind: str
    item_id: int
    label: str
    path: str
    initial: Mapping[str, Any] = field(default_factory=dict)

    @property
    def query(self) -> str:
        return query_of(self.kind, self.item_id)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has come of an occasion, as its page names it. `path` is empty for who may not see more than that it is.
    `item_id`: of the outcome among those of its app."""

    label: str
    state: Any
    path: str
    item_id: int


@dataclass(frozen=True, slots=True)
class Settled:
    """An outcome that is done with: `item_id` and `label` (YH-2026-0001) of it, by whom, and a `key` of this one time:
    what is opened again may be settled again."""

    item_id: int
    label: str
    by: Any
    key: str


Find = Callable[[Any, int], Occasion | None]
FindOutcomes = Callable[[Any, str, int], list[Outcome]]
WhenSettled = Callable[[Settled, list[int]], None]
_OCCASIONS: dict[str, Find] = {}
_WHEN_SETTLED: dict[str, WhenSettled] = {}
_OUTCOMES: list[FindOutcomes] = []


def register_occasion(kind: str, find: Find) -> None:
    _OCCASIONS[kind] = find


def register_outcomes(find: FindOutcomes) -> None:
    _OUTCOMES.append(find)


def register_settled(kind: str, listener: WhenSettled) -> None:
    _WHEN_SETTLED[kind] = listener


def tell_settled(kind: str, item_ids: list[int], settled: Settled) -> None:
    """Called in the transaction that settles the outcome: what the listener writes stands or falls with it."""
    if listener := _WHEN_SETTLED.get(kind):
        listener(settled, item_ids)


def occasion(user: Any, kind: str, item_id: int) -> Occasion | None:
    """The occasion as far as the user sees it; None for a kind that nobody has registered."""
    find = _OCCASIONS.get(kind)
    return find(user, item_id) if find else None


def named_occasion(user: Any, text: str) -> Occasion | None:
    """What an address names: yard_check-12."""
    match = _NAMED.fullmatch(text)
    return occasion(user, match[1], int(match[2])) if match else None


def outcomes_of(user: Any, kind: str, item_id: int) -> list[Outcome]:
    """What has come of it, the oldest first."""
    return [outcome for find in _OUTCOMES for outcome in find(user, kind, item_id)]
