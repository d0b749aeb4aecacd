"""What is written into a yard's book: arrivals, use, losses, counts, transfers and reversals.

Each is one transaction: the yard is held, the line is added, the stored balance carried on, the entry recorded. A line
that would leave any day with less than nothing is refused with ValidationError, by day and tonnes, and nothing of it
stays. What a form sends twice (`key`) is entered once.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from audit.services import record
from audit.writing import filled
from coal import balances
from coal.bounds import check_fits
from coal.enums import ENTERED, INFLOWS, MovementKind
from coal.keys import check_same
from coal.layers import leaving
from coal.models import Movement, StockDay, Yard
from coal.numbers import kept
from coal.quality_news import tell_of_arrival
from common import clock
from common.columns import group_digits

# What may be told about coal that arrives, and of an opening stock nothing but its tonnes is known.
ARRIVAL_DETAILS = ("heat_value_mj_per_kg", "contract", "transport", "batch", "unit_price_yuan_per_t")
RECORDED = ("yard", "day", "quantity_t", *ARRIVAL_DETAILS, "note")
NAMELESS = uuid.UUID("6f0b1c52-2a0e-4c55-9a55-3a4f2d1d7a10")


def record_movement(
    yard: Yard, *, by: Any, day: dt.date, kind: MovementKind, quantity_t: Decimal, note: str = "",
    key: uuid.UUID | None = None, **details: Any,
) -> Movement:  # fmt: skip
    """An arrival, use or loss. `details`: ARRIVAL_DETAILS, of arrivals only."""
    if kind not in ENTERED:
        raise ValueError(f"{kind} is entered by a function of its own")
    if kind is MovementKind.COUNT:
        return count(yard, by=by, day=day, quantity_t=quantity_t, note=note, key=key)

    told = _told(details) if kind is MovementKind.ARRIVAL else {}

    def write() -> Movement:
        held = _open(yard, day)
        _check_quantity(quantity_t)
        stored_since = day if kind in INFLOWS else None
        movement = _add(
            yard=held, day=day, kind=kind, quantity_t=quantity_t, note=note, stored_since=stored_since,
            entered_by=by, key=key or uuid.uuid4(), **told,
        )  # fmt: skip
        _record(movement, by=by)
        if kind is MovementKind.ARRIVAL:
            tell_of_arrival(movement)
        return movement

    return _once(key, write, _sent(yard, by, kind, day, quantity_t, note) | told)


def count(
    yard: Yard, *, by: Any, day: dt.date, quantity_t: Decimal, note: str = "", key: uuid.UUID | None = None
) -> Movement:
    """The stock that was found at the close of the day. One count a day holds; a wrong one is reversed first."""

    def write() -> Movement:
        held = _open(yard, day)
        _check_quantity(quantity_t, least=Decimal(0))
        if StockDay.objects.filter(yard=held, day=day, counted_t__isnull=False).exists():
            raise ValidationError({"day": f"{held} {day} 已经盘点过；要更正，请先冲正那次盘点"})
        book_t = balances.stock_at(held, day)
        movement = _add(
            yard=held, day=day, kind=MovementKind.COUNT, quantity_t=quantity_t, note=note, entered_by=by,
            key=key or uuid.uuid4(),
        )  # fmt: skip
        difference = quantity_t - book_t
        _record(movement, by=by, more={"账面库存（t）": [None, str(book_t)], "盘盈亏（t）": [None, f"{difference:+}"]})
        return movement

    return _once(key, write, _sent(yard, by, MovementKind.COUNT, day, quantity_t, note))


def transfer(
    source: Yard, target: Yard, *, by: Any, day: dt.date, quantity_t: Decimal, note: str = "",
    key: uuid.UUID | None = None,
) -> Movement:  # fmt: skip
    """Coal taken from one yard of a company to another, both halves or neither; the first half is returned.

    The oldest coal goes first and keeps its heat value and its age.
    """
    if source.pk == target.pk:
        raise ValidationError({"target": "调出和调入不能是同一个煤场"})
    if source.company_id != target.company_id:
        raise ValidationError({"target": f"{target} 不是{source.company}的煤场，只能在本企业的煤场之间调拨"})
    key = key or uuid.uuid4()

    def write() -> Movement:
        held = balances.hold(source, target)
        for yard in held.values():
            _check_open(yard, day)
        _check_quantity(quantity_t)
        taken = leaving(held[source.pk], day, quantity_t)
        common = {"day": day, "quantity_t": quantity_t, "note": note, "entered_by": by}
        out = _add(yard=held[source.pk], kind=MovementKind.TRANSFER_OUT, key=key, **common)
        into = _add(
            yard=held[target.pk], kind=MovementKind.TRANSFER_IN, key=uuid.uuid5(NAMELESS, str(key)), transfer_out=out,
            batch=taken.batch, stored_since=taken.stored_since or day, heat_value_mj_per_kg=taken.heat_value_mj_per_kg,
            **common,
        )  # fmt: skip
        for half in (out, into):
            _record(half, by=by)
        return out

    out = _once(key, write, _sent(source, by, MovementKind.TRANSFER_OUT, day, quantity_t, note))
    check_same(out.transfer_in, {"yard_id": target.pk})
    return out


def reverse(movement: Movement, *, by: Any, reason: str) -> Movement:
    """Undo a line by a counter-entry on the same day that names it; of a transfer both halves. Once only.

    The counter-entry of the line itself is returned. A reversal is not reversed: what was right is entered again.
    """
    if not reason.strip():
        raise ValidationError({"reason": "请写明为什么冲正，如“重复登记”“数量写错”"})
    if movement.kind == MovementKind.REVERSAL:
        raise ValidationError("这一条本身是冲正，不能再冲正；冲正错了的，请重新登记原来的内容")
    halves = halves_of(movement)

    def write() -> Movement:
        held = balances.hold(*(half.yard for half in halves))
        written = [_reverse(half, held[half.yard_id], by=by, reason=reason.strip()) for half in halves]
        return next(entry for entry in written if entry.reverses_id == movement.pk)

    try:
        with transaction.atomic():
            return write()
    except balances.ShortOfCoal as short:
        raise ValidationError(_sentence(short, undoing=True)) from None
    except IntegrityError:
        # The key of `reverses`: somebody was first.
        raise ValidationError("这一条已经冲正过了") from None


def halves_of(movement: Movement) -> list[Movement]:
    """The movement, or both halves of its transfer, that which brings coal first. At most one query."""
    if movement.kind == MovementKind.TRANSFER_IN and movement.transfer_out:
        return [movement, movement.transfer_out]
    if movement.kind == MovementKind.TRANSFER_OUT:
        return [movement.transfer_in, movement]
    return [movement]


def _reverse(movement: Movement, yard: Yard, *, by: Any, reason: str) -> Movement:
    entry = Movement(
        yard=yard, day=movement.day, kind=MovementKind.REVERSAL, quantity_t=movement.quantity_t, reverses=movement,
        note=reason, entered_by=by,
    )  # fmt: skip
    entry.save(force_insert=True)
    movement.yard = yard
    balances.unpost(movement)
    record(
        actor=by, action=f"冲正{movement.get_kind_display()}", target=movement, note=reason,
        changes={"数量（t）": [str(movement.quantity_t), "0"]}, region_code=yard.county.code,
    )  # fmt: skip
    return entry


def _add(**fields: Any) -> Movement:
    movement = Movement(**fields)
    check_fits(movement, ("quantity_t", "heat_value_mj_per_kg", "unit_price_yuan_per_t"))
    movement.save(force_insert=True)
    balances.post(movement)
    return movement


def _record(movement: Movement, *, by: Any, more: dict[str, list[Any]] | None = None) -> None:
    record(
        actor=by, action=f"登记{movement.get_kind_display()}", target=movement,
        changes=filled(movement, RECORDED) | (more or {}), region_code=movement.yard.county.code,
    )  # fmt: skip


def _sent(yard: Yard, by: Any, kind: MovementKind, day: dt.date, quantity_t: Decimal, note: str) -> dict[str, Any]:
    return {
        "yard_id": yard.pk, "entered_by_id": by.pk, "kind": kind, "day": day, "quantity_t": quantity_t, "note": note,
    }  # fmt: skip


def _once(key: uuid.UUID | None, write: Callable[[], Movement], sent: Mapping[str, Any]) -> Movement:
    """What `write` enters; what was entered under this key before, if that is why it fails and it is the same."""
    try:
        with transaction.atomic():
            return write()
    except balances.ShortOfCoal as short:
        raise ValidationError({"quantity_t": _sentence(short)}) from None
    except IntegrityError:
        entered = Movement.objects.filter(key=key).first() if key else None
        if entered is None:
            raise
        check_same(entered, sent)
        return entered


def _told(details: Mapping[str, Any]) -> dict[str, Any]:
    """Of an arrival, with its contract's and its batch's number as they are kept."""
    return {name: kept(value) if name in ("contract", "batch") else value for name, value in details.items()}


def _open(yard: Yard, day: dt.date) -> Yard:
    """The yard, held, if something may be entered for that day."""
    held = balances.hold(yard)[yard.pk]
    _check_open(held, day)
    return held


def _check_open(yard: Yard, day: dt.date) -> None:
    if not yard.is_active:
        raise ValidationError(f"{yard} 已停用，请先启用，或换一个煤场")
    if day > clock.today():
        raise ValidationError({"day": f"日期填的是 {day}，还没有到，请填今天或以前的日期"})


def _check_quantity(quantity_t: Decimal, least: Decimal = Decimal("0.01")) -> None:
    if quantity_t < least:
        raise ValidationError({"quantity_t": f"数量填的是 {quantity_t} t，应{'大于 0' if least else '不小于 0'}"})


def _sentence(short: balances.ShortOfCoal, *, undoing: bool = False) -> str:
    day = f"{short.day.month}月{short.day.day}日"
    what = "冲正后" if undoing else "记入后"
    return (
        f"{what}，{short.yard} {short.day.year}年{day}的库存会缺 {group_digits(short.asked_t - short.had_t, 2)} t："
        f"那天账面有 {group_digits(short.had_t, 2)} t，要减少 {group_digits(short.asked_t, 2)} t。"
        f"请核对日期和数量；实际有煤而账面不足的，请先登记漏记的到货，或先登记前一天的盘点"
    )
