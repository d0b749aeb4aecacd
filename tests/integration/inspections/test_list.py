"""The hazard list: what each filter leaves, who sees what, that counts are those of the lists they lead to."""

import datetime as dt
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from audit.models import AuditEntry
from facilities.enums import FacilityKind
from facilities.models import Season
from inspections.enums import Category, Grade, HazardStatus, Source, Urgency
from inspections.filters import filtered_hazards
from inspections.models import Hazard
from inspections.selectors import TAB_RULES, tab_counts
from inspections.services import build_hazard
from notifications.models import Message
from tests.cast import Cast
from tests.factories import HazardFactory, SeasonFactory, UnitFactory

LIST = "/hazards/"
Ledger = dict[str, Hazard]
SignIn = Callable[[User], Client]
INVALID = "查询条件有误，未列出任何记录"


@pytest.fixture
def ledger(cast: Cast, summer: Any) -> Ledger:
    """Seven hazards of this season, one of the last and one of the foreign county. Today is 2026-08-03."""

    def hazard(**fields: Any) -> Hazard:
        return HazardFactory(**{"season": cast.season, "lead_unit": cast.chengyuan, **fields})

    day = dt.date
    S = HazardStatus
    return {
        "boiler": hazard(
            status=S.RECTIFYING, township=cast.town_a, facility_kind=FacilityKind.BOILER, grade=Grade.MAJOR,
            urgency=Urgency.ENGINEERING, category=Category.BOILER, source=Source.SUPERIOR_CHECK,
            found_on=day(2026, 6, 1), due_on=day(2026, 7, 20), supervisor=cast.inspector,
            problem_point="城源热源厂2号锅炉", description="鼓风机轴承异响", responsible_person="程强",
        ),
        "station": hazard(
            status=S.ISSUED, township=cast.town_a, facility_kind=FacilityKind.STATION, grade=Grade.SERIOUS,
            category=Category.LOW_EXCHANGE, source=Source.SELF_CHECK, found_on=day(2026, 7, 10),
            due_on=day(2026, 8, 5), cooperating_units=[cast.beiyuan], communities=[cast.community],
            supervisor=cast.inspector_2, problem_point="幸福换热站", description="板式换热器结垢，换热效率下降",
        ),
        "pipe": hazard(
            status=S.AWAITING_ACCEPTANCE, lead_unit=cast.beiyuan, township=cast.town_b,
            category=Category.PIPE_LEAK, source=Source.HOTLINE, found_on=day(2026, 7, 15), due_on=day(2026, 8, 31),
            problem_point="石桥乡主街管沟", description="供水管道外壁腐蚀，有渗漏痕迹", responsible_phone="13912345678",
        ),
        "riser": hazard(
            status=S.CLOSED, lead_unit=cast.beiyuan, township=cast.town_b, facility_kind=FacilityKind.RISER,
            found_on=day(2026, 6, 5), due_on=day(2026, 7, 10), cooperating_units=[cast.chengyuan],
            closed_at=dt.datetime(2026, 7, 28, 1, tzinfo=dt.UTC), problem_point="石桥小区立管", description="支架松动",
        ),
        "closed": hazard(
            status=S.CLOSED, township=cast.town_a, urgency=Urgency.IMMEDIATE, found_on=day(2026, 6, 10),
            due_on=day(2026, 6, 10), closed_at=dt.datetime(2026, 7, 27, 1, tzinfo=dt.UTC), description="井盖破损",
        ),
        "pending": hazard(
            lead_unit=None, facility_kind=FacilityKind.INDOOR, source=Source.HOTLINE, due_on=None,
            found_on=day(2026, 7, 20), problem_point="东岭花园2单元", description="外壁供水处有锈，室内暖气片不热",
        ),
        "void": hazard(status=S.VOID, township=cast.town_a, due_on=day(2026, 8, 5), description="重复登记"),
        "last": hazard(season=cast.last_season, found_on=day(2025, 7, 1), due_on=day(2025, 9, 1), status=S.ISSUED),
        "foreign": HazardFactory(season=cast.foreign.season, lead_unit=cast.foreign.company, status=S.ISSUED),
    }  # fmt: skip


