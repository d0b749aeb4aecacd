"""The coal a county's companies hold."""

from coal.models.stock import Movement, StockDay, Yard

__all__ = ["Movement", "StockDay", "Yard"]
