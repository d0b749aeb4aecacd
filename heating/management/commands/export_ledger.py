"""`manage.py export_ledger hazards --as USER --out FILE [filters]`: the same export as the page."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.http import QueryDict

from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.ledgers.exporting import Look, write_chosen
from common.spreadsheets.ledgers.kinds import export_kind_named, export_kinds
from heating.management.commands.import_ledger import user_named


class Command(BaseCommand):
    help = "导出台账。筛选条件与列表页网址里的一样，例如 tab=overdue q=换热站"

    def create_parser(self, *args: Any, **kwargs: Any) -> CommandParser:
        """Filters may stand after the options as well as before them."""
        parser = super().create_parser(*args, **kwargs)
        parser.parse_args = parser.parse_intermixed_args  # type: ignore[method-assign]
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=sorted(export_kinds()), help="台账类型")
        parser.add_argument("--as", dest="username", required=True, metavar="USER", help="以谁的身份导出")
        parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="写到哪个文件")
        parser.add_argument("--season", metavar="S", help="采暖季，如 2026-2027；不写则为当前采暖季")
        parser.add_argument(
            "--look", choices=Look.values, default=Look.OFFICIAL.value, help="上报格式、可改后导回的普通表格或带照片"
        )
        parser.add_argument("--subtotals", action="store_true", help="加小计、合计（用于上报格式）")
        parser.add_argument("filters", nargs="*", metavar="名称=值", help="筛选条件")

    def handle(self, *args: Any, **options: Any) -> None:
        user = user_named(options["username"])
        params = QueryDict(mutable=True)
        for condition in options["filters"]:
            name, sign, value = condition.partition("=")
            if not sign:
                raise CommandError(f"筛选条件“{condition}”应写成 名称=值")
            params.appendlist(name, value)
        kind, look = export_kind_named(options["kind"]), Look(options["look"])
        if look not in kind.looks:
            raise CommandError(f"{kind}没有“{look.label}”这种格式")
        try:
            scope = {"season": options["season"]} if options["season"] else None
            chosen = kind.chosen(user, query=params.urlencode(), scope=scope)
            if chosen.errors:
                raise CommandError("；".join(chosen.errors))
            if not user.has_perm(kind.export_permission):
                raise PermissionDenied("您没有导出台账的权限")  # before a file that is there is overwritten
            with open(options["out"], "wb") as out:
                count = write_chosen(out, kind, chosen, by=user, look=look, subtotals=options["subtotals"])
        except (PermissionDenied, SpreadsheetError) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"写不了 {options['out']}：{error.strerror}") from error
        self.stdout.write(f"已导出 {count} {kind.measure}到 {options['out']}")
