"""The stored stock of every day: the only writer of StockDay. What arrived goes on to `coal.arrivals`.

`replay` is the definition of these figures; this module keeps them without telling the history again. A movement of day
d changes the close of d and, by the same tonnes, that of the days after it up to the next count: one UPDATE over the
days behind it. Whoever calls `post` or `unpost` is in a transaction and has called `hold` first.
"""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import Case, F, Q, QuerySet, When

from coal import arrivals
from coal.demand import rounded
from coal.enums import MovementKind
from coal.heat_values import heat_value_of, tested_values
from coal.increments import plus
from coal.models import Movement, StockDay, Yard

# The column of a day that a kind of movement adds to.
COLUMNS = {
    MovementKind.ARRIVAL: "arrived_t",
    MovementKind.TRANSFER_IN: "transferred_in_t",
    MovementKind.USE: "used_t",
    MovementKind.LOSS: "lost_t",
    MovementKind.TRANSFER_OUT: "transferred_out_t",
}
PLACES = 2
_plus = partial(plus, StockDay)


class ShortOfCoal(Exception):
    """More would leave on a day than there was; nothing is to be written.

    `had_t`: what the book would still have had at its close, before a count of that day; `asked_t`: by how much less.
    """

    def __init__(self, yard: Yard, day: dt.date, had_t: Decimal, asked_t: Decimal) -> None:
        super().__init__(f"{yard} {day}: {had_t} − {asked_t} t")
        self.yard = yard
        self.day = day
        self.had_t = had_t
        self.asked_t = asked_t


def hold(*yards: Yard) -> dict[int, Yard]:
    """The yards as they are now, locked until the end of the transaction: who writes to the same book waits here.

    The order of the locks is that of the keys, so that two transfers in opposite directions do not wait for each other.
    """
    keys = {yard.pk for yard in yards}
    locked = Yard.objects.select_for_update(no_key=True, of=("self",)).select_related("county", "company")
    return {yard.pk: yard for yard in locked.filter(pk__in=keys).order_by("pk")}


def heat_gj(quantity_t: Decimal, heat_value_mj_per_kg: Decimal | None) -> Decimal:
    """What that coal gives: a tonne of x MJ/kg holds x GJ. Coal of no known heat value is taken for the usual one."""
    value = heat_value_mj_per_kg
    return rounded(quantity_t * (settings.COAL_USUAL_HEAT_VALUE_MJ_PER_KG if value is None else value), PLACES)


def stock_at(yard: Yard, day: dt.date) -> Decimal:
    """The book stock (t) at the close of any day. One query, one step into the index."""
    last = StockDay.objects.filter(yard=yard, day__lte=day).order_by("-day").values_list("close_t", flat=True)
    return last.first() or Decimal(0)


def post(movement: Movement) -> None:
    """Carry a new movement into the stock of its day and of those after it. Raises ShortOfCoal. 2 to 9 queries."""
    _carry(movement, 1)


def unpost(movement: Movement) -> None:
    """Undo what `post` did, when the movement is reversed. Raises ShortOfCoal."""
    _carry(movement, -1)


def reheat(yard: Yard, more_gj: Mapping[dt.date, Decimal]) -> None:
    """What came in on these days holds so much more heat than was carried: a laboratory has found it. Tonnes stay.

    2 or 3 queries for each day.
    """
    for row in StockDay.objects.filter(yard=yard, day__in=list(more_gj)):
        more = more_gj[row.day]
        row.came_gj += more
        row.save(update_fields=["came_gj"])
        onwards = StockDay.objects.filter(yard=yard, day__gte=row.day)
        onwards.update(received_gj=_plus("received_gj", more))


