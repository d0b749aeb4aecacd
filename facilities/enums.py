from collections.abc import Mapping

from django.db import models


class FacilityKind(models.TextChoices):
    """The six kinds, in the order of the heat's way from the boiler to the radiator."""

    BOILER = "boiler", "热源厂锅炉"
    STATION = "station", "换热站"
    MAIN_PIPE = "main_pipe", "主管网"
    YARD_PIPE = "yard_pipe", "庭院管网"
    RISER = "riser", "楼栋立管"
    INDOOR = "indoor", "户内设施"


# The words by which ledgers name them: the label first, then what else is written.
FACILITY_KIND_WORDS: Mapping[FacilityKind, tuple[str, ...]] = {
    FacilityKind.BOILER: ("热源厂锅炉", "热源厂", "热源", "锅炉", "锅炉房", "热电厂", "燃煤锅炉", "燃气锅炉"),
    FacilityKind.STATION: ("换热站", "热力站", "换热机组", "热交换站", "换热首站", "中继泵站", "隔压站", "泵站"),
    FacilityKind.MAIN_PIPE: (
        "主管网",
        "一次网",
        "一级网",
        "一次管网",
        "一级管网",
        "主干管网",
        "主干管",
        "主管道",
        "主管线",
        "市政管网",
    ),
    FacilityKind.YARD_PIPE: (
        "庭院管网",
        "二次网",
        "二级网",
        "二次管网",
        "二级管网",
        "小区管网",
        "庭院管道",
        "庭院管",
        "楼前管网",
        "庭院",
    ),
    FacilityKind.RISER: ("楼栋立管", "立管", "单元立管", "楼内立管", "楼道立管", "楼栋", "单元管道"),
    FacilityKind.INDOOR: ("户内设施", "户内", "室内", "入户", "用户端", "室内设施", "户内系统", "散热器"),
}
