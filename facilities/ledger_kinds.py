"""The lists of communities and facilities as the import and export pages know them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from accounts.enums import RegionLevel, UnitKind
from accounts.models import Region, Unit
from audit.services import record
from common.spreadsheets.cells import read_choice
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.heads import LedgerSheet
from common.spreadsheets.ledgers.exporting import Look
from common.spreadsheets.ledgers.forms import UploadForm
from common.spreadsheets.ledgers.records import RecordKind
from common.spreadsheets.registry import Vocabulary
from common.spreadsheets.subtotals import Count, Subtotals
from common.spreadsheets.terms import Terms
from facilities import services
from facilities.directory import Directory, company_of
from facilities.enums import FACILITY_KIND_WORDS, FacilityKind
from facilities.filters import CommunityFilter, FacilityFilter
from facilities.ledgers import COMMUNITIES, FACILITIES
from facilities.models import Community, Facility
from facilities.words import learn_alias, may_teach, words_of

# A drop-down of more names than this helps nobody.
MOST_OFFERED = 2000
HALF_A_PLACE = "纬度和经度要么都填，要么都不填"


def county_of(user: Any) -> Region:
    """The county for which the user keeps lists. Raises SpreadsheetError for who belongs to none."""
    region = user.unit.region if user.unit_id else None
    if region is None or region.level == RegionLevel.CITY:
        raise SpreadsheetError("名单按县登记，请用县（市、区）的账号导入")
    county: Region = region.county
    return county


class PlaceKind(RecordKind):
    """What both lists have: a county whose names they use, a company, a place on the map."""

    heading_column = "company"
    import_permission = "facilities.manage_facilities"
    export_permission = "facilities.view_facility"

    def upload_form(self, *args: Any, user: Any) -> UploadForm:
        county_of(user)  # before a file is chosen for nothing
        return super().upload_form(*args, user=user)

    def finder(self, *, by: Any, context: Mapping[str, Any]) -> Directory:
        return Directory(county_of(by))

    def lock(self, finder: Directory) -> None:
        Region.objects.select_for_update(no_key=True).get(pk=finder.county.pk)

    def may_remember(self, by: Any) -> bool:
        return may_teach(by)

    def remember(self, alias: str, target: Any, finder: Directory, *, by: Any) -> None:
        learn_alias(county=finder.county, alias=alias, target=target, by=by)

    def terms(self, *, by: Any) -> Terms:
        return words_of(by, self.name)

    def defaults(self, found: LedgerSheet, finder: Directory) -> dict[str, str]:
        """A list without such a column is that of the company in its title."""
        company = company_of(found)
        return {"company": company} if finder.company(company) else {}

    def offered(self, *, by: Any) -> dict[str, Sequence[str]]:
        companies = Unit.objects.visible_to(by).filter(kind=UnitKind.HEATING_COMPANY, is_active=True)
        townships = Region.objects.visible_to(by).filter(level=RegionLevel.TOWNSHIP)
        return {
            "company": [*companies.order_by("name").values_list("name", flat=True)],
            "township": [*townships.order_by("code").values_list("name", flat=True)],
        }

    def problems_of(self, values: Mapping[str, Any], *, by: Any) -> Mapping[str, str]:
        latitude, longitude = values["latitude"], values["longitude"]
        if (latitude is None) == (longitude is None):
            return {}
        return {"latitude" if latitude is None else "longitude": HALF_A_PLACE}

    def record_export(self, *, by: Any, note: str) -> None:
        record(actor=by, action=f"导出{self}", note=note)

    def about(self, look: Look, *, with_subtotals: bool) -> Sequence[tuple[str, str]]:
        return [("小计、合计", "小计按供热企业，合计是表中各行之和。")] if with_subtotals else []


class CommunityLedger(PlaceKind):
    ledger, model, filters = COMMUNITIES, Community, CommunityFilter
    noun, measure = "小区", "个"
    urls, file_stem = "facilities:community_", "供热小区台账"
    key, letters = ("name",), "XQ"
    links = {"company": Directory.company, "township": Directory.township, "station": Directory.station}
    remembered = frozenset({"company", "station"})
    subtotals = Subtotals(by="company", sums=("households", "heated_area_m2"), nobody="未明确供热企业", unit="个")

    def item_url(self, pk: int) -> str:
        return reverse("facilities:community_detail", args=[pk])

    def list_url(self) -> str:
        return reverse("facilities:community_list")

    def known(self, finder: Directory) -> QuerySet[Community]:
        return Community.objects.filter(county=finder.county)

    def visible(self, by: Any) -> QuerySet[Community]:
        return Community.objects.visible_to(by)

    def create(self, lots: Sequence[dict[str, Any]], finder: Directory, *, by: Any) -> list[Community]:
        return services.create_communities(by=by, county=finder.county, lots=lots)

    def called_otherwise(self, values: Mapping[str, Any], finder: Directory) -> Community | None:
        return finder.community(values["name"]) if values.get("name") else None

    def change(self, record: Community, values: dict[str, Any], *, by: Any) -> None:
        services.change_community(record, by=by, **values)

    def offered(self, *, by: Any) -> dict[str, Sequence[str]]:
        stations = Facility.objects.visible_to(by).filter(kind=FacilityKind.STATION, is_active=True)
        names = stations.order_by("name").values_list("name", flat=True).distinct()
        return super().offered(by=by) | {"station": list(names[:MOST_OFFERED])}

    def example(self, offered: Mapping[str, Sequence[str]]) -> Mapping[str, Any]:
        return {
            "sequence": 1, "name": "幸福小区", "company": next(iter(offered["company"]), ""), "households": 420,
            "township": next(iter(offered["township"]), ""), "heated_area_m2": 38500, "built_year": 2005,
            "address": "幸福路 12 号", "station": next(iter(offered["station"]), ""),
        }  # fmt: skip


class FacilityLedger(PlaceKind):
    ledger, model, filters = FACILITIES, Facility, FacilityFilter
    noun, measure = "设施", "处"
    urls, file_stem = "facilities:facility_", "供热设施台账"
    key, letters = ("company", "kind", "name"), "SS"
    links = {"company": Directory.company, "community": Directory.community, "township": Directory.township}
    remembered = frozenset({"company", "community"})
    subtotals = Subtotals(
        by="company",
        counts=(Count("共"), Count("在用", "is_active", bool), Count("停用", "is_active", lambda value: not value)),
        nobody="未明确供热企业",
        unit="处",
    )

    def item_url(self, pk: int) -> str:
        return reverse("facilities:facility_detail", args=[pk])

    def list_url(self) -> str:
        return reverse("facilities:facility_list")

    def vocabulary(self) -> Vocabulary:
        kinds = {str(value): str(label) for value, label in FacilityKind.choices}
        return Vocabulary(self.ledger, values={"kind": kinds})

    def defaults(self, found: LedgerSheet, finder: Directory) -> dict[str, str]:
        """A list of stations need not say of each that it is one."""
        kind = read_choice(found.title, FACILITY_KIND_WORDS).value
        return super().defaults(found, finder) | ({"kind": str(kind.label)} if kind else {})

    def known(self, finder: Directory) -> QuerySet[Facility]:
        return Facility.objects.filter(county=finder.county)

    def visible(self, by: Any) -> QuerySet[Facility]:
        return Facility.objects.visible_to(by)

    def create(self, lots: Sequence[dict[str, Any]], finder: Directory, *, by: Any) -> list[Facility]:
        for values in lots:
            if (community := values.get("community")) and community.township:
                values.setdefault("township", community.township)
        return services.create_facilities(by=by, county=finder.county, lots=lots)

    def change(self, record: Facility, values: dict[str, Any], *, by: Any) -> None:
        services.change_facility(record, by=by, **values)

    def offered(self, *, by: Any) -> dict[str, Sequence[str]]:
        communities = Community.objects.visible_to(by).order_by("name").values_list("name", flat=True)
        return super().offered(by=by) | {"community": list(communities[:MOST_OFFERED])}

    def example(self, offered: Mapping[str, Sequence[str]]) -> Mapping[str, Any]:
        return {
            "sequence": 1, "name": "幸福小区换热站", "kind": FacilityKind.STATION,
            "company": next(iter(offered["company"]), ""), "community": next(iter(offered["community"]), ""),
            "installed_year": 2012, "material": "", "is_active": True,
        }  # fmt: skip
