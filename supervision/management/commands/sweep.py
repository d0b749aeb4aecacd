"""Check every deadline now: the same sweep that Celery starts. As of a day it judges by the day's end, but of today by
the present moment; as of a moment by that.

As of a time to come it writes and tells what will be so then, for whoever tries a policy: said on stderr, and only for
the days right ahead unless it is asked for. That an item has ever been overdue is never written in advance.
"""

import datetime as dt
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from common import clock
from notifications.outbox import deliver
from supervision.enums import measure_of
from supervision.kinds import KINDS
from supervision.ladder import Deadline, day_of
from supervision.models import SweepRun
from supervision.sweep import sweep

# What a mistyped month or year goes beyond.
DAYS_AHEAD = dt.timedelta(days=31)
# Distances from these, repeated or in working days, are days too.
FIRST_DAY, LAST_DAY = dt.date(2000, 1, 1), dt.date(2099, 12, 31)


class Command(BaseCommand):
    help = "检查所有时限：记录新达到的提醒和督办步骤，并通知有关人员。可以重复运行。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--as-of", metavar="DATE", help="按哪一天、哪一刻检查，如 2026-09-30 或 2026-09-30T10:00；默认现在"
        )
        parser.add_argument(
            "--future", action="store_true", help=f"确实要按 {DAYS_AHEAD.days} 天以后的某一天检查（试用）"
        )
        parser.add_argument("--json", action="store_true", help="只输出 JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        as_of = _deadline(options["as_of"])
        text = options["as_of"] or as_of.isoformat()
        if as_of > (clock.now() if isinstance(as_of, dt.datetime) else clock.today()):
            self._allow_future(text, day_of(as_of), options["future"])
        run = sweep(as_of)
        deliver()
        if options["json"]:
            result = {"as_of": text, "new": run.new, "announced": run.announced}
            self.stdout.write(json.dumps(result, ensure_ascii=False))
            return
        self.stdout.write(f"已按 {text} 检查所有时限，通知了 {run.announced} 个事项。")
        for line in _lines(run):
            self.stdout.write(f"  {line}")

    def _allow_future(self, text: str, day: dt.date, asked_for: bool) -> None:
        """Says what will come of it; CommandError for what was probably mistyped."""
        days = (day - clock.today()).days
        if days > DAYS_AHEAD.days and not asked_for:
            raise CommandError(
                f"--as-of 写的是 {text}，在今天之后 {days} 天。"
                "按以后的日期检查会提前记录并通知还没有发生的逾期，且到那天不再重复；"
                "请改为今天或以前的日期，确实要试用的加 --future",
                returncode=2,
            )
        self.stderr.write(
            f"{text} 还没有到：这次检查会提前记录并通知到那天才达到的步骤，到那天不再重复；“曾经逾期”仍只按今天记录。"
        )


def _deadline(text: str | None) -> Deadline:
    """A day, or an aware moment."""
    if not text:
        return clock.today()
    try:
        as_of = _moment(text) if "T" in text else dt.date.fromisoformat(text)
    except ValueError:
        like = "2026-09-30T10:00 这样的时刻" if "T" in text else "2026-09-30 这样的日期"
        raise CommandError(f"--as-of 写的是“{text}”，应为 {like}", returncode=2) from None
    if not FIRST_DAY <= day_of(as_of) <= LAST_DAY:
        raise CommandError(
            f"--as-of 写的是“{text}”，年份应在 {FIRST_DAY.year} 到 {LAST_DAY.year} 之间，请改为具体日期", returncode=2
        )
    return as_of


def _moment(text: str) -> dt.datetime:
    """In Asia/Shanghai, unless it names another zone."""
    moment = dt.datetime.fromisoformat(text)
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment


def _lines(run: SweepRun) -> list[str]:
    """隐患 催办：3 个新达到"""
    lines = [
        f"{KINDS[kind].label} {measure_of(code).label}（{code}）：{count} 个新达到"
        for kind, steps in run.new.items()
        for code, count in reversed(steps.items())
    ]
    return lines or ["没有新达到的步骤。"]
