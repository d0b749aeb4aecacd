"""Eight people of a company report the same day at the same moment: one report stands, seven are told."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from accounts.models import Unit, User
from coal.models import DailyReport
from coal.reporting import file_report
from tests.cast import build_cast
from tests.together import PROCESSES, at_once

pytestmark = [
    pytest.mark.usefixtures("on_postgresql", "summer"),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
DAY = dt.date(2026, 8, 2)


def values(n: int) -> dict[str, Any]:
    tonnes = dict.fromkeys(("arrived_t", "used_t", "stock_yard_t", "stock_port_t", "stock_transit_t"), Decimal(n))
    return {**tonnes, "heat_gj": Decimal(0), "high_c": Decimal(30), "low_c": Decimal(20), "boilers_running": 0}


def report(n: int, barrier: Any, company_pk: int, user_pk: int, seen: int) -> str:
    company = Unit.objects.select_related("region__parent").get(pk=company_pk)
    user = User.objects.select_related("unit__region").get(pk=user_pk)
    connection.ensure_connection()
    barrier.wait(20)
    try:
        file_report(company, DAY, by=user, seen_revision=seen, correction_reason="更正", **values(n + 10 * seen + 1))
    except ValidationError as refused:
        return refused.messages[0]
    return "filed"


def test_of_eight_reports_one_stands_and_of_eight_corrections() -> None:
    cast = build_cast()
    for seen in (0, 1):
        found = at_once(report, cast.chengyuan.pk, cast.chengyuan_clerk.pk, seen)
        assert found.count("filed") == 1
        told = [each for each in found if f"报过第 {seen + 1} 版，您填的没有提交" in each]
        assert len(told) == PROCESSES - 1
        assert DailyReport.objects.count() == seen + 1
