"""Processes are killed, doubled, cut off and late, and no deadline is missed and nobody told twice.

Real beats and workers on 2 000 hazards. Afterwards there is exactly one record for each item, deadline and step that a
loop over all hazards finds, and each person has been told of each once.
"""

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from scripts.services import Server, postgres_folder, postgres_server, redis_binary, redis_server
from tests.processes.storm_site import site

KILLS = 30
SETTLED_SECONDS = 120
# What tells a stormy run from a good one.
WRONG = ("missing", "unwanted", "doubled", "waiting", "failed", "unsent_messages", "told_twice")
KEYS = {"supervision_escalation": "escalation_once", "notifications_outgoing": "outgoing_once",
        "notifications_message": "message_once"}  # fmt: skip


@pytest.fixture
def services() -> Iterator[tuple[Server, Server]]:
    """(PostgreSQL, Redis)"""
    if postgres_folder() is None or redis_binary() is None:
        pytest.skip("no PostgreSQL or Redis on this machine")
    with ExitStack() as stack:
        yield stack.enter_context(postgres_server()), stack.enter_context(redis_server())


def wrong(facts: dict[str, Any]) -> dict[str, int]:
    return {name: facts[name] for name in WRONG if facts[name]}


def restart(server: Server, seconds: float) -> None:
    server.stop()
    time.sleep(seconds)
    server.start()


def test_nothing_is_missed_or_told_twice_on_postgresql_and_redis(
    tmp_path: Path, services: tuple[Server, Server]
) -> None:
    database, broker = services
    with site(tmp_path, {"DATABASE_URL": database.url, "REDIS_URL": broker.url}) as made:
        made.start(workers=3, beats=2)
        for kill in range(KILLS):
            time.sleep(random.uniform(0.5, 3))
            made.kill_a_worker()
            if kill == KILLS // 3:
                restart(broker, 3)
            elif kill == KILLS // 2:
                restart(database, 2)
            elif kill == KILLS * 2 // 3:
                made.move_clock(3)
        facts = made.wait_until_quiet(SETTLED_SECONDS)
    assert facts["wanted"] > 3_000
    assert facts["messages"] > 0
    assert not wrong(facts)


def test_nothing_is_missed_or_told_twice_without_any_service(tmp_path: Path) -> None:
    with site(tmp_path, {}) as made:
        made.start(workers=2, beats=1)
        for kill in range(KILLS // 3):
            time.sleep(random.uniform(0.5, 3))
            made.kill_a_worker()
            if kill == KILLS // 6:
                made.move_clock(3)
        facts = made.wait_until_quiet(SETTLED_SECONDS)
    assert facts["wanted"] > 3_000
    assert not wrong(facts)


def test_the_same_without_keys_and_claims_goes_wrong(tmp_path: Path, services: tuple[Server, Server]) -> None:
    database, broker = services
    options = ("-I", "tests.processes.unclaimed")
    with site(tmp_path, {"DATABASE_URL": database.url, "REDIS_URL": broker.url}, options=options) as made:
        with psycopg.connect(database.url, autocommit=True) as connection:
            for table, key in KEYS.items():
                connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {key}")
        made.start(workers=3, beats=2)
        facts = made.wait_until_quiet(90)
    assert "doubled" in wrong(facts) or "told_twice" in wrong(facts)
