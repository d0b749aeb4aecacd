from django.db import models


class FacilityKind(models.TextChoices):
    """The six kinds, in the order of the heat's way from the boiler to the radiator."""

    BOILER = "boiler", "热源厂锅炉"
    STATION = "station", "换热站"
    MAIN_PIPE = "main_pipe", "主管网"
    YARD_PIPE = "yard_pipe", "庭院管网"
    RISER = "riser", "楼栋立管"
    INDOOR = "indoor", "户内设施"