def rows(response: Any) -> list[str]:
    """The numbers of the rows that the page shows."""
    return re.findall(r'class="row-link"[^>]*>(YH-\d{4}-\d+)</a>', response.content.decode())


def names(ledger: Ledger, response: Any) -> list[str]:
    """The rows of the page by their names in the fixture."""
    by_href = {hazard.get_absolute_url(): name for name, hazard in ledger.items()}
    return [by_href[url] for url in re.findall(r'class="row-link" href="([^"]+)"', response.content.decode())]


def tabs(response: Any) -> dict[str, tuple[str, str]]:
    """label → (address, count as it is shown)"""
    found = re.findall(
        r'<a class="tab[^"]*" href="([^"]*)"[^>]*>([^<]+)(?:<span class="tab-count[^"]*">([^<]*)</span>)?</a>',
        response.content.decode(),
    )
    return {label: (unescape(url), count) for url, label, count in found}


ALL = {"boiler", "station", "pipe", "riser", "closed", "pending", "void"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ALL),
        ("tab=open", {"boiler", "station", "pipe", "pending"}),
        ("tab=counted", ALL - {"void"}),
        ("tab=pending", {"pending"}),
        ("tab=issued", {"station"}),
        ("tab=rectifying", {"boiler"}),
        ("tab=awaiting_acceptance", {"pipe"}),
        ("tab=closed", {"riser", "closed"}),
        ("tab=void", {"void"}),
        ("tab=overdue", {"boiler"}),
        ("tab=due_soon", {"station"}),
        ("tab=no_deadline", {"pending"}),
        ("due=overdue", {"boiler"}),
        ("due=3", {"station"}),
        ("due=30", {"station", "pipe"}),
        ("due=none", {"pending"}),
        ("due_in=1", set()),
        ("due_in=2", {"station"}),
        ("due_in=28", {"station", "pipe"}),
        ("kind=boiler", {"boiler"}),
        ("grade=major", {"boiler"}),
        ("grade=serious&kind=station", {"station"}),
        ("grade=major&kind=station", set()),
        ("urgency=immediate", {"closed"}),
        ("category=pipe_leak", {"pipe"}),
        ("source=hotline", {"pipe", "pending"}),
        ("supervisor=me", {"boiler"}),
        ("supervisor=none", ALL - {"boiler", "station"}),
        ("community=幸福", {"station"}),
        ("community=没有这个小区", set()),
        ("found_from=2026-07-15", {"pipe", "pending"}),
        ("found_from=7.10&found_to=7月15日", {"station", "pipe"}),
        ("found_to=605", {"boiler", "riser"}),
        ("due_from=8月5日&due_to=8月底", {"station", "pipe", "void"}),
        ("due_to=2026.7.20&tab=open", {"boiler"}),
        ("closed=week", {"riser"}),
        ("waiting=accept", {"pipe"}),
        ("waiting=issue", {"pending"}),
        ("q=腐蚀", {"pipe"}),
        ("q=供水", {"pipe", "pending"}),
        ("q=换热效率下", {"station"}),
        ("q=供水管道外", {"pipe"}),
        ("q=供水外壁", set()),
        ("q=外壁供水", {"pending"}),
        ("q=供水 外壁", {"pipe", "pending"}),
        ("q=供水 渗漏", {"pipe"}),
        ("q=5678", {"pipe"}),
        ("q=程强", {"boiler"}),
        ("q=２号锅炉", {"boiler"}),
        ("q=   ", ALL),
    ],
)
def test_each_filter_leaves_exactly_its_hazards(
    cast: Cast, ledger: Ledger, client_as: SignIn, query: str, expected: set[str]
) -> None:
    response = client_as(cast.inspector).get(f"{LIST}?{query}")
    assert response.status_code == 200
    shown = names(ledger, response)
    assert set(shown) == expected
    assert len(shown) == len(expected)
    assert INVALID not in response.content.decode()


