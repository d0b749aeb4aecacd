"""The coal a county's companies need and hold."""

from coal.models.demand import DailyTemperature, Estimate, ParameterRange, Target, TargetMilestone
from coal.models.stock import Movement, StockDay, Yard

__all__ = [
    "DailyTemperature",
    "Estimate",
    "Movement",
    "ParameterRange",
    "StockDay",
    "Target",
    "TargetMilestone",
    "Yard",
]
