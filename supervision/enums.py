"""The measures of the ladder, from the mildest to the severest; units of distance; sources of calendar days."""

from django.db import models

# Each measure has a range of levels of its own, with the deadline in the middle; a day is one.
LEVELS_PER_MEASURE, LEVEL_OF_DEADLINE = 2000, 1000


class Measure(models.TextChoices):
    REMIND = "remind", "提醒"
    URGE = "urge", "催办"
    NOTICE = "notice", "督办单"
    TALK = "talk", "约谈"
    CIRCULAR = "circular", "通报"

    @property
    def colour(self) -> str:
        """The badge's colour name in the stylesheet."""
        return _COLOURS[self]

    @property
    def first_level(self) -> int:
        """Where the levels of its steps begin; they end before LEVELS_PER_MEASURE more."""
        return (list(Measure).index(self) + 1) * LEVELS_PER_MEASURE

    @property
    def news(self) -> str:
        """What a message says after how long the matter has been overdue. A reminder says how long there is left, an
        urging what its kind asks for (`Kind.urge`)."""
        return _NEWS[self]


def measure_of(code: str) -> Measure:
    """The measure of a step by its code, which begins with it: talk, talk-2."""
    return Measure(code.split("-")[0])


_COLOURS = {
    Measure.REMIND: "grey",
    Measure.URGE: "amber",
    Measure.NOTICE: "amber",
    Measure.TALK: "red",
    Measure.CIRCULAR: "red",
}
_NEWS = {
    Measure.REMIND: "",
    Measure.URGE: "",
    Measure.NOTICE: "已列入督办",
    Measure.TALK: "已达到约谈条件",
    Measure.CIRCULAR: "已达到通报条件",
}


class ProposalState(models.TextChoices):
    """What is stored. That an open one is held until a day or no longer needed is computed."""

    OPEN = "open", "待审批"
    APPROVED = "approved", "已批准"
    DECLINED = "declined", "不同意"


class OffsetUnit(models.TextChoices):
    """What a step's distance from the deadline is counted in."""

    DAYS = "days", "天"
    WORKDAYS = "workdays", "个工作日"
    HOURS = "hours", "小时"


class DaySource(models.TextChoices):
    """What the own unit arranges holds before what the State Council does."""

    STATE = "state", "国务院通知"
    OWN = "own", "本单位安排"
