"""Every address × every role: who may, who gets 403, and that another unit's or county's row is 404 for everybody.

The table names every address of the site; an address that is not in it fails the suite.
"""

import contextlib
import datetime as dt
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.roles import (
    ADMIN,
    ALL_ROLES,
    BUREAU_ROLES,
    COMPANY_ADMIN,
    COMPANY_CLERK,
    COMPANY_ROLES,
    DEVELOPMENT,
    HOTLINE,
    INSPECTOR,
    TOWNSHIP,
)
from audit.services import record
from coal.models import CoverGap, ProgressLine
from common.jobs.models import Job
from common.spreadsheets.models import ImportBatch, ImportPhoto, ImportRow, LedgerTerm
from common.uploads import inspect_upload
from complaints import workflow
from complaints.models import Cluster, Limit, OrderFile
from complaints.occasions import OCCASION, label_of
from complaints.services import build_order, register
from facilities.models import NameAlias
from inspections.models import Attachment, HazardOccasion
from notifications.models import Message
from tests.cast import Cast
from tests.coal_factories import (
    a_scan,
    make_batch,
    make_coal_free,
    make_contract,
    make_estimate,
    make_fund,
    make_target,
)
from tests.factories import DailyReportFactory, HazardFactory, MovementFactory, YardFactory
from tests.pictures import photo as picture
from tests.yard_checks import make_check

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]

PART = 12
Roles = tuple[str, ...]
REGISTER: Roles = (*BUREAU_ROLES, *COMPANY_ROLES, TOWNSHIP, HOTLINE)
IMPORT: Roles = (*BUREAU_ROLES, *COMPANY_ROLES)
DESK: Roles = (*BUREAU_ROLES, HOTLINE)
# Who sees the order of 城源热力: all but the clerk of another company.
ORDER: Roles = tuple(role for role in ALL_ROLES if role != COMPANY_CLERK)
PROGRESS: Roles = (*BUREAU_ROLES, DEVELOPMENT)
YARDS: Roles = (ADMIN, *COMPANY_ROLES)
# Who sees the coal of 城源热力: neither the clerk of another company nor a township.
COAL: Roles = tuple(role for role in ALL_ROLES if role not in (COMPANY_CLERK, TOWNSHIP))
# Who corrects the contracts and reports of 城源热力.
CORRECTORS: Roles = (*BUREAU_ROLES, DEVELOPMENT, COMPANY_ADMIN)
# For whoever looks after all counties: no role of one county of several.
NO_COUNTY: Roles = ()
DELETED = {"term", "alias", "calendar day", "limit"}
# What the whole site has in common belongs to no county.
COMMON = {"limit", "policy", "policy kind", "calendar day", "calendar year"}
FINE = {200, 302, 400, 405, 409, 422}


@dataclass(frozen=True)
class Rule:
    """`needs`: which row the address names; None for none. `roles`: who may. `post`: asked with POST, with `data`."""

    roles: Roles
    needs: str | None = None
    post: bool = False
    data: tuple[tuple[str, str], ...] = ()


def _of_ledger(prefix: str, kind: str, *, imports: Roles, exports: Roles) -> dict[str, Rule]:
    """The pages that every kind of ledger has. A batch is its uploader's alone."""
    batch, row = f"{kind} batch", f"{kind} row"
    rules = {
        "export": Rule(exports),
        "template": Rule(imports),
        "import_list": Rule(imports),
        "import_batch": Rule((ADMIN,), batch),
        "import_layout": Rule((ADMIN,), batch),
        "import_recheck": Rule((ADMIN,), batch, post=True),
        "import_update": Rule((ADMIN,), batch, post=True),
        "import_run": Rule((ADMIN,), batch, post=True),
        "import_marked": Rule((ADMIN,), batch),
        "import_settle": Rule((ADMIN,), row, post=True),
        "import_dismiss": Rule((ADMIN,), row, post=True),
    }
    return {f"{prefix}{name}": rule for name, rule in rules.items()}


# Addresses for everybody, signed in or not.
OPEN = {"accounts:login", "healthz", "readyz"}