def _carry(movement: Movement, sign: int) -> None:
    kind = MovementKind(movement.kind)
    row, opening_t = _row(movement.yard, movement.day)
    before_t, came_t, came_gj = row.close_t, row.came_t, row.came_gj
    had_t = opening_t + row.net_t
    if kind is MovementKind.COUNT:
        row.counted_t = movement.quantity_t if sign > 0 else None
        row.opens = row.opens or not _has_begun(row)
    else:
        column = COLUMNS[kind]
        setattr(row, column, getattr(row, column) + sign * movement.quantity_t)
    if kind.sign > 0:
        counted = heat_value_of(movement, tested_values(movement.yard.company_id, [movement.batch]))
        row.came_gj += sign * heat_gj(movement.quantity_t, counted.mj_per_kg)
    more_t, more_gj = row.came_t - came_t, row.came_gj - came_gj
    row.received_t += more_t
    row.received_gj += more_gj
    book_t = opening_t + row.net_t
    row.close_t = book_t if row.counted_t is None else row.counted_t
    # A count makes no coal, so what leaves is held against the book. A book that was short before may be put right.
    if book_t < min(had_t, Decimal(0)):
        raise ShortOfCoal(movement.yard, row.day, had_t, had_t - book_t)
    if row.close_t < 0:
        raise ShortOfCoal(movement.yard, row.day, before_t, before_t - row.close_t)
    row.save()
    _shift(row, row.close_t - before_t, more_t, more_gj)
    if kind is MovementKind.ARRIVAL:
        (arrivals.add if sign > 0 else arrivals.take_off)(movement)


def _row(yard: Yard, day: dt.date) -> tuple[StockDay, Decimal]:
    """The day's row (unsaved if new) and the stock with which the day began. One query."""
    found = list(StockDay.objects.filter(yard=yard, day__lte=day).order_by("-day")[:2])
    before = next((row for row in found if row.day < day), None)
    opening_t = before.close_t if before else Decimal(0)
    if found and found[0].day == day:
        return found[0], opening_t
    received = {"received_t": before.received_t, "received_gj": before.received_gj} if before else {}
    return StockDay(yard=yard, day=day, close_t=opening_t, **received), opening_t


def _has_begun(row: StockDay) -> bool:
    """Whether anything that holds is in the book before that day. What was reversed left a row with nothing in it."""
    earlier = StockDay.objects.filter(yard=row.yard, day__lt=row.day)
    return earlier.filter(Q(counted_t__isnull=False) | Q(received_t__gt=0)).exists()


def _shift(row: StockDay, by_t: Decimal, more_t: Decimal, more_gj: Decimal) -> None:
    """Carry into the days after `row` by how much its close has changed, up to the next count, and what more has come
    in, past it. One UPDATE for both."""
    following, columns = _later(row), dict[str, Any]()
    if by_t:
        next_count = following.filter(counted_t__isnull=False).order_by("day").first()
        up_to_count = following if next_count is None else following.filter(day__lt=next_count.day)
        if by_t < 0:
            _check_following(row, by_t, up_to_count, next_count)
        columns["close_t"] = _plus("close_t", by_t)
        if not (more_t or more_gj):
            following = up_to_count
        elif next_count is not None:
            columns["close_t"] = Case(When(day__lt=next_count.day, then=columns["close_t"]), default=F("close_t"))
    if more_t or more_gj:
        columns |= {"received_t": _plus("received_t", more_t), "received_gj": _plus("received_gj", more_gj)}
    if columns:
        following.update(**columns)


def _check_following(row: StockDay, by_t: Decimal, following: QuerySet[StockDay], next_count: StockDay | None) -> None:
    """None of the days up to the next count may be left with less than nothing."""
    short = following.filter(close_t__lt=-by_t).order_by("day").first()
    if short is not None:
        raise ShortOfCoal(row.yard, short.day, short.close_t, -by_t)
    if next_count is not None:
        _check_counted(next_count, following.order_by("-day").first(), row, by_t)


def _check_counted(counted: StockDay, before: StockDay | None, row: StockDay, by_t: Decimal) -> None:
    """What left on the counted day must have been there. `before`: the day ahead of it if it is not `row`, which has
    its new close already."""
    had_t = (before.close_t if before else row.close_t - by_t) + counted.net_t
    if had_t + by_t < 0:
        raise ShortOfCoal(row.yard, counted.day, had_t, -by_t)


def _later(row: StockDay) -> QuerySet[StockDay]:
    return StockDay.objects.filter(yard=row.yard, day__gt=row.day)
