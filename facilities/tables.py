"""The lists of facilities, communities and seasons."""

from typing import Any

from django.urls import reverse

from common.tables import ChoiceColumn, DateColumn, LedgerColumn, LedgerTable, LinkColumn, NumberColumn, YesNoColumn
from facilities.enums import FacilityKind
from facilities.models import Community, Facility, Season


class FacilityTable(LedgerTable):
    table_name = "facilities"
    card = ("name", "kind", "company", "community", "is_active")
    default_columns = ("name", "kind", "company", "community", "township", "installed_year", "material", "is_active")
    default_order = ("name",)

    name = LinkColumn(verbose_name="名称")
    kind = ChoiceColumn(verbose_name="类别", enum=FacilityKind)
    company = LedgerColumn(
        verbose_name="供热企业", accessor="company__label", order_by="company__name", select=("company",)
    )
    community = LedgerColumn(verbose_name="小区", accessor="community__name", select=("community",))
    township = LedgerColumn(
        verbose_name="乡镇、街道", accessor="township__name", order_by="township__code", select=("township",)
    )
    # A year is no quantity: it stands as it is, without grouped digits.
    installed_year = LedgerColumn(verbose_name="投用年份")
    material = LedgerColumn(verbose_name="材质")
    latitude = LedgerColumn(verbose_name="纬度", orderable=False)
    longitude = LedgerColumn(verbose_name="经度", orderable=False)
    is_active = YesNoColumn(verbose_name="状态", words=("在用", "停用"))

    def row_url(self, record: Any) -> str:
        return reverse("facilities:facility_detail", args=[record.pk])

    def row_class(self, record: Any) -> str:
        return "" if record.is_active else "row-off"

    class Meta(LedgerTable.Meta):
        model = Facility
        fields = ()


class CommunityTable(LedgerTable):
    table_name = "communities"
    card = ("name", "company", "township", "households")
    default_order = ("name",)

    name = LinkColumn(verbose_name="小区名称")
    company = LedgerColumn(
        verbose_name="供热企业", accessor="company__label", order_by="company__name", select=("company",)
    )
    township = LedgerColumn(
        verbose_name="乡镇、街道", accessor="township__name", order_by="township__code", select=("township",)
    )
    station = LedgerColumn(verbose_name="换热站", accessor="station__name", select=("station",))
    households = NumberColumn(verbose_name="户数", unit="户")
    heated_area_m2 = NumberColumn(verbose_name="供热面积", unit="㎡", places=2)
    built_year = LedgerColumn(verbose_name="建成年份")
    address = LedgerColumn(verbose_name="地址", orderable=False)

    def row_url(self, record: Any) -> str:
        return reverse("facilities:community_detail", args=[record.pk])

    class Meta(LedgerTable.Meta):
        model = Community
        fields = ()


class SeasonTable(LedgerTable):
    table_name = "seasons"
    card = ("name", "trial_run_on", "heating_start_on", "heating_end_on")
    default_order = ("-name",)

    name = LinkColumn(verbose_name="采暖季")
    county = LedgerColumn(
        verbose_name="县（市、区）", accessor="county__name", order_by="county__code", select=("county",)
    )
    summer_start_on = DateColumn(verbose_name="夏治开始")
    trial_run_on = DateColumn(verbose_name="试运行")
    heating_start_on = DateColumn(verbose_name="供暖开始")
    heating_end_on = DateColumn(verbose_name="供暖结束")

    def row_url(self, record: Any) -> str:
        return reverse("facilities:season_edit", args=[record.pk])

    class Meta(LedgerTable.Meta):
        model = Season
        fields = ()