TABLE: dict[str, Rule] = {
    "list-columns": Rule(ALL_ROLES, "table", post=True),
    "dashboard:overview": Rule(ALL_ROLES),
    "dashboard:todo": Rule(ALL_ROLES),
    "dashboard:search": Rule(ALL_ROLES),
    "inspections:hazard_list": Rule(ALL_ROLES),
    "inspections:hazard_counts": Rule(ALL_ROLES),
    "inspections:hazard_bulk": Rule(BUREAU_ROLES, post=True, data=(("move", "remind"),)),
    **_of_ledger("inspections:hazard_", "hazards", imports=IMPORT, exports=ALL_ROLES),
    **_of_ledger("facilities:community_", "communities", imports=BUREAU_ROLES, exports=ALL_ROLES),
    **_of_ledger("facilities:facility_", "facilities", imports=BUREAU_ROLES, exports=ALL_ROLES),
    **_of_ledger("facilities:season_company_", "season_companies", imports=DESK, exports=ALL_ROLES),
    "inspections:hazard_create": Rule(REGISTER),
    "inspections:hazard_detail": Rule(ALL_ROLES, "hazard"),
    "inspections:hazard_edit": Rule(BUREAU_ROLES, "hazard"),
    "inspections:hazard_remind": Rule(BUREAU_ROLES, "hazard", post=True),
    "inspections:hazard_attach": Rule(IMPORT, "hazard", post=True),
    "inspections:hazard_move": Rule((COMPANY_ADMIN,), "move"),
    "inspections:attachment_file": Rule(ALL_ROLES, "attachment"),
    "inspections:attachment_thumbnail": Rule(ALL_ROLES, "attachment"),
    "inspections:hazard_import_photos": Rule((ADMIN,), "hazards batch"),
    "inspections:hazard_import_photo_stages": Rule((ADMIN,), "hazards batch", post=True),
    "inspections:hazard_import_photo": Rule((ADMIN,), "photo", post=True),
    "complaints:hazard_callers": Rule((*BUREAU_ROLES, HOTLINE), "hazard with callers"),
    "facilities:facility_list": Rule(ALL_ROLES),
    "facilities:facility_create": Rule(BUREAU_ROLES),
    "facilities:facility_detail": Rule(tuple(set(ALL_ROLES) - {COMPANY_CLERK}), "facility"),
    "facilities:facility_edit": Rule(BUREAU_ROLES, "facility"),
    "facilities:facility_switch": Rule(BUREAU_ROLES, "facility", post=True),
    "facilities:community_list": Rule(ALL_ROLES),
    "facilities:community_create": Rule(BUREAU_ROLES),
    "facilities:community_detail": Rule(tuple(set(ALL_ROLES) - {COMPANY_CLERK}), "community"),
    "facilities:community_edit": Rule(BUREAU_ROLES, "community"),
    "facilities:season_switch": Rule(ALL_ROLES, "own season", post=True),
    "facilities:season_list": Rule((ADMIN,)),
    "facilities:season_create": Rule((ADMIN,)),
    "facilities:season_edit": Rule((ADMIN,), "season"),
    "facilities:season_companies": Rule(DESK, "season"),
    "accounts:logout": Rule(ALL_ROLES, post=True),
    "accounts:password_change": Rule(ALL_ROLES),
    "accounts:profile": Rule(ALL_ROLES),
    "accounts:unit_list": Rule((ADMIN,)),
    "accounts:unit_create": Rule((ADMIN,)),
    "accounts:unit_edit": Rule((ADMIN,), "unit"),
    "accounts:unit_switch": Rule((ADMIN,), "unit"),
    "accounts:user_list": Rule((ADMIN, COMPANY_ADMIN)),
    "accounts:user_create": Rule((ADMIN, COMPANY_ADMIN)),
    "accounts:user_edit": Rule((ADMIN, COMPANY_ADMIN), "user"),
    "accounts:user_reset": Rule((ADMIN, COMPANY_ADMIN), "user"),
    "accounts:user_switch": Rule((ADMIN, COMPANY_ADMIN), "user"),
    "accounts:region_list": Rule((ADMIN,)),
    "accounts:region_create": Rule((ADMIN,)),
    "accounts:region_edit": Rule((ADMIN,), "region"),
    "audit:list": Rule((ADMIN,)),
    "audit:export": Rule((ADMIN,)),
    "audit:entry": Rule((ADMIN,), "entry"),
    "notifications:inbox": Rule(ALL_ROLES),
    "notifications:read_all": Rule(ALL_ROLES, post=True),
    "notifications:failed": Rule((ADMIN,)),
    "notifications:failed_again": Rule((ADMIN,), post=True),
    "notifications:bundle": Rule((ADMIN,), "message"),
    "notifications:open": Rule((ADMIN,), "message"),
    "notifications:read": Rule((ADMIN,), "message", post=True),
    "facilities:vocabulary": Rule(BUREAU_ROLES),
    "facilities:term_remove": Rule(BUREAU_ROLES, "term", post=True),
    "facilities:alias_forget": Rule(BUREAU_ROLES, "alias", post=True),
    "jobs:list": Rule(ALL_ROLES),
    "jobs:detail": Rule((ADMIN,), "job"),
    "jobs:file": Rule((ADMIN,), "job"),
    "complaints:order_list": Rule(ALL_ROLES),
    "complaints:order_counts": Rule(ALL_ROLES),
    "complaints:order_bulk": Rule(DESK, post=True, data=(("move", "accept"),)),
    "complaints:order_create": Rule((*DESK, TOWNSHIP)),
    "complaints:order_lookup": Rule((*DESK, TOWNSHIP)),
    "complaints:order_detail": Rule(ORDER, "order"),
    "complaints:order_edit": Rule(DESK, "order"),
    "complaints:order_caller": Rule((*DESK, COMPANY_ADMIN), "order", post=True),
    "complaints:order_move": Rule((COMPANY_ADMIN,), "order move"),
    "complaints:hazard_link": Rule(DESK, "order"),
    "complaints:hazard_unlink": Rule(DESK, "order hazard"),
    "complaints:file": Rule(ORDER, "order file"),
    "complaints:file_thumbnail": Rule(ORDER, "order file"),
    "complaints:limit_list": Rule((ADMIN,)),
    "complaints:limit_remove": Rule(NO_COUNTY, "limit", post=True),
    "coal:progress": Rule(ALL_ROLES),
    "coal:stock_sheet": Rule(ALL_ROLES),
    "coal:progress_day": Rule(COAL, "progress day"),
    **_of_ledger("coal:progress_", "coal", imports=PROGRESS, exports=ALL_ROLES),
    **_of_ledger("coal:temperature_", "temperatures", imports=(ADMIN, DEVELOPMENT), exports=ALL_ROLES),
    "coal:temperature_day": Rule((ADMIN, DEVELOPMENT)),
    "coal:weather": Rule(ALL_ROLES),
    "coal:parameters": Rule((ADMIN, DEVELOPMENT)),
    "coal:estimate_list": Rule(ALL_ROLES),
    "coal:estimate": Rule(COAL, "company season"),
    "coal:estimate_detail": Rule(COAL, "estimate"),
    "coal:cold_county": Rule(ALL_ROLES),
    "coal:cold_spell": Rule(COAL, "company season"),
    "coal:target_list": Rule(ALL_ROLES),
    "coal:target_sheet": Rule(ALL_ROLES),
    "coal:target_create": Rule((COMPANY_ADMIN,), "company season"),
    "coal:target_detail": Rule(COAL, "target"),
    "coal:target_edit": Rule((COMPANY_ADMIN,), "target"),
    "coal:target_move": Rule((COMPANY_ADMIN,), "target move"),
    "coal:coal_free_declare": Rule((DEVELOPMENT,), "coal company"),
    "coal:coal_free_take_back": Rule((DEVELOPMENT,), "coal free"),
    "coal:overview": Rule(ALL_ROLES),
    "coal:company": Rule(COAL, "company with coal"),
    "coal:contract_list": Rule(ALL_ROLES),
    "coal:contract_export": Rule(ALL_ROLES),
    "coal:contract_create": Rule(COMPANY_ROLES),
    "coal:contract_detail": Rule(COAL, "contract"),
    "coal:contract_edit": Rule(CORRECTORS, "contract"),
    "coal:contract_amend": Rule(CORRECTORS, "contract"),
    "coal:contract_void": Rule(CORRECTORS, "contract"),
    "coal:quality_list": Rule(ALL_ROLES),
    "coal:quality_export": Rule(ALL_ROLES),
    "coal:quality_create": Rule(COMPANY_ROLES),
    "coal:quality_detail": Rule(COAL, "quality batch"),
    "coal:quality_edit": Rule(CORRECTORS, "quality batch"),
    "coal:scan_file": Rule(COAL, "scan"),
    "coal:movement_list": Rule(ALL_ROLES),
    "coal:movement_export": Rule(ALL_ROLES),
    "coal:yard_list": Rule(ALL_ROLES),
    "coal:yard_create": Rule(YARDS),
    "coal:yard_detail": Rule(COAL, "yard"),
    "coal:yard_edit": Rule((ADMIN, COMPANY_ADMIN), "yard"),
    "coal:yard_switch": Rule((ADMIN, COMPANY_ADMIN), "yard", post=True),
    "coal:movement_enter": Rule((COMPANY_ADMIN,), "yard entry"),
    "coal:movement_detail": Rule(COAL, "movement"),
    "coal:movement_reverse": Rule((COMPANY_ADMIN,), "movement"),
    "coal:report_list": Rule(ALL_ROLES),
    "coal:report_file": Rule(COMPANY_ROLES),
    "coal:report_company": Rule(COAL, "company with coal"),
    "coal:report_day": Rule(COAL, "company day"),
    "coal:cover_gap": Rule(COAL, "cover gap"),
    "coal:report_detail": Rule(COAL, "report"),
    "coal:fund_list": Rule(ALL_ROLES),
    "coal:fund_sheet": Rule(ALL_ROLES),
    "coal:fund_company": Rule(COAL, "company season"),
    "coal:fund_need": Rule((COMPANY_ADMIN, DEVELOPMENT), "company season"),
    "coal:fund_enter": Rule((COMPANY_ADMIN, DEVELOPMENT), "fund kind"),
    "coal:fund_reverse": Rule((COMPANY_ADMIN, DEVELOPMENT), "fund entry"),
    "coal:check_list": Rule(ALL_ROLES),
    "coal:check_rules": Rule((ADMIN, DEVELOPMENT)),
    "coal:check_detail": Rule(COAL, "check"),
    "coal:check_correct": Rule((*BUREAU_ROLES, COMPANY_ADMIN), "check"),
    "coal:check_photo": Rule(COAL, "check photo"),
    "coal:check_thumbnail": Rule(COAL, "check photo"),
    "coal:check_record": Rule((*BUREAU_ROLES, COMPANY_ADMIN), "yard"),
    **_of_ledger("complaints:order_", "complaints", imports=DESK, exports=ALL_ROLES),
    "complaints:queue": Rule(DESK),
    "complaints:queue_decide": Rule(DESK, post=True),
    "complaints:paste": Rule((*DESK, TOWNSHIP)),
    "complaints:indicators": Rule(ALL_ROLES),
    "complaints:counting": Rule((ADMIN,)),
    "complaints:hot_spots": Rule(ALL_ROLES),
    "complaints:summary": Rule(ALL_ROLES),
    "complaints:summary_sheet": Rule(ALL_ROLES),
    "complaints:cluster_list": Rule(ALL_ROLES),
    "complaints:cluster_detail": Rule(tuple(set(ALL_ROLES) - {COMPANY_CLERK}), "cluster"),
    "complaints:cluster_notice": Rule((*BUREAU_ROLES, HOTLINE), "cluster"),
    "supervision:escalation_list": Rule(ALL_ROLES),
    "supervision:proposal_list": Rule(BUREAU_ROLES),
    "supervision:proposal_decide": Rule(BUREAU_ROLES, post=True, data=(("move", "approve"),)),
    "supervision:policy": Rule(ALL_ROLES),
    "supervision:policy_general": Rule(NO_COUNTY, "policy kind", post=True),
    "supervision:policy_new": Rule(NO_COUNTY, "policy kind"),
    "supervision:policy_edit": Rule(NO_COUNTY, "policy"),
    "supervision:policy_switch": Rule(NO_COUNTY, "policy", post=True),
    "supervision:calendar": Rule(ALL_ROLES),
    "supervision:calendar_take_back": Rule(NO_COUNTY, "calendar day", post=True),
    "supervision:calendar_fill": Rule(NO_COUNTY, "calendar year", post=True),
    "supervision:ladder": Rule(ALL_ROLES, "ladder"),
}
# Who sees the row but may not is 403; who does not see the row gets 404, whatever they may.
UNSEEN_BY: dict[str, Roles] = {
    **{
        f"{kind} {needed}": tuple(set(importers) - {ADMIN})
        for kind, importers in {
            "hazards": IMPORT,
            "communities": BUREAU_ROLES,
            "facilities": BUREAU_ROLES,
            "coal": PROGRESS,
            "temperatures": (ADMIN, DEVELOPMENT),
            "complaints": DESK,
            "season_companies": DESK,
        }.items()
        for needed in ("batch", "row")
    },
    "photo": tuple(set(IMPORT) - {ADMIN}),
    **dict.fromkeys(("order", "order move", "order file", "order hazard"), (COMPANY_CLERK,)),
    "facility": (COMPANY_CLERK,),
    "community": (COMPANY_CLERK,),
    **dict.fromkeys(
        ("yard", "yard entry", "movement", "company with coal", "report", "company day", "cover gap"),
        (COMPANY_CLERK, TOWNSHIP),
    ),
    **dict.fromkeys(("yard", "company season", "estimate", "target", "target move"), (COMPANY_CLERK, TOWNSHIP)),
    **dict.fromkeys(("progress day", "check", "check photo", "fund kind", "fund entry"), (COMPANY_CLERK, TOWNSHIP)),
    **dict.fromkeys(("progress day", "contract", "quality batch", "scan"), (COMPANY_CLERK, TOWNSHIP)),
    "progress day": (COMPANY_CLERK, TOWNSHIP),
    "cluster": (COMPANY_CLERK,),
    "message": tuple(set(ALL_ROLES) - {ADMIN}),
    "job": tuple(set(ALL_ROLES) - {ADMIN}),
}


