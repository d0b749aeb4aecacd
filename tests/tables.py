"""The tables that migrations make: `make test` has them made once for each kind of database, and they are copied.

Without `make test` (`pytest tests/…`) everybody migrates a database of their own.
"""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.backends.signals import connection_created

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE_FILE, TEMPLATE_DATABASE = os.environ.get("TEST_TEMPLATE_FILE"), os.environ.get("TEST_TEMPLATE_DATABASE")


def begin_with_template() -> None:
    """Whatever test database this process makes begins with the tables; what is left of `migrate` finds them."""
    database = settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.postgresql":
        if TEMPLATE_DATABASE:
            database.setdefault("TEST", {})["TEMPLATE"] = TEMPLATE_DATABASE
    elif TEMPLATE_FILE:
        connection_created.connect(_fill)


def _fill(connection: Any, **_: Any) -> None:
    """Only the first connection: to the test database, in memory, as it is made."""
    connection_created.disconnect(_fill)
    with closing(sqlite3.connect(str(TEMPLATE_FILE))) as template:
        template.backup(connection.connection)


def migrate_site(environment: Mapping[str, str]) -> None:
    """The tables of a site that is set up in a folder of its own (VAR_DIR), or on the server of DATABASE_URL."""
    if TEMPLATE_FILE and "DATABASE_URL" not in environment:
        folder = Path(environment["VAR_DIR"])
        folder.mkdir(exist_ok=True)
        shutil.copy(TEMPLATE_FILE, folder / "db.sqlite3")
    else:
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
