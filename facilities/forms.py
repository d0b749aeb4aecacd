"""Forms of seasons, communities and facilities."""

import datetime as dt
import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from accounts.enums import RegionLevel, UnitKind
from accounts.models import Region, Unit
from common import clock
from facilities.enums import FacilityKind
from facilities.models import OLDEST_YEAR, Community, Facility, Season
from facilities.selectors import default_dates, next_season_year
from facilities.services import COMMUNITY_FIELDS, FACILITY_FIELDS, SEASON_DATES

SEASON_NAME = re.compile(r"\d{4}-\d{4}", re.ASCII)
# In which year after that of the summer work a date lies; heating may start in either.
YEARS_LATER = {"summer_start_on": 0, "trial_run_on": 0, "heating_end_on": 1}
DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class InCounty(forms.ModelForm):
    """Base of what belongs to a county: users of one county are not asked which, others choose when they create."""

    def __init__(self, *args: Any, by: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        counties = Region.objects.visible_to(by).filter(level=RegionLevel.COUNTY)
        self.county: Region | None = self.instance.county if self.instance.pk else None
        if self.county is None and len(counties) == 1:
            self.county = counties[0]
        if self.county is None:
            self.fields["county"] = forms.ModelChoiceField(counties, label="县（市、区）")
            self.order_fields(["county"])

    def clean(self) -> dict[str, Any]:
        super().clean()
        self.county = self.cleaned_data.pop("county", self.county)
        if self.county is not None:
            self.instance.county = self.county
            self.check_county(self.county)
        return self.cleaned_data

    def check_county(self, county: Region) -> None:
        """Errors for what is chosen from another county than the row's."""
        for name in ("township", "community", "company", "station"):
            chosen = self.cleaned_data.get(name)
            if chosen is None:
                continue
            if _county_id(chosen) not in (county.pk, None):
                self.add_error(name, f"{chosen} 不在{county}，请重新选择")

    @property
    def values(self) -> dict[str, Any]:
        """What the services take: the county for a new row, and the fields."""
        return self.cleaned_data if self.instance.pk else {"county": self.county, **self.cleaned_data}

    def _offer(self) -> None:
        """Choices from what the user sees; what the row has already stays choosable."""
        self.fields["township"].queryset = Region.objects.visible_to(self.by).filter(level=RegionLevel.TOWNSHIP)  # type: ignore[attr-defined]
        companies = Unit.objects.visible_to(self.by).filter(kind=UnitKind.HEATING_COMPANY)
        offered = companies.filter(is_active=True) | companies.filter(pk=self.instance.company_id)
        self.fields["company"].queryset = offered.select_related("region__parent")  # type: ignore[attr-defined]

    def _clean_year(self, name: str) -> int | None:
        year: int | None = self.cleaned_data[name]
        this_year = clock.today().year
        if year is not None and not OLDEST_YEAR <= year <= this_year + 1:
            raise ValidationError(f"年份填的是 {year}，应在 {OLDEST_YEAR} 到 {this_year + 1} 之间")
        return year

    def _check_place(self) -> None:
        latitude, longitude = self.cleaned_data.get("latitude"), self.cleaned_data.get("longitude")
        if (latitude is None) != (longitude is None) and not {"latitude", "longitude"} & set(self.errors):
            missing = "latitude" if latitude is None else "longitude"
            self.add_error(missing, "纬度和经度要么都填，要么都不填")


def _county_id(chosen: Region | Unit | Community | Facility) -> int | None:
    """The county that a township, company, community or station belongs to; None for a company of the whole city."""
    if isinstance(chosen, (Community, Facility)):
        return chosen.county_id
    region = chosen.region if isinstance(chosen, Unit) else chosen
    return None if region.level == RegionLevel.CITY else region.county.pk


class SeasonForm(InCounty):
    """For a new season the dates may be left empty: those of the county's last season move to the new years."""

    class Meta:
        model = Season
        fields = ("name", *SEASON_DATES)
        widgets = dict.fromkeys(SEASON_DATES, DATE)
        help_texts = {
            "name": "夏治所在的年份和次年，如 2026-2027",
            "summer_start_on": "从这天起登记的隐患算在这个采暖季",
            "trial_run_on": "整改时限一般不得晚于这天",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["name"].disabled = True
            self.fields["name"].help_text = "编号由它而来，不能再改"
            return
        for name in SEASON_DATES:
            self.fields[name].required = False
        if self.county is not None:
            year = next_season_year(self.county)
            self.initial.update({"name": f"{year}-{year + 1}", **default_dates(self.county, year)})

    def clean_name(self) -> str:
        name = unicodedata.normalize("NFKC", self.cleaned_data["name"])
        if SEASON_NAME.fullmatch(name) and int(name[5:]) != int(name[:4]) + 1:
            raise ValidationError(f"采暖季写的是“{name}”，两个年份应相连，如 {name[:4]}-{int(name[:4]) + 1}")
        return name

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        name = cleaned.get("name")
        if self.errors or not name or self.county is None:
            return cleaned
        if not SEASON_NAME.fullmatch(name):  # which the model says
            return cleaned
        start_year = int(name[:4])
        for field, day in default_dates(self.county, start_year).items():
            cleaned[field] = cleaned.get(field) or day
        for field, year in YEARS_LATER.items():
            self._check_year(field, cleaned[field], start_year + year)
        return cleaned

    def _check_year(self, field: str, day: dt.date, year: int) -> None:
        """Dates left over from another season's name would otherwise go unnoticed."""
        if day.year != year:
            label = self.fields[field].label
            self.add_error(field, f"填的是 {day}，这个采暖季的{label}应在 {year} 年")


class CommunityForm(InCounty):
    class Meta:
        model = Community
        fields = COMMUNITY_FIELDS
        labels = {"heated_area_m2": "供热面积"}
        help_texts = {
            "name": "全县不能重名；确有同名的，加上街道以示区别",
            "station": "一个换热站可供多个小区；集中投诉和热点按它汇总",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer()
        stations = Facility.objects.visible_to(self.by).filter(kind=FacilityKind.STATION)
        offered = stations.filter(is_active=True) | stations.filter(pk=self.instance.station_id)
        self.fields["station"].queryset = offered  # type: ignore[attr-defined]
        self.fields["heated_area_m2"].unit = "㎡"  # type: ignore[attr-defined]
        self.fields["address"].widget.attrs["data-wide"] = True
        self.fields["households"].unit = "户"  # type: ignore[attr-defined]

    def clean_built_year(self) -> int | None:
        return self._clean_year("built_year")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self._check_place()
        return cleaned


class FacilityForm(InCounty):
    class Meta:
        model = Facility
        fields = tuple(name for name in FACILITY_FIELDS if name != "is_active")
        error_messages = {NON_FIELD_ERRORS: {"unique_together": "该企业已有同类同名的设施，请核对"}}
        help_texts = {"community": "庭院管网、楼栋立管、户内设施应选小区；服务多个小区的可不选"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer()
        communities = Community.objects.visible_to(self.by).select_related("county")
        self.fields["community"].widget.attrs["data-wide"] = True
        self.fields["community"].queryset = communities  # type: ignore[attr-defined]

    def clean_installed_year(self) -> int | None:
        return self._clean_year("installed_year")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self._check_place()
        community = cleaned.get("community")
        if community and community.township and cleaned.get("township") is None:
            cleaned["township"] = community.township
        return cleaned