def test_unit_means_lead_or_cooperating_and_lead_the_lead_alone(cast: Cast, ledger: Ledger, client_as: SignIn) -> None:
    client = client_as(cast.admin)
    unit, lead = cast.beiyuan.pk, cast.beiyuan.pk
    assert set(names(ledger, client.get(f"{LIST}?unit={unit}"))) == {"station", "pipe", "riser"}
    assert set(names(ledger, client.get(f"{LIST}?lead={lead}"))) == {"pipe", "riser"}
    assert set(names(ledger, client.get(f"{LIST}?unit={unit}&tab=closed&sort=-status"))) == {"riser"}
    assert set(names(ledger, client.get(f"{LIST}?township={cast.town_b.pk}"))) == {"pipe", "riser"}
    everything, _ = filtered_hazards(cast.admin, QueryDict(f"unit={unit}"))
    assert set(everything.qs) == {ledger["station"], ledger["pipe"], ledger["riser"]}


def test_number_finds_its_hazard(cast: Cast, ledger: Ledger, client_as: SignIn) -> None:
    number = ledger["station"].number
    assert names(ledger, client_as(cast.leader).get(f"{LIST}?q={number}")) == ["station"]
    assert names(ledger, client_as(cast.leader).get(f"{LIST}?q={number.lower()}")) == ["station"]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("tab=everything", "状态：没有“everything”这个选项"),
        ("unit={foreign}", "责任单位：没有“{foreign}”这个选项"),
        ("lead={foreign}", "牵头单位：没有“{foreign}”这个选项"),
        ("unit=abc", "责任单位：没有“abc”这个选项"),
        ("township={foreign_township}", "乡镇、街道：没有“{foreign_township}”这个选项"),
        ("kind=roof", "设施类别：没有“roof”这个选项"),
        ("grade=huge", "等级：没有“huge”这个选项"),
        ("due=soon", "时限：没有“soon”这个选项"),
        ("due_in=-1", "几天内到期："),
        ("due_in=x", "几天内到期："),
        ("found_from=2026-13-45", "发现日期从："),
        ("due_to=2026/9/31", "整改时限到："),
        ("due_from=尽快", "整改时限从："),
        ("supervisor=1", "督办人：没有“1”这个选项"),
        ("waiting=lunch", "等我办理：没有“lunch”这个选项"),
        ("q=漏", "请至少输入两个字再查找"),
        ("q=渗漏 管", "请至少输入两个字再查找"),
        ("q=渗%00漏", "编号、点位、描述、责任人、电话："),
    ],
)
def test_an_invalid_filter_lists_nothing_and_says_why(
    cast: Cast, ledger: Ledger, client_as: SignIn, query: str, says: str
) -> None:
    values = {"foreign": cast.foreign.company.pk, "foreign_township": cast.foreign.township.pk}
    query, says = query.format(**values), says.format(**values)
    response = client_as(cast.admin).get(f"{LIST}?{query}")
    page = unescape(response.content.decode())
    assert response.status_code == 200
    assert rows(response) == []
    assert INVALID in page
    assert says in page
    assert {count for _, count in tabs(response).values()} == {"0"}
    filters, hazards = filtered_hazards(cast.admin, QueryDict(query))
    assert not hazards.exists()
    assert filters.bar.errors


def test_everyone_sees_their_own(cast: Cast, ledger: Ledger, client_as: SignIn) -> None:
    township = {"boiler", "station", "closed", "void"}
    chengyuan = {"boiler", "station", "riser", "closed", "void"}
    for user, expected in (
        (cast.admin, ALL),
        (cast.development_officer, ALL),
        (cast.leader, ALL),
        (cast.township_officer, township),
        (cast.chengyuan_admin, chengyuan),
        (cast.beiyuan_clerk, {"station", "pipe", "riser"}),
        (cast.wanjia_reader, set()),
        (cast.foreign.admin, {"foreign"}),
    ):
        assert set(names(ledger, client_as(user).get(LIST))) == expected, user.username


def test_a_company_has_no_use_for_another_companys_name(cast: Cast, ledger: Ledger, client_as: SignIn) -> None:
    response = client_as(cast.beiyuan_clerk).get(f"{LIST}?unit={cast.chengyuan.pk}")
    assert rows(response) == []
    assert INVALID in response.content.decode()
    # 城源 leads 换热站, in which 北苑 cooperates: the row is seen, its lead cannot be asked for.
    assert cast.chengyuan.name not in re.findall(r"<option[^>]*>([^<]*)</option>", response.content.decode())


