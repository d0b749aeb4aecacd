"""Pages of a real table, on the database the suite runs on."""

import pytest
from django.contrib.messages.storage.base import BaseStorage
from django.test import RequestFactory

from accounts.models import Region
from common.paging import DeferredPaginator, Pager, Total, capped_count
from common.tables import LedgerColumn, LedgerTable, LinkColumn
from tests.factories import CountyFactory, UserFactory

pytestmark = pytest.mark.django_db


class PlaceTable(LedgerTable):
    table_name = "places-for-tests"
    default_columns = ("name", "code")
    default_order = ("code",)

    name = LinkColumn(verbose_name="名称")
    code = LedgerColumn(verbose_name="代码")
    level = LedgerColumn(verbose_name="级别", orderable=False)
    parent = LedgerColumn(verbose_name="上级", accessor="parent__name", order_by="parent__code", select=("parent",))

    def row_url(self, record):
        return f"/places/{record.pk}/"


@pytest.fixture
def places():
    county = CountyFactory(code="139801", name="县")
    Region.objects.bulk_create(
        Region(code=f"139801{100 + n}", name=f"镇{n % 3}", level="township", parent=county) for n in range(45)
    )
    return Region.objects.filter(level="township")


def codes(page):
    return [int(place.code[-3:]) - 100 for place in page.object_list]


def test_pages_in_order_with_two_queries_each(places, django_assert_num_queries):
    paginator = DeferredPaginator(places.order_by("code"), 20)
    with django_assert_num_queries(2):
        page = paginator.page("2")
    assert codes(page) == list(range(20, 40))
    assert (page.start, page.end, page.has_next, page.has_previous, page.problem) == (21, 40, True, True, "")
    last = paginator.page(3)
    assert (codes(last), last.has_next, last.last_number) == (list(range(40, 45)), False, 3)


@pytest.mark.parametrize("number", ["0", "-1", "x", "1.5", "²", "99999999999", "9" * 5000, "9999999", "4", ""])
def test_a_page_that_does_not_exist_gives_the_first(places, number):
    page = DeferredPaginator(places.order_by("code"), 20).page(number)
    assert (page.number, codes(page)) == (1, list(range(20)))
    assert bool(page.problem) == (number != "")


def test_an_empty_list_is_a_page_without_rows(places):
    page = DeferredPaginator(places.none(), 20).page(1)
    assert (page.object_list, page.start, page.end, page.has_next, page.problem) == ([], 0, 0, False, "")


def test_rows_keep_the_joins_of_the_queryset(places, django_assert_num_queries):
    page = DeferredPaginator(places.select_related("parent").order_by("code"), 20).page(1)
    with django_assert_num_queries(0):
        assert {place.parent.name for place in page.object_list} == {"县"}


def test_counts_are_exact_up_to_the_cap(places, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert capped_count(places, cap=45) == Total(45)
    assert capped_count(places, cap=44) == Total(44, capped=True)
    assert str(Total(10_000, capped=True)) == "10\u00a0000+"


def test_the_pager_counts_its_pages_and_keeps_the_filters(places):
    params = RequestFactory().get("/?unit=3&page=2&sort=name").GET
    pager = Pager(DeferredPaginator(places.order_by("code"), 20, total=Total(45)).page(2), params)
    assert pager.range_text == "21–40 / 共 45"
    assert pager.page.last_number == 3
    assert (pager.previous_url, pager.next_url) == ("?unit=3&sort=name", "?unit=3&sort=name&page=3")
    assert pager.sizes[2] == (100, "?unit=3&sort=name&per_page=100", False)
    assert pager.hidden == [("unit", "3"), ("sort", "name")]
    capped = Pager(DeferredPaginator(places.order_by("code"), 20, total=Total(40, capped=True)).page(1), params)
    assert (capped.range_text, capped.page.last_number) == ("1–20 / 共 40+", None)


class Notes(BaseStorage):
    def _get(self, *args, **kwargs):
        return [], True

    def _store(self, messages, response, *args, **kwargs):
        return []


def asked(user, query):
    request = RequestFactory().get(f"/places/?{query}")
    request.user = user
    request._messages = Notes(request)
    return request


@pytest.fixture
def reader():
    return UserFactory()


def names_and_codes(table):
    return [(place.name, int(place.code[-3:]) - 100) for place in table.page.object_list]


def test_a_list_sorts_breaks_ties_by_pk_and_reverses_exactly(places, reader, django_assert_num_queries):
    with django_assert_num_queries(2):
        table = PlaceTable.for_request(asked(reader, "sort=name&per_page=100"), places)
    up = names_and_codes(table)
    assert up == sorted(up)
    down = names_and_codes(PlaceTable.for_request(asked(reader, "sort=-name&per_page=100"), places))
    assert down == up[::-1]


@pytest.mark.parametrize("sort", ["password", "level", "-level", "--name", "parent__code"])
def test_an_unknown_order_or_size_is_the_default(places, reader, sort):
    Region.objects.filter(code="139801100").update(name="镇9")
    table = PlaceTable.for_request(asked(reader, f"sort={sort}&per_page=7"), places)
    assert tuple(table._order_by) == ()
    assert [code for _, code in names_and_codes(table)] == list(range(45))
    assert table.page.per_page == 50


def test_a_page_beyond_the_end_tells_the_person(places, reader):
    request = asked(reader, "page=9")
    table = PlaceTable.for_request(request, places)
    assert table.page.number == 1
    assert [str(note) for note in request._messages._queued_messages] == ["没有第 9 页，已显示第 1 页。"]


def test_joins_are_made_only_for_columns_that_are_shown(places, reader, django_assert_num_queries):
    reader.list_columns = {"places-for-tests": ["name", "parent"]}
    table = PlaceTable.for_request(asked(reader, ""), places)
    assert [bound.name for bound in table.columns] == ["name", "parent"]
    with django_assert_num_queries(0):
        assert '<td class="short" data-label="上级">县</td>' in next(table.lean_rows())
    reader.list_columns = {}
    plain = PlaceTable.for_request(asked(reader, ""), places)
    assert "parent" not in plain.page.object_list[0]._state.fields_cache
