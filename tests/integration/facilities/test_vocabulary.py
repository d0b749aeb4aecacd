"""台账用词: what a bureau teaches is what the next ledger is read by; what is taught wrongly is refused."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.enums import UnitKind
from audit.models import AuditEntry
from common.spreadsheets.models import LedgerTerm, Pile
from common.spreadsheets.terms import Terms, terms_of
from facilities import words
from facilities.models import NameAlias
from inspections.importing import Stager
from inspections.models import Hazard
from tests.cast import Cast
from tests.factories import CommunityFactory, FacilityFactory, UnitFactory
from tests.hazard_imports import import_ready
from tests.ledgers import HEAD, ledger_file, ledger_row

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("summer"), pytest.mark.either_database]
ClientAs = Callable[[Any], Client]
PAGE = "/facilities/vocabulary/"


def teach(client: Client, term: str, meaning: str) -> Any:
    return client.post(PAGE, {"add": "term", "term-term": term, "term-meaning": meaning}, follow=True)


def call(client: Client, alias: str, target: str, query: str = "") -> Any:
    return client.post(PAGE + query, {"add": "alias", "alias-alias": alias, "alias-target": target}, follow=True)


def text(response: Any) -> str:
    return str(response.content.decode())


# --- words ----------------------------------------------------------------------------------------------------------


def test_words_taught_are_what_the_next_ledger_is_read_by(cast: Cast, client_as: ClientAs) -> None:
    client = client_as(cast.inspector)
    head = ["查出毛病" if title == "存在问题" else title for title in HEAD]
    rows = [ledger_row("甲站", 隐患等级="要紧"), ledger_row("乙站", 责任人="班组长")]
    before = Stager(by=cast.admin).stage(ledger_file(rows, head=head), filename="前.xlsx")
    first, second = before.rows.all()
    assert first.fields["description"] is None and first.fields["grade"] is None
    assert second.fields["responsible_person"] == "班组长"

    assert "已添加“查出毛病”" in text(teach(client, " 查出 毛病", "hazards|head|description|"))
    teach(client, "要紧", "hazards|value|grade|serious")
    teach(client, "班组长", "hazards|vague|responsible_person|")

    after = Stager(by=cast.admin).stage(ledger_file(rows, head=head, title="2026年隐患台账二"), filename="后.xlsx")
    first, second = after.rows.all()
    assert (first.fields["description"], first.fields["grade"], first.pile) == ("循环泵轴封漏水", "serious", Pile.READY)
    assert second.pile == Pile.WAITS
    assert [(p["field"], p["read"]) for p in second.problems] == [("responsible_person", "班组长")]


def test_words_are_the_countys_own(cast: Cast, client_as: ClientAs) -> None:
    teach(client_as(cast.inspector), "要紧", "hazards|value|grade|serious")
    assert terms_of("hazards", cast.county.code).values == {"grade": {"要紧": "serious"}}
    assert terms_of("hazards", cast.foreign.county.code) == Terms()
    assert "要紧" not in text(client_as(cast.foreign.inspector).get(PAGE))
    assert "要紧" in text(client_as(cast.admin).get(PAGE))


def test_terms_are_given_as_readers_compare_them(cast: Cast, django_assert_num_queries: Any) -> None:
    for role, meaning, value, term in (
        ("head", "description", "", "查出毛病"), ("head", "description", "", "毛病"),
        ("value", "grade", "major", "Ａ+"), ("value", "urgency", "immediate", "Ａ+"),
        ("vague", "due_on", "", "另行通知。"),
        ("vague", "responsible_person", "", "另行通知。"),
    ):  # fmt: skip
        words.add_term(
            county=cast.county, kind="hazards", role=role, meaning=meaning, value=value, term=term, by=cast.admin
        )
    with django_assert_num_queries(1):
        terms = terms_of("hazards", cast.county.code)
    assert set(terms.heads["description"]) == {"查出毛病", "毛病"}
    assert terms.values == {"grade": {"a+": "major"}, "urgency": {"a+": "immediate"}}
    assert terms.vague == {"due_on": ("另行通知",), "responsible_person": ("另行通知",)}


@pytest.mark.parametrize(
    ("term", "meaning", "said"),
    [
        ("整改期限", "hazards|head|description|", "本来就按“整改时限”识别"),
        ("，。", "hazards|head|description|", "不能只有标点"),
        ("毛病", "hazards|head|no_such_column|", "毛病 不在可用的选项中"),
        ("", "hazards|head|description|", "必填"),
    ],
)
def test_what_teaches_nothing_is_refused(cast: Cast, client_as: ClientAs, term: str, meaning: str, said: str) -> None:
    response = teach(client_as(cast.inspector), term, meaning)
    assert response.status_code == 422
    assert not LedgerTerm.objects.exists()
    assert said in text(response) or response.context["term_form"].errors


def test_a_word_is_added_once_and_can_be_taken_back(cast: Cast, client_as: ClientAs) -> None:
    client = client_as(cast.inspector)
    teach(client, "毛病", "hazards|head|description|")
    again = teach(client, "毛病", "hazards|head|problem_point|")
    assert again.status_code == 422 and "已经添加过" in text(again)
    term = LedgerTerm.objects.get()
    assert (term.meaning, term.scope, term.added_by) == ("description", cast.county.code, cast.inspector)
    gone = client.post(f"{PAGE}terms/{term.pk}/remove/", follow=True)
    assert "已删除“毛病”" in text(gone)
    assert not LedgerTerm.objects.exists()
    assert list(AuditEntry.objects.order_by("pk").values_list("action", "changes")) == [
        ("添加台账用词", {"列名": [None, "毛病 → 存在问题"]}),
        ("删除台账用词", {"列名": ["毛病 → 存在问题", None]}),
    ]


# --- other names ----------------------------------------------------------------------------------------------------


def test_names_taught_are_found_by_the_next_ledger(cast: Cast, client_as: ClientAs) -> None:
    client = client_as(cast.inspector)
    rows = [ledger_row("大院三号楼", 责任单位="老热力", 设施类别="换热站")]
    assert "已记住“老热力”就是“城源热力有限公司”" in text(call(client, "老热力", "城源热力有限公司"))
    call(client, "大院", "幸福小区")
    call(client, "大院三号楼", "幸福换热站")
    batch = Stager(by=cast.admin).stage(ledger_file(rows), filename="台账.xlsx")
    import_ready(batch, by=cast.admin)
    hazard = Hazard.objects.get()
    assert (hazard.lead_unit, hazard.facility) == (cast.chengyuan, cast.station)
    assert list(hazard.communities.all()) == [cast.community]
    assert words.aliases_of(cast.county) == {
        "unit": {"老热力": cast.chengyuan.pk},
        "community": {"大院": cast.community.pk},
        "facility": {"大院三号楼": cast.station.pk},
    }


def test_said_again_a_name_means_the_new_one(cast: Cast) -> None:
    for target in (cast.chengyuan, cast.chengyuan, cast.beiyuan):
        learned = words.learn_alias(county=cast.county, alias="老 热力", target=target, by=cast.inspector)
    assert (learned.key, learned.alias, learned.unit) == ("老热力", "老 热力", cast.beiyuan)
    assert NameAlias.objects.count() == 1
    assert list(AuditEntry.objects.order_by("pk").values_list("action", "changes")) == [
        ("记住别名", {"“老 热力”指": [None, "城源热力有限公司"]}),
        ("记住别名", {"“老 热力”指": ["城源热力有限公司", "北苑供热站"]}),
    ]
    # The same words may be a community's name too.
    words.learn_alias(county=cast.county, alias="老热力", target=cast.community, by=cast.inspector)
    assert NameAlias.objects.count() == 2


@pytest.mark.parametrize(
    ("alias", "target", "said"),
    [
        ("城源热力有限公司", "城源热力有限公司", "就是这个单位登记的名称"),
        ("北苑 供热站", "城源热力有限公司", "是另一个单位登记的名称"),
        ("老", "城源热力有限公司", "至少要有 2 个字"),
        ("老热力", "没有这家公司", "没有叫“没有这家公司”的单位、小区或设施"),
        ("老热力", "邻河热力公司", "没有叫“邻河热力公司”的"),
    ],
)
def test_names_that_would_mislead_are_refused(
    cast: Cast, client_as: ClientAs, alias: str, target: str, said: str
) -> None:
    response = call(client_as(cast.inspector), alias, target)
    assert response.status_code == 422 and said in text(response)
    assert alias in text(response), "what was typed is kept"
    assert not NameAlias.objects.exists()


def test_what_is_no_longer_in_use_is_no_target_and_its_name_is_free(cast: Cast) -> None:
    for row in (cast.beiyuan, cast.station):
        row.is_active = False
        row.save()
        with pytest.raises(ValidationError, match="已停用"):
            words.learn_alias(county=cast.county, alias="老地方", target=row, by=cast.inspector)
    learned = words.learn_alias(county=cast.county, alias="北苑供热站", target=cast.chengyuan, by=cast.inspector)
    assert learned.unit == cast.chengyuan


def test_of_several_with_one_name_the_whole_name_is_asked_for(cast: Cast, client_as: ClientAs) -> None:
    CommunityFactory(county=cast.county, name="幸福换热站")
    client = client_as(cast.inspector)
    response = call(client, "老站", "幸福换热站")
    assert "幸福换热站（城源热力有限公司的换热站）" in text(response) and response.status_code == 422
    call(client, "老站", "幸福换热站（城源热力有限公司的换热站）")
    assert NameAlias.objects.get().facility == cast.station


def test_a_foreign_target_and_people_without_the_right_are_refused(cast: Cast) -> None:
    for target in (cast.foreign.company, cast.foreign.community, cast.foreign.station):
        with pytest.raises(ValidationError, match="请重新选择"):
            words.learn_alias(county=cast.county, alias="老热力", target=target, by=cast.inspector)
    for by in (cast.chengyuan_admin, cast.leader, cast.township_officer):
        with pytest.raises(PermissionDenied):
            words.learn_alias(county=cast.county, alias="老热力", target=cast.chengyuan, by=by)
        with pytest.raises(PermissionDenied):
            words.add_term(county=cast.county, kind="hazards", role="head", meaning="grade", term="轻重", by=by)
    assert not NameAlias.objects.exists() and not LedgerTerm.objects.exists()


def test_a_name_can_be_forgotten(cast: Cast, client_as: ClientAs) -> None:
    client = client_as(cast.inspector)
    call(client, "老热力", "城源热力有限公司")
    response = client.post(f"{PAGE}aliases/{NameAlias.objects.get().pk}/forget/", follow=True)
    assert "“老热力”不再当作别名" in text(response)
    assert words.aliases_of(cast.county) == {"unit": {}, "community": {}, "facility": {}}
    assert AuditEntry.objects.latest("pk").changes == {"“老热力”指": ["城源热力有限公司", None]}


def test_a_city_chooses_the_county(cast: Cast, client_as: ClientAs) -> None:
    superuser = cast.admin
    superuser.is_superuser = True
    superuser.save()
    client = client_as(superuser)
    page = text(client.get(PAGE))
    assert cast.county.name in page and cast.foreign.county.name in page
    call(client, "老邻河", "邻河热力公司", f"?county={cast.foreign.county.code}")
    assert NameAlias.objects.get().county == cast.foreign.county


def test_the_page_takes_as_many_queries_for_many(cast: Cast, client_as: ClientAs) -> None:
    client = client_as(cast.inspector)
    counts = []
    for numbers in (range(1), range(1, 60)):
        for number in numbers:
            unit = UnitFactory(name=f"热力{number}", region=cast.county, kind=UnitKind.HEATING_COMPANY)
            FacilityFactory(county=cast.county, company=unit, name=f"{number}站")
            words.learn_alias(county=cast.county, alias=f"热力站{number:02}", target=unit, by=cast.inspector)
            teach(client, f"等{number}", "hazards|head|grade|")
        with CaptureQueriesContext(connection) as queries:
            page = text(client.get(PAGE))
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert "热力站49" in page and "热力站50" not in page
    assert "热力站50" in text(client.get(f"{PAGE}?page=2"))
