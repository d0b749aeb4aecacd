"""The pages of the yards: lists, what lies there, the forms of each kind of entry, and reversing."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEntry
from coal.balances import stock_at
from coal.bookkeeping import count, record_movement, reverse
from coal.enums import MovementKind as Kind
from coal.models import Movement, Yard
from coal.services import change_yard
from tests.cast import Cast
from tests.factories import MovementFactory, YardFactory

pytestmark = [pytest.mark.either_database, pytest.mark.django_db, pytest.mark.usefixtures("summer")]
TODAY = dt.date(2026, 8, 3)
SignIn = Callable[[Any], Client]


@pytest.fixture
def yard(cast: Cast) -> Yard:
    return YardFactory(company=cast.chengyuan, name="东厂煤场", capacity_t=Decimal(1000))


def text(response: Any) -> str:
    """The page with plain spaces."""
    return str(response.content.decode()).replace("\xa0", " ")


def form_of(client: Client, yard: Yard, kind: str) -> dict[str, Any]:
    """What the form begins with, as a browser would send it."""
    form = client.get(f"/coal/yards/{yard.pk}/enter/{kind}/").context["form"]
    return {name: form[name].value() or "" for name in form.fields}


def enter(client: Client, yard: Yard, kind: str, **typed: Any) -> Any:
    data = {**form_of(client, yard, kind), **typed}
    return client.post(f"/coal/yards/{yard.pk}/enter/{kind}/", data, follow=True)


def test_a_company_makes_its_own_yard(cast: Cast, client_as: SignIn) -> None:
    client = client_as(cast.chengyuan_clerk)
    assert "company" not in client.get("/coal/yards/new/").context["form"].fields
    response = client.post(
        "/coal/yards/new/",
        {"name": "东厂煤场", "place": "建设路", "capacity_t": "18000", "is_covered": "on"},
        follow=True,
    )
    assert "已新建煤场 东厂煤场。" in text(response)
    yard = Yard.objects.get()
    assert (yard.company, yard.county, yard.capacity_t, yard.is_covered) == (cast.chengyuan, cast.county, 18000, True)
    assert AuditEntry.objects.get(action="新建煤场").changes["设计库容（t）"] == [None, "18000"]


def test_the_bureau_says_whose_yard_it_is(cast: Cast, client_as: SignIn) -> None:
    client = client_as(cast.admin)
    offered = client.get("/coal/yards/new/").context["form"].fields["company"].queryset
    assert set(offered) == {cast.chengyuan, cast.beiyuan}
    client.post("/coal/yards/new/", {"company": cast.beiyuan.pk, "name": "北苑煤场", "capacity_t": "500"})
    yard = Yard.objects.get()
    assert yard.company == cast.beiyuan
    # Its book stays that company's.
    moved = {"company": cast.chengyuan.pk, "name": "北苑新场", "capacity_t": "600"}
    assert client.post(f"/coal/yards/{yard.pk}/edit/", moved).status_code == 302
    yard.refresh_from_db()
    assert (yard.company, yard.name, yard.capacity_t) == (cast.beiyuan, "北苑新场", 600)


def test_two_yards_of_a_company_have_two_names(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    response = client_as(cast.chengyuan_admin).post("/coal/yards/new/", {"name": "东厂煤场", "capacity_t": "500"})
    assert "该企业已有同名的煤场，请核对" in text(response)
    assert Yard.objects.count() == 1


def test_a_company_sees_its_own_yards_and_the_bureau_all_with_their_stock(
    cast: Cast, yard: Yard, client_as: SignIn
) -> None:
    theirs = YardFactory(company=cast.beiyuan, name="北苑煤场")
    YardFactory(company=cast.foreign.company, name="邻河煤场")
    MovementFactory(yard=yard, quantity_t=Decimal(1100), heat_value_mj_per_kg=Decimal("29.3076"))

    def listed(user: Any) -> list[str]:
        return [row.name for row in client_as(user).get("/coal/yards/").context["table"].page.object_list]

    assert listed(cast.chengyuan_clerk) == ["东厂煤场"]
    assert listed(cast.inspector) == ["东厂煤场", "北苑煤场"]
    assert listed(cast.township_officer) == []
    page = text(client_as(cast.inspector).get("/coal/yards/"))
    assert "110%，超库容" in page and page.count("1 100.00") == 2
    assert client_as(cast.chengyuan_admin).get(f"/coal/yards/{theirs.pk}/").status_code == 404


def test_an_arrival_is_entered_in_either_unit_of_heat(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    response = enter(
        client_as(cast.chengyuan_clerk), yard, "arrival", quantity_t="32.5", heat_value_mj_per_kg="5000",
        contract="长协 2 号", transport="冀A12345", batch="260803", unit_price_yuan_per_t="783",
    )  # fmt: skip
    movement = Movement.objects.get()
    assert "已登记到货 32.50 t，东厂煤场 2026-08-03 收工时库存 32.50 t。" in text(response)
    assert f"/coal/movements/{movement.pk}/" in text(response)
    assert (movement.heat_value_mj_per_kg, movement.contract, movement.unit_price_yuan_per_t) == (
        Decimal("20.934"), "长协2号", 783,
    )  # fmt: skip


def test_the_next_arrival_begins_with_the_coal_of_the_last(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    MovementFactory(
        yard=yard, heat_value_mj_per_kg=Decimal("20.934"), contract="长协 2 号", batch="A", transport="冀A12345"
    )
    begins = form_of(client_as(cast.chengyuan_clerk), yard, "arrival")
    assert (begins["heat_value_mj_per_kg"], begins["contract"]) == ("20.934", "长协2号")
    assert (begins["batch"], begins["transport"], str(begins["day"])) == ("", "", "2026-08-03")


def test_the_same_form_sent_twice_counts_once(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    client = client_as(cast.chengyuan_clerk)
    data = {**form_of(client, yard, "arrival"), "quantity_t": "32.5"}
    for _ in range(2):
        assert client.post(f"/coal/yards/{yard.pk}/enter/arrival/", data).status_code == 302
    assert stock_at(yard, TODAY) == Decimal("32.5")


def test_what_is_not_there_is_refused_beside_the_field_and_kept(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    MovementFactory(yard=yard)
    response = enter(client_as(cast.chengyuan_clerk), yard, "use", quantity_t="120", day="8.1")
    form = response.context["form"]
    assert "记入后，东厂煤场 2026年8月1日的库存会缺 20.00 t" in form.errors["quantity_t"][0].replace("\xa0", " ")
    assert (form["quantity_t"].value(), form["day"].value()) == ("120", "8.1")
    assert stock_at(yard, TODAY) == 100


def test_use_count_loss_and_transfer_have_their_forms(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    client, target = client_as(cast.chengyuan_clerk), YardFactory(company=cast.chengyuan, name="北站煤场")
    YardFactory(company=cast.beiyuan)
    MovementFactory(yard=yard)
    enter(client, yard, "use", quantity_t="10")
    enter(client, yard, "loss", quantity_t="1.5", note="雨淋流失")
    offered = client.get(f"/coal/yards/{yard.pk}/enter/transfer/").context["form"].fields["target"].queryset
    assert list(offered) == [target]
    enter(client, yard, "transfer", quantity_t="20", target=target.pk)
    assert stock_at(yard, TODAY) == Decimal("68.5")
    enter(client, yard, "count", quantity_t="65")
    assert (stock_at(yard, TODAY), stock_at(target, TODAY)) == (65, 20)
    assert client.get(f"/coal/yards/{yard.pk}/enter/reversal/").status_code == 404


def test_a_loss_says_how(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    MovementFactory(yard=yard)
    response = enter(client_as(cast.chengyuan_clerk), yard, "loss", quantity_t="1.5")
    assert response.context["form"].errors["note"]
    assert stock_at(yard, TODAY) == 100


def test_more_than_the_yard_holds_is_a_warning(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    response = enter(client_as(cast.chengyuan_clerk), yard, "arrival", quantity_t="1250")
    assert "东厂煤场 的库存比设计库容多 250.00 t" in text(response)


def test_a_yard_out_of_use_takes_no_entries_and_says_so(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    client = client_as(cast.chengyuan_admin)
    client.post(f"/coal/yards/{yard.pk}/switch/")
    assert "东厂煤场 已停用，不能再记流水" in text(client.get(f"/coal/yards/{yard.pk}/enter/arrival/"))
    assert "登记到货" not in text(client.get(f"/coal/yards/{yard.pk}/"))
    client.post(f"/coal/yards/{yard.pk}/switch/")
    assert Yard.objects.get(pk=yard.pk).is_active


def test_a_yard_in_which_coal_lies_stays_in_use(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    client, by = client_as(cast.chengyuan_admin), cast.chengyuan_admin
    count(yard, by=by, day=dt.date(2026, 7, 1), quantity_t=Decimal("1250.5"))
    said = "东厂煤场 账面还存煤 1 250.50 t，不能停用"
    assert said in text(client.get(f"/coal/yards/{yard.pk}/switch/", follow=True))
    assert said in text(client.post(f"/coal/yards/{yard.pk}/switch/", follow=True))
    with pytest.raises(ValidationError, match="不能停用"):
        change_yard(yard, by=by, is_active=False)
    assert Yard.objects.get(pk=yard.pk).is_active
    count(yard, by=by, day=TODAY, quantity_t=Decimal(0))
    client.post(f"/coal/yards/{yard.pk}/switch/")
    assert not Yard.objects.get(pk=yard.pk).is_active


def test_a_yards_page_shows_its_batches_its_balance_and_its_book(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    by = cast.chengyuan_admin
    count(yard, by=by, day=dt.date(2026, 3, 1), quantity_t=Decimal(60))
    MovementFactory(yard=yard, heat_value_mj_per_kg=Decimal(22), batch="甲批")
    record_movement(yard, by=by, day=dt.date(2026, 7, 20), kind=Kind.USE, quantity_t=Decimal(70))
    page = text(client_as(cast.inspector).get(f"/coal/yards/{yard.pk}/"))
    # 90 t of 22 MJ/kg
    assert "折标煤 67.56 tce" in page and "甲批" in page and "2026-07-01 入场" in page
    assert "期初 60 + 到货 100" in page and "− 耗用 70" in page and "库存 90" in page
    assert "−70.00" in page and "+100.00" in page


def test_the_book_is_narrowed_and_paged(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    by = cast.chengyuan_admin
    for number in range(60):
        day = dt.date(2026, 6, 1) + dt.timedelta(number)
        record_movement(yard, by=by, day=day, kind=Kind.ARRIVAL, quantity_t=Decimal(10), batch=f"批{number}")
    record_movement(yard, by=by, day=TODAY, kind=Kind.USE, quantity_t=Decimal(5))
    client, address = client_as(cast.inspector), f"/coal/yards/{yard.pk}/"

    def rows(query: str = "") -> list[Movement]:
        return list(client.get(address + query).context["table"].page.object_list)

    assert (len(rows()), len(rows("?page=2"))) == (50, 11)
    assert [row.kind for row in rows("?kind=use")] == [Kind.USE]
    assert [row.batch for row in rows("?q=批7")] == ["批7"]
    assert len(rows("?day_after=2026-06-10&day_before=2026-06-12")) == 3


def test_a_page_costs_the_same_for_a_long_book(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    client = client_as(cast.inspector)
    client.get("/coal/yards/")

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            client.get(f"/coal/yards/{yard.pk}/")
        return len(found)

    MovementFactory(yard=yard, entered_by=cast.chengyuan_admin)
    short = queries()
    for number in range(60):
        MovementFactory(yard=yard, day=dt.date(2026, 6, 1) + dt.timedelta(number), entered_by=cast.chengyuan_admin)
    reverse(Movement.objects.all()[0], by=cast.chengyuan_admin, reason="写错")
    assert queries() == short


def test_a_mistake_is_reversed_with_a_reason_and_stays_to_be_read(
    cast: Cast, yard: Yard, client_as: SignIn
) -> None:  # fmt: skip
    movement, client = MovementFactory(yard=yard), client_as(cast.chengyuan_clerk)
    address = f"/coal/movements/{movement.pk}/"
    asked = text(client.get(address + "reverse/"))
    assert "冲正后，东厂煤场 2026-07-01 的到货 100.00 t 不再作数" in asked
    assert client.post(address + "reverse/", {"reason": ""}).context["form"].errors["reason"]
    done = text(client.post(address + "reverse/", {"reason": "重复登记"}, follow=True))
    assert "已冲正，东厂煤场 2026-07-01 收工时库存 0.00 t。原记录保留，注明已冲正。" in done
    page = text(client.get(address))
    assert "理由：重复登记" in page and f'href="{address}reverse/"' not in page
    again = client.post(address + "reverse/", {"reason": "重复登记"}, follow=True)
    assert "不用再冲正" in text(again) and Movement.objects.count() == 2


def test_a_refused_reversal_says_why(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    movement = MovementFactory(yard=yard)
    record_movement(yard, by=cast.chengyuan_admin, day=TODAY, kind=Kind.USE, quantity_t=Decimal(70))
    response = client_as(cast.chengyuan_clerk).post(f"/coal/movements/{movement.pk}/reverse/", {"reason": "重复登记"})
    assert "冲正后，东厂煤场 2026年8月3日的库存会缺 70.00 t" in text(response)


def test_a_movement_of_another_company_is_not_there(cast: Cast, client_as: SignIn) -> None:
    movement = MovementFactory(yard=YardFactory(company=cast.beiyuan))
    client = client_as(cast.chengyuan_admin)
    for address in (f"/coal/movements/{movement.pk}/", f"/coal/movements/{movement.pk}/reverse/"):
        assert client.get(address).status_code == 404
    assert client.get(f"/coal/yards/{movement.yard_id}/enter/use/").status_code == 404


@pytest.mark.parametrize(("typed", "day"), [("今天", 3), ("昨天", 2), ("前天", 1), (" 昨日 ", 2)])
def test_a_day_may_be_said_as_people_say_it(cast: Cast, yard: Yard, client_as: SignIn, typed: str, day: int) -> None:
    enter(client_as(cast.chengyuan_clerk), yard, "arrival", day=typed, quantity_t="30")
    assert Movement.objects.get().day == dt.date(2026, 8, day)
