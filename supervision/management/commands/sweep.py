"""Check every deadline now: the same sweep that Celery starts."""

import datetime as dt
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from common import clock
from notifications.outbox import deliver
from supervision.enums import measure_of
from supervision.kinds import KINDS
from supervision.models import SweepRun
from supervision.sweep import sweep


class Command(BaseCommand):
    help = "检查所有时限：记录新达到的提醒和督办步骤，并通知有关人员。可以重复运行。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as-of", metavar="DATE", help="按哪一天检查，如 2026-09-30；默认今天")
        parser.add_argument("--json", action="store_true", help="只输出 JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        run = sweep(_day(options["as_of"]))
        deliver()
        if options["json"]:
            result = {"as_of": run.as_of.isoformat(), "new": run.new, "announced": run.announced}
            self.stdout.write(json.dumps(result, ensure_ascii=False))
            return
        self.stdout.write(f"已按 {run.as_of} 检查所有时限，通知了 {run.announced} 个事项。")
        for line in _lines(run):
            self.stdout.write(f"  {line}")


def _day(text: str | None) -> dt.date:
    if not text:
        return clock.today()
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--as-of 写的是“{text}”，应为 2026-09-30 这样的日期") from None


def _lines(run: SweepRun) -> list[str]:
    """隐患 催办：3 个新达到"""
    lines = [
        f"{KINDS[kind].label} {measure_of(code).label}（{code}）：{count} 个新达到"
        for kind, steps in run.new.items()
        for code, count in reversed(steps.items())
    ]
    return lines or ["没有新达到的步骤。"]
