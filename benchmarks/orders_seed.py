"""Fill the book of complaints with as many orders as a benchmark wants: INSERT … SELECT, on PostgreSQL.

Used by benchmarks/orders.py; the database is migrated and empty. The orders are spread evenly over the seasons, in the
order of time; those of past seasons over the heating, those of the present one from the summer to now.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from benchmarks.seed import County, make_county, make_season, rows_sql
from common import clock
from common.text import bigram_stream
from complaints.models import OrderCounter
from complaints.periods import midnight
from facilities.enums import FacilityKind
from facilities.models import Community, Facility, Season

BUILDINGS, UNITS, ROOMS = 8, 2, 6
# The latest of them wait at the desk: nobody knows whose they are.
OPEN_ORDERS, WAITING_ORDERS = 500, 100
CONTENTS = (
    "家里温度只有十五度，请尽快处理",
    "暖气不热，老人孩子受不了",
    "楼道管线漏水",
    "停暖两天没有人来",
    "收费有问题要求退费",
)
CATEGORIES = ("low_temperature", "low_temperature", "leak", "stopped", "fees")


def seed_orders(rows: int, *, seasons: int, communities: int, stations: int) -> County:
    county = make_county()
    last, present = county.seasons
    earlier = [make_season(county.region, last.year - n) for n in range(seasons - 2, 0, -1)]
    county.seasons = [*earlier, last, present]
    places = _communities(county, communities, stations)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL maintenance_work_mem = '1GB'")
        _vocabulary(cursor, places)
        with _indexes_built_afterwards(cursor, "complaints_order", "complaints_callback", "complaints_visit"):
            per_season = rows // seasons
            OrderCounter.objects.bulk_create(
                OrderCounter(season=season, last_sequence=per_season) for season in county.seasons
            )
            for n, season in enumerate(county.seasons):
                cursor.execute(_orders_sql(county, season, n * per_season, per_season, is_present=season is present))
            cursor.execute(_callbacks_sql(county))
            cursor.execute(_visits_sql(county))
        for table in ("order", "callback", "visit"):
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('complaints_{table}', 'id'), max(id)) FROM complaints_{table}"
            )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return county


def _communities(county: County, count: int, stations: int) -> list[Community]:
    served = Facility.objects.bulk_create(
        Facility(county=county.region, company=county.companies[n % 8], kind=FacilityKind.STATION, name=f"{n} 号换热站")
        for n in range(stations)
    )
    return Community.objects.bulk_create(
        Community(
            county=county.region,
            name=f"锦绣{n}号院",
            township=county.townships[n % 20],
            station=served[n % stations],
            company=county.companies[n % stations % 8],
            households=500 + n % 7 * 100,
            heated_area_m2=50_000,
        )
        for n in range(count)
    )


def _vocabulary(cursor: Any, communities: list[Community]) -> None:
    """Households with address and bigrams; contents with theirs."""
    cursor.execute(
        "CREATE TEMPORARY TABLE v_place (k serial PRIMARY KEY, community_id bigint, township_id bigint, "
        "company_id bigint, building text, unit text, room text, address text, stream text)"
    )
    columns = "community_id, township_id, company_id, building, unit, room, address, stream"
    with cursor.copy(f"COPY v_place ({columns}) FROM STDIN") as copy:
        for community in communities:
            for n in range(BUILDINGS * UNITS * ROOMS):
                building, unit, room = n // (UNITS * ROOMS) + 1, n // ROOMS % UNITS + 1, n % ROOMS + 101
                address = f"{community.name}{building}号楼{unit}单元{room}室"
                copy.write_row(
                    (community.pk, community.township_id, community.company_id, building, unit, room, address,
                     bigram_stream(address))
                )  # fmt: skip
    cursor.execute("CREATE TEMPORARY TABLE v_content (k integer PRIMARY KEY, t text, category text, stream text)")
    cursor.executemany(
        "INSERT INTO v_content VALUES (%s, %s, %s, %s)",
        [
            (n, text, category, bigram_stream(text))
            for n, (text, category) in enumerate(zip(CONTENTS, CATEGORIES, strict=True))
        ],
    )
    cursor.execute("ANALYZE v_place")


@contextmanager
def _indexes_built_afterwards(cursor: Any, *tables: str) -> Iterator[None]:
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s) "
        "AND indexname NOT IN (SELECT conname FROM pg_constraint)",
        [list(tables)],
    )
    indexes = cursor.fetchall()
    for name, _ in indexes:
        cursor.execute(f'DROP INDEX "{name}"')
    yield
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for _, definition in indexes:
        cursor.execute(definition)


def _orders_sql(county: County, season: Season, offset: int, count: int, *, is_present: bool) -> str:
    start = midnight(season.summer_start_on if is_present else season.heating_start_on)
    end = clock.now() if is_present else midnight(season.heating_end_on + dt.timedelta(1))
    seconds, places = (end - start).total_seconds(), "(SELECT count(*) FROM v_place)"
    # Few orders come from few households, so that in either database a household has complained before.
    used = f"LEAST({places}, {count})"
    received = f"(TIMESTAMPTZ '{start.isoformat()}' + ((n.i - 0.5) * {seconds / count}) * INTERVAL '1 second')"
    is_open = f"r.i > {count - OPEN_ORDERS if is_present else count}"
    waits = f"r.i > {count - WAITING_ORDERS if is_present else count}"
    done = f"CASE WHEN {is_open} THEN NULL ELSE r.received + {{}} END"
    late = "CASE WHEN r.i % 12 = 0 THEN INTERVAL '40 hours' ELSE INTERVAL '10 hours' END"
    is_late = f"NOT ({is_open}) AND r.i % 12 = 0"
    columns = {
        "id": f"{offset} + r.i", "county_id": str(county.region.pk), "season_id": str(season.pk), "sequence": "r.i",
        "number": f"'TS-{season.year}-' || lpad(r.i::text, 6, '0')", "status": "r.status",
        "status_since": "r.received", "version": "0", "round": "1", "source": "'hotline'",
        "platform": "CASE r.i % 20 WHEN 0 THEN 'province' WHEN 1 THEN 'city' ELSE 'county' END",
        "outside_number": "''", "received_at": "r.received", "caller": "'王先生'", "phone": "r.phone",
        "phone_reversed": "reverse(r.phone)", "category": "c.category", "urgency": "'ordinary'", "content": "c.t",
        "address": "p.address", "township_id": "p.township_id",
        "community_id": f"CASE WHEN NOT ({waits}) THEN p.community_id END",
        "building": "p.building", "building_unit": "p.unit", "room": "p.room",
        "household": f"CASE WHEN {waits} THEN '' ELSE "
        "p.community_id || ':' || p.building || ':' || p.unit || ':' || p.room END",
        "company_id": f"CASE WHEN NOT ({waits}) THEN p.company_id END",
        "dispatched_at": f"CASE WHEN NOT ({waits}) THEN r.received END",
        "due_at": f"CASE WHEN NOT ({waits}) THEN r.received + INTERVAL '1 day' END",
        "original_due_at": f"CASE WHEN NOT ({waits}) THEN r.received + INTERVAL '1 day' END",
        "watched_since": "r.received",
        "reported_at": done.format(late), "closed_at": done.format("INTERVAL '60 hours'"),
        "withdrawn_at": f"CASE WHEN NOT ({is_open}) AND r.i % 50 = 0 THEN r.received + INTERVAL '70 hours' END",
        "first_overdue_at": f"CASE WHEN {is_late} THEN r.received + INTERVAL '1 day' END",
        "cause": f"CASE WHEN {is_open} THEN '' WHEN r.i % 7 = 0 THEN 'user' ELSE 'company' END", "result": "''",
        "registered_by_id": str(county.bureau_users[0].pk), "registered_at": "r.received", "origin": "'{}'",
        "search_terms": "p.stream || '  ' || c.stream",
    }  # fmt: skip
    # Two primes scatter the households over time and the contents over the households.
    return f"""
        INSERT INTO complaints_order ({", ".join(columns)})
        SELECT {", ".join(columns.values())} FROM (
            SELECT q.*, CASE WHEN {waits.replace("r.", "q.")} THEN 'accepted'
                WHEN {is_open.replace("r.", "q.")} THEN 'handling' WHEN q.i % 40 = 7 THEN 'invalid'
                ELSE 'closed' END AS status FROM (
                SELECT n.i, {received} AS received, 1 + (n.i * 7919 + {offset}) % {used} * ({places} / {used}) AS place,
                    n.i * 6151 % 5 AS content,
                    '13' || lpad(((n.i * 104729 + {offset}) % 999999937)::text, 9, '0') AS phone
                FROM ({rows_sql(count)}) AS n
            ) AS q
        ) AS r JOIN v_place p ON p.k = r.place JOIN v_content c ON c.k = r.content ORDER BY r.i
    """


def _callbacks_sql(county: County) -> str:
    return f"""
        INSERT INTO complaints_callback
            (order_id, round, called_at, is_reached, was_contacted, is_solved, satisfaction, note, by_id, at)
        SELECT id, 1, closed_at, true, id % 9 <> 0, id % 8 <> 0,
            CASE WHEN id % 8 = 0 THEN 'not' WHEN id % 3 = 0 THEN 'fairly' ELSE 'satisfied' END, '',
            {county.bureau_users[0].pk}, closed_at
        FROM complaints_order WHERE closed_at IS NOT NULL AND id % 10 <> 0 ORDER BY id
    """


def _visits_sql(county: County) -> str:
    return f"""
        INSERT INTO complaints_visit
            (order_id, round, visited_at, visitor, found, temperature_c, place, shut_minutes, is_centre, height_m,
             device, calibrated_until, signed_by_visitor, signed_by_user, by_id, at)
        SELECT id, 1, reported_at, '赵师傅', '已查看', 15 + id % 7, 'bedroom', 30, true, 1.5, 'CW-01',
            DATE '2099-01-01', true, id % 4 <> 0, {county.bureau_users[0].pk}, reported_at
        FROM complaints_order
        WHERE reported_at IS NOT NULL AND category = 'low_temperature' AND id % 2 = 0 ORDER BY id
    """
