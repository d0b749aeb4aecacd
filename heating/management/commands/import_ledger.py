"""`manage.py import_ledger FILE --kind hazards --as USER`: the same staged import as the page."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.backends import UnitBackend
from accounts.models import User
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.models import Pile
from inspections.importing import Stager, import_ready, season_of
from inspections.reading import LedgerReading

ALL_READ, SOME_WAIT, NOTHING_READ = 0, 1, 2


class Command(BaseCommand):
    help = "导入台账：读得准的行登记入库，读不准的等人处理。退出码：0 全部读懂，1 有待处理的行，2 什么也没读出来"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="台账文件（xlsx、xls、ods、csv）")
        parser.add_argument("--kind", choices=["hazards"], required=True, help="台账类型")
        parser.add_argument("--as", dest="username", required=True, metavar="USER", help="以谁的身份导入")
        parser.add_argument("--season", metavar="S", help="采暖季，如 2026-2027；不写则按台账的日期")
        parser.add_argument("--create-missing", action="store_true", help="建立文件里有而系统没有的单位和小区")
        parser.add_argument("--dry-run", action="store_true", help="只读不写")
        parser.add_argument("--json", action="store_true", help="逐行输出读到的内容")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        user = user_named(options["username"])
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CommandError(f"打不开 {path}：{error.strerror}", returncode=NOTHING_READ) from error
        try:
            with transaction.atomic():
                reading, imported = self._import(content, path.name, user, options)
                transaction.set_rollback(options["dry_run"])
        except (SpreadsheetError, PermissionDenied) as error:
            raise CommandError(str(error), returncode=NOTHING_READ) from error
        if options["json"]:
            self.stdout.write(json.dumps(reading.as_json(), ensure_ascii=False, indent=1))
        else:
            self._tell(reading, imported, dry_run=options["dry_run"])
        counts = reading.counts()
        if not counts[Pile.READY] + counts[Pile.WAITS] + counts[Pile.REPEAT]:
            raise SystemExit(NOTHING_READ)
        if counts[Pile.WAITS]:
            raise SystemExit(SOME_WAIT)

    def _import(self, content: bytes, filename: str, user: User, options: dict[str, Any]) -> tuple[LedgerReading, int]:
        season = season_of(content, by=user, name=options["season"])
        stager = Stager(by=user, season=season, create_missing=options["create_missing"])
        batch, reading = stager.stage(content, filename=filename)
        return reading, len(import_ready(batch, by=user))

    def _tell(self, reading: LedgerReading, imported: int, *, dry_run: bool) -> None:
        counts = reading.counts()
        verb = "可导入" if dry_run else "已导入"
        self.stdout.write(
            f"{reading.filename}：{verb} {imported} 条，待处理 {counts['waits']} 条，"
            f"重复 {counts['repeat']} 条，已跳过 {counts['skipped']} 行"
        )
        for row in reading.rows:
            if row.pile == Pile.WAITS:
                for problem in row.problems:
                    place = problem["cell"] or f"第 {row.row} 行"
                    self.stdout.write(f"  {place}  “{problem['read']}”：{problem['expected']}")
            elif row.reason:
                self.stdout.write(f"  第 {row.row} 行  {row.reason}")


def user_named(username: str) -> User:
    """An active user with unit and region, as the pages see them. Raises CommandError (exit 2)."""
    pk = User.objects.filter(username=username).values_list("pk", flat=True).first()
    user = UnitBackend().get_user(pk) if pk else None
    if user is None:
        raise CommandError(f"没有可用的用户“{username}”", returncode=NOTHING_READ)
    return user