def test_parts_are_what_is_visible(cast: Cast, ledger: Ledger) -> None:
    # However it came about: named twice is still one row.
    HazardFactory(season=cast.season, lead_unit=cast.chengyuan, cooperating_units=[cast.chengyuan, cast.beiyuan])
    for user in (*cast.by_role.values(), cast.wanjia_reader, cast.foreign.company_admin):
        user = User.objects.select_related("unit__region__parent").get(pk=user.pk)
        visible = sorted(Hazard.objects.visible_to(user).values_list("pk", flat=True))
        parts = Hazard.objects.visible_parts(user)
        assert sorted(pk for part in parts for pk in part.values_list("pk", flat=True)) == visible


@pytest.mark.either_database
def test_each_tabs_number_is_that_of_its_list(cast: Cast, ledger: Ledger, client_as: SignIn) -> None:
    starts = ("source=hotline", "q=供水", f"township={cast.town_a.pk}", "tab=counted")
    # Whose hazards they are and which filters are set do not know of each other.
    asked = [(user, "") for user in (*cast.by_role.values(), cast.wanjia_reader)]
    asked += [(user, start) for user in (cast.admin, cast.wanjia_reader) for start in starts]
    for user, start in asked:
        client = client_as(user)
        found = tabs(client.get(f"{LIST}?{start}"))
        assert len(found) == len(TAB_RULES) - (start != "tab=counted")
        for label, (url, count) in found.items():
            assert len(rows(client.get(LIST + url))) == int(count), (user.username, start, label)


def test_a_tab_keeps_the_other_filters(cast: Cast, ledger: Ledger, client_as: SignIn) -> None:
    found = tabs(client_as(cast.admin).get(f"{LIST}?source=hotline&sort=-due_on&page=1"))
    assert found["待验收"] == ("?tab=awaiting_acceptance&source=hotline&sort=-due_on", "1")


def test_the_two_ways_of_counting_agree(cast: Cast, ledger: Ledger) -> None:
    for queryset in (Hazard.objects.all(), Hazard.objects.filter(season=cast.season), Hazard.objects.none()):
        assert tab_counts(queryset, many=True) == tab_counts(queryset)
    user = User.objects.select_related("unit__region").get(pk=cast.chengyuan_admin.pk)
    parts = Hazard.objects.visible_parts(user)
    assert tab_counts(*parts, many=True) == tab_counts(*parts)
    assert tab_counts(*parts)[""].value == 6  # one of them in the last season


def test_in_a_long_ledger_counts_follow_the_page(cast: Cast, ledger: Ledger, client_as: SignIn) -> None:
    Season.objects.filter(pk=cast.season.pk).update(last_sequence=20_000)
    client = client_as(cast.admin)
    assert tabs(client.get(LIST))["全部"][1] == "7"
    page = client.get(f"{LIST}?q=供水&tab=pending")
    assert names(ledger, page) == ["pending"]
    assert {count for _, count in tabs(page).values()} == {""}
    url = unescape(re.search(r'hx-get="(/hazards/counts/[^"]*)"', page.content.decode())[1])  # type: ignore[index]
    counts = client.get(url)
    found = tabs(counts)
    assert (found["全部"][1], found["待下达"][1], found["待验收"][1], found["整改中"][1]) == ("2", "1", "1", "0")
    assert "/ 共 1<" in counts.content.decode()
    for label, (address, count) in found.items():
        assert len(rows(client.get(LIST + address))) == int(count), label


