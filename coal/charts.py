"""Charts of a county's or a company's coal, shaped for partials/chart.html: the picture's data and the table behind it.

The lines have a value for every day of the season, the tables one for every week, so that they can be read.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from coal.cover import together
from coal.formulas import figure
from coal.history import History
from coal.history import together as added
from coal.standings import Standing
from facilities.models import Season

DAY = dt.timedelta(1)
Value = Decimal | None


def charts_of(standings: Sequence[Standing], *, is_today: bool = True) -> list[dict[str, Any]]:
    """Stock against the milestones, arrivals and use by week, days of supply; none before a book is kept. No query.

    `is_today`: whether the standings are today's, or a season's last.
    """
    history = added(each.history for each in standings if each.history)
    if history is None or not history.closes_t:
        return []
    return [stock_chart(standings, history, is_today), week_chart(history), cover_chart(standings, history)]


def stock_chart(standings: Sequence[Standing], history: History, is_today: bool) -> dict[str, Any]:
    """What lies there and what is in place beside what the milestones ask for, over the whole season.

    Of the companies that have a target in force, so that the lines can be compared; of all where none has.
    """
    agreed = [each for each in standings if each.target and each.history]
    is_part = bool(agreed) and len(agreed) < len(standings)
    shown = added(each.history for each in agreed if each.history) or history
    days, asked = _season_days(standings[0].season), _asked(agreed)
    stock, in_place = dict(zip(shown.days, shown.closes_t, strict=True)), _running(shown)
    lines: dict[str, Mapping[dt.date, Value]] = {"库存": stock, "累计到位": in_place}
    series = [_line("库存", days, stock, "accent"), _line("累计到位", days, in_place, "green")]
    if agreed:
        lines["节点应到"] = _steps(asked, days)
        marks = [{"at": _label(day), "value": float(tonnes), "text": f"{_label(day)} {figure(tonnes, 0)} t"}
                 for day, tonnes in asked]  # fmt: skip
        series.append(_line("节点应到", days, lines["节点应到"], "amber", dashed=True, step="end", marks=marks))
    listed = _weekly(days, shown.last, [day for day, _ in asked])
    return {
        "id": "coal-stock", "title": f"库存和节点{f'，有目标的 {len(agreed)} 家' if is_part else ''}", "unit": "t",
        "head": ["日期", *lines],
        "rows": [[day.isoformat(), *(_text(line.get(day)) for line in lines.values())] for day in listed],
        "data": {"kind": "lines", "unit": "t", "labels": [_label(day) for day in days], "series": series,
                 "now": _label(shown.last) if is_today and shown.last < days[-1] else None},
    }  # fmt: skip


def week_chart(history: History) -> dict[str, Any]:
    weeks = history.weeks()
    return {
        "id": "coal-weeks", "title": "每周到货和耗用", "unit": "t", "head": ["从（周一）", "到货", "耗用"],
        "rows": [[each.monday.isoformat(), _text(each.arrived_t), _text(each.used_t)] for each in reversed(weeks)],
        "data": {
            "kind": "bars", "unit": "t", "labels": [_label(each.monday) for each in weeks],
            "series": [
                {"name": "到货", "values": [float(each.arrived_t) for each in weeks], "colour": "accent"},
                {"name": "耗用", "values": [float(each.used_t) for each in weeks], "colour": "amber"},
            ],
        },
    }  # fmt: skip


def cover_chart(standings: Sequence[Standing], history: History) -> dict[str, Any]:
    """Days of supply at the close of each day; of several companies sums divided. The least is shown
    where all have the same."""
    mean: dict[dt.date, Value] = {}
    coldest: dict[dt.date, Value] = {}
    least: dict[dt.date, Value] = {}
    for day in history.days:
        whole = together(each.cover_on(day) for each in standings)
        mean[day], coldest[day] = whole.mean_days, whole.coldest_days
        asked = {each.least_days(day) for each in standings if each.history}
        least[day] = Decimal(days) if len(asked) == 1 and (days := asked.pop()) is not None else None
    days_ = list(history.days)
    shown = _weekly(days_, history.last, [])
    return {
        "id": "coal-cover", "title": "可用天数", "unit": "天", "head": ["日期", "平均日", "极寒日", "最低可用天数"],
        "rows": [[day.isoformat(), *(_text(line[day]) for line in (mean, coldest, least))] for day in reversed(shown)],
        "data": {
            "kind": "lines", "unit": "天", "labels": [_label(day) for day in days_],
            "series": [
                _line("平均日", days_, mean, "accent"), _line("极寒日", days_, coldest, "light"),
                _line("最低可用天数", days_, least, "red", dashed=True),
            ],
        },
    }  # fmt: skip


def _asked(standings: Sequence[Standing]) -> list[tuple[dt.date, Decimal]]:
    """On each milestone's day what all companies together are to have in place by it."""
    days = sorted({each.due_on for standing in standings for each in standing.milestones()})
    return [
        (day, sum((_asked_of(standing, day) for standing in standings), Decimal(0))) for day in days
    ]  # fmt: skip


def _asked_of(standing: Standing, day: dt.date) -> Decimal:
    due = [each.quantity_t or Decimal(0) for each in standing.milestones() if each.due_on <= day]
    return max(due, default=Decimal(0))


def _steps(asked: Sequence[tuple[dt.date, Decimal]], days: Sequence[dt.date]) -> dict[dt.date, Value]:
    """From each milestone's day on what it asks for; nothing before the first."""
    found: dict[dt.date, Value] = {}
    for day in days:
        due = [asked_t for due_on, asked_t in asked if due_on <= day]
        found[day] = due[-1] if due else None
    return found


def _running(history: History) -> dict[dt.date, Value]:
    """What is in place at the close of each day."""
    total, more = history.opening_t, history.supply.by_day
    found: dict[dt.date, Value] = {}
    for day in history.days:
        total += more.get(day, Decimal(0))
        found[day] = total
    return found


def _season_days(season: Season) -> list[dt.date]:
    span = (season.heating_end_on - season.summer_start_on).days + 1
    return [season.summer_start_on + DAY * number for number in range(span)]


def _weekly(days: Sequence[dt.date], last: dt.date, also: Sequence[dt.date]) -> list[dt.date]:
    """Every seventh of the days up to `last`, `last` itself, and those that are to be seen in any case."""
    return sorted({day for day in days[::7] if day <= last} | {last, *also})


def _line(name: str, days: Sequence[dt.date], values: Any, colour: str, **more: Any) -> dict[str, Any]:
    """None where there is no value: a gap."""
    found = [values.get(day) for day in days]
    return {"name": name, "values": [None if each is None else float(each) for each in found], "colour": colour, **more}


def _text(value: Value) -> str | None:
    return None if value is None else figure(value)


def _label(day: dt.date) -> str:
    return f"{day.month}月{day.day}日"
