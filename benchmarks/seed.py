"""Fill the ledger with as many hazards as a benchmark wants, in seconds: one INSERT … SELECT over a small vocabulary.

    DATABASE_URL=… python benchmarks/seed.py --rows 1000000

The database is migrated if it is not yet, and must hold no hazards. Two seasons of half the rows each, eight
companies, twenty townships; 惠民供热中心 has exactly 5 000 hazards of the present season to its name (an eighth of
all if there are fewer), every sixth only as a cooperating unit. Users: `bureau`, `company` (of 惠民供热中心),
`township`. The same size gives the same rows on PostgreSQL and on SQLite, apart from today's date.
"""

# ruff: noqa: E402 - Django is set up before what needs it is imported

import argparse
import datetime as dt
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "heating.settings")

import django

django.setup()

from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection, transaction

from accounts import roles
from accounts.enums import RegionLevel, UnitKind
from accounts.models import Region, Unit, User
from benchmarks import vocabulary
from common import clock
from common.search_terms import search_index
from common.text import bigram_stream
from facilities.models import Community, Season
from inspections.models import Hazard

OWN_HAZARDS = 5_000
# Two prime numbers for each column: (row × the first) modulo the second spreads the rows without a pattern that two
# columns would share.
SPREAD = {
    "point": (7919, 104729), "finding": (6151, 99991), "person": (5381, 10007), "status": (4241, 100003),
    "grade": (3571, 10009), "urgency": (2971, 10037), "source": (2593, 10039), "lead": (2161, 10061),
    "found": (1783, 10067), "due": (1459, 10069), "coop": (1151, 10079), "supervisor": (887, 10091),
}  # fmt: skip


@dataclass
class County:
    region: Region
    townships: list[Region]
    companies: list[Unit]
    bureau_users: list[User]
    seasons: list[Season]  # last, present
    communities: list[Community]


def spread(column: str, into: int) -> str:
    """SQL: a number from 0 to `into` − 1 for row `n.i`."""
    factor, prime = SPREAD[column]
    return f"(((n.i * {factor}) % {prime}) % {into})"


def choose(column: str, shares: list[tuple[str, int]]) -> str:
    """SQL: one of the texts, each by its share of the total."""
    total = sum(share for _, share in shares)
    position, arms, reached = spread(column, total), [], 0
    for text, share in shares:
        reached += share
        arms.append(f"WHEN {position} < {reached} THEN '{text}'")
    return f"CASE {' '.join(arms)} END"


def day(start: dt.date, days: str) -> str:
    """SQL: the date that many days after `start`."""
    if connection.vendor == "postgresql":
        return f"(DATE '{start}' + ({days})::int)"
    return f"date('{start}', '+' || ({days}) || ' days')"


def moment(date: str) -> str:
    """SQL: nine in the morning (Shanghai) of a date."""
    return (
        f"({date} + TIME '01:00') AT TIME ZONE 'UTC'" if connection.vendor == "postgresql" else f"{date} || ' 01:00:00'"
    )


def since(*but: str) -> str:
    """SQL: a moment that every hazard has but those in these statuses."""
    statuses = ", ".join(f"'{status}'" for status in but)
    return f"CASE WHEN r.status IN ({statuses}) THEN NULL ELSE {moment('r.found')} END"


def number_stream() -> str:
    """SQL: the bigram stream of the number; numbers have 12 to 14 characters."""
    parts = ["lower(substr(r.number, 1, 2))"]
    parts += [f"' ' || lower(substr(r.number, {i}, 2))" for i in range(2, 12)]
    parts += [f"CASE WHEN length(r.number) > {i} THEN ' ' || substr(r.number, {i}, 2) ELSE '' END" for i in (12, 13)]
    return " || ".join(parts)


