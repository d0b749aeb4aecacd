"""The hazards of a storm, and the journal that says what was done to a part of them, by whom and when.

Moves and decisions are written down by the processes that make them (`storm_life.py`), after they were made, with what
the database then holds: what became of a move that was cut off is looked up, not guessed.
"""

import datetime as dt
import json
import os
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

ITEMS = 2_000
# One in so many is moved while processes are killed; the others stay at rest.
MOVED = 4
# Days between the first and the last deadline, around today.
SPREAD = 60
FOLDER = "STORM_JOURNAL"
MOVES, DECISIONS = "moves", "decisions"
EVER, NEVER = dt.datetime.min.replace(tzinfo=dt.UTC), dt.datetime.max.replace(tzinfo=dt.UTC)
STATUSES = {"rectifying": 60, "issued": 15, "awaiting_acceptance": 7, "closed": 10, "void": 4, "pending": 4}


@dataclass(frozen=True)
class State:
    """Of an item: what its ladder and the people whom it tells depend on. `since`: from when on it is watched."""

    watched: bool
    due_on: dt.date | None
    round: int
    unit: int | None
    person: int | None
    supervisor: int | None
    since: dt.date | None

    @classmethod
    def of(cls, hazard: Any) -> "State":
        from common import clock
        from supervision.kinds import HAZARD

        since = getattr(hazard, HAZARD.since)
        return cls(
            watched=hazard.status in ("issued", "rectifying") and hazard.due_on is not None,
            due_on=hazard.due_on, round=hazard.round, unit=hazard.lead_unit_id, person=hazard.responsible_user_id,
            supervisor=hazard.supervisor_id, since=clock.local_date(since) if since else None,
        )  # fmt: skip

    @classmethod
    def read(cls, values: dict[str, Any]) -> "State":
        days = {name: values[name] and dt.date.fromisoformat(values[name]) for name in ("due_on", "since")}
        return cls(**{**values, **days})


@dataclass(frozen=True)
class Spell:
    """A state of an item: possible from `start` to `end`, certain between `sure_from` and `sure_until`."""

    state: State
    start: dt.datetime = EVER
    sure_from: dt.datetime = EVER
    sure_until: dt.datetime = NEVER
    end: dt.datetime = NEVER


def spells_of(moves: list[dict[str, Any]]) -> list[Spell]:
    """From the journal's lines about one item, the first of which says what there was before any move."""
    spells = [Spell(State.read(moves[0]["state"]))]
    for line in moves[1:]:
        spells[-1] = replace(spells[-1], sure_until=line["before"], end=line["after"])
        spells.append(Spell(State.read(line["state"]), line["before"], line["after"]))
    return spells


def write(file: str, **line: Any) -> None:
    """One line more in a file of the journal."""
    with open(Path(os.environ[FOLDER], file), "a") as journal:
        journal.write(json.dumps(line, default=lambda value: asdict(value) if isinstance(value, State) else str(value)))
        journal.write("\n")


def lines(file: str) -> Iterator[dict[str, Any]]:
    """What was written, with `before` and `after` (around the move, aware) as moments."""
    path = Path(os.environ[FOLDER], file)
    for text in path.read_text().splitlines() if path.exists() else ():
        line = json.loads(text)
        yield line | {name: dt.datetime.fromisoformat(line[name]) for name in ("before", "after")}


def seed() -> dict[str, int]:
    """ITEMS hazards with deadlines around today, in all states and on three ladders, one of which urges every day.

    The part that will be moved is with its company, ready to be asked for acceptance, and stands in the journal.
    """
    from django.db import transaction

    from common import clock
    from inspections.models import Hazard
    from supervision.models import PolicyStep
    from supervision.services import create_policy
    from tests.cast import build_cast
    from tests.hazards import add_photo

    dice, today = random.Random(2026), clock.today()
    with transaction.atomic():
        cast = build_cast()
        daily = create_policy(kind="hazard", grade="", urgency="engineering", by=cast.city_admin)
        PolicyStep.objects.filter(policy=daily, code="urge").update(repeat_every=1)
        hazards = [_hazard(n, cast, today, dice) for n in range(ITEMS)]
        # As the database has them.
        for hazard in Hazard.objects.filter(pk__in=[each.pk for each in hazards[::MOVED]]):
            add_photo(hazard)
            write(MOVES, item=hazard.pk, move="", before=clock.now(), after=clock.now(), state=State.of(hazard))
    return {"items": ITEMS}


def _hazard(n: int, cast: Any, today: dt.date, dice: random.Random) -> Any:
    from inspections.rules import FIVE_FIELDS
    from tests.factories import HazardFactory

    (status,) = dice.choices(list(STATUSES), list(STATUSES.values()))
    unit = dice.choice((cast.chengyuan, cast.beiyuan))
    # People who have gone to another unit since are among them.
    people = (None, None, cast.chengyuan_clerk, cast.beiyuan_clerk, cast.chengyuan_admin)
    return HazardFactory(
        season=cast.season, lead_unit=unit, status="rectifying" if n % MOVED == 0 else status,
        due_on=None if dice.random() < 0.1 else today + dt.timedelta(days=dice.randrange(SPREAD) - SPREAD // 2),
        found_on=today - dt.timedelta(days=SPREAD), grade=dice.choice(("general", "general", "serious", "major")),
        urgency=dice.choice(("immediate", "limited", "engineering")), responsible_user=dice.choice(people),
        supervisor=dice.choice((None, cast.inspector, cast.inspector_2, cast.city_admin, cast.foreign.inspector)),
        **dict.fromkeys(FIVE_FIELDS, "已落实"),
    )  # fmt: skip
