"""What is written into a yard's book, and what is refused."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction

from audit.models import AuditEntry
from coal import bookkeeping
from coal.balances import stock_at
from coal.enums import MovementKind as Kind
from coal.layers import layers
from coal.models import Movement, StockDay, Yard
from coal.selectors import identity_of, stock_by_yard
from tests.cast import Cast
from tests.factories import YardFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("summer")]
TODAY = dt.date(2026, 8, 3)


def july(day: int) -> dt.date:
    return dt.date(2026, 7, day)


@pytest.fixture
def yard(cast: Cast) -> Yard:
    return YardFactory(company=cast.chengyuan, name="东厂煤场")


class Book:
    """Writes into one yard's book, tonnes as text."""

    def __init__(self, yard: Yard, by: Any) -> None:
        self.yard, self.by = yard, by

    def enter(self, kind: Kind, day: dt.date, quantity: str, **more: Any) -> Movement:
        return bookkeeping.record_movement(
            self.yard, by=self.by, day=day, kind=kind, quantity_t=Decimal(quantity), **more
        )  # fmt: skip

    def arrive(self, day: dt.date, quantity: str, heat_value: str | None = "20.934", **more: Any) -> Movement:
        value = None if heat_value is None else Decimal(heat_value)
        return self.enter(Kind.ARRIVAL, day, quantity, heat_value_mj_per_kg=value, **more)

    def use(self, day: dt.date, quantity: str) -> Movement:
        return self.enter(Kind.USE, day, quantity)

    def count(self, day: dt.date, quantity: str) -> Movement:
        return self.enter(Kind.COUNT, day, quantity)

    def stock(self, day: dt.date = TODAY) -> str:
        return f"{stock_at(self.yard, day):.2f}"


@pytest.fixture
def book(yard: Yard, cast: Cast) -> Book:
    return Book(yard, cast.chengyuan_admin)


def said(refused: pytest.ExceptionInfo[ValidationError]) -> str:
    return "；".join(refused.value.messages)


def test_a_yards_stock_follows_its_book(book: Book) -> None:
    book.count(july(1), "500")
    book.arrive(july(2), "120.5")
    book.use(july(3), "60.25")
    book.enter(Kind.LOSS, july(4), "0.25", note="雨淋流失")
    assert [book.stock(july(day)) for day in (1, 2, 3, 4, 20)] == ["500.00", "620.50", "560.25", "560.00", "560.00"]
    assert book.stock(dt.date(2026, 6, 30)) == "0.00"


def test_what_is_back_dated_changes_the_days_after_it_up_to_the_next_count(book: Book) -> None:
    book.count(july(1), "500")
    book.use(july(5), "100")
    book.count(july(10), "390")
    book.use(july(12), "40")
    book.arrive(july(3), "30")
    assert [book.stock(july(day)) for day in (2, 3, 5, 9, 10, 12)] == [
        "500.00", "530.00", "430.00", "430.00", "390.00", "350.00",
    ]  # fmt: skip


def test_a_use_that_is_not_there_is_refused_with_the_day_and_the_tonnes(book: Book) -> None:
    book.arrive(july(2), "100")
    with pytest.raises(ValidationError) as refused:
        book.use(july(3), "130.5")
    assert said(refused) == (
        "记入后，东厂煤场 2026年7月3日的库存会缺 30.50 t：那天账面有 100.00 t，要减少 130.50 t。请核对日期和数量；"
        "实际有煤而账面不足的，请先登记漏记的到货，或先登记前一天的盘点"
    )
    assert book.stock() == "100.00"
    assert Movement.objects.count() == 1


def test_a_back_dated_use_is_refused_for_the_later_day_that_it_would_leave_short(book: Book) -> None:
    book.arrive(july(2), "100")
    book.use(july(8), "80")
    with pytest.raises(ValidationError, match=r"2026年7月8日的库存会缺 10\.00 t"):
        book.use(july(4), "30")
    assert book.stock(july(4)) == "100.00"
    book.use(july(4), "20")
    assert book.stock() == "0.00"


def test_tonnes_stay_decimal_where_the_database_adds(book: Book) -> None:
    """0.3 − 0.1 is less than 0.2 in binary fractions: the last 0.2 would be refused."""
    book.arrive(july(1), "0.30")
    book.arrive(july(10), "0.01")
    book.use(july(10), "0.01")
    book.use(july(2), "0.10")
    book.use(july(3), "0.20")
    assert [book.stock(july(day)) for day in (1, 2, 3, 10)] == ["0.30", "0.20", "0.00", "0.00"]


