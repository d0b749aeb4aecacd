"""The coal a county's companies need and hold, and what they report of it."""

from coal.models.demand import DailyTemperature, Estimate, ParameterRange, Target, TargetMilestone
from coal.models.duty import CoverGap, MilestoneDuty, ReportDuty
from coal.models.progress import ProgressLine
from coal.models.report import DailyReport
from coal.models.stock import Movement, StockDay, Yard

__all__ = [
    "CoverGap",
    "DailyReport",
    "DailyTemperature",
    "Estimate",
    "MilestoneDuty",
    "Movement",
    "ParameterRange",
    "ProgressLine",
    "ReportDuty",
    "StockDay",
    "Target",
    "TargetMilestone",
    "Yard",
]
