"""What can be done to many items at once: each is judged by itself, in a transaction of its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied

from common.concurrency import Stale
from common.moves import MoveRefused

MOST_ROWS = 200


@dataclass(frozen=True)
class BulkAction:
    """`perform(item, by=…)`; `done`: what a row's result says; `afterwards`: where it went."""

    code: str
    label: str
    done: str
    afterwards: str
    permission: str
    perform: Callable[..., Any]


@dataclass(frozen=True)
class RowResult:
    """One chosen row: `item` is None where the user sees no such row. `problems` says why it was not done."""

    asked: str
    item: Any
    problems: tuple[str, ...] = ()

    @property
    def done(self) -> bool:
        return not self.problems


def numbers(posted: Sequence[str]) -> list[int]:
    """The primary keys among what was posted."""
    return [int(text) for text in posted if text.isascii() and text.isdigit() and len(text) < 19]


def run(
    action: BulkAction, chosen: Sequence[str], items: Mapping[int, Any], *, by: Any, **options: Any
) -> list[RowResult]:
    """Do it for each of the chosen (primary keys as they were posted), in their order; a failure keeps nothing back.

    `items`: those of them that the user sees. `options`: what else `action.perform` takes, the same for all.
    """
    seen = {str(pk): item for pk, item in items.items()}
    return [_judge(action, text, seen.get(text), by, options) for text in dict.fromkeys(chosen)]


def _judge(action: BulkAction, asked: str, item: Any, by: Any, options: dict[str, Any]) -> RowResult:
    if item is None:
        return RowResult(asked, None, ("不存在，或不在您可查看的范围内",))
    try:
        action.perform(item, by=by, **options)
    except MoveRefused as refused:
        return RowResult(asked, item, tuple(refused.problems))
    except (Stale, PermissionDenied) as error:
        return RowResult(asked, item, (str(error),))
    return RowResult(asked, item)