def addresses(resolver: URLResolver | None = None, namespace: str = "") -> Iterator[str]:
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield f"{namespace}{pattern.name}"


@dataclass(frozen=True)
class Rows:
    """Arguments of an address by the kind of row: `own` is everybody's of 临岭县, `foreign` another county's."""

    own: dict[str | None, dict[str, Any]]
    foreign: dict[str, dict[str, Any]]


def _attachment(hazard: Any) -> Attachment:
    attachment = Attachment(
        hazard=hazard, round=1, stage="before", original_name="照片.jpg", content_type="image/jpeg", is_photo=True,
        size_bytes=3, sha256="0" * 64,
    )  # fmt: skip
    attachment.file.save("a.jpg", ContentFile(b"abc"), save=False)
    attachment.thumbnail.save("b.jpg", ContentFile(b"abc"), save=False)
    attachment.save()
    return attachment


def _of(who: Any, hazard: Any, *, policy: int, **rows: Any) -> dict[str, dict[str, Any]]:
    batches = {
        kind: ImportBatch.objects.create(
            kind=kind, owner=who, filename="a.xlsx", sha256="0", context={"season": hazard.season_id}, head={}
        )
        for kind in ("hazards", "communities", "facilities", "coal", "temperatures", "complaints", "season_companies")
    }
    for batch in batches.values():
        ImportRow.objects.create(batch=batch, row=4, pile="waits", fields={}, raw={})
    batch = batches["hazards"]
    photo = ImportPhoto.objects.create(batch=batch, original_name="1.jpg", file="a.jpg", sha256="0")
    entry = record(actor=who, action="测试")
    message = Message.objects.create(recipient=who, key="k", subject="s", path="/")
    # Each county has its own day, which is not there for the other.
    told = ProgressLine.objects.create(
        county=hazard.county, company=hazard.lead_unit, reported_on=dt.date(2026, 7, 1 + hazard.pk % 28)
    )
    day = told.reported_on
    estimate = make_estimate(company=hazard.lead_unit, season=hazard.season, by=who)
    target = make_target(estimate)
    return {
        "company season": {"company": hazard.lead_unit_id, "season": hazard.season_id},
        "fund kind": {"company": hazard.lead_unit_id, "season": hazard.season_id, "kind": "loan"},
        "fund entry": {"pk": make_fund(company=hazard.lead_unit, season=hazard.season, by=who).pk},
        "estimate": {"pk": estimate.pk},
        "target": {"pk": target.pk},
        "target move": {"pk": target.pk, "move": "file"},
        "hazard": {"pk": hazard.pk},
        "hazard with callers": {"pk": _with_callers(hazard).pk},
        "progress day": {"year": day.year, "month": day.month, "day": day.day},
        "ladder": {"kind": "hazard", "pk": hazard.pk},
        "move": {"pk": hazard.pk, "move": "sign"},
        "attachment": {"pk": _attachment(hazard).pk},
        **{f"{kind} batch": {"pk": each.pk} for kind, each in batches.items()},
        **{f"{kind} row": {"pk": each.pk, "row": 4} for kind, each in batches.items()},
        "photo": {"pk": batch.pk, "photo": photo.pk},
        "entry": {"pk": entry.pk},
        "message": {"pk": message.pk},
        "term": {
            "pk": LedgerTerm.objects.create(
                kind="hazards", scope=hazard.county.code, role="head", meaning="grade", term="分级", added_by=who
            ).pk
        },
        "alias": {
            "pk": NameAlias.objects.create(
                county=hazard.county, key="甲", alias="甲", unit=hazard.lead_unit, learned_by=who
            ).pk
        },
        "job": {"pk": Job.objects.create(owner=who, kind="k", title="t", task="t").pk},
        **_complaints(hazard, rows["community"], who),
        **_coal(rows["unit"], who),
        "cluster": {"pk": _cluster(rows["community"]).pk},
        "policy": {"pk": policy},
        **{name: {"pk": row.pk} for name, row in rows.items()},
    }


