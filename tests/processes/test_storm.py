"""Processes are killed, doubled, cut off and late, while people work; no deadline is missed and nobody told twice.

Real beats and workers on 2 000 hazards, a quarter of which are moved meanwhile. Afterwards there is exactly what a loop
over all of them finds (`storm_facts.py`): each item, deadline and step on record once, each person who has to hear of
it told of it once, and nobody told of what had been settled before.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from scripts.services import Server, postgres_folder, postgres_server, redis_binary, redis_server
from tests.processes.storm_items import ITEMS
from tests.processes.storm_site import Site, site

KILLS, LEAST_MOVES = 30, 120
SETTLED_SECONDS = 240
# Whatever people can do about a hazard that touches its ladder.
MOVES_MADE = {
    "sign", "request_acceptance", "accept", "reject", "reopen", "void", "amend", "unit", "person",
    "request_extension", "extend", "deny-extension",
}  # fmt: skip
DOUBLED = {"doubled_record", "told_twice"}
KEYS = {"supervision_escalation": "escalation_once", "notifications_outgoing": "outgoing_once",
        "notifications_message": "message_once"}  # fmt: skip


@pytest.fixture
def services() -> Iterator[tuple[Server, Server]]:
    """(PostgreSQL, Redis)"""
    if postgres_folder() is None or redis_binary() is None:
        pytest.skip("no PostgreSQL or Redis on this machine")
    with ExitStack() as stack:
        yield stack.enter_context(postgres_server()), stack.enter_context(redis_server())


def restart(server: Server, seconds: float) -> None:
    server.stop()
    time.sleep(seconds)
    server.start()


def storm(made: Site, between: Mapping[int, Callable[[], object]]) -> dict[str, Any]:
    """Workers are killed while people work, and `between` happens before the n-th time; the facts afterwards."""
    made.start(workers=3, beats=2)
    made.live()
    for kill in range(KILLS):
        time.sleep(random.uniform(0.5, 3))
        between.get(kill, lambda: None)()
        made.kill_a_worker()
    made.wait_for_moves(LEAST_MOVES, MOVES_MADE)
    made.rest()
    return made.wait_until_quiet(SETTLED_SECONDS)


def check_well(facts: dict[str, Any]) -> None:
    """Nothing is wrong; and there was a lot that could have been."""
    assert facts["wrong"] == {}, facts
    assert facts["items"] == ITEMS
    assert len(facts["days"]) >= 2
    assert facts["records"] > 3_000
    assert facts["announced"] > 1_000
    assert facts["moved"] > 50
    assert sum(facts["moves"].values()) > LEAST_MOVES - 40
    assert set(facts["moves"]) >= MOVES_MADE
    assert facts["proposals"]["approved"] > 10
    assert facts["news"]["hazard sent"] > 1_000
    assert facts["news"]["hazard dropped"] > 0


def test_nothing_is_missed_or_told_twice_on_postgresql_and_redis(
    tmp_path: Path, services: tuple[Server, Server]
) -> None:
    database, broker = services
    with site(tmp_path, {"DATABASE_URL": database.url, "REDIS_URL": broker.url}) as made:
        between = {
            KILLS // 3: lambda: restart(broker, 3),
            KILLS // 2: lambda: restart(database, 2),
            KILLS * 2 // 3: lambda: made.oversleep(3, moves=20),
        }
        check_well(storm(made, between))


def test_nothing_is_missed_or_told_twice_without_any_service(tmp_path: Path) -> None:
    with site(tmp_path, {}) as made:
        check_well(storm(made, {KILLS // 2: lambda: made.oversleep(3, moves=20)}))


def test_the_same_without_keys_and_claims_goes_wrong(tmp_path: Path, services: tuple[Server, Server]) -> None:
    database, broker = services
    options = ("-I", "tests.processes.unclaimed")
    with site(tmp_path, {"DATABASE_URL": database.url, "REDIS_URL": broker.url}, options=options) as made:
        with psycopg.connect(database.url, autocommit=True) as connection:
            for table, key in KEYS.items():
                connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {key}")
        made.start(workers=3, beats=2)
        facts = made.wait_until_wrong(DOUBLED, 60)
    assert DOUBLED & set(facts["wrong"])
