"""`manage.py import_ledger FILE --kind hazards --as USER`: the same staged import as the page."""

import json
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.backends import UnitBackend
from accounts.models import User
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.ledgers.importer import address_of
from common.spreadsheets.ledgers.kinds import LedgerKind, kind_named, kinds
from common.spreadsheets.ledgers.registering import apply_updates, changes_without_conflict, import_ready
from common.spreadsheets.models import ImportBatch, ImportRow, Pile
from common.spreadsheets.staging import discard_file, keep_upload, read_upload
from common.spreadsheets.tasks import importer_of

ALL_READ, SOME_WAIT, NOTHING_READ = 0, 1, 2
# Option, which is also the importer's choice → (the box of the page, what a kind needs for it).
CHOICES = {
    "as_history": ("history", "历史销号"), "announce_past": ("past", "提醒和督办"), "dispatch": ("dispatch", "派单"),
    "queue": ("queue", "待定企业队列"),
}  # fmt: skip


class Command(BaseCommand):
    help = "导入台账：读得准的行登记入库，读不准的等人处理。退出码：0 全部读懂，1 有待处理的行，2 什么也没读出来"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="台账文件（xlsx、xls、ods、csv）")
        parser.add_argument("--kind", choices=sorted(kinds()), required=True, help="台账类型")
        parser.add_argument("--as", dest="username", required=True, metavar="USER", help="以谁的身份导入")
        parser.add_argument("--season", metavar="S", help="采暖季，如 2026-2027；不写则按台账的日期")
        parser.add_argument("--create-missing", action="store_true", help="建立文件里有而系统没有的单位和小区")
        parser.add_argument("--apply-updates", action="store_true", help="与系统不同的内容按文件更新（冲突的除外）")
        parser.add_argument("--as-history", action="store_true", help="写明已完成的行按历史销号导入，不再验收")
        parser.add_argument("--announce-past", action="store_true", help="已过时限的也发提醒和督办")
        parser.add_argument("--dispatch", action="store_true", help="投诉：导入后把企业明确的派单")
        parser.add_argument("--queue", action="store_true", help="投诉：只差小区或企业的也登记，进入待定企业")
        parser.add_argument("--dry-run", action="store_true", help="只读不写")
        parser.add_argument("--json", action="store_true", help="逐行输出读到的内容")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        user, kind = user_named(options["username"]), kind_named(options["kind"])
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CommandError(f"打不开 {path}：{error.strerror}", returncode=NOTHING_READ) from error
        try:
            with transaction.atomic():
                batch, done = self._import(content, path.name, kind, user, options)
                rows = list(batch.rows.select_related("batch"))
                transaction.set_rollback(options["dry_run"])
        except (SpreadsheetError, PermissionDenied) as error:
            raise CommandError(str(error), returncode=NOTHING_READ) from error
        if options["json"]:
            report = {"file": path.name, "kind": batch.kind, "rows": [_as_json(row) for row in rows]}
            self.stdout.write(json.dumps(report, ensure_ascii=False, indent=1))
        else:
            self._tell(kind, path.name, rows, done, dry_run=options["dry_run"])
            if hidden := batch.head["hidden"]:
                self.stdout.write(f"  原表里隐藏的行也读了：第 {'、'.join(map(str, hidden))} 行")
        if all(row.pile == Pile.SKIPPED for row in rows):
            raise SystemExit(NOTHING_READ)
        if any(row.pile == Pile.WAITS for row in rows):
            raise SystemExit(SOME_WAIT)

    def _import(
        self, content: bytes, filename: str, kind: LedgerKind, user: User, options: dict[str, Any]
    ) -> tuple[ImportBatch, dict[str, int]]:
        context = kind.command_context(
            by=user, season=options["season"] or "", create_missing=options["create_missing"]
        )  # fmt: skip
        choices = _choices(kind, options)
        importer = kind.importer(by=user, context=context)
        batch = keep_upload(kind=kind.name, owner=user, file=content, filename=filename, context=context)
        try:
            read_upload(batch, importer)
            importer.after_reading(batch)
            importer = importer_of(batch, by=user)
            done = {"imported": len(import_ready(batch, importer, **choices)), "updated": 0}
            if options["apply_updates"]:
                done["updated"], refused = apply_updates(changes_without_conflict(batch), importer)
                for why in refused:
                    self.stderr.write(why)
        except BaseException:
            # The database forgets it by rolling back, the disk does not.
            discard_file(batch)
            raise
        if options["dry_run"]:
            discard_file(batch)
        else:
            importer.after_writing(batch)
        return batch, done

    def _tell(
        self, kind: LedgerKind, filename: str, rows: list[ImportRow], done: dict[str, int], *, dry_run: bool
    ) -> None:
        counts = Counter(row.pile for row in rows)
        verb = "可导入" if dry_run else "已导入"
        updated = f"已更新 {done['updated']} {kind.measure}，" if done["updated"] else ""
        self.stdout.write(
            f"{filename}：{verb} {done['imported']} {kind.measure}，{updated}待处理 {counts[Pile.WAITS]} 行，"
            f"有变动 {counts[Pile.UPDATE]} 行，重复 {counts[Pile.REPEAT]} 行，已跳过 {counts[Pile.SKIPPED]} 行"
        )
        for row in rows:
            if row.pile == Pile.WAITS:
                if row.conflict:
                    self.stdout.write(f"  第 {row.row} 行  {row.conflict}")
                for problem in row.problems:
                    cell = problem["cell"] or address_of(row.row, problem["field"], row.batch.head)
                    place = cell or f"第 {row.row} 行"
                    self.stdout.write(f"  {place}  “{problem['read']}”：{problem['expected']}")
            elif row.pile == Pile.UPDATE:
                for change in row.changes:
                    title = kind.ledger.by_name[change["field"]].title
                    words = f"{title}：“{change['old']}”改为“{change['new']}”"
                    self.stdout.write(f"  第 {row.row} 行  {row.reason} {words}")
                if row.conflict:
                    self.stdout.write(f"  第 {row.row} 行  {row.conflict}")
            elif row.reason and row.pile != Pile.UPDATED:
                self.stdout.write(f"  第 {row.row} 行  {row.reason}")


def _choices(kind: LedgerKind, options: dict[str, Any]) -> dict[str, Any]:
    """What the options choose for all rows, as a tick on the page would. SpreadsheetError for what the kind lacks."""
    choices = kind.import_choices({CHOICES[name][0]: "on" for name in CHOICES if options[name]})
    for name, (_, label) in CHOICES.items():
        if options[name] and name not in choices:
            raise SpreadsheetError(f"{kind}没有{label}，请去掉 --{name.replace('_', '-')}")
    return choices


def _as_json(row: ImportRow) -> dict[str, Any]:
    """As the row was read: what has been imported was ready, a change is told as the repeat that it is."""
    piles = {Pile.IMPORTED: Pile.READY, Pile.UPDATE: Pile.REPEAT, Pile.UPDATED: Pile.REPEAT}
    pile = piles.get(Pile(row.pile), Pile(row.pile)).value
    return {"row": row.row, "pile": pile, "fields": row.fields, "problems": row.problems}


def user_named(username: str) -> User:
    """An active user with unit and region, as the pages see them. Raises CommandError (exit 2)."""
    pk = User.objects.filter(username=username).values_list("pk", flat=True).first()
    user = UnitBackend().get_user(pk) if pk else None
    if user is None:
        raise CommandError(f"没有可用的用户“{username}”", returncode=NOTHING_READ)
    return user