def _with_callers(hazard: Any) -> Any:
    order = build_order(
        season=hazard.season, sequence=9_999, by=None, received_at="2026-07-01T00:00Z", category="leak", content="漏水"
    )
    order.save()
    HazardOccasion.objects.create(hazard=hazard, kind=OCCASION, item_id=order.pk, label=label_of(order))
    return hazard


def _gap(company: Any) -> Any:
    season = company.region.county.seasons.first()
    days = {"began_on": "2026-07-01", "due_on": "2026-07-04"}
    return CoverGap.objects.create(county=company.region.county, company=company, season=season, **days)


def _complaints(hazard: Any, community: Any, who: Any) -> dict[str, dict[str, Any]]:
    """An order that waits for its company's signature, and a file of it."""
    order = register(
        by=who, season=hazard.season, received_at=timezone.now(), source="phone", caller="王先生", phone="13812345678",
        category="attitude", content="反映服务态度问题", address="3号楼", community=community,
    )  # fmt: skip
    workflow.dispatch(order, by=who, company=hazard.lead_unit)
    HazardOccasion.objects.create(hazard=hazard, kind=OCCASION, item_id=order.pk, label=label_of(order))
    kept = OrderFile(
        order=order, round=1, original_name="照片.jpg", content_type="image/jpeg", is_photo=True, size_bytes=3,
        sha256="0" * 64, uploaded_by=who,
    )  # fmt: skip
    kept.file.save("c.jpg", ContentFile(b"abc"), save=False)
    kept.thumbnail.save("d.jpg", ContentFile(b"abc"), save=False)
    kept.save()
    return {
        "order": {"pk": order.pk},
        "order move": {"pk": order.pk, "move": "sign"},
        "order hazard": {"pk": order.pk, "hazard": hazard.pk},
        "order file": {"pk": kept.pk},
        "limit": {"pk": Limit.objects.get(stage="visit", category="leak").pk},
    }