def test_a_count_lets_what_came_before_it_be_what_it_was(book: Book) -> None:
    book.arrive(july(2), "100")
    book.count(july(8), "90")
    book.use(july(4), "100")
    assert [book.stock(july(day)) for day in (4, 7, 8)] == ["0.00", "0.00", "90.00"]


def test_no_more_leaves_on_a_counted_day_than_was_there(book: Book) -> None:
    book.arrive(july(2), "100")
    book.count(july(3), "6409.57")
    with pytest.raises(ValidationError, match=r"7月3日的库存会缺 100\.01 t：那天账面有 100\.00 t，要减少 200\.01 t"):
        book.use(july(3), "200.01")
    book.arrive(july(3), "20")
    used = book.use(july(3), "110")
    with pytest.raises(ValidationError, match=r"7月3日的库存会缺 0\.01 t：那天账面有 10\.00 t，要减少 10\.01 t"):
        book.enter(Kind.LOSS, july(3), "10.01", note="自燃")
    assert [book.stock(july(day)) for day in (2, 3, 4)] == ["100.00", "6409.57", "6409.57"]
    bookkeeping.reverse(used, by=book.by, reason="写错")
    assert book.stock() == "6409.57"


def test_a_transfer_out_of_a_counted_day_makes_no_coal(book: Book, cast: Cast) -> None:
    other = YardFactory(company=cast.chengyuan, name="北站煤场")
    book.count(july(1), "7000")
    book.count(july(3), "6409.57")
    with pytest.raises(ValidationError, match=r"7月3日的库存会缺 43.{1,4}000\.00 t：那天账面有 7.{1,4}000\.00 t"):
        bookkeeping.transfer(book.yard, other, by=book.by, day=july(3), quantity_t=Decimal(50_000))
    assert [book.stock(), stock_at(other, TODAY)] == ["6409.57", 0]
    assert Movement.objects.count() == 2


def test_what_is_back_dated_leaves_a_later_counted_day_what_it_took(book: Book) -> None:
    book.arrive(july(1), "100")
    book.arrive(july(2), "10")
    book.use(july(8), "80")
    book.count(july(8), "90")
    with pytest.raises(ValidationError, match=r"7月8日的库存会缺 0\.01 t：那天账面有 30\.00 t，要减少 30\.01 t"):
        book.use(july(4), "30.01")
    with pytest.raises(ValidationError, match=r"7月8日的库存会缺 20\.00 t"):
        book.count(july(7), "60")
    book.use(july(4), "30")
    assert [book.stock(july(day)) for day in (4, 7, 8)] == ["80.00", "80.00", "90.00"]


def test_an_arrival_that_was_burnt_cannot_be_reversed(book: Book) -> None:
    arrival = book.arrive(july(2), "100")
    book.use(july(6), "70")
    with pytest.raises(ValidationError, match=r"冲正后，东厂煤场 2026年7月6日的库存会缺 70\.00 t"):
        bookkeeping.reverse(arrival, by=book.by, reason="重复登记")
    assert book.stock() == "30.00"


def test_a_reversal_names_what_it_undoes_and_stands_on_its_day(book: Book) -> None:
    book.arrive(july(1), "200")
    wrong = book.use(july(5), "150")
    entry = bookkeeping.reverse(wrong, by=book.by, reason=" 数量写错 ")
    assert (entry.kind, entry.day, entry.quantity_t, entry.note) == (Kind.REVERSAL, july(5), Decimal(150), "数量写错")
    assert entry.reverses == wrong
    assert [book.stock(july(day)) for day in (5, 30)] == ["200.00", "200.00"]
    assert StockDay.objects.get(day=july(5)).used_t == 0


def test_a_line_is_reversed_once_and_a_reversal_never(book: Book) -> None:
    book.arrive(july(1), "200")
    wrong = book.use(july(5), "50")
    entry = bookkeeping.reverse(wrong, by=book.by, reason="写错")
    with pytest.raises(ValidationError, match="已经冲正过了"):
        bookkeeping.reverse(wrong, by=book.by, reason="写错")
    with pytest.raises(ValidationError, match="本身是冲正"):
        bookkeeping.reverse(entry, by=book.by, reason="写错")
    with pytest.raises(ValidationError, match="请写明为什么冲正"):
        bookkeeping.reverse(book.use(july(6), "1"), by=book.by, reason="  ")
    assert book.stock() == "199.00"


