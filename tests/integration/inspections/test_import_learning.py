"""What imports learn: columns that a person pointed out, words that a bureau adds, other names of units and places."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.enums import UnitKind
from accounts.services import create_unit
from audit.models import AuditEntry
from common.spreadsheets.models import BatchState, ImportBatch, LedgerTerm, Pile, RememberedLayout
from facilities.models import Facility, NameAlias
from facilities.words import learn_alias
from inspections.importing import Stager
from inspections.models import Hazard
from tests.cast import Cast
from tests.hazard_imports import import_ready
from tests.ledgers import HEAD, ledger_file, ledger_row

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("summer"), pytest.mark.either_database]
ClientAs = Callable[[Any], Client]
# The head says nothing that a reader could know.
ODD = {"问题点位": "甲栏", "存在问题": "乙栏"}
ODD_HEAD = [ODD.get(title, title) for title in HEAD]


def stage(cast: Cast, content: bytes, *, by: Any = None) -> ImportBatch:
    return Stager(by=by or cast.admin).stage(content, filename="台账.xlsx")


def upload(client: Client, content: bytes) -> str:
    from django.core.files.uploadedfile import SimpleUploadedFile

    file = SimpleUploadedFile("台账.xlsx", content)
    return client.post("/hazards/import/", {"file": file}, follow=True).content.decode()


class TestLayout:
    """Head and columns, corrected by a person and remembered for those who send the same."""

    def columns(self, **changed: str) -> dict[str, str]:
        names = {
            "序号": "sequence", "设施类别": "facility_kind", "甲栏": "problem_point", "乙栏": "description",
            "隐患等级": "grade", "发现日期": "found_on", "责任单位": "responsible_unit", "责任人": "responsible_person",
            "联系电话": "phone", "整改时限": "due_on", "验收标准": "acceptance_standard", "是否销号": "claimed_closed",
        }  # fmt: skip
        return {f"column_{n}": changed.get(title, names[title]) for n, title in enumerate(ODD_HEAD)}

    def test_a_file_without_a_known_head_is_kept_and_its_columns_asked_for(
        self, cast: Cast, client_as: ClientAs
    ) -> None:
        client = client_as(cast.admin)
        page = upload(client, ledger_file([ledger_row("甲站"), ledger_row("乙站")], head=ODD_HEAD))
        assert "没有找到隐患排查整改台账的表头" in page and "表头和各列" in page
        batch = ImportBatch.objects.get()
        assert batch.state == BatchState.FAILED
        page = client.get(f"/hazards/import/{batch.pk}/layout/?sheet=Sheet&first=3&count=1").content.decode()
        assert "甲栏" in page and "甲站" in page
        address = f"/hazards/import/{batch.pk}/layout/?sheet=Sheet&first=3&count=1"
        done = client.post(address, {**self.columns(), "is_remembered": "on"}, follow=True).content.decode()
        assert "已按调整后的列重新核对" in done
        assert dict(batch.rows.values_list("row", "pile")) == {4: Pile.READY, 5: Pile.READY}
        batch.refresh_from_db()
        assert (batch.head["how"], batch.head["head_rows"]) == ("chosen", [3])

    def test_what_was_chosen_is_remembered_for_the_unit_and_only_for_it(self, cast: Cast, client_as: ClientAs) -> None:
        client = client_as(cast.admin)
        upload(client, ledger_file([ledger_row("甲站")], head=ODD_HEAD))
        address = f"/hazards/import/{ImportBatch.objects.get().pk}/layout/?sheet=Sheet&first=3&count=1"
        client.post(address, {**self.columns(), "is_remembered": "on"})
        assert RememberedLayout.objects.get().scope == f"unit:{cast.bureau.pk}"
        later = ledger_file([ledger_row("丙站")], head=ODD_HEAD, title="又一份")
        batch = stage(cast, later, by=cast.inspector)
        assert batch.head["how"] == "remembered"
        assert batch.rows.get().fields["problem_point"] == "丙站"
        assert "没有找到" in upload(client_as(cast.chengyuan_clerk), later)

    def test_not_remembered_if_not_wanted(self, cast: Cast, client_as: ClientAs) -> None:
        client = client_as(cast.admin)
        upload(client, ledger_file([ledger_row("甲站")], head=ODD_HEAD))
        client.post(f"/hazards/import/{ImportBatch.objects.get().pk}/layout/?first=3&count=1", self.columns())
        assert not RememberedLayout.objects.exists()

    def test_a_column_wrongly_read_is_put_right(self, cast: Cast, client_as: ClientAs) -> None:
        batch = stage(cast, ledger_file([ledger_row("甲站")]))
        client = client_as(cast.admin)
        columns = self.columns(甲栏="description", 乙栏="problem_point")
        client.post(f"/hazards/import/{batch.pk}/layout/", columns)
        assert batch.rows.get().fields["problem_point"] == "循环泵轴封漏水"

    @pytest.mark.parametrize(
        ("columns", "told"),
        [
            ({"乙栏": "problem_point"}, "C 列和 D 列都选了“问题点位”，一项内容只能对应一列"),
            ({"甲栏": "", "乙栏": ""}, "至少要指出两列，其中要有“存在问题”、“问题点位”之一"),
        ],
    )
    def test_what_cannot_be_is_told(self, cast: Cast, client_as: ClientAs, columns: dict[str, str], told: str) -> None:
        batch = stage(cast, ledger_file([ledger_row("甲站")]))
        page = client_as(cast.admin).post(f"/hazards/import/{batch.pk}/layout/", self.columns(**columns))
        assert page.status_code == 422 and told in page.content.decode()

    def test_rows_that_are_no_head_are_refused(self, cast: Cast, client_as: ClientAs) -> None:
        batch = stage(cast, ledger_file([ledger_row("甲站")]))
        page = client_as(cast.admin).get(f"/hazards/import/{batch.pk}/layout/?first=900&count=2", follow=True)
        assert "第 900、901 行不能作表头" in page.content.decode()

    def test_once_imported_it_stays(self, cast: Cast, client_as: ClientAs) -> None:
        batch = stage(cast, ledger_file([ledger_row("甲站")]))
        import_ready(batch, by=cast.admin)
        page = client_as(cast.admin).post(f"/hazards/import/{batch.pk}/layout/", self.columns())
        assert "已经有行导入" in page.content.decode()
        assert batch.rows.get().pile == Pile.IMPORTED


class TestWords:
    """台账用词: what a bureau adds in the site."""

    def add(self, client: Client, meaning: str, term: str) -> str:
        values = {"add": "term", "term-meaning": meaning, "term-term": term}
        return client.post("/facilities/vocabulary/", values, follow=True).content.decode()

    def test_a_head_of_its_own_is_known_from_then_on(self, cast: Cast, client_as: ClientAs) -> None:
        head = ["甲栏" if title == "问题点位" else title for title in HEAD]
        content = ledger_file([ledger_row("甲站")], head=head)
        assert stage(cast, content).rows.get().pile == Pile.WAITS
        client = client_as(cast.admin)
        assert "已添加“甲栏”" in self.add(client, "hazards|head|problem_point|", "甲栏")
        batch = stage(cast, content)
        assert (batch.rows.get().pile, batch.rows.get().fields["problem_point"]) == (Pile.READY, "甲站")
        assert stage(cast, content, by=cast.chengyuan_clerk).rows.get().pile == Pile.READY, (
            "for the county's companies too"
        )
        assert AuditEntry.objects.filter(action="添加台账用词").count() == 1
        client.post(f"/facilities/vocabulary/terms/{LedgerTerm.objects.get().pk}/remove/")
        assert stage(cast, content).rows.get().pile == Pile.WAITS

    def test_values_and_words_that_name_nothing(self, cast: Cast, client_as: ClientAs) -> None:
        client = client_as(cast.admin)
        self.add(client, "hazards|value|grade|major", "挂牌督办级")
        self.add(client, "hazards|vague|responsible_person|", "维修班")
        batch = stage(
            cast, ledger_file([ledger_row("甲站", 隐患等级="挂牌督办级"), ledger_row("乙站", 责任人="维修班")])
        )
        assert batch.rows.get(row=4).fields["grade"] == "major"
        assert batch.rows.get(row=5).problems[0]["field"] == "responsible_person"

    def test_words_known_already_are_refused(self, cast: Cast, client_as: ClientAs) -> None:
        client = client_as(cast.admin)
        assert "本来就按“问题点位”识别" in self.add(client, "hazards|head|problem_point|", "隐患部位")
        self.add(client, "hazards|head|cause|", "病因")
        assert "已经添加过" in self.add(client, "hazards|head|measure|", "病因")
        assert "不能只有标点" in self.add(client, "hazards|head|measure|", "——")

    def test_another_county_has_words_of_its_own(self, cast: Cast, client_as: ClientAs) -> None:
        self.add(client_as(cast.admin), "hazards|head|problem_point|", "甲栏")
        foreign = Stager(
            by=cast.foreign.inspector if hasattr(cast.foreign, "inspector") else cast.foreign.company_admin
        )
        assert foreign.terms.heads == {}


class TestNames:
    """Other names of units, communities and facilities."""

    def test_a_name_settled_once_is_known_in_the_other_rows_and_in_the_next_file(
        self, cast: Cast, client_as: ClientAs
    ) -> None:
        rows = [ledger_row("甲站", 责任单位="东热集团"), ledger_row("乙站", 责任单位="东热集团")]
        batch = stage(cast, ledger_file(rows))
        client = client_as(cast.admin)
        page = client.get(f"/hazards/import/{batch.pk}/?row=4").content.decode()
        assert "以后表里写“东热集团”" in page
        row = batch.rows.get(row=4)
        values = {f"row4-{name}": value for name, value in row.fields.items() if isinstance(value, str)}
        values |= {"row4-responsible_unit": "城源热力有限公司", "row4-is_learned": "on"}
        client.post(f"/hazards/import/{batch.pk}/rows/4/", values)
        assert dict(batch.rows.values_list("row", "pile")) == {4: Pile.READY, 5: Pile.READY}
        assert {hazard.lead_unit for hazard in import_ready(batch, by=cast.admin)} == {cast.chengyuan}
        again = stage(cast, ledger_file([ledger_row("丙站", 责任单位="东热 集团")]))
        assert again.rows.get().pile == Pile.READY
        alias = NameAlias.objects.get()
        client.post(f"/facilities/vocabulary/aliases/{alias.pk}/forget/")
        assert stage(cast, ledger_file([ledger_row("丁站", 责任单位="东热集团")])).rows.get().pile == Pile.WAITS

    def test_a_name_that_would_mislead_is_not_remembered(self, cast: Cast, client_as: ClientAs) -> None:
        batch = stage(cast, ledger_file([ledger_row("甲站", 责任单位="东")]))
        client = client_as(cast.admin)
        row = batch.rows.get(row=4)
        values = {f"row4-{name}": value for name, value in row.fields.items() if isinstance(value, str)}
        values |= {"row4-responsible_unit": "城源热力有限公司", "row4-is_learned": "on"}
        response = client.post(f"/hazards/import/{batch.pk}/rows/4/", values)
        assert response.status_code == 422
        page = response.content.decode()
        assert "别名至少要有 2 个字" in page and 'value="城源热力有限公司"' in page
        assert batch.rows.get().pile == Pile.WAITS and not NameAlias.objects.exists()
        del values["row4-is_learned"]
        client.post(f"/hazards/import/{batch.pk}/rows/4/", values)
        assert batch.rows.get().pile == Pile.READY and not NameAlias.objects.exists()

    def test_a_unit_created_meanwhile_is_found_when_looked_for_again(self, cast: Cast, client_as: ClientAs) -> None:
        name = "东岭热力有限公司"
        rows = [ledger_row("甲站", 责任单位=name), ledger_row("乙站", 责任单位=name, 责任人="")]
        batch = stage(cast, ledger_file(rows))
        client = client_as(cast.admin)
        assert "新建单位“东岭热力有限公司”" in client.get(f"/hazards/import/{batch.pk}/?row=4").content.decode()
        address = f"/hazards/import/{batch.pk}/recheck/"
        assert "还没有可以导入的" in client.post(address, follow=True).content.decode()
        create_unit(by=cast.admin, name=name, kind=UnitKind.HEATING_COMPANY, region=cast.county)
        assert "1 行转入可导入" in client.post(address, follow=True).content.decode()
        assert dict(batch.rows.values_list("row", "pile")) == {4: Pile.READY, 5: Pile.WAITS}
        assert [problem["field"] for problem in batch.rows.get(row=5).problems] == ["responsible_person"]

    def test_a_company_teaches_nobody(self, cast: Cast, client_as: ClientAs) -> None:
        batch = stage(cast, ledger_file([ledger_row("甲站", 责任单位="东热集团")]), by=cast.chengyuan_clerk)
        client = client_as(cast.chengyuan_clerk)
        assert "以后表里写" not in client.get(f"/hazards/import/{batch.pk}/?row=4").content.decode()
        values = {"row4-responsible_unit": "城源热力有限公司", "row4-is_learned": "on"}
        client.post(f"/hazards/import/{batch.pk}/rows/4/", values)
        assert not NameAlias.objects.exists()
        assert client.get("/facilities/vocabulary/").status_code == 403

    def test_aliases_on_the_page(self, cast: Cast, client_as: ClientAs) -> None:
        client = client_as(cast.admin)
        values = {"add": "alias", "alias-alias": "老幸福", "alias-target": cast.community.name}
        page = client.post("/facilities/vocabulary/", values, follow=True).content.decode()
        assert "已记住“老幸福”" in page
        [hazard] = import_ready(stage(cast, ledger_file([ledger_row("老幸福3号楼")])), by=cast.admin)
        assert list(Hazard.objects.get(pk=hazard.pk).communities.all()) == [cast.community]

    def test_a_facility_is_known_by_name_kind_and_company(self, cast: Cast) -> None:
        for company in (cast.chengyuan, cast.beiyuan):
            Facility.objects.create(county=cast.county, company=company, kind="station", name="一号换热站")
        assert cast.chengyuan.kind == UnitKind.HEATING_COMPANY
        rows = [ledger_row("一号换热站循环泵"), ledger_row("一号换热站", 设施类别="主管网"), ledger_row("小一站水泵")]
        own = Facility.objects.get(company=cast.chengyuan, name="一号换热站")
        learn_alias(county=cast.county, alias="小一站", target=own, by=cast.admin)
        first, second, third = import_ready(stage(cast, ledger_file(rows)), by=cast.admin)
        assert first.facility == third.facility == own
        assert second.facility is None