def test_order_and_ties(cast: Cast, ledger: Ledger, client_as: SignIn) -> None:
    client = client_as(cast.admin)
    newest_first = ["void", "pending", "closed", "riser", "pipe", "station", "boiler"]
    assert names(ledger, client.get(LIST)) == newest_first
    assert names(ledger, client.get(f"{LIST}?sort=number")) == newest_first[::-1]
    by_due = ["closed", "riser", "boiler", "station", "void", "pipe", "pending"]
    assert names(ledger, client.get(f"{LIST}?sort=due_on")) == by_due
    assert names(ledger, client.get(f"{LIST}?sort=-due_on")) == by_due[::-1]
    assert names(ledger, client.get(f"{LIST}?sort=-grade"))[:2] == ["boiler", "station"]
    assert names(ledger, client.get(f"{LIST}?sort=grade"))[-2:] == ["station", "boiler"]
    by_status = ["pending", "station", "boiler", "pipe", "riser", "closed", "void"]
    assert names(ledger, client.get(f"{LIST}?sort=status")) == by_status
    assert names(ledger, client.get(f"{LIST}?sort=-facility_kind"))[:2] == ["pending", "riser"]
    # What no index serves is not sorted by.
    assert names(ledger, client.get(f"{LIST}?sort=description")) == newest_first
    assert names(ledger, client.get(f"{LIST}?sort=password")) == newest_first


@pytest.mark.parametrize(
    "sort", ["status", "-grade", "facility_kind", "due_on", "-due_on", "found_on", "lead_unit", "township"]
)
def test_a_company_sorts_what_it_leads_and_what_it_helps_with_together(
    cast: Cast, ledger: Ledger, client_as: SignIn, sort: str
) -> None:
    own = {"boiler", "station", "riser", "closed", "void"}
    everyones = names(ledger, client_as(cast.admin).get(f"{LIST}?sort={sort}"))
    assert names(ledger, client_as(cast.chengyuan_admin).get(f"{LIST}?sort={sort}")) == [
        name for name in everyones if name in own
    ]


