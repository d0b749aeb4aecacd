"""`manage.py demo`: fill an empty database with the made-up county 临岭县."""

import datetime as dt
import random
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.models import Region
from accounts.selectors import DEMO_PASSWORD
from common import clock
from heating.demo import coal, coal_checks, coal_demand, complaint_hazard, complaints, hazards, people, places
from notifications.models import Message

SEED = 2025
UNREAD_DAYS = 4


class Command(BaseCommand):
    help = (
        "建立演示县（临岭县）：单位、用户、两个采暖季、小区和设施、隐患、煤场流水、日报和检查、气温、用煤测算、储备目标、购煤资金、投诉。"
        "数据每次相同。"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--hazards", type=int, default=120, metavar="N", help="本采暖季的隐患数（默认 120）")
        parser.add_argument("--complaints", type=int, default=150, metavar="N", help="两个采暖季的投诉数（默认 150）")

    def handle(self, *args: Any, **options: Any) -> None:
        if Region.objects.filter(code=people.COUNTY[0]).exists():
            raise CommandError(f"演示县 {people.COUNTY[1]} 已经建好了；要重来，请先换一个空数据库")
        with transaction.atomic():
            self._fill(options["hazards"], options["complaints"])
        self.stdout.write("演示账号（密码均为 " + DEMO_PASSWORD + "）：")
        for username, name, unit, role in people.ACCOUNTS:
            self.stdout.write(f"  {username:<10} {role}  {name}（{unit}）")

    def _fill(self, count: int, orders: int) -> None:
        today = clock.today()
        year = int(places.season_name(today)[:4])
        cast = people.make_people()
        past, present = places.make_season(cast, year - 1), places.make_season(cast, year)
        dice = random.Random(SEED)
        communities = places.make_communities(cast, dice)
        facilities = places.make_facilities(cast, communities, dice)
        hazards.tell(cast, past, facilities, count=max(count // 3, 1), today=today, seed=SEED)
        hazards.tell(cast, present, facilities, count=count, today=today, seed=SEED + 1)
        coal_demand.tell(cast, present, today=today, seed=SEED + 2)
        coal.tell(cast, (past, present), today=today, seed=SEED + 3)
        coal_checks.tell(cast, present, today=today, seed=SEED + 4)
        complaints.tell(cast, (past, present), communities, count=orders, seed=SEED + 5)
        complaint_hazard.tell(cast, present)
        # People have read their post, but for the last days'.
        read_until = clock.now() - dt.timedelta(days=UNREAD_DAYS)
        Message.objects.filter(created_at__lt=read_until).update(read_at=read_until)
