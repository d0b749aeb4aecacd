"""Which company heats which community in a season, as a table that comes in and goes out."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from openpyxl import load_workbook

from audit.models import AuditEntry
from common.spreadsheets.ledgers.exporting import Look, write_chosen
from common.spreadsheets.ledgers.kinds import kind_named
from common.spreadsheets.ledgers.registering import apply_updates, import_ready
from common.spreadsheets.models import ImportBatch
from common.spreadsheets.staging import keep_upload, read_upload
from common.spreadsheets.tasks import importer_of
from facilities.models import Season, SeasonCompany
from facilities.season_companies import assign_company, company_of
from tests.cast import Cast
from tests.factories import CommunityFactory
from tests.integration.facilities.test_ledgers import book, cell_of, piles, saved

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]
SignIn = Callable[[Any], Client]
KIND = "season_companies"


def table(season: str = "2026-2027", rows: Any = ()) -> bytes:
    return book([
        [f"临岭县 {season} 采暖季集中供热小区供热企业一览表"],
        ["填报单位：临岭县住建局", None, "2026年9月1日"],
        ["序号", "小区名称", "供热单位", "户数"],
        *rows,
    ], merged=("A1:D1",))  # fmt: skip


def stage(cast: Cast, content: bytes, user: Any = None, season: Season | None = None) -> ImportBatch:
    user = user or cast.hotline
    context = {"season": (season or cast.season).pk}
    batch = keep_upload(kind=KIND, owner=user, file=content, filename="一览表.xlsx", context=context)
    read_upload(batch, importer_of(batch, by=user))
    return batch


def exported(user: Any, season: Season, look: Look = Look.PLAIN, **options: Any) -> Any:
    out, kind = io.BytesIO(), kind_named(KIND)
    write_chosen(out, kind, kind.chosen(user, scope={"season": season.pk}), by=user, look=look, **options)
    out.seek(0)
    return load_workbook(out)


def test_the_bureaus_table_says_who_heats_what(cast: Cast) -> None:
    other = CommunityFactory(county=cast.county, company=cast.chengyuan, name="东湖小区", households=300)
    batch = stage(cast, table(rows=[
        [1, "幸福小区", "北苑供热站", 400], [2, "东湖小区", "城源热力", 300], [3, "西山小区", "城源热力", 9],
        [4, "幸福小区", "北苑供热站", 400], ["合计", None, None, 1109],
    ]))  # fmt: skip
    assert piles(batch) == {4: "ready", 5: "ready", 6: "waits", 7: "repeat", 8: "skipped"}
    pks = import_ready(batch, importer_of(batch, by=cast.hotline))
    assert [str(each.community) for each in SeasonCompany.objects.filter(pk__in=pks).order_by("pk")] == [
        "幸福小区", "东湖小区",
    ]  # fmt: skip
    assert company_of(cast.community, cast.season) == cast.beiyuan
    assert company_of(cast.community, cast.last_season) == cast.chengyuan
    assert company_of(other, cast.season) == cast.chengyuan
    label = "2026-2027 采暖季供热企业"
    entry = AuditEntry.objects.of(cast.community).get(action="确定供热企业")
    assert entry.changes == {label: [None, "北苑供热站"]}
    again = stage(cast, table(rows=[[1, "幸福小区", "北苑供热站"], [2, "东湖小区", "北苑供热站"]]))
    assert piles(again) == {4: "repeat", 5: "update"}
    assert again.rows.get(row=4).reason == "已登记为 幸福小区"
    apply_updates(again.rows.filter(pile="update"), importer_of(again, by=cast.hotline))
    assert company_of(other, cast.season) == cast.beiyuan


def test_another_seasons_table_is_not_read_for_this_one(cast: Cast) -> None:
    from common.spreadsheets.errors import SpreadsheetError

    for season in ("2025-2026", "2025—26"):
        with pytest.raises(SpreadsheetError, match="表头写的是 2025-2026 采暖季，选的是 2026-2027"):
            stage(cast, table(season, [[1, "幸福小区", "北苑供热站"]]))
    assert not SeasonCompany.objects.exists()
    stage(cast, table("2025-2026", [[1, "幸福小区", "北苑供热站"]]), season=cast.last_season)


def test_what_goes_out_has_every_community_and_comes_back(cast: Cast) -> None:
    other = CommunityFactory(county=cast.county, company=cast.chengyuan, name="东湖小区", households=300)
    CommunityFactory(county=cast.county, company=None, name="西山小区")
    assign_company(cast.season, [cast.community], cast.beiyuan, by=cast.admin)
    sheet = exported(cast.admin, cast.season).active
    said = {sheet.cell(n, 1).value: [sheet.cell(n, col).value for col in (3, 4, 5)] for n in range(2, 5)}
    assert said == {
        "东湖小区": ["城源热力有限公司", "按小区登记", 300], "幸福小区": ["北苑供热站", "本季确定", None],
        "西山小区": [None, "没有登记企业", None],
    }  # fmt: skip
    row = next(n for n in range(2, 5) if sheet.cell(n, 1).value == "幸福小区")
    cell_of(sheet, "本季供热企业", row).value = "城源热力有限公司"
    batch = stage(cast, saved(sheet.parent), cast.admin)
    assert piles(batch)[row] == "update"
    apply_updates(batch.rows.filter(pile="update"), importer_of(batch, by=cast.admin))
    assert company_of(cast.community, cast.season) == cast.chengyuan
    assert SeasonCompany.objects.filter(community=other).count() == 0
    last = exported(cast.admin, cast.last_season).active
    assert {last.cell(n, 4).value for n in range(2, 5)} == {"按小区登记", "没有登记企业"}


def test_a_number_of_another_community_changes_nothing(cast: Cast) -> None:
    CommunityFactory(county=cast.county, company=cast.chengyuan, name="东湖小区")
    assign_company(cast.season, [cast.community], cast.beiyuan, by=cast.admin)
    sheet = exported(cast.admin, cast.season).active
    row = next(n for n in range(2, 4) if sheet.cell(n, 1).value == "幸福小区")
    other = next(n for n in range(2, 4) if n != row)
    sheet.cell(row, 1).value = "东湖小区"
    sheet.delete_rows(other)
    batch = stage(cast, saved(sheet.parent), cast.admin)
    apply_updates(batch.rows.filter(pile="update"), importer_of(batch, by=cast.admin))
    assert "不能改成别的小区" in str(batch.rows.get(row=2).problems) + batch.rows.get(row=2).conflict
    assert SeasonCompany.objects.get().community == cast.community


def test_the_official_table_has_its_season_and_sums(cast: Cast) -> None:
    cast.community.households = 400
    cast.community.save()
    CommunityFactory(county=cast.county, company=cast.beiyuan, name="东湖小区", households=300)
    sheet = exported(cast.admin, cast.season, Look.OFFICIAL, subtotals=True).worksheets[0]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0][0] == "临岭县2026-2027 采暖季小区供热企业一览表"
    sums = [row for row in rows if any(isinstance(each, str) and "计" in each for each in row)]
    assert len(sums) == 3


def test_on_its_pages(cast: Cast, client_as: SignIn) -> None:
    client = client_as(cast.hotline)
    page = client.get(f"/facilities/seasons/{cast.season.pk}/companies/").content.decode()
    assert f"/facilities/seasons/companies/export/?season={cast.season.pk}&amp;q=" in page
    upload = client.get("/facilities/seasons/companies/import/").content.decode()
    assert f'<option value="{cast.season.pk}" selected>2026-2027</option>' in upload
    assert "2025-2026" in upload
    address = f"/facilities/seasons/companies/export/?season={cast.last_season.pk}&q=幸福"
    response = client_as(cast.leader).post(address, {"look": "plain"})
    sheet = load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    assert [cell.value for cell in sheet[2]][:3] == ["幸福小区", "城关镇", "城源热力有限公司"]
    foreign = client.post(f"/facilities/seasons/companies/export/?season={cast.foreign.season.pk}", {"look": "plain"})
    assert foreign.status_code != 200


def test_a_company_reads_its_own_of_that_season(cast: Cast) -> None:
    assign_company(cast.season, [cast.community], cast.beiyuan, by=cast.admin)
    assert exported(cast.beiyuan_clerk, cast.season).active.max_row == 2
    assert exported(cast.chengyuan_admin, cast.season).active.max_row == 1
    assert exported(cast.chengyuan_admin, cast.last_season).active.max_row == 2


def test_by_the_commands(cast: Cast, tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "一览表.xlsx"
    file.write_bytes(table(rows=[[1, "幸福小区", "北苑供热站"]]))
    command = {"kind": KIND, "username": cast.hotline.username, "json": True}
    call_command("import_ledger", str(file), season="2026-2027", **command)
    (row,) = [each for each in json.loads(capsys.readouterr().out)["rows"] if each["pile"] == "ready"]
    assert row["fields"] == {"community": "幸福小区", "company": "北苑供热站"}
    assert company_of(cast.community, cast.season) == cast.beiyuan
    with pytest.raises(CommandError, match="没有采暖季"):
        call_command("import_ledger", str(file), season="2030-2031", **command)
