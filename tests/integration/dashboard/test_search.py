"""The search of the top bar leads to the list that is meant; on the phone the bar leads to one's own work."""

from typing import Any

import pytest

from tests.cast import Cast
from tests.orders import registered

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("summer"), pytest.mark.either_database]


@pytest.mark.parametrize(
    ("role", "text", "address"),
    [
        ("admin", "阀门", "/hazards/?q=%E9%98%80%E9%97%A8"),
        ("admin", "5678", "/hazards/?q=5678"),
        ("admin", "ts-2026-00001", "/complaints/?q=ts-2026-00001"),
        ("leader", "TS-2026-00001", "/complaints/?q=TS-2026-00001"),
        ("hotline", "幸福", "/complaints/?q=%E5%B9%B8%E7%A6%8F"),
        ("hotline", "5678", "/complaints/?phone=5678"),
        ("hotline", "501", "/complaints/?q=501"),
        ("hotline", "YH-2026-0001", "/hazards/?q=YH-2026-0001"),
        ("chengyuan_admin", "13812345678", "/hazards/?q=13812345678"),
    ],
)
def test_where_it_leads(cast: Cast, client_as: Any, role: str, text: str, address: str) -> None:
    response = client_as(getattr(cast, role)).get("/search/", {"q": text})
    assert (response.status_code, response["Location"]) == (302, address)


def test_the_desk_finds_a_caller(cast: Cast, client_as: Any) -> None:
    order = registered(cast)
    client = client_as(cast.hotline)
    page = client.get("/search/", {"q": "5678"}, follow=True).content.decode()
    assert order.number in page
    assert "编号、地址、诉求、电话尾号" in page
    assert "编号、点位、责任人、电话尾号" in client_as(cast.admin).get("/todo/").content.decode()


def bar(client: Any) -> list[tuple[str, str]]:
    return [(entry.label, entry.url) for entry in client.get("/todo/").context["mobile_nav"]]


def test_the_phones_bar_leads_to_the_orders(cast: Cast, client_as: Any) -> None:
    ends = [("消息", "/messages/"), ("我", "/accounts/me/")]
    begins = [("待办", "/todo/"), ("台账", "/hazards/"), ("投诉", "/complaints/")]
    assert bar(client_as(cast.hotline)) == [*begins, ("登记", "/complaints/new/"), *ends]
    assert bar(client_as(cast.chengyuan_admin)) == [*begins, ("登记", "/hazards/new/"), *ends]
    assert bar(client_as(cast.leader)) == [*begins, *ends]
    me = client_as(cast.hotline).get("/accounts/me/").content.decode()
    assert me.split("全部功能")[-1].count("/complaints/queue/") == 1
