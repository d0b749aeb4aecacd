"""The progress tables of a day beside what the site's own book says of it. Reads only."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Subquery, Sum

from coal.models import ProgressLine, StockDay, Yard
from facilities.models import Season

ZERO = Decimal(0)


@dataclass(frozen=True)
class Compared:
    """One figure of a line: what the table says, what the book says (None: the site does not keep it), and the
    difference of the two."""

    label: str
    told_t: Decimal | None
    booked_t: Decimal | None

    @property
    def difference_t(self) -> Decimal | None:
        return None if self.told_t is None or self.booked_t is None else self.told_t - self.booked_t

    @property
    def is_different(self) -> bool:
        return bool(self.difference_t)


@dataclass(frozen=True)
class Line:
    """`figures`: arrived, used, stock. `computed_t`: the stock that the line's own arrivals and use give."""

    line: ProgressLine
    figures: list[Compared]
    computed_t: Decimal | None

    @property
    def is_contradictory(self) -> bool:
        told_t = self.line.stock_reported_t
        return self.computed_t is not None and told_t is not None and self.computed_t != told_t

    @property
    def differs(self) -> list[Compared]:
        return [figure for figure in self.figures if figure.is_different]


@dataclass(frozen=True)
class Booked:
    """What a company's yards hold in the book: since the summer began, and at the close of the day."""

    arrived_t: Decimal = ZERO
    used_t: Decimal = ZERO
    stock_t: Decimal = ZERO


def snapshot(user: Any, day: dt.date) -> list[Line]:
    """The lines of that day that the user sees, by company. Four queries."""
    lines = list(ProgressLine.objects.visible_to(user).filter(reported_on=day).select_related("company", "county"))
    lines.sort(key=lambda line: line.company.name)
    booked = _booked({line.company_id for line in lines}, day, _summer_start(lines, day))
    return [_beside(line, booked.get(line.company_id, Booked())) for line in lines]


def _beside(line: ProgressLine, booked: Booked) -> Line:
    figures = [
        Compared("累计到货", line.arrived_t, booked.arrived_t),
        Compared("累计耗用", line.used_t, booked.used_t),
        Compared("库存", line.stock_reported_t, booked.stock_t),
    ]
    return Line(line, figures, line.stock_by_movements_t)


def _summer_start(lines: Iterable[ProgressLine], day: dt.date) -> dt.date:
    """From when on coal is stored for the season to which the day belongs; the year's beginning if there is none."""
    counties = {line.county_id for line in lines}
    seasons = Season.objects.filter(county__in=counties, summer_start_on__lte=day).order_by("-summer_start_on")
    start: dt.date | None = seasons.values_list("summer_start_on", flat=True).first()
    return start or dt.date(day.year, 1, 1)


def _booked(companies: Iterable[int], day: dt.date, since: dt.date) -> dict[int, Booked]:
    """By company. Two queries."""
    moved = StockDay.objects.filter(yard__company__in=companies, day__gte=since, day__lte=day)
    sums = moved.values("yard__company").annotate(arrived_t=Sum("arrived_t"), used_t=Sum("used_t")).order_by()
    found = {row["yard__company"]: (row["arrived_t"], row["used_t"]) for row in sums}
    last = StockDay.objects.filter(yard=OuterRef("pk"), day__lte=day).order_by("-day").values("close_t")[:1]
    yards = (
        Yard.objects.filter(company__in=companies).annotate(close_t=Subquery(last)).values_list("company", "close_t")
    )
    stocks: dict[int, Decimal] = {}
    for company, close_t in yards.order_by():
        stocks[company] = stocks.get(company, ZERO) + (close_t or ZERO)
    return {
        company: Booked(*found.get(company, (ZERO, ZERO)), stock_t=stocks.get(company, ZERO))
        for company in {*found, *stocks}
    }
