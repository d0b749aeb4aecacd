"""Temperatures: typed, imported, exported and imported again; what the winters say."""

import csv
import datetime as dt
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from audit.models import AuditEntry
from coal.models import DailyTemperature
from common.spreadsheets.models import ImportBatch
from tests.cast import Cast
from tests.coal_factories import a_winter_of

pytestmark = [pytest.mark.either_database, pytest.mark.django_db, pytest.mark.usefixtures("summer")]
Browser = Callable[[Any], Client]


def text(response: Any) -> str:
    return str(response.content.decode()).replace("\u00a0", " ")


def as_csv(*rows: tuple[str, ...], encoding: str = "gb18030") -> SimpleUploadedFile:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return SimpleUploadedFile("气温.csv", out.getvalue().encode(encoding))


def upload(client: Client, file: SimpleUploadedFile) -> ImportBatch:
    page = client.post(reverse("coal:temperature_import_list"), {"file": file})
    assert page.status_code == 302, text(page)
    return ImportBatch.objects.latest("pk")


def run(client: Client, batch: ImportBatch) -> None:
    assert client.post(reverse("coal:temperature_import_run", args=[batch.pk])).status_code == 302


def piles(batch: ImportBatch) -> dict[int, str]:
    return dict(batch.rows.values_list("row", "pile"))


def test_a_table_of_the_weather_office(cast: Cast, client_as: Browser) -> None:
    client = client_as(cast.development_officer)
    batch = upload(
        client,
        as_csv(
            ("日期", "最高气温", "最低气温", "平均气温(℃)"),
            ("2015-11-15", "9.1", "-1.2", "3.5"),
            ("2015年11月16日", "7", "-3", "－0.4℃"),
            ("20151117", "", "", "0"),
            ("2015-11-18", "", "", "-9999"),
            ("11月19日", "", "", "1"),
            ("2015/11/31", "", "", "1"),
            ("2015-11-20", "", "", ""),
            ("2026-12-01", "", "", "2"),
            ("2015-11-15", "", "", "4.5"),
        ),
    )
    assert piles(batch) == {
        2: "waits", 3: "ready", 4: "ready", 5: "waits", 6: "waits", 7: "waits", 8: "waits", 9: "waits", 10: "waits",
    }  # fmt: skip
    run(client, batch)
    assert list(DailyTemperature.objects.order_by("day").values_list("day", "mean_c")) == [
        (dt.date.fromisoformat("2015-11-16"), Decimal("-0.4")), (dt.date.fromisoformat("2015-11-17"), Decimal("0.0")),
    ]  # fmt: skip
    entry = AuditEntry.objects.get(action="登记气温")
    assert entry.note == "2015-11-16 至 2015-11-17，2 天"


def test_the_export_comes_back(cast: Cast, client_as: Browser) -> None:
    client = client_as(cast.development_officer)
    a_winter_of(cast.season, 2025, "-2.5", days=3)
    exported = client.get(reverse("coal:temperature_export") + "?look=plain")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(exported.streaming_content)))  # type: ignore[attr-defined]
    sheet = book.active
    assert sheet is not None
    heads = [cell.value for cell in sheet[1]]
    sheet.cell(2, heads.index("日平均气温（℃）") + 1).value = -3.5
    out = io.BytesIO()
    book.save(out)
    batch = upload(client, SimpleUploadedFile("气温.xlsx", out.getvalue()))
    assert sorted(piles(batch).values()) == ["repeat", "repeat", "update"]
    row = batch.rows.get(pile="update")
    client.post(reverse("coal:temperature_import_update", args=[batch.pk]), {"row": [row.row]})
    assert sorted(DailyTemperature.objects.values_list("mean_c", flat=True)) == [
        Decimal("-3.5"), Decimal("-2.5"), Decimal("-2.5"),
    ]  # fmt: skip
    assert AuditEntry.objects.filter(action="更正气温").count() == 1


def test_a_day_is_typed_and_corrected(cast: Cast, client_as: Browser) -> None:
    client, address = client_as(cast.development_officer), reverse("coal:temperature_day")
    first = client.post(address, {"day": "3.14", "mean_c": "-1.5"}, follow=True)
    assert "2026-03-14 的日平均气温记为 -1.5 ℃。" in text(first)
    second = client.post(address, {"day": "2026-03-14", "mean_c": "−2"}, follow=True)
    assert "2026-03-14 原来登记的是 -1.5 ℃，已改为 -2 ℃" in text(second)
    row = DailyTemperature.objects.get()
    assert (row.county, row.day, row.mean_c) == (cast.county, dt.date.fromisoformat("2026-03-14"), Decimal("-2.0"))
    assert AuditEntry.objects.of(row).last().changes == {"日平均气温（℃）": ["-1.5", "-2"]}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"day": "2026-12-01", "mean_c": "1"}, "2026-12-01 还没有到"),
        ({"day": "2026-02-30", "mean_c": "1"}, "没有这一天"),
        ({"day": "2026-02-03", "mean_c": "-70"}, "-60"),
    ],
)
def test_what_no_day_can_have_is_refused(cast: Cast, client_as: Browser, typed: dict[str, str], said: str) -> None:
    page = client_as(cast.development_officer).post(reverse("coal:temperature_day"), typed)
    assert page.status_code == 422
    assert said in text(page)
    assert not DailyTemperature.objects.exists()


def test_the_winters_and_what_they_stand_for(cast: Cast, client_as: Browser) -> None:
    for year, mean_c, days in ((2022, "-9", 60), (2023, "-4", 121), (2024, "1", 115), (2025, "-6", 121)):
        a_winter_of(cast.season, year, mean_c, days=days)
    page = client_as(cast.leader).get(reverse("coal:weather"))
    shown = text(page)
    found = page.context["weather"].climate
    assert (len(found.winters), found.mean_degree_days, found.mean_c) == (3, 2541, Decimal("-3.0"))
    assert page.context["marks"] == {2023: "P50 一般冬天", 2025: "P90 冷冬"}
    assert "缺 61 天，不计入" in shown
    assert "缺 6 天，按其余的天折算" in shown


def test_the_county_next_door_has_its_own_weather(cast: Cast, client_as: Browser) -> None:
    a_winter_of(cast.season, 2025, "-6")
    page = client_as(cast.foreign.company_admin).get(reverse("coal:weather"))
    assert page.context["weather"].past == []
    assert client_as(cast.beiyuan_clerk).get(reverse("coal:weather")).context["weather"].past[0].degree_days == 2904


def test_the_list_is_narrowed_by_days(cast: Cast, client_as: Browser) -> None:
    a_winter_of(cast.season, 2025, "-6", days=5)
    page = client_as(cast.leader).get(reverse("coal:weather"), {"first": "2025-11-16", "last": "2025-11-17"})
    assert [str(row.day) for row in page.context["table"].page.object_list] == ["2025-11-17", "2025-11-16"]


def test_the_page_costs_the_same_with_ten_winters(
    cast: Cast, client_as: Browser, django_assert_max_num_queries: Any
) -> None:
    for year in range(2016, 2026):
        a_winter_of(cast.season, year, "-3")
    client = client_as(cast.leader)
    client.get(reverse("coal:weather"))
    with django_assert_max_num_queries(12):
        client.get(reverse("coal:weather"))