def test_a_reversed_count_gives_the_days_back_to_the_movements(book: Book) -> None:
    book.arrive(july(1), "200")
    counted = book.count(july(10), "150")
    book.use(july(12), "30")
    assert book.stock() == "120.00"
    bookkeeping.reverse(counted, by=book.by, reason="数错")
    assert [book.stock(july(day)) for day in (10, 12)] == ["200.00", "170.00"]
    book.count(july(10), "160")
    assert book.stock() == "130.00"


def test_a_day_is_counted_once(book: Book) -> None:
    book.count(july(10), "150")
    with pytest.raises(ValidationError, match="东厂煤场 2026-07-10 已经盘点过；要更正，请先冲正那次盘点"):
        book.count(july(10), "160")


def test_an_empty_yard_may_be_counted_and_nothing_else_may_be_nothing(book: Book) -> None:
    book.count(july(10), "0")
    for kind in (Kind.ARRIVAL, Kind.USE, Kind.LOSS):
        with pytest.raises(ValidationError, match="应大于 0"):
            book.enter(kind, july(11), "0")
    with pytest.raises(ValidationError, match="应不小于 0"):
        book.count(july(11), "-1")


def test_nothing_is_entered_for_tomorrow_or_into_a_closed_yard(book: Book, yard: Yard) -> None:
    with pytest.raises(ValidationError, match="日期填的是 2026-08-04，还没有到"):
        book.arrive(dt.date(2026, 8, 4), "10")
    book.arrive(TODAY, "10")
    Yard.objects.filter(pk=yard.pk).update(is_active=False)
    with pytest.raises(ValidationError, match="东厂煤场 已停用"):
        book.arrive(TODAY, "10")


def test_what_a_form_sends_twice_is_entered_once(book: Book) -> None:
    key = uuid.uuid4()
    first = book.arrive(july(1), "32.5", key=key)
    assert book.arrive(july(1), "32.5", key=key) == first
    assert book.stock() == "32.50"


def test_a_key_stands_for_one_line_of_one_yard_and_one_person(book: Book, cast: Cast) -> None:
    key, other, beiyuan = (
        uuid.uuid4(),
        YardFactory(company=cast.chengyuan, name="北站煤场"),
        YardFactory(company=cast.beiyuan),
    )
    theirs = Book(beiyuan, cast.beiyuan_admin).arrive(july(1), "777", key=key)
    entered = book.arrive(july(1), "32.5", key=(own := uuid.uuid4()))
    moved = bookkeeping.transfer(
        book.yard, other, by=book.by, day=july(2), quantity_t=Decimal(10), key=(moving := uuid.uuid4())
    )  # fmt: skip
    third = YardFactory(company=cast.chengyuan, name="西站煤场")
    tries: list[Any] = [
        lambda: book.arrive(july(1), "777", key=key),
        lambda: Book(book.yard, cast.chengyuan_clerk).arrive(july(1), "32.5", key=own),
        lambda: book.arrive(july(1), "32.51", key=own),
        lambda: book.arrive(july(2), "32.5", key=own),
        lambda: book.arrive(july(1), "32.5", batch="A", key=own),
        lambda: book.enter(Kind.LOSS, july(1), "32.5", key=own),
        lambda: book.enter(Kind.COUNT, july(1), "32.5", key=own),
        lambda: bookkeeping.transfer(
            book.yard, third, by=book.by, day=july(2), quantity_t=Decimal(10), key=moving
        ),
    ]  # fmt: skip
    for each in tries:
        with pytest.raises(ValidationError) as refused:
            each()
        assert said(refused).startswith("这张表单已经提交过，当时登记的是别的内容；这次填的没有登记。")
    assert list(Movement.objects.order_by("pk")) == [theirs, entered, moved, moved.transfer_in]


