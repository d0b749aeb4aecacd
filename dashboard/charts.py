"""Figures shaped for the chart partial: titles, the table behind the picture, and what charts.js draws."""

from typing import Any

from dashboard.complaints import DayPoint
from dashboard.selectors import BurnDownPoint


def burn_down(points: list[BurnDownPoint]) -> dict[str, Any]:
    """Open hazards week by week against the pace that reaches zero on the trial run."""
    days = [point.day.isoformat() for point in points]
    remaining = [point.open for point in points]
    needed = [point.needed for point in points]
    return {
        "id": "burn-down",
        "title": "未销号隐患",
        "unit": "处",
        "head": ["日期", "累计发现", "累计销号", "未销号", "按期清零应剩"],
        "rows": [
            [
                point.day.isoformat(),
                point.found if point.open is not None else None,
                point.closed if point.open is not None else None,
                point.open,
                f"{point.needed:g}",
            ]
            for point in points
        ],
        "data": {"kind": "burndown", "days": days, "open": remaining, "pace": needed, "unit": "处"},
    }


def complaints_by_day(points: list[DayPoint]) -> dict[str, Any]:
    """Complaints received day by day, and the day's mean outdoor temperature."""
    received = [point.received for point in points]
    means = [None if point.mean_c is None else float(point.mean_c) for point in points]
    return {
        "id": "complaints-by-day",
        "title": "每日受理投诉与室外气温",
        "unit": "件",
        "head": ["日期", "受理（件）", "日平均气温（℃）"],
        "rows": [[point.day.isoformat(), point.received, point.mean_c] for point in points],
        "data": {
            "kind": "lines",
            "labels": [f"{point.day.month}月{point.day.day}日" for point in points],
            "series": [
                {"name": "受理投诉", "values": received, "colour": "accent"},
                {"name": "日平均气温", "values": means, "colour": "amber", "dashed": True, "secondAxis": True},
            ],
            "unit": "件",
            "secondUnit": "℃",
        },
    }