def make_county() -> County:
    region = Region.objects.create(code="130199", name="临岭县", level=RegionLevel.COUNTY)
    townships = [
        Region.objects.create(code=f"130199{100 + i}", name=name, level=RegionLevel.TOWNSHIP, parent=region)
        for i, name in enumerate(vocabulary.TOWNSHIPS)
    ]
    bureau = Unit.objects.create(name="临岭县住房和城乡建设局", kind=UnitKind.HOUSING_BUREAU, region=region)
    companies = [
        Unit.objects.create(name=name, kind=UnitKind.HEATING_COMPANY, region=region) for name in vocabulary.COMPANIES
    ]
    township_unit = Unit.objects.create(name="城关镇人民政府", kind=UnitKind.TOWNSHIP, region=townships[0])
    company = companies[vocabulary.OWN_COMPANY]
    users = [
        make_user("bureau", bureau, roles.ADMIN),
        *[make_user(f"inspector{i}", bureau, roles.INSPECTOR) for i in range(4)],
        make_user("company", company, roles.COMPANY_ADMIN),
        make_user("township", township_unit, roles.TOWNSHIP),
    ]
    today = clock.today()
    year = today.year if today >= dt.date(today.year, 3, 16) else today.year - 1
    seasons = [make_season(region, year - 1), make_season(region, year)]
    communities = Community.objects.bulk_create(
        Community(county=region, name=name, township=townships[i % 20], company=companies[i % 8])
        for i, name in enumerate(vocabulary.communities())
    )
    return County(region, townships, companies, users[:5], seasons, communities)


def make_user(username: str, unit: Unit, role: str) -> User:
    user = User.objects.create(username=username, full_name=username, unit=unit, must_change_password=False)
    user.groups.add(Group.objects.get(name=role))
    return user


def make_season(region: Region, year: int) -> Season:
    return Season.objects.create(
        county=region,
        name=f"{year}-{year + 1}",
        summer_start_on=dt.date(year, 3, 16),
        trial_run_on=dt.date(year, 10, 31),
        heating_start_on=dt.date(year, 11, 15),
        heating_end_on=dt.date(year + 1, 3, 15),
    )


def load_vocabulary(cursor: Any, county: County) -> dict[str, int]:
    """Temporary tables of points, findings and people with their bigram streams; how many of each."""
    streams = {
        "point": [
            (i, text, county.communities[c].pk, county.communities[c].township_id, bigram_stream(text))
            for i, (c, text) in enumerate(vocabulary.points([community.name for community in county.communities]))
        ],
        "finding": [
            (i, text, kind, category, bigram_stream(text))
            for i, (text, kind, category) in enumerate(vocabulary.findings())
        ],
        "person": [
            (i, name, f"1380000{i:04d}", "", bigram_stream(name, f"1380000{i:04d}"))
            for i, name in enumerate(vocabulary.people())
        ],
    }
    columns = {"point": "community_id bigint, township_id bigint", "finding": "kind text, category text",
               "person": "phone text, spare text"}  # fmt: skip
    for name, rows in streams.items():
        cursor.execute(f"CREATE TEMPORARY TABLE v_{name} (k integer PRIMARY KEY, t text, {columns[name]}, stream text)")
        cursor.executemany(f"INSERT INTO v_{name} VALUES (%s, %s, %s, %s, %s)", rows)
    return {name: len(rows) for name, rows in streams.items()}


def rows_sql(rows: int) -> str:
    """SQL: the numbers 1 … rows as column `i`."""
    if connection.vendor == "postgresql":
        return f"SELECT i::bigint FROM generate_series(1, {rows}) AS g(i)"
    return f"WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < {rows}) SELECT i FROM c"