def _coal(company: Any, who: Any) -> dict[str, dict[str, Any]]:
    yard = YardFactory(company=company)
    check = make_check(yard, by=who, uploads=[inspect_upload(io.BytesIO(picture()), filename="a.jpg")])
    contract = make_contract(company=company, by=who, uploads=[a_scan()])
    return {
        "check": {"pk": check.pk},
        "check photo": {"pk": check.photos.get().pk},
        "yard": {"pk": yard.pk},
        "yard entry": {"pk": yard.pk, "kind": "arrival"},
        "movement": {"pk": MovementFactory(yard=yard, entered_by=who).pk},
        "contract": {"pk": contract.pk},
        "quality batch": {"pk": make_batch(company=company, by=who).pk},
        "scan": {"pk": contract.scans.get().pk},
        "company with coal": {"pk": company.pk},
        "coal company": {"company": company.pk},
        "coal free": {"pk": make_coal_free(company=company, by=who).pk},
        "company day": {"pk": company.pk, "day": "2026-07-01"},
        "cover gap": {"pk": _gap(company).pk},
        "report": {"pk": DailyReportFactory(company=company, filed_by=who).pk},
    }


def _cluster(community: Any) -> Cluster:
    moment = dt.datetime(2026, 8, 2, tzinfo=dt.UTC)
    cluster = Cluster.objects.create(
        county=community.county, season=community.county.seasons.first(), community=community,
        started_at=moment, last_at=moment, window_hours=24, households=5, expected=0.2, chance=1e-6,
    )  # fmt: skip
    cluster.companies.add(community.company)
    cluster.townships.add(community.township)
    return cluster