def test_a_transfer_moves_coal_with_its_age_and_its_heat_value(book: Book, cast: Cast) -> None:
    target = YardFactory(company=cast.chengyuan, name="北站煤场")
    book.arrive(july(1), "100", "20", batch="A")
    book.arrive(july(5), "100", "22", batch="B")
    book.use(july(6), "40")
    out = bookkeeping.transfer(
        book.yard, target, by=book.by, day=july(10), quantity_t=Decimal(90), note="倒运"
    )  # fmt: skip
    into = out.transfer_in
    assert (into.yard, into.day, into.quantity_t, into.stored_since) == (target, july(10), Decimal(90), july(1))
    # 60 t of 20 and 30 t of 22 MJ/kg
    assert (into.heat_value_mj_per_kg, into.batch) == (Decimal("20.667"), "")
    assert (book.stock(), stock_at(target, TODAY)) == ("70.00", Decimal(90))


def test_both_halves_of_a_transfer_are_reversed_together(book: Book, cast: Cast) -> None:
    target = YardFactory(company=cast.chengyuan)
    book.arrive(july(1), "100")
    out = bookkeeping.transfer(book.yard, target, by=book.by, day=july(10), quantity_t=Decimal(60))
    entry = bookkeeping.reverse(out.transfer_in, by=book.by, reason="没有倒运")
    assert entry.yard == target
    assert (book.stock(), stock_at(target, TODAY)) == ("100.00", Decimal(0))
    assert not out.transfer_in.holds and not Movement.objects.get(pk=out.pk).holds


def test_a_transfer_of_which_one_half_is_burnt_is_not_reversed_at_all(book: Book, cast: Cast) -> None:
    target = YardFactory(company=cast.chengyuan, name="北站煤场")
    book.arrive(july(1), "100")
    out = bookkeeping.transfer(book.yard, target, by=book.by, day=july(10), quantity_t=Decimal(60))
    Book(target, book.by).use(july(12), "50")
    with pytest.raises(ValidationError, match=r"北站煤场 2026年7月12日的库存会缺 50\.00 t"):
        bookkeeping.reverse(out, by=book.by, reason="没有倒运")
    assert (book.stock(), stock_at(target, TODAY)) == ("40.00", Decimal(10))


def test_coal_is_not_carried_to_itself_nor_to_another_company(book: Book, cast: Cast) -> None:
    book.arrive(july(1), "100")
    theirs = YardFactory(company=cast.beiyuan, name="北苑煤场")
    with pytest.raises(ValidationError, match="不能是同一个煤场"):
        bookkeeping.transfer(book.yard, book.yard, by=book.by, day=july(2), quantity_t=Decimal(1))
    with pytest.raises(ValidationError, match="北苑煤场 不是城源热力有限公司的煤场"):
        bookkeeping.transfer(book.yard, theirs, by=book.by, day=july(2), quantity_t=Decimal(1))
    assert book.stock() == "100.00"


def test_every_entry_is_in_the_audit_trail(book: Book) -> None:
    arrival = book.arrive(july(1), "100", contract="长协 1 号")
    book.count(july(2), "97.5")
    bookkeeping.reverse(arrival, by=book.by, reason="重复登记")
    entries = list(AuditEntry.objects.filter(target_type="coal.movement").order_by("pk"))
    assert [entry.action for entry in entries] == ["登记到货", "登记盘点", "冲正到货"]
    assert entries[0].changes["合同"] == [None, "长协1号"]
    assert entries[1].changes["盘盈亏（t）"] == [None, "-2.50"]
    assert (entries[2].note, entries[2].region_code) == ("重复登记", "130199")


@pytest.mark.parametrize("statement", ["UPDATE coal_movement SET quantity_t = 1", "DELETE FROM coal_movement"])
def test_the_database_refuses_to_change_or_delete_a_movement(book: Book, statement: str) -> None:
    book.arrive(july(1), "100")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Movement.objects.get().quantity_t == 100


def test_the_database_refuses_a_negative_stock(book: Book) -> None:
    book.arrive(july(1), "100")
    with pytest.raises(DatabaseError), transaction.atomic():
        StockDay.objects.update(close_t=Decimal("-0.01"))


