"""The coal a county's companies need, buy and hold, and what they report of it."""

from coal.models.checks import CheckPhoto, CheckPoint, CheckRules, YardCheck
from coal.models.coal_free import CoalFree
from coal.models.demand import DailyTemperature, Estimate, ParameterRange, Target, TargetMilestone
from coal.models.duty import CoverGap, MilestoneDuty, ReportDuty
from coal.models.funds import FundEntry, FundNeed
from coal.models.progress import ProgressLine
from coal.models.report import DailyReport
from coal.models.stock import ArrivalDay, Movement, StockDay, Yard
from coal.models.supply import Contract, ContractAmendment, QualityBatch, Scan

__all__ = [
    "ArrivalDay",
    "CheckPhoto",
    "CheckPoint",
    "CheckRules",
    "CoalFree",
    "Contract",
    "ContractAmendment",
    "CoverGap",
    "DailyReport",
    "DailyTemperature",
    "Estimate",
    "FundEntry",
    "FundNeed",
    "MilestoneDuty",
    "Movement",
    "ParameterRange",
    "ProgressLine",
    "QualityBatch",
    "ReportDuty",
    "Scan",
    "StockDay",
    "Target",
    "TargetMilestone",
    "Yard",
    "YardCheck",
]