@pytest.fixture
def rows(cast: Cast, summer: Any) -> Rows:
    from supervision.models import CalendarDay, Policy

    day = CalendarDay.objects.create(day="2026-08-06", source="own", is_workday=False, name="县运动会")
    foreign = cast.foreign
    policy = Policy.objects.order_by("pk").values_list("pk", flat=True)[0]
    hazard = HazardFactory(season=cast.season, lead_unit=cast.chengyuan, township=cast.town_a, status="issued")
    hazard.cooperating_units.add(cast.beiyuan)
    theirs = HazardFactory(season=foreign.season, lead_unit=foreign.company, township=foreign.township, status="issued")
    own: dict[str | None, dict[str, Any]] = {
        None: {},
        "table": {"table_name": "hazards"},
        "own season": {"pk": cast.season.pk},
        "calendar day": {"pk": day.pk},
        "calendar year": {"year": 2026},
        "policy kind": {"kind": "hazard"},
        **_of(
            cast.admin, hazard, policy=policy, facility=cast.station, community=cast.community, season=cast.season,
            unit=cast.chengyuan, user=cast.chengyuan_clerk, region=cast.town_b,
        ),
    }  # fmt: skip
    return Rows(
        own,
        {"own season": {"pk": foreign.season.pk}}
        | _of(
            foreign.admin, theirs, policy=policy, facility=foreign.station, community=foreign.community,
            season=foreign.season, unit=foreign.company, user=foreign.company_admin, region=foreign.township,
        ),
    )  # fmt: skip


