"""The coal a county's companies hold."""

from coal.models.progress import ProgressLine
from coal.models.stock import Movement, StockDay, Yard

__all__ = ["Movement", "ProgressLine", "StockDay", "Yard"]
