"""The coal a county's companies hold, and what they report of it."""

from coal.models.report import DailyReport
from coal.models.stock import Movement, StockDay, Yard

__all__ = ["DailyReport", "Movement", "StockDay", "Yard"]
