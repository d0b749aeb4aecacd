"""The panels of a company's page, in their order: each a template and a function that gives what it shows.

PANELS is the list: a further panel is one line there. Its template is a part of a page (a `<section class="sheet">`);
its function is given the `CompanyPage` and returns the template's context (`perms` is there besides), or None where the
panel has nothing to say.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.http import HttpRequest

from accounts.models import Unit
from coal.charts import charts_of
from coal.check_selectors import last_checks_of
from coal.cover import Cover
from coal.demand_enums import MilestoneKind
from coal.demand_selectors import reach_of
from coal.funds import funds_of
from coal.models import DailyReport, Target, Yard
from coal.quality_selectors import quality_warnings_of
from coal.reports import due_at, is_due_of
from coal.standings import Standing
from coal.supply_selectors import contracts_of
from common import clock
from common.ui import quantity
from facilities.models import Season

FORTNIGHT = 14


@dataclass(frozen=True)
class CompanyPage:
    """What the panels are about, and who looks."""

    request: HttpRequest
    company: Unit
    season: Season
    standing: Standing

    @property
    def user(self) -> Any:
        return self.request.user

    @property
    def is_own(self) -> bool:
        """Whether it is the company's own people who look."""
        return bool(self.user.unit_id == self.company.pk)

    @cached_property
    def yards(self) -> list[Yard]:
        """One query."""
        return list(Yard.objects.filter(company=self.company))


@dataclass(frozen=True, slots=True)
class Panel:
    """`is_wide`: over both columns of the page."""

    template: str
    context: Callable[[CompanyPage], dict[str, Any] | None]
    is_wide: bool = False


def charts(page: CompanyPage) -> dict[str, Any] | None:
    found = charts_of([page.standing])
    return {"charts": found} if found else None


def yards(page: CompanyPage) -> dict[str, Any]:
    """What lies in each yard, how old its oldest coal is, and how long it alone would feed all the boilers."""
    standing, need = page.standing, page.standing.cover.need
    rows = []
    for yard in sorted(page.yards, key=lambda each: (not each.is_active, each.name)):
        stock = standing.stocks.get(yard.pk)
        if stock is None:
            continue
        rows.append({
            "yard": yard, "stock": stock, "fill_percent": stock.stock_t * 100 / yard.capacity_t,
            "oldest_age": (standing.day - stock.oldest_on).days if stock.oldest_on else None,
            "cover": Cover(stock.stock_t, need),
        })  # fmt: skip
    return {"rows": rows, "stock": standing.stock, "day": standing.day, "cover": standing.cover, "is_own": page.is_own}


def targets(page: CompanyPage) -> dict[str, Any]:
    """The target with its milestones and every revision of it. One query."""
    standing = page.standing
    revisions = Target.objects.filter(company=page.company, season=page.season).order_by("-revision")
    in_force = standing.basis.in_force
    known = {
        MilestoneKind.ARRIVED: standing.supply,
        MilestoneKind.CONTRACTED: standing.signed,
    }
    steps = [
        {"step": step, "reach": reach_of(step, known[MilestoneKind(step.kind)], standing.day)
         if step.kind in known else None}
        for step in (in_force.milestones if in_force else [])
    ]  # fmt: skip
    may_propose = page.is_own and page.user.has_perm("coal.propose_target")
    return {
        "target": standing.target, "standing": standing, "steps": steps, "revisions": list(revisions),
        "company": page.company, "season": page.season, "may_propose": may_propose,
    }  # fmt: skip


def reports(page: CompanyPage) -> dict[str, Any]:
    """The last fortnight's reports, filed and missing, and how many of the season there are. Two queries."""
    season, today = page.season, clock.today()
    last = min(today - dt.timedelta(1), season.heating_end_on)
    days = [last - dt.timedelta(number) for number in range(FORTNIGHT)]
    known = DailyReport.objects.filter(company=page.company, day__range=(days[-1], last)).current()
    by_day = {report.day: report for report in known.select_related("filed_by")}
    opened_on = page.standing.keeper.opened_on
    rows = [
        {"day": day, "report": by_day.get(day), "is_late": clock.now() >= due_at(day),
         "is_owed": is_due_of(season, day) and opened_on is not None and opened_on <= day}
        for day in days
    ]  # fmt: skip
    of_season = DailyReport.objects.filter(company=page.company, day__range=(season.trial_run_on, last))
    return {
        "rows": [row for row in rows if row["report"] or row["is_owed"]], "company": page.company,
        "filed": of_season.values("day").distinct().count(), "owed": _owed(season, opened_on, last),
        "may_file": page.is_own and page.user.has_perm("coal.file_report"), "trial_run_on": season.trial_run_on,
    }  # fmt: skip


def _owed(season: Season, opened_on: dt.date | None, last: dt.date) -> int:
    """Of how many days up to `last` the season's reports are owed."""
    if opened_on is None:
        return 0
    return max(0, (last - max(season.trial_run_on, opened_on)).days + 1)


def facts(page: CompanyPage) -> dict[str, Any]:
    company, need = page.company, page.standing.basis.day_need
    active = [yard for yard in page.yards if yard.is_active]
    capacity_t = sum((yard.capacity_t for yard in active), Decimal(0))
    burn = f"平均日 {quantity(need.mean_t)} t，极寒日 {quantity(need.coldest_t)} t" if need.mean_t else ""
    person = "，".join(filter(None, (company.contact, company.phone)))
    return {
        "facts": [
            ("供热企业", company.name),
            ("联系人", person),
            ("测算日耗", burn),
            ("日耗的依据", need.basis or "还没有测算"),
            ("在用煤场", f"{len(active)} 个，设计库容共 {quantity(capacity_t)} t" if active else "还没有登记"),
            ("本季已耗用", f"{quantity(page.standing.used_t)} t"),
        ],
        "company": company, "season": page.season,
    }  # fmt: skip


def contracts(page: CompanyPage) -> dict[str, Any]:
    """What it has bought for the season and what has come of it. Three queries."""
    return {"contracts": contracts_of(page.company, page.season), "season": page.season}


def quality(page: CompanyPage) -> dict[str, Any] | None:
    """Coal that is worse than was agreed. One query."""
    warnings = quality_warnings_of(page.company, page.season)
    return {"warnings": warnings, "season": page.season} if warnings else None


def checks(page: CompanyPage) -> dict[str, Any]:
    """How its yards were found when they were last checked. Three queries."""
    return {"checks": last_checks_of(page.company)}


def funds(page: CompanyPage) -> dict[str, Any]:
    """Three queries."""
    return {"funds": funds_of(page.company, page.season)}


PANELS: tuple[Panel, ...] = (
    Panel("coal/parts/company_charts.html", charts, is_wide=True),
    Panel("coal/parts/company_yards.html", yards, is_wide=True),
    Panel("coal/parts/company_targets.html", targets),
    Panel("coal/_funds_panel.html", funds),
    Panel("coal/_contracts_panel.html", contracts, is_wide=True),
    Panel("coal/_quality_panel.html", quality, is_wide=True),
    Panel("coal/parts/company_reports.html", reports),
    Panel("coal/_checks_panel.html", checks),
    Panel("coal/parts/company_facts.html", facts, is_wide=True),
)