def hazards_sql(county: County, rows: int, sizes: dict[str, int]) -> str:
    """The INSERT … SELECT of every hazard. Row i ≤ half is of last season, the others are of this one."""
    half = rows // 2
    own = own_count(rows)
    step = (rows - half) // own
    last, present = county.seasons
    others = [unit.pk for i, unit in enumerate(county.companies) if i != vocabulary.OWN_COMPANY]
    lead_arms = " ".join(f"WHEN {spread('lead', len(others))} = {i} THEN {pk}" for i, pk in enumerate(others))
    is_own = f"n.i > {half} AND (n.i - {half} - 1) % {step} = 0 AND (n.i - {half} - 1) / {step} < {own}"
    leads_own = f"({is_own}) AND ((n.i - {half} - 1) / {step}) % 6 <> 5"
    lead = f"CASE WHEN {leads_own} THEN {county.companies[vocabulary.OWN_COMPANY].pk} ELSE CASE {lead_arms} END END"
    supervisors = " ".join(
        f"WHEN {spread('supervisor', 4)} = {i} THEN {user.pk}" for i, user in enumerate(county.bureau_users[1:])
    )
    old_status = choose("status", [("closed", 94), ("void", 3), ("rectifying", 3)])
    new_status = choose(
        "status",
        [("pending", 15), ("issued", 12), ("rectifying", 38), ("awaiting_acceptance", 8), ("closed", 24), ("void", 3)],
    )
    season_days = max((clock.today() - present.summer_start_on).days, 1)
    found_days = f"({spread('found', 9_973)} % {min(season_days, 300)})"
    due_days = f"({spread('due', 9_967)} % 75 + 5 + {found_days})"

    def of_season(days: str) -> str:
        first, second = (day(season.summer_start_on, days) for season in county.seasons)
        return f"CASE WHEN n.i <= {half} THEN {first} ELSE {second} END"

    found, due = of_season(found_days), of_season(due_days)
    columns = {
        "id": "r.i",
        "county_id": str(county.region.pk),
        "season_id": f"CASE WHEN r.i <= {half} THEN {last.pk} ELSE {present.pk} END",
        "sequence": "r.sequence",
        "number": "r.number",
        "status": "r.status",
        "status_since": moment("r.found"),
        "version": "0",
        "round": "1",
        "problem_point": "p.t",
        "description": "f.t",
        "facility_kind": "f.kind",
        "category": "f.category",
        "grade": "r.grade",
        "urgency": "r.urgency",
        "source": "r.source",
        "cause": "''",
        "found_on": "r.found",
        "lead_unit_id": "r.lead",
        "responsible_person": "h.t",
        "responsible_phone": "h.phone",
        "supervisor_id": "r.supervisor",
        "township_id": "p.township_id",
        "due_on": "r.due",
        "original_due_on": "r.due",
        "late_due_reason": "''",
        "acceptance_standard": "'打压 0.8 MPa 稳压 30 分钟无渗漏'",
        "measure": "CASE WHEN r.status IN ('pending', 'issued') THEN '' ELSE '更换腐蚀管段并重做防腐保温' END",
        "funding_source": "''",
        "progress_percent": "CASE r.status WHEN 'rectifying' THEN r.i % 10 * 10 WHEN 'awaiting_acceptance' THEN 100"
        " WHEN 'closed' THEN 100 ELSE 0 END",
        "remark": "''",
        **dict.fromkeys(("five_duty", "five_measure", "five_funding", "five_time_limit", "five_plan"), "''"),
        "registered_by_id": str(county.bureau_users[0].pk),
        "registered_at": moment("r.found"),
        "acceptance_attempt": "0",
        "issued_at": since("pending", "void"),
        "watched_since": f"COALESCE({since('pending', 'void')}, {moment('r.found')})",
        "signed_at": since("pending", "void", "issued"),
        "planned_at": since("pending", "void", "issued"),
        "closed_at": since("pending", "void", "issued", "rectifying", "awaiting_acceptance"),
        "origin": "'{}'",
        "search_terms": f"{number_stream()} || '  ' || p.stream || '  ' || f.stream || '  ' || h.stream",
    }
    return f"""
        INSERT INTO inspections_hazard ({", ".join(columns)})
        SELECT {", ".join(columns.values())}
        FROM (
            SELECT n.i,
                CASE WHEN n.i <= {half} THEN n.i ELSE n.i - {half} END AS sequence,
                CASE WHEN n.i <= {half} THEN 'YH-{last.year}-' ELSE 'YH-{present.year}-' END ||
                    {padded(f"CASE WHEN n.i <= {half} THEN n.i ELSE n.i - {half} END")} AS number,
                CASE WHEN n.i <= {half} THEN {old_status} ELSE {new_status} END AS status,
                {choose("grade", [("general", 83), ("serious", 15), ("major", 2)])} AS grade,
                {choose("urgency", [("limited", 70), ("immediate", 20), ("engineering", 10)])} AS urgency,
                {
        choose(
            "source",
            [
                ("bureau_check", 50),
                ("self_check", 30),
                ("hotline", 12),
                ("superior_check", 5),
                ("complaint_analysis", 2),
                ("third_party_test", 1),
            ],
        )
    } AS source,
                {lead} AS lead,
                CASE {supervisors} END AS supervisor,
                {found} AS found,
                CASE WHEN {spread("due", 10_007)} % 25 = 0 THEN NULL ELSE {due} END AS due,
                {spread("point", sizes["point"])} AS point,
                {spread("finding", sizes["finding"])} AS finding,
                {spread("person", sizes["person"])} AS person
            FROM ({rows_sql(rows)}) AS n
        ) AS r
        JOIN v_point p ON p.k = r.point JOIN v_finding f ON f.k = r.finding JOIN v_person h ON h.k = r.person
        ORDER BY r.i
    """


