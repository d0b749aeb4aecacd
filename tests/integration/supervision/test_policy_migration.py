"""What a bureau had set before policies had versions holds on after the migration, and so does what was recorded."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.either_database

ROOT = Path(__file__).resolve().parents[3]


def migrate(folder: Path, *target: str) -> None:
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3", "VAR_DIR": str(folder)}
    command = [sys.executable, "manage.py", "migrate", "-v0", *target]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=120)


def test_what_was_set_and_recorded_holds_on(tmp_path: Path) -> None:
    migrate(tmp_path, "supervision", "0003")
    database = sqlite3.connect(tmp_path / "db.sqlite3")
    database.executescript(
        """
        UPDATE supervision_policystep SET offset_days = 2, tells_company = 1, version = 3 WHERE code = 'urge';
        UPDATE supervision_policystep SET is_active = 0 WHERE code = 'remind-7';
        INSERT INTO supervision_policystep (kind, grade, code, level, measure, offset_days, tells_responsible,
            tells_company, tells_company_head, tells_bureau, tells_bureau_leader, is_active, version)
        VALUES ('hazard', 'serious', 'notice', 4, 'notice', 4, 0, 0, 0, 1, 0, 1, 0),
               ('hazard', 'serious', 'talk', 5, 'talk', 5, 0, 0, 0, 1, 0, 0, 0),
               ('hazard', 'general', 'talk', 5, 'talk', 9, 0, 0, 0, 1, 0, 0, 0);
        INSERT INTO supervision_sweeprun (started_at, as_of, new, announced, error)
        VALUES ('2026-08-21', '2026-08-21', '{}', 1, '');
        INSERT INTO supervision_escalation (kind, item_id, due_on, step, level, reached_at, announced, run_id)
        VALUES ('hazard', 7, '2026-08-20', 'remind-3', 2, '2026-08-21', 0, 1),
               ('hazard', 7, '2026-08-20', 'talk', 5, '2026-08-21', 1, 1);
        """
    )
    database.commit()
    database.close()
    migrate(tmp_path)

    database = sqlite3.connect(tmp_path / "db.sqlite3")
    steps = database.execute(
        "SELECT p.grade, s.code, s.amount, s.unit, s.repeat_every, s.is_active, s.tells_company, s.version"
        " FROM supervision_policystep s JOIN supervision_policy p ON p.id = s.policy_id"
        " WHERE p.kind = 'hazard' ORDER BY p.grade, s.level"
    ).fetchall()
    general = [
        ("remind-7", -7, "days", 0, 0, 0, 1), ("remind-3", -3, "days", 0, 1, 0, 1), ("urge", 2, "days", 0, 1, 1, 1),
        ("notice", 3, "days", 0, 1, 1, 1), ("talk", 7, "days", 0, 1, 0, 1), ("circular", 15, "days", 7, 1, 1, 1),
    ]  # fmt: skip
    major = [("talk", 3, "days", 0, 1, 1, 1) if step[0] == "talk" else step for step in general]
    # Its own 督办单; its 约谈 was switched off, so that the general one held. 一般 had nothing in use of its own.
    serious = [("notice", 4, "days", 0, 1, 0, 1) if step[0] == "notice" else step for step in general]
    assert steps == [
        *(("", *step) for step in general), *(("major", *step) for step in major),
        *(("serious", *step) for step in serious),
    ]  # fmt: skip
    recorded = database.execute(
        "SELECT step, level, repeat, announced FROM supervision_escalation ORDER BY level"
    ).fetchall()
    assert recorded == [("remind-3", 2997, 0, 0), ("talk", 9007, 0, 1)]
