"""The coal a county's companies need and hold, and what they report of it."""

from coal.models.checks import CheckPhoto, CheckPoint, CheckRules, YardCheck
from coal.models.demand import DailyTemperature, Estimate, ParameterRange, Target, TargetMilestone
from coal.models.funds import FundEntry, FundNeed
from coal.models.progress import ProgressLine
from coal.models.report import DailyReport
from coal.models.stock import Movement, StockDay, Yard

__all__ = [
    "CheckPhoto",
    "CheckPoint",
    "CheckRules",
    "DailyReport",
    "DailyTemperature",
    "Estimate",
    "FundEntry",
    "FundNeed",
    "Movement",
    "ParameterRange",
    "ProgressLine",
    "StockDay",
    "Target",
    "TargetMilestone",
    "Yard",
    "YardCheck",
]
