from django.db import models


class RegionLevel(models.TextChoices):
    CITY = "city", "市"
    COUNTY = "county", "县（市、区）"
    TOWNSHIP = "township", "乡镇、街道"


class UnitKind(models.TextChoices):
    HOUSING_BUREAU = "housing_bureau", "住建局"
    DEVELOPMENT_BUREAU = "development_bureau", "发改局"
    HEATING_COMPANY = "heating_company", "供热企业"
    TOWNSHIP = "township", "乡镇、街道"
    OTHER = "other", "其他单位"
