import pytest
from django.urls import include, path

from common.tables import LedgerColumn, LedgerTable, LinkColumn
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
urlpatterns = [path("", include("common.urls"))]


class BoatTable(LedgerTable):
    table_name = "boats-for-tests"
    default_columns = ("name",)

    name = LinkColumn(verbose_name="名称")
    length_m = LedgerColumn(verbose_name="长度")
    crew = LedgerColumn(verbose_name="船员")


URL = "/lists/boats-for-tests/columns/"


@pytest.fixture
def sailor(client):
    user = UserFactory(list_columns={"other": ["a"]})
    client.force_login(user)
    return user


def test_the_choice_is_kept_in_the_tables_order_and_leaves_other_lists_alone(client, sailor):
    answer = client.post(URL, {"columns": ["crew", "length_m", "gone"], "next": "/boats/?page=2"})
    assert (answer.status_code, answer["Location"]) == (302, "/boats/?page=2")
    sailor.refresh_from_db()
    assert sailor.list_columns == {"other": ["a"], "boats-for-tests": ["length_m", "crew"]}


def test_reset_forgets_the_choice(client, sailor):
    client.post(URL, {"columns": ["crew"]})
    client.post(URL, {"reset": "1", "columns": ["crew"]})
    sailor.refresh_from_db()
    assert sailor.list_columns == {"other": ["a"]}


def test_it_never_leads_to_another_site(client, sailor):
    assert client.post(URL, {"columns": ["crew"], "next": "https://evil.example/"})["Location"] == "/"


def test_unknown_lists_strangers_and_reading_are_refused(client, sailor):
    assert client.post("/lists/nothing/columns/", {"columns": ["crew"]}).status_code == 404
    assert client.get(URL).status_code == 405
    client.logout()
    assert client.post(URL, {"columns": ["crew"]})["Location"].startswith("/accounts/login/")