def test_pages_follow_each_other(cast: Cast, summer: Any, client_as: SignIn) -> None:
    made = [HazardFactory(season=cast.season, lead_unit=cast.chengyuan).number for _ in range(45)]
    client = client_as(cast.chengyuan_admin)
    pages = [rows(client.get(f"{LIST}?per_page=20&page={page}")) for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [20, 20, 5]
    assert [number for page in pages for number in page] == made[::-1]
    beyond = client.get(f"{LIST}?per_page=20&page=9")
    assert rows(beyond) == pages[0]
    assert "没有第 9 页" in beyond.content.decode()


def test_chosen_columns_are_remembered(cast: Cast, ledger: Ledger, client_as: SignIn) -> None:
    client = client_as(cast.admin)
    assert "督办人</th>" not in client.get(LIST).content.decode()
    client.post(reverse("list-columns", args=["hazards"]), {"columns": ["supervisor", "found_on"], "next": LIST})
    for browser in (client, client_as(cast.admin)):
        table = re.search(r"<thead[^>]*>(.*?)</thead>", browser.get(LIST).content.decode(), re.S)[1]  # type: ignore[index]
        heads = re.findall(r"[\u4e00-\u9fff]+(?=[^<>]*<)", re.sub(r'aria-label="[^"]*"', "", table))
        assert heads == ["编号", "发现日期", "督办人"]
    assert "杜导" in client.get(LIST).content.decode()


def counted(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_queries_are_few_and_do_not_grow(cast: Cast, summer: Any, client_as: SignIn) -> None:
    everything = {"hazards": ["number", "status", "lead_unit", "township", "supervisor", "due_on", "next_step"]}
    User.objects.update(list_columns=everything)
    clients = [client_as(user) for user in (cast.admin, cast.chengyuan_admin, cast.township_officer)]
    addresses = ["", f"{'?'}unit={cast.chengyuan.pk}", "?q=管沟&community=幸福&due=30", "?sort=-grade&tab=open"]
    units = [UnitFactory(region=cast.county) for _ in range(5)]

    def add(number: int) -> None:
        for i in range(number):
            HazardFactory(
                season=cast.season, lead_unit=cast.chengyuan if i % 2 else units[i % 5], township=cast.town_a,
                cooperating_units=[cast.chengyuan] if i % 2 == 0 else [], communities=[cast.community],
                supervisor=cast.inspector, status=list(HazardStatus)[i % 5],
            )  # fmt: skip

    add(3)
    few = [[counted(client, LIST + address) for address in addresses] for client in clients]
    add(297)
    assert [len(rows(client.get(f"{LIST}?per_page=200&page=2"))) for client in clients] == [100, 100, 100]
    many = [[counted(client, LIST + address) for address in addresses] for client in clients]
    assert many == few
    assert max(max(line) for line in many) <= 12


@pytest.fixture
def long_ledger(cast: Cast, summer: Any) -> Cast:
    """10 060 hazards of 城源; every 400th speaks of a 补偿器, one of those has its two halves apart."""
    hazards = []
    for sequence in range(1, 10_061):
        hazard = build_hazard(
            season=cast.season, sequence=sequence, by=cast.admin, lead_unit=cast.chengyuan, township=cast.town_a,
            problem_point=f"{sequence}号管沟", facility_kind=FacilityKind.MAIN_PIPE, found_on=dt.date(2026, 7, 1),
            description="波纹补偿器开裂" if sequence % 400 == 0 else "供水管道腐蚀",
        )  # fmt: skip
        if sequence == 800:
            hazard.description = "补偿管漏，偿器波纹完好"
            hazard.search_terms = build_hazard(
                season=cast.season, sequence=sequence, by=cast.admin, problem_point="800号管沟",
                facility_kind=FacilityKind.MAIN_PIPE, found_on=dt.date(2026, 7, 1), description=hazard.description,
            ).search_terms  # fmt: skip
        hazards.append(hazard)
    Hazard.objects.bulk_create(hazards, batch_size=1000)
    Season.objects.filter(pk=cast.season.pk).update(last_sequence=10_060)
    return cast


def test_a_long_ledger_is_searched_counted_and_paged_to_its_end(long_ledger: Cast, client_as: SignIn) -> None:
    cast = long_ledger
    for user in (cast.admin, cast.chengyuan_admin, cast.township_officer):
        client = client_as(user)
        first = client.get(LIST)
        assert tabs(first)["全部"][1] == "10 000+"
        assert tabs(first)["整改中"][1] == "0"
        # Beyond what is counted.
        assert rows(client.get(f"{LIST}?per_page=200&page=51"))[-1] == "YH-2026-0001"
        # Rare: asked of the index; two characters, then more, which must stand together.
        assert len(rows(client.get(f"{LIST}?q=补偿"))) == 25
        assert len(rows(client.get(f"{LIST}?q=偿器"))) == 25
        together = rows(client.get(f"{LIST}?q=补偿器"))
        assert len(together) == 24
        assert "YH-2026-0800" not in together
        assert rows(client.get(f"{LIST}?q=偿器开裂 0400")) == ["YH-2026-0400"]
        # Frequent: read down the list.
        assert rows(client.get(f"{LIST}?q=供水管道腐"))[0] == "YH-2026-10060"
        counts = client.get(f"{LIST}counts/?q=补偿器")
        assert tabs(counts)["全部"][1] == "24"
        assert tabs(client.get(f"{LIST}counts/?q=供水管道腐"))["待下达"][1] == "10 000+"


# --- many at once


def post_bulk(client: Client, move: str, *chosen: Any) -> Any:
    return client.post(f"{LIST}bulk/", {"move": move, "selected": list(chosen), "next": f"{LIST}?tab=pending"})


def outcomes(response: Any) -> list[tuple[str, str]]:
    """(number or —, what was done and why not) of each line of the result page."""
    lines = re.findall(r"<tr>(.*?)</tr>", response.content.decode().split("<tbody>")[1], re.S)
    texts = [
        [unescape(re.sub(r"<[^>]+>", "", cell)) for cell in re.findall(r"<td[^>]*>(.*?)</td>", line, re.S)]
        for line in lines
    ]
    return [(cells[0], cells[-1]) for cells in texts]


def test_issuing_many_judges_each_by_itself(cast: Cast, ledger: Ledger, client_as: SignIn) -> None:
    ready = HazardFactory(season=cast.season, lead_unit=cast.chengyuan)
    vague = HazardFactory(season=cast.season, lead_unit=cast.chengyuan, acceptance_standard="", responsible_person="")
    other = HazardFactory(season=cast.season, lead_unit=cast.beiyuan)
    issued, foreign = ledger["station"], ledger["foreign"]
    response = post_bulk(
        client_as(cast.inspector),
        "issue",
        ready.pk,
        vague.pk,
        issued.pk,
        foreign.pk,
        "abc",
        999_999,
        other.pk,
        ready.pk,
    )
    assert response.status_code == 200
    result = outcomes(response)
    assert [number for number, _ in result] == [ready.number, vague.number, issued.number, "—", "—", "—", other.number]
    assert [text.startswith("已下达") for _, text in result] == [True, False, False, False, False, False, True]
    assert "没有责任人" in result[1][1]
    assert "没有验收标准" in result[1][1]
    assert "待签收" in result[2][1]
    assert all("不存在" in text for _, text in result[3:6])
    assert "已下达 2 条" in response.content.decode()
    states = {hazard.pk: hazard.status for hazard in Hazard.objects.all()}
    assert [states[h.pk] for h in (ready, vague, other)] == ["issued", "pending", "issued"]
    assert states[foreign.pk] == foreign.status
    assert AuditEntry.objects.filter(target_id=ready.pk, action="下达").count() == 1
    assert f'href="{LIST}?tab=pending"' in response.content.decode()


def test_reminding_many_reaches_those_who_work_on_it(cast: Cast, ledger: Ledger, client_as: SignIn) -> None:
    response = post_bulk(
        client_as(cast.admin), "remind", ledger["boiler"].pk, ledger["closed"].pk, ledger["pending"].pk
    )
    result = outcomes(response)
    assert [text.startswith("已催办") for _, text in result] == [True, False, False]
    assert "已销号" in result[1][1]
    told = set(Message.objects.filter(subject__contains="催办").values_list("recipient__username", flat=True))
    assert told == {"cy_admin", "cy_clerk"}


def test_who_may_not_does_nothing(cast: Cast, ledger: Ledger, client_as: SignIn) -> None:
    ready = HazardFactory(season=cast.season, lead_unit=cast.chengyuan)
    for user in (cast.chengyuan_admin, cast.leader, cast.township_officer):
        assert post_bulk(client_as(user), "issue", ready.pk).status_code == 403
    inspector = client_as(cast.inspector)
    assert post_bulk(inspector, "void", ready.pk).status_code == 404
    assert inspector.get(f"{LIST}bulk/").status_code == 405
    too_many = post_bulk(inspector, "issue", ready.pk, *range(1_000, 1_200))
    assert too_many.status_code == 400
    assert "最多 200 条" in too_many.content.decode()
    assert "没有选择任何一条" in post_bulk(inspector, "issue").content.decode()
    ready.refresh_from_db()
    assert ready.status == HazardStatus.PENDING


def test_buttons_follow_the_role(cast: Cast, ledger: Ledger, client_as: SignIn) -> None:
    def moves(user: User) -> list[str]:
        return re.findall(r'name="move" value="([a-z]+)"', client_as(user).get(LIST).content.decode())

    assert moves(cast.inspector)[:2] == ["issue", "remind"]
    assert not {"issue", "remind"} & set(moves(cast.chengyuan_admin))


def test_an_empty_ledger_says_what_to_do(cast: Cast, summer: Any, client_as: SignIn) -> None:
    page = client_as(cast.admin).get(LIST).content.decode()
    assert "2026-2027 采暖季还没有隐患" in page
    assert '<a class="btn btn-primary" href="/hazards/' in page
    assert "会出现在这里" in client_as(cast.leader).get(LIST).content.decode()
    Season.objects.all().delete()
    assert "还没有采暖季" in client_as(cast.admin).get(LIST).content.decode()


def test_another_seasons_ledger(cast: Cast, ledger: Ledger, client_as: SignIn) -> None:
    SeasonFactory(county=cast.county, start_year=2027)
    client = client_as(cast.admin)
    client.post(reverse("facilities:season_switch"), {"season": cast.last_season.pk, "next": LIST})
    assert names(ledger, client.get(LIST)) == ["last"]
    _, hazards = filtered_hazards(cast.admin, QueryDict(""), season=cast.last_season)
    assert list(hazards) == [ledger["last"]]
    _, hazards = filtered_hazards(cast.admin, QueryDict(""))
    assert set(hazards) == {ledger[name] for name in ALL}
