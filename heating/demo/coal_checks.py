"""The demo county's yard checks, and the money that its companies have for coal.

One pile has been getting hot until its last check opened a hazard, one yard was not checked for weeks, one check was
corrected, and one company lacks a third of its money.
"""

import datetime as dt
import io
import random
from decimal import Decimal
from typing import Any

from django.utils import timezone

from coal import fund_services
from coal.check_enums import CoverState
from coal.check_selectors import OCCASION
from coal.check_services import Point, record_check
from coal.fund_enums import FundKind
from coal.models import Yard, YardCheck
from common import clock
from common.occasions import occasion
from common.uploads import inspect_upload
from facilities.models import Season
from heating.demo.people import People
from heating.demo.pictures import site_photo
from inspections.enums import Source
from inspections.services import register
from notifications.outbox import deliver

SPOTS = ("北坡", "顶部", "南坡", "西侧底部")
# yard: days before today of its checks, what the hottest point had
STORY = {
    "东厂煤场": ((29, 34), (22, 33), (15, 36), (8, 35), (1, 37)),
    "北站煤场": ((30, 38), (24, 41), (18, 44), (12, 49), (6, 56), (2, 67)),
    "北苑煤场": ((27, 31), (20, 33), (13, 35), (5, 36)),
    "兴隆煤棚": ((40, 30), (26, 32)),
    "惠民煤场": ((21, 39), (14, 43), (9, 86), (3, 48)),
}
# company: price in yuan per t, then in 万元 by share of what is needed: own, loan, subsidy, paid
MONEY = {
    "城源热力有限公司": (765, "0.40", "0.45", "0.15", "0.62"),
    "北苑供热站": (770, "0.45", "0.30", "0.10", "0.55"),
    "兴隆热力有限责任公司": (748, "0.25", "0.30", "0.12", "0.30"),
    "惠民供热中心": (742, "0.50", "0.35", "0.05", "0.60"),
}

NOTES = {
    FundKind.OWN: "企业自有资金和预收热费", FundKind.LOAN: "农商行购煤专项贷款，期限一年",
    FundKind.SUBSIDY: "县财政储煤贴息", FundKind.PAID: "长协煤款",
}  # fmt: skip


def tell(people: People, season: Season, *, today: dt.date, seed: int) -> None:
    """After the yards and the estimates. The same seed and day give the same data."""
    dice = random.Random(seed)
    _checks(people, season, today, dice)
    _money(people, season, today)
    deliver()


def _at(day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    """That hour of the day, but never later than now."""
    return min(timezone.make_aware(dt.datetime.combine(day, dt.time(hour, minute))), timezone.now())


def _checks(people: People, season: Season, today: dt.date, dice: random.Random) -> None:
    yards = {yard.name: yard for yard in Yard.objects.filter(county=people.county).select_related("company", "county")}
    story = sorted((-days_ago, name, hottest) for name, checks in STORY.items() for days_ago, hottest in checks)
    for days, name, hottest in story:
        moment = _at(today + dt.timedelta(days), 9, dice.randrange(5, 55))
        with clock.pretend(moment):
            _check(people, yards[name], moment - dt.timedelta(minutes=5), hottest, dice)
    with clock.pretend(_at(today - dt.timedelta(2), 11)):
        _hazard(people, season, yards["北站煤场"])
    wrong = YardCheck.objects.filter(yard=yards["惠民煤场"], hottest_c__gte=80).get()
    with clock.pretend(_at(clock.local_date(wrong.checked_at), 15)):
        deliver()
        _correct(people, wrong)


def _check(people: People, yard: Yard, moment: dt.datetime, hottest: int, dice: random.Random) -> YardCheck:
    is_hot = hottest >= 60
    by = people.users["dudao"] if is_hot or dice.random() < 0.3 else _clerk(people, yard)
    hot_at = dice.randrange(len(SPOTS))
    points: list[Point] = [
        (spot, Decimal("1.5"), Decimal(hottest) if n == hot_at else Decimal(hottest - dice.randrange(3, 9)))
        for n, spot in enumerate(SPOTS)
    ]
    photo = inspect_upload(io.BytesIO(site_photo(dice, mended=not is_hot)), filename="煤堆.jpg")
    return record_check(
        yard, by=by, points=points, uploads=[photo] if is_hot else [], checked_at=moment, checked_by=by.full_name,
        pile_height_m=Decimal(dice.randrange(35, 58)) / 10, smoke_seen=False,
        co_ppm=Decimal(dice.randrange(2, 12)), note="有焦味，已要求翻堆降温" if is_hot else "",
        cover=CoverState.NONE if yard.is_covered else CoverState.BAD if hottest > 50 else CoverState.GOOD,
        fire_equipment_in_order=True,
    )  # fmt: skip


def _clerk(people: People, yard: Yard) -> Any:
    return next(user for user in people.users.values() if user.unit_id == yard.company_id)


def _correct(people: People, wrong: YardCheck) -> None:
    """A reading of the wrong probe: 46 ℃, not 86."""
    points = [(p.label, p.depth_m, min(p.temperature_c, Decimal(46))) for p in wrong.points.all()]
    record_check(
        wrong.yard, by=people.users["dudao"], points=points, corrects=wrong, checked_at=wrong.checked_at,
        correction_reason="测温探头故障，换表复测最高 46 ℃", checked_by=wrong.checked_by, note="已更换探头",
        pile_height_m=wrong.pile_height_m, smoke_seen=False, co_ppm=wrong.co_ppm, cover=CoverState.GOOD,
        fire_equipment_in_order=True,
    )  # fmt: skip


def _hazard(people: People, season: Season, yard: Yard) -> None:
    """What the bureau's inspector makes of the last check of the yard, as the form would have it."""
    by, check = people.users["dudao"], yard.checks.current()[0]
    found = occasion(by, OCCASION, check.pk)
    if found is None:
        return
    said = dict(found.initial)
    register(
        by=by, season=season, occasion=found, problem_point=said["problem_point"], description=said["description"],
        facility_kind=said["facility_kind"], lead_unit=yard.company, found_on=said["found_on"],
        acceptance_standard=said["acceptance_standard"], responsible_person="周德福",
        due_on=said["found_on"] + dt.timedelta(5), source=Source.BUREAU_CHECK,
    )  # fmt: skip


def _money(people: People, season: Season, today: dt.date) -> None:
    by = people.users["fagai"]
    for company in people.companies:
        price, *shares = MONEY[company.name]
        with clock.pretend(_at(min(season.summer_start_on + dt.timedelta(80), today), 10)):
            need = fund_services.set_need(company, season, by=by, price_yuan_per_t=Decimal(price))
        for number, (kind, share) in enumerate(zip(FundKind, shares, strict=True)):
            day = min(season.summer_start_on + dt.timedelta(90 + 25 * number), today)
            amount = (need.amount_yuan * Decimal(share)).quantize(Decimal(10_000))
            with clock.pretend(_at(day, 15)):
                fund_services.enter(
                    company, season, by=by, kind=kind, day=day, amount_yuan=amount, note=NOTES[kind]
                )  # fmt: skip
