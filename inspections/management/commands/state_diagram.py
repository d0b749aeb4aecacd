from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from inspections.diagram import written_into

DOCUMENT = Path(settings.BASE_DIR) / "docs" / "architecture.md"


class Command(BaseCommand):
    help = "Write the diagram of states and the table of moves into docs/architecture.md; --check only compares."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="fail if the document is out of date")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        old = DOCUMENT.read_text(encoding="utf-8")
        new = written_into(old)
        if check and new != old:
            raise CommandError("docs/architecture.md is out of date: run `manage.py state_diagram`")
        if not check:
            DOCUMENT.write_text(new, encoding="utf-8")
