"""Which company heats which community in a season, as the table in which the bureau receives it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse

from accounts.models import Region, Unit
from audit.services import record
from common import clock
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.heads import LedgerSheet
from common.spreadsheets.ledgers.differences import VERSION
from common.spreadsheets.ledgers.exporting import Chosen, Look
from common.spreadsheets.ledgers.forms import UploadForm
from common.spreadsheets.ledgers.record_columns import RECORD, SEQUENCE
from common.spreadsheets.ledgers.records import RecordKind
from common.spreadsheets.models import ImportBatch
from common.spreadsheets.subtotals import Subtotals
from common.spreadsheets.terms import Terms
from common.text import normalise
from facilities.directory import Directory
from facilities.ledger_kinds import MOST_OFFERED
from facilities.ledgers import SEASON_COMPANIES
from facilities.models import Community, Season, SeasonCompany
from facilities.season_companies import assign_company, communities_called
from facilities.selectors import current_season
from facilities.words import learn_alias, may_name, words_of

SAID, REGISTERED, NOBODY = "本季确定", "按小区登记", "没有登记企业"
# 2025-2026, 2025—26, 2025/2026 above the head of a table.
_NAMED = re.compile(r"(20\d\d)[-—–~至/](20)?(\d\d)(?!\d)")


class SeasonDirectory(Directory):
    """What a season's table names: the communities and companies of the season's county."""

    def __init__(self, season: Season) -> None:
        super().__init__(season.county)
        self.season = season


class SeasonUploadForm(UploadForm):
    season = forms.ModelChoiceField(
        label="采暖季", queryset=Season.objects.none(), empty_label=None,
        help_text="表里写的是哪个采暖季的供热企业。表头写着别的采暖季的，不会导入。",
    )  # fmt: skip

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seasons = Season.objects.visible_to(user).select_related("county")
        self.fields["season"].queryset = seasons  # type: ignore[attr-defined]
        self.initial.setdefault("season", seasons.containing(clock.today()).first())

    @property
    def context(self) -> dict[str, Any]:
        return {"season": self.cleaned_data["season"].pk}


def season_of(source: Any, wanted: Any) -> Season:
    """`wanted`: a season's pk or name; nothing: the one chosen in the top bar, or that today belongs to.

    Raises SpreadsheetError where there is none.
    """
    seasons = Season.objects.visible_to(getattr(source, "user", source)).select_related("county")
    if wanted:
        found = seasons.filter(**{"pk" if str(wanted).isdecimal() else "name": wanted}).first()
    elif isinstance(source, HttpRequest):
        found = current_season(source)
    else:
        found = seasons.containing(clock.today()).first() or seasons.first()
    if found is None:
        raise SpreadsheetError(f"没有采暖季“{wanted}”，请先建立" if wanted else "还没有采暖季，请住建管理员先建立")
    return found


class SeasonCompanyLedger(RecordKind):
    """A row that comes in says of a community which company heats it in the season, also where that is the one that the
    community names: it then holds whatever becomes of the community later. What goes out has all communities."""

    ledger, model = SEASON_COMPANIES, SeasonCompany
    noun, measure = "小区供热企业", "个"
    urls, file_stem = "facilities:season_company_", "小区供热企业一览表"
    key, letters, name_column = ("community",), "GR", "community"
    heading_column = "company"
    links = {"community": Directory.community, "company": Directory.company}
    remembered = frozenset({"community", "company"})
    import_permission = "facilities.assign_company"
    export_permission = "facilities.view_facility"
    subtotals = Subtotals(by="company", sums=("households", "heated_area_m2"), nobody=NOBODY, unit="个")
    import_notes = (
        "一行一个小区，写明这个采暖季由哪家企业供热；小区和企业要先在系统里。",
        "投诉按受理时间所在采暖季的企业派单，指标也按它算户数和面积；没有确定的，按小区登记的企业。",
    )

    @property
    def fields(self) -> Any:  # type: ignore[override]
        """The other columns only tell."""
        return tuple(self.ledger.by_name[name] for name in ("community", "company"))

    def item_url(self, pk: int) -> str:
        found = SeasonCompany.objects.filter(pk=pk).first()
        return reverse("facilities:community_detail", args=[found.community_id]) if found else self.list_url()

    def list_url(self) -> str:
        return reverse("facilities:community_list")

    # --- import ---

    def upload_form(self, *args: Any, user: Any) -> UploadForm:
        return SeasonUploadForm(*args, user=user)

    def command_context(self, *, by: Any, season: str, create_missing: bool) -> dict[str, Any]:
        if create_missing:
            raise SpreadsheetError(f"导入{self}时不建立小区和企业，请先建立")
        return {"season": season_of(by, season).pk}

    def about_batch(self, batch: ImportBatch) -> str:
        return f"{Season.objects.get(pk=batch.context['season']).name} 采暖季"

    def finder(self, *, by: Any, context: Mapping[str, Any]) -> SeasonDirectory:
        return SeasonDirectory(season_of(by, context["season"]))

    def lock(self, finder: SeasonDirectory) -> None:
        Region.objects.select_for_update(no_key=True).get(pk=finder.county.pk)

    def defaults(self, found: LedgerSheet, finder: SeasonDirectory) -> dict[str, str]:
        """Nothing; but another season's table is not read for this one."""
        named = _NAMED.search(normalise(found.title).replace(" ", ""))
        if named and f"{named[1]}-20{named[3]}" != finder.season.name:
            raise SpreadsheetError(
                f"表头写的是 {named[1]}-20{named[3]} 采暖季，选的是 {finder.season.name}，请核对后重新上传"
            )
        return {}

    def known(self, finder: SeasonDirectory) -> QuerySet[SeasonCompany]:
        return finder.season.companies.all()

    def visible(self, by: Any) -> QuerySet[SeasonCompany]:
        return SeasonCompany.objects.visible_to(by)

    @transaction.atomic
    def create(self, lots: Sequence[dict[str, Any]], finder: SeasonDirectory, *, by: Any) -> list[SeasonCompany]:
        by_company: dict[Unit, list[Community]] = {}
        for lot in lots:
            by_company.setdefault(lot["company"], []).append(lot["community"])
        for company, communities in by_company.items():
            assign_company(finder.season, communities, company, by=by)
        made = finder.season.companies.filter(community__in=[lot["community"] for lot in lots])
        by_community = {each.community_id: each for each in made.select_related("community")}
        return [by_community[lot["community"].pk] for lot in lots]

    def change(self, record: SeasonCompany, values: dict[str, Any], *, by: Any) -> None:
        """`values`: company. Whose row it is, is not changed: the number of another community's is a mistake."""
        if "community" in values:
            raise ValidationError(f"系统编号是 {record.community} 的，不能改成别的小区；请清空系统编号后重新导入")
        assign_company(record.season, [record.community], values["company"], by=by)

    def offered(self, *, by: Any) -> Mapping[str, Sequence[str]]:
        companies = Unit.objects.visible_to(by).companies().filter(is_active=True)
        communities = Community.objects.visible_to(by).order_by("name")
        return {
            "community": [*communities.values_list("name", flat=True)[:MOST_OFFERED]],
            "company": [*companies.order_by("name").values_list("name", flat=True)],
        }

    def may_remember(self, by: Any) -> bool:
        return may_name(by)

    def remember(self, alias: str, target: Any, finder: Directory, *, by: Any) -> None:
        learn_alias(county=finder.county, alias=alias, target=target, by=by)

    def terms(self, *, by: Any) -> Terms:
        return words_of(by, self.name)

    def registered(self, pks: Sequence[int]) -> str:
        return f"已确定 {len(pks)} 个小区本季的供热企业。"

    def example(self, offered: Mapping[str, Sequence[str]]) -> Mapping[str, Any]:
        return {
            "sequence": 1, "community": next(iter(offered["community"]), ""),
            "company": next(iter(offered["company"]), ""),
        }  # fmt: skip

    # --- export ---

    def columns_of(self, look: Look) -> Sequence[str]:
        shown = self.ledger.shown
        return [*(name for name in shown if name != SEQUENCE), RECORD, VERSION] if look == Look.PLAIN else shown

    def chosen(
        self, source: Any, *, query: str = "", pks: Sequence[int] | None = None, scope: Mapping[str, Any] | None = None
    ) -> Chosen:
        """The communities of a season (`season` in the query or the scope), those whose name has `q` in it."""
        asked = QueryDict(query)
        season = season_of(source, (scope or {}).get("season") or asked.get("season"))
        text = asked.get("q", "").strip()
        found = communities_called(season, getattr(source, "user", source), text)
        conditions = f"小区名称：{text}" if text else "没有筛选"
        return Chosen(found, conditions, scope=season, scope_json={"season": season.pk})

    def export_rows(self, chosen: Chosen, columns: Sequence[str], *, in_groups: bool) -> Iterator[Sequence[Any]]:
        communities = chosen.items.select_related("township")
        if in_groups:
            communities = communities.order_by(F("heated_by").asc(nulls_last=True), "name", "pk")
        said = {
            each.community_id: each
            for each in SeasonCompany.objects.filter(season=chosen.scope).select_related("community", "company")
        }
        units = Unit.objects.in_bulk({each.heated_by for each in communities if each.heated_by})
        for number, community in enumerate(communities, 1):
            row = _row(community, units.get(community.heated_by), said.get(community.pk), number)
            if record := said.get(community.pk):
                row |= {RECORD: self.number_of(record), VERSION: self.version_of(record)}
            yield [row.get(name, "") for name in columns]

    def export_title(self, chosen: Chosen, *, by: Any) -> str:
        return f"{chosen.scope.county}{chosen.scope.name} 采暖季小区供热企业一览表"

    def about_scope(self, chosen: Chosen) -> Sequence[tuple[str, str]]:
        return [("采暖季", chosen.scope.name)]

    def about(self, look: Look, *, with_subtotals: bool) -> Sequence[tuple[str, str]]:
        told = [("依据", f"“{SAID}”是为这个采暖季确定的企业；“{REGISTERED}”是没有另行确定，按小区登记的企业。")]
        return told + ([("小计、合计", "小计按本季供热企业，合计是表中各行之和。")] if with_subtotals else [])

    def record_export(self, *, by: Any, note: str) -> None:
        record(actor=by, action=f"导出{self}", note=note)


def _row(community: Community, company: Unit | None, said: SeasonCompany | None, number: int) -> dict[str, Any]:
    return {
        SEQUENCE: number, "community": community.name,
        "township": community.township.name if community.township else "", "company": company.name if company else "",
        "basis": SAID if said else REGISTERED if company else NOBODY, "households": community.households,
        "heated_area_m2": community.heated_area_m2,
    }  # fmt: skip