def ask(client: Client, name: str, arguments: dict[str, Any]) -> int:
    rule = TABLE[name]
    if rule.needs == "own season":  # named in the form, not in the address
        return client.post(reverse(name), {"season": arguments["pk"]}).status_code
    address = reverse(name, kwargs=arguments or None)
    return (client.post(address, dict(rule.data)) if rule.post else client.get(address)).status_code


def test_the_table_names_every_address() -> None:
    assert set(addresses()) == set(TABLE) | OPEN


def parts(names: Iterable[str]) -> list[list[str]]:
    """So many addresses at a time: setting up a row of everything takes longer than to ask for a page."""
    ordered = sorted(names)
    return [ordered[n : n + PART] for n in range(0, len(ordered), PART)]


@contextlib.contextmanager
def undone(name: str) -> Iterator[None]:
    """What is asked for leaves nothing behind for the next address; an error says at which it was."""
    try:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
    except Exception as error:
        error.add_note(name)
        raise


@pytest.mark.parametrize("names", parts(TABLE), ids=lambda names: names[0])
def test_who_may(names: list[str], cast: Cast, client_as: Callable[[Any], Client], rows: Rows) -> None:
    wrong = {}
    for name in names:
        rule = TABLE[name]
        with undone(name):
            got = {role: ask(client_as(user), name, rows.own[rule.needs]) for role, user in cast.by_role.items()}
        for role, status in got.items():
            unseen = rule.needs in UNSEEN_BY and role in UNSEEN_BY[str(rule.needs)]
            if role in rule.roles:
                # Whoever deletes second finds it gone.
                wanted = FINE | ({404} if rule.needs in DELETED else set())
            else:
                wanted = {404, 403} if unseen else {403}
            if status not in wanted:
                wrong[name, role] = status
    assert not wrong


