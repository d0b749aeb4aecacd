"""The staged import: piles, settling, one transaction, nothing twice, nothing past acceptance."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import Unit
from audit.models import AuditEntry
from common.concurrency import Stale
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.models import ImportBatch, Pile
from facilities.models import Community
from inspections.importing import Stager
from inspections.models import Hazard
from tests.cast import Cast
from tests.hazard_imports import import_ready
from tests.ledgers import HEAD, ledger_file, ledger_row

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("summer")]


def stage(cast: Cast, content: bytes, *, by: Any = None, **options: Any) -> ImportBatch:
    user = by or cast.admin
    return Stager(by=user, **options).stage(content, filename="台账.xlsx")


def piles(batch: ImportBatch) -> dict[int, str]:
    return dict(batch.rows.values_list("row", "pile"))


def test_rows_fall_into_piles_and_the_ready_ones_become_hazards(cast: Cast) -> None:
    content = ledger_file(
        [
            ledger_row("幸福小区换热站"),
            ledger_row("幸福小区5号楼", 责任人="相关人员"),
            ledger_row("老站", 整改时限="2026/9/31"),
            ["", "小计", "共3处"],
            ledger_row("幸福小区换热站"),
        ]
    )
    batch = stage(cast, content)
    assert piles(batch) == {4: "ready", 5: "waits", 6: "waits", 7: "skipped", 8: "repeat"}
    [problem] = batch.rows.get(row=6).problems
    assert (problem["field"], problem["cell"], problem["read"]) == ("due_on", "J6", "2026/9/31")
    assert problem["expected"].startswith("没有这一天，请改为具体日期")
    [hazard] = import_ready(batch, by=cast.admin)
    hazard = Hazard.objects.get(pk=hazard.pk)
    assert hazard.number == "YH-2026-0001"
    assert (hazard.status, hazard.problem_point, hazard.lead_unit) == ("pending", "幸福小区换热站", cast.chengyuan)
    assert (str(hazard.found_on), str(hazard.due_on), hazard.responsible_phone) == (
        "2026-06-01",
        "2026-09-30",
        "13812345678",
    )
    assert list(hazard.communities.all()) == [cast.community]
    assert hazard.township == cast.town_a
    assert hazard.origin["row"] == 4 and hazard.origin["raw"]["整改时限"] == "2026-09-30"
    assert [entry.action for entry in AuditEntry.objects.of(hazard)] == ["导入登记"]
    assert piles(batch) == {4: "imported", 5: "waits", 6: "waits", 7: "skipped", 8: "repeat"}
    assert list(Hazard.objects.visible_to(cast.admin).matching("换热站")) == [hazard]


def test_the_same_file_again_creates_nothing(cast: Cast) -> None:
    content = ledger_file([ledger_row("甲站"), ledger_row("乙站", 发现日期=None)])
    import_ready(stage(cast, content), by=cast.admin)
    again = stage(cast, content)
    assert piles(again) == {4: "repeat", 5: "repeat"}
    assert again.rows.get(row=4).reason == "已登记为 YH-2026-0001"
    assert not import_ready(again, by=cast.admin)
    # Also as another file, with the same hazards in it.
    other = stage(cast, ledger_file([ledger_row("乙站", 发现日期=None), ledger_row("丙站")], title="又一份隐患台账"))
    assert piles(other) == {4: "repeat", 5: "ready"}
    assert Hazard.objects.count() == 2


def test_two_files_staged_before_either_is_imported_register_a_hazard_once(cast: Cast) -> None:
    first = stage(cast, ledger_file([ledger_row("甲站")]))
    second = stage(cast, ledger_file([ledger_row("甲站"), ledger_row("乙站")]))
    import_ready(first, by=cast.admin)
    assert [hazard.problem_point for hazard in import_ready(second, by=cast.admin)] == ["乙站"]
    assert piles(second) == {4: "repeat", 5: "imported"}


def test_who_imports_a_batch_second_is_told(cast: Cast) -> None:
    batch = stage(cast, ledger_file([ledger_row("甲站")]))
    same = ImportBatch.objects.get(pk=batch.pk)
    import_ready(batch, by=cast.admin)
    with pytest.raises(Stale):
        import_ready(same, by=cast.admin)
    assert Hazard.objects.count() == 1


def test_one_row_that_cannot_be_written_keeps_the_whole_batch_out(cast: Cast) -> None:
    batch = stage(cast, ledger_file([ledger_row("甲站"), ledger_row("乙站", 责任单位="北苑供热站")]))
    cast.beiyuan.is_active = False
    cast.beiyuan.save()
    with pytest.raises(SpreadsheetError, match="第 5 行：系统里没有“北苑供热站”"):
        import_ready(batch, by=cast.admin)
    assert Hazard.objects.count() == 0
    cast.season.refresh_from_db()
    assert cast.season.last_sequence == 0
    assert piles(batch) == {4: "ready", 5: "ready"}


@pytest.mark.parametrize("claim", ["是", "√", "已完成"])
def test_a_row_that_claims_to_be_done_still_has_to_be_accepted(cast: Cast, claim: str) -> None:
    [hazard] = import_ready(stage(cast, ledger_file([ledger_row("甲站", 是否销号=claim)])), by=cast.admin)
    hazard = Hazard.objects.get(pk=hazard.pk)
    assert (hazard.status, hazard.closed_at, hazard.progress_percent) == ("awaiting_acceptance", None, 100)


def test_unknown_units_wait_until_they_are_created_by_who_may(cast: Cast) -> None:
    content = ledger_file([ledger_row("甲站", 责任单位="东岭热力有限公司\n佳和物业配合")])
    batch = stage(cast, content)
    assert piles(batch) == {4: "waits"}
    assert [p["expected"] for p in batch.rows.get().problems] == [
        "系统里没有“东岭热力有限公司”，请先建立该单位，或改为已有单位的名称",
        "系统里没有配合单位“佳和物业”，请先建立该单位",
    ]
    assert piles(stage(cast, content, by=cast.inspector, create_missing=True)) == {4: "waits"}, "an inspector may not"
    made = stage(cast, content, create_missing=True)
    assert piles(made) == {4: "ready"}
    assert not Unit.objects.filter(name="东岭热力有限公司").exists(), "created with the hazard, not by reading"
    [hazard] = import_ready(made, by=cast.admin)
    assert (hazard.lead_unit.name, hazard.lead_unit.kind) == ("东岭热力有限公司", "heating_company")
    assert [unit.name for unit in hazard.cooperating_units.all()] == ["佳和物业"]


def test_units_are_known_by_short_and_by_telling_names(cast: Cast) -> None:
    rows = [
        ledger_row("甲站", 责任单位=name)
        for name in ("城源热力", "城源热力 有限公司", "城源热力有限公司（盖章）", "公司")
    ]
    batch = stage(cast, ledger_file([[*row[:3], f"问题{n}", *row[4:]] for n, row in enumerate(rows)]))
    assert list(piles(batch).values()) == ["ready", "ready", "ready", "waits"]


def test_a_company_imports_only_for_itself(cast: Cast) -> None:
    head = [title for title in HEAD if title != "责任单位"]
    drop = HEAD.index("责任单位")
    without_unit = [value for n, value in enumerate(ledger_row("甲站")) if n != drop]
    own = stage(cast, ledger_file([without_unit], head=head), by=cast.beiyuan_clerk)
    [hazard] = import_ready(own, by=cast.beiyuan_clerk)
    assert (hazard.lead_unit, hazard.source) == (cast.beiyuan, "self_check")
    foreign = stage(cast, ledger_file([ledger_row("乙站")]), by=cast.beiyuan_clerk)
    assert piles(foreign) == {4: "waits"}
    assert foreign.rows.get().problems[0]["expected"] == "企业只能导入本单位（北苑供热站）的隐患"


def test_the_season_is_the_one_of_the_ledgers_date(cast: Cast) -> None:
    content = ledger_file(
        [ledger_row("甲站", 整改时限="9月底前", 发现日期="2025-06-01")], title="2025年台账", date="日期：2025.7.20"
    )
    [hazard] = import_ready(stage(cast, content), by=cast.admin)
    assert (hazard.season, str(hazard.due_on), hazard.number) == (cast.last_season, "2025-09-30", "YH-2025-0001")


def test_community_column_creates_missing_communities_on_demand(cast: Cast) -> None:
    head = (*HEAD, "小区")
    content = ledger_file([[*ledger_row("3号楼"), "新苑小区"]], head=head)
    [hazard] = import_ready(stage(cast, content, create_missing=True), by=cast.admin)
    assert [c.name for c in hazard.communities.all()] == ["新苑小区"]
    assert Community.objects.get(name="新苑小区").county == cast.county


class TestPages:
    @pytest.fixture
    def client(self, cast: Cast, client_as: Callable[[Any], Client]) -> Client:
        return client_as(cast.admin)

    def upload(self, client: Client, content: bytes, name: str = "台账.xlsx") -> Any:
        file = io.BytesIO(content)
        file.name = name
        return client.post(reverse("inspections:hazard_import_list"), {"file": file}, follow=True)

    def test_settle_a_row_and_import_it(self, client: Client, cast: Cast) -> None:
        page = self.upload(client, ledger_file([ledger_row("甲站", 责任人=""), ledger_row("乙站")]))
        batch = ImportBatch.objects.get()
        assert page.request["PATH_INFO"] == reverse("inspections:hazard_import_batch", args=[batch.pk])
        assert "H4 格没有填写，请填写具体姓名" in page.content.decode()
        assert "导入 1 条" in page.content.decode()
        row = batch.rows.get(row=4)
        values = {f"row4-{name}": row.fields.get(name) or "" for name in (
            "problem_point", "description", "facility_kind", "responsible_unit", "phone", "found_on", "grade",
            "acceptance_standard")}  # fmt: skip
        address = reverse("inspections:hazard_import_settle", args=[batch.pk, 4])
        wrong = client.post(address, {**values, "row4-responsible_person": "周德福", "row4-due_on": "9月31日"})
        assert wrong.status_code == 422 and "没有这一天" in wrong.content.decode()
        client.post(address, {**values, "row4-responsible_person": "周德福", "row4-due_on": "9月底"})
        row.refresh_from_db()
        assert (row.pile, row.fields["due_on"], row.fields["responsible_person"]) == ("ready", "2026-09-30", "周德福")
        done = client.post(reverse("inspections:hazard_import_run", args=[batch.pk]), follow=True)
        assert "已登记 2 条：YH-2026-0001 至 YH-2026-0002" in done.content.decode()
        again = client.post(reverse("inspections:hazard_import_run", args=[batch.pk]), follow=True)
        assert "没有可导入的行" in again.content.decode()
        assert Hazard.objects.count() == 2

    def test_dismissing_takes_a_reason_and_keeps_the_row(self, client: Client, cast: Cast) -> None:
        self.upload(client, ledger_file([ledger_row("甲站", 责任人="")]))
        batch = ImportBatch.objects.get()
        address = reverse("inspections:hazard_import_dismiss", args=[batch.pk, 4])
        assert "请写明不导入的理由" in client.post(address, {"reason": " "}, follow=True).content.decode()
        client.post(address, {"reason": "已在上年整改"})
        row = batch.rows.get()
        assert (row.pile, row.reason) == (Pile.DISMISSED, "已在上年整改")
        assert "不能再改" in client.post(address, {"reason": "再来"}, follow=True).content.decode()

    @pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"PK\x03\x04broken"])
    def test_what_is_no_ledger_is_refused_with_a_reason(self, client: Client, content: bytes) -> None:
        page = self.upload(client, content, "不是台账.xlsx")
        assert page.status_code == 200
        assert "error-summary" in page.content.decode() or "field-error" in page.content.decode()
        assert not ImportBatch.objects.exists()


class TestCommand:
    def run(self, path: Path, *options: str) -> tuple[int, str]:
        out = io.StringIO()
        try:
            call_command("import_ledger", str(path), "--kind", "hazards", *options, stdout=out)
        except SystemExit as exit_:
            return int(str(exit_.code)), out.getvalue()
        except CommandError as error:
            return error.returncode, str(error)
        return 0, out.getvalue()

    def test_json_piles_and_exit_codes(self, cast: Cast, tmp_path: Path) -> None:
        path = tmp_path / "台账.xlsx"
        path.write_bytes(ledger_file([ledger_row("甲站"), ledger_row("乙站", 验收标准="整改到位")]))
        code, out = self.run(path, "--as", cast.admin.username, "--json", "--dry-run")
        printed = json.loads(out)
        assert code == 1
        assert (printed["file"], printed["kind"]) == ("台账.xlsx", "hazards")
        assert [(row["row"], row["pile"]) for row in printed["rows"]] == [(4, "ready"), (5, "waits")]
        assert set(printed["rows"][0]) == {"row", "pile", "fields", "problems"}
        assert printed["rows"][1]["problems"][0]["cell"] == "K5"
        assert not Hazard.objects.exists() and not ImportBatch.objects.exists()
        path.write_bytes(ledger_file([ledger_row("甲站")]))
        code, out = self.run(path, "--as", cast.admin.username)
        assert code == 0 and "已导入 1 条" in out
        path.write_bytes(b"nothing")
        code, out = self.run(path, "--as", cast.admin.username)
        assert code == 2

    def test_who_may_not_import_gets_nothing(self, cast: Cast, tmp_path: Path) -> None:
        path = tmp_path / "台账.xlsx"
        path.write_bytes(ledger_file([ledger_row("甲站")]))
        assert self.run(path, "--as", cast.leader.username) == (2, "您没有导入台账的权限")
        assert self.run(path, "--as", "nobody") == (2, "没有可用的用户“nobody”")
