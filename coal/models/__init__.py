"""The coal a county's companies hold."""

from coal.models.stock import Yard

__all__ = ["Yard"]
