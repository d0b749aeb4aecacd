"""`manage.py bootstrap`: what an empty installation needs before anybody can sign in."""

import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts import roles, services
from accounts.enums import RegionLevel, UnitKind
from accounts.models import CODE_DIGITS, Region, User
from common import clock
from facilities.selectors import default_dates
from facilities.services import create_season


class Command(BaseCommand):
    help = "建立县、住建局、第一名住建管理员和当前采暖季。只在还没有该县时执行。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--county-code", required=True, help="县的 6 位区划代码（GB/T 2260），如 130123")
        parser.add_argument("--county", required=True, help="县名，如 临岭县")
        parser.add_argument("--bureau", required=True, help="住建局全称，如 临岭县住房和城乡建设局")
        parser.add_argument("--username", required=True, help="第一名住建管理员登录用的用户名")
        parser.add_argument("--full-name", default="系统管理员", help="其姓名（默认“系统管理员”，登录后可改）")
        parser.add_argument("--no-input", action="store_true", help="不询问密码，用随机密码并显示一次")

    def handle(self, *args: Any, **options: Any) -> None:
        code = options["county_code"]
        if len(code) != CODE_DIGITS[RegionLevel.COUNTY] or not (code.isascii() and code.isdigit()):
            raise CommandError(f"县的区划代码应为 6 位数字，写的是“{code}”")
        if Region.objects.filter(code=code).exists():
            raise CommandError(f"代码为 {code} 的县已经建好，不再重复；新增用户请登录后在“用户”页面办理")
        if User.objects.filter(username__iexact=options["username"]).exists():
            raise CommandError(f"用户名“{options['username']}”已被使用，请换一个")
        asked = None if options["no_input"] or not sys.stdin.isatty() else self._ask(options["username"])
        with transaction.atomic():
            season, password = self._build(options, asked)
        self.stdout.write(f"已建立 {options['county']}、{options['bureau']} 和 {season} 采暖季。")
        shown = "" if asked else f"，密码 {password}（只显示这一次）"
        self.stdout.write(f"住建管理员：用户名 {options['username']}{shown}。首次登录时须修改密码。")

    def _build(self, options: dict[str, Any], password: str | None) -> tuple[Any, str]:
        county = Region.objects.create(code=options["county_code"], name=options["county"], level=RegionLevel.COUNTY)
        bureau = services.create_unit(by=None, name=options["bureau"], kind=UnitKind.HOUSING_BUREAU, region=county)
        _, password = services.create_user(
            by=None, username=options["username"], full_name=options["full_name"], unit=bureau,
            role_names=[roles.ADMIN], password=password,
        )  # fmt: skip
        today = clock.today()
        month, day, _ = settings.SEASON_DEFAULT_DAYS["summer_start_on"]
        year = today.year if (today.month, today.day) >= (month, day) else today.year - 1
        season = create_season(by=None, county=county, name=f"{year}-{year + 1}", **default_dates(county, year))
        return season, password

    def _ask(self, username: str) -> str | None:
        """What was typed twice, or None for a random password."""
        while True:
            password = getpass(f"{username} 的密码（直接回车则用随机密码）：")
            if not password:
                return None
            try:
                validate_password(password, User(username=username))
            except ValidationError as error:
                self.stderr.write("；".join(error.messages))
                continue
            if password == getpass("再输一次："):
                return password
            self.stderr.write("两次输入的不一样，请重新输入。")
