"""Figures shaped for the chart partial: titles, the table behind the picture, and what charts.js draws."""

from typing import Any

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