@pytest.mark.parametrize(
    "names", parts(name for name, rule in TABLE.items() if not rule.roles), ids=lambda names: names[0]
)
def test_what_all_counties_have_in_common_is_for_who_looks_after_them_all(
    names: list[str], cast: Cast, client_as: Callable[[Any], Client], rows: Rows
) -> None:
    city_admin = cast.city_admin
    for name in names:
        with undone(name):
            assert ask(client_as(city_admin), name, rows.own[TABLE[name].needs]) in FINE
            assert ask(client_as(cast.foreign.admin), name, rows.own[TABLE[name].needs]) == 403


@pytest.mark.parametrize(
    "names", parts(name for name, rule in TABLE.items() if rule.needs not in {None, "table", *COMMON}),
    ids=lambda names: names[0],
)  # fmt: skip
def test_another_countys_row_is_not_there(
    names: list[str], cast: Cast, client_as: Callable[[Any], Client], rows: Rows
) -> None:
    wrong = {}
    for name in names:
        rule = TABLE[name]
        arguments = rows.foreign[str(rule.needs)]
        with undone(name):
            if ADMIN in rule.roles:
                assert ask(client_as(cast.foreign.admin), name, arguments) in FINE, "there is one to be asked for"
            got = {role: ask(client_as(user), name, arguments) for role, user in cast.by_role.items()}
        # Whoever has the capability must be told nothing at all; the others may learn that they lack it.
        for role, status in got.items():
            if status != 404 and not (status == 403 and role not in rule.roles):
                wrong[name, role] = status
    assert not wrong


def test_without_signing_in_there_is_the_login_page(rows: Rows) -> None:
    for name, rule in TABLE.items():
        address = reverse(name, kwargs=None if rule.needs == "own season" else rows.own[rule.needs] or None)
        response = Client().post(address) if rule.post else Client().get(address)
        assert response.status_code == 302, name
        assert response["Location"].startswith("/accounts/login/"), name


def test_another_companys_hazard_is_not_there(cast: Cast, client_as: Callable[[Any], Client], summer: Any) -> None:
    hazard = HazardFactory(season=cast.season, lead_unit=cast.wanjia, township=cast.town_b, status="rectifying")
    address = reverse("inspections:hazard_detail", args=[hazard.pk])
    got = {role: client_as(user).get(address).status_code for role, user in cast.by_role.items()}
    assert {role for role, status in got.items() if status == 404} == {COMPANY_ADMIN, COMPANY_CLERK, TOWNSHIP}
    assert {status for role, status in got.items() if role not in (COMPANY_ADMIN, COMPANY_CLERK, TOWNSHIP)} == {200}
    assert INSPECTOR in got
    assert client_as(cast.wanjia_reader).get(address).status_code == 200