def test_the_layers_are_the_last_that_came(book: Book) -> None:
    book.arrive(july(1), "100", "20", batch="A")
    wrong = book.arrive(july(2), "500", "20", batch="X")
    bookkeeping.reverse(wrong, by=book.by, reason="写错")
    book.arrive(july(3), "50", None, batch="B")
    book.arrive(july(3), "70", "22", batch="C")
    book.use(july(10), "80")
    assert [(layer.batch, layer.quantity_t, layer.heat_value_mj_per_kg) for layer in layers(book.yard, TODAY)] == [
        ("A", Decimal(20), Decimal(20)), ("B", Decimal(50), None), ("C", Decimal(70), Decimal(22)),
    ]  # fmt: skip
    assert [layer.age_days(TODAY) for layer in layers(book.yard, TODAY)] == [33, 31, 31]
    assert [layer.quantity_t for layer in layers(book.yard, july(1))] == [Decimal(100)]


def test_the_oldest_are_found_without_reading_the_others(book: Book, django_assert_num_queries: Any) -> None:
    for number in range(120):
        book.arrive(dt.date(2026, 4, 1) + dt.timedelta(number), "10")
    book.use(july(31), "755")
    with django_assert_num_queries(4):
        oldest = next(layers(book.yard, TODAY))
    assert (oldest.stored_since, oldest.quantity_t) == (dt.date(2026, 6, 15), Decimal(5))
    assert sum(layer.quantity_t for layer in layers(book.yard, TODAY)) == Decimal(445)


def test_what_no_arrival_explains_is_the_oldest(book: Book) -> None:
    book.count(july(1), "60")
    book.arrive(july(3), "50", "22", batch="B")
    book.use(july(4), "20")
    first, second = layers(book.yard, TODAY)
    assert (first.quantity_t, first.stored_since, first.age_days(TODAY)) == (Decimal(40), None, None)
    assert (second.batch, second.quantity_t) == ("B", Decimal(50))


def test_the_stock_of_all_yards_is_read_at_once(book: Book, cast: Cast, django_assert_num_queries: Any) -> None:
    """Figures as the layers give them: 20 t of 20, 50 t of the usual 20.934 and 70 t of 22 MJ/kg."""
    book.arrive(july(1), "100", "20")
    book.arrive(july(3), "50", None)
    book.arrive(july(3), "70", "22")
    book.use(july(10), "80")
    opened = YardFactory(company=cast.chengyuan)
    Book(opened, book.by).count(july(1), "60")
    Book(opened, book.by).arrive(july(3), "40", "22")
    empty = YardFactory(company=cast.chengyuan)
    with django_assert_num_queries(1):
        stocks = stock_by_yard([book.yard, opened, empty], TODAY)
    stock = stocks[book.yard.pk]
    assert (stock.stock_t, stock.heat_gj, stock.oldest_on) == (Decimal(140), Decimal("2986.70"), july(1))
    assert (stock.tce, stock.heat_value_mj_per_kg) == (Decimal("101.91"), Decimal("21.334"))
    since = stocks[opened.pk]
    assert (since.heat_gj, since.oldest_on, since.older_t) == (Decimal("2136.04"), july(1), Decimal(60))
    assert (stocks[empty.pk].stock_t, stocks[empty.pk].tce) == (Decimal(0), Decimal(0))
    assert stock_by_yard([book.yard], july(2))[book.yard.pk].heat_gj == 2000


def test_the_identity_says_how_one_stock_became_the_other(book: Book, cast: Cast) -> None:
    target = YardFactory(company=cast.chengyuan)
    book.count(july(1), "500")
    book.arrive(july(2), "120")
    book.use(july(3), "60")
    book.enter(Kind.LOSS, july(4), "2", note="途耗")
    bookkeeping.transfer(book.yard, target, by=book.by, day=july(5), quantity_t=Decimal(100))
    book.count(july(9), "450")
    book.use(july(20), "50")
    found = identity_of(book.yard, july(2), july(15))
    assert (found.opening_t, found.arrived_t, found.used_t, found.lost_t, found.transferred_out_t, found.close_t) == (
        500, 120, 60, 2, 100, 450,
    )  # fmt: skip
    assert (found.counted_difference_t, found.counted_shortage_t) == (Decimal(-8), Decimal(8))


def test_one_more_movement_costs_the_same_after_many(book: Book, django_assert_max_num_queries: Any) -> None:
    """Also a back-dated one among many days, and one that must stop at a count."""
    for number in range(1, 29):
        book.arrive(july(number), "10")
    book.count(july(29), "275")
    for day in (TODAY, july(2), july(30)):
        with django_assert_max_num_queries(11):
            book.arrive(day, "10")
    assert book.stock() == "295.00"