def padded(number: str) -> str:
    """SQL: a number as text of at least four digits."""
    return (
        f"CASE WHEN ({number}) < 10000 THEN substr('0000' || ({number}), -4, 4) ELSE '' || ({number}) END"
        if (connection.vendor == "sqlite")
        else f"CASE WHEN ({number}) < 10000 THEN lpad(({number})::text, 4, '0') ELSE ({number})::text END"
    )


def relations_sql(county: County, rows: int, sizes: dict[str, int]) -> Iterator[str]:
    """Who cooperates: the own company in every sixth of its hazards, another in every seventh of all. Communities."""
    half, own = rows // 2, own_count(rows)
    step = (rows - half) // own
    own_pk = county.companies[vocabulary.OWN_COMPANY].pk
    through = Hazard.cooperating_units.through._meta.db_table
    yield f"""
        INSERT INTO {through} (hazard_id, unit_id)
        SELECT n.i, {own_pk} FROM ({rows_sql(rows)}) AS n
        WHERE n.i > {half} AND (n.i - {half} - 1) % {step} = 0 AND (n.i - {half} - 1) / {step} < {own}
            AND ((n.i - {half} - 1) / {step}) % 6 = 5
    """
    others = [unit.pk for i, unit in enumerate(county.companies) if i != vocabulary.OWN_COMPANY]
    arms = " ".join(f"WHEN {spread('coop', len(others))} = {i} THEN {pk}" for i, pk in enumerate(others))
    yield f"""
        INSERT INTO {through} (hazard_id, unit_id)
        SELECT h.id, h.other FROM (
            SELECT n.i AS id, CASE {arms} END AS other FROM ({rows_sql(rows)}) AS n WHERE n.i % 7 = 0
        ) AS h JOIN inspections_hazard z ON z.id = h.id WHERE h.other <> z.lead_unit_id
    """
    yield f"""
        INSERT INTO {Hazard.communities.through._meta.db_table} (hazard_id, community_id)
        SELECT n.i, p.community_id FROM ({rows_sql(rows)}) AS n
        JOIN v_point p ON p.k = {spread("point", sizes["point"])}
    """


def own_count(rows: int) -> int:
    return min(OWN_HAZARDS, max(rows // 8, 1))


@contextmanager
def indexes_built_afterwards() -> Iterator[None]:
    """Drop what makes the load slow, and build it in one go afterwards."""
    search = search_index("inspections_hazard", "hazard_search")
    with connection.schema_editor() as editor:
        search.reverse_code(None, editor)  # type: ignore[misc]
        for index in Hazard._meta.indexes:
            editor.remove_index(Hazard, index)
    yield
    with connection.schema_editor() as editor:
        for index in Hazard._meta.indexes:
            editor.add_index(Hazard, index)
        search.code(None, editor)


def seed(rows: int) -> None:
    """Fill the (migrated, empty) database."""
    if Hazard.objects.exists():
        raise SystemExit("数据库里已有隐患，请换一个空的数据库。")
    county = make_county()
    with indexes_built_afterwards(), transaction.atomic(), connection.cursor() as cursor:
        sizes = load_vocabulary(cursor, county)
        cursor.execute(hazards_sql(county, rows, sizes))
        for statement in relations_sql(county, rows, sizes):
            cursor.execute(statement)
        if connection.vendor == "postgresql":
            cursor.execute("SELECT setval(pg_get_serial_sequence('inspections_hazard', 'id'), %s)", [rows])
        for season, last in zip(county.seasons, (rows // 2, rows - rows // 2), strict=True):
            Season.objects.filter(pk=season.pk).update(last_sequence=last)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    rows = parser.parse_args().rows
    call_command("migrate", verbosity=0)
    started = clock.now()
    seed(rows)
    sys.stdout.write(f"{rows} 条隐患，{(clock.now() - started).total_seconds():.1f} 秒\n")


if __name__ == "__main__":
    main()
