"""Rows for tests, one factory per model. What a test does not name gets a plain, valid value."""

import datetime as dt
import functools
from decimal import Decimal
from typing import Any

import factory
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts import roles
from accounts.enums import RegionLevel, UnitKind
from accounts.models import Region, Unit, User
from coal.bookkeeping import record_movement
from coal.enums import MovementKind
from coal.models import DailyReport, Movement, Yard
from coal.reporting import file_report
from facilities.enums import FacilityKind
from facilities.initials import pinyin_initials
from facilities.models import Community, Facility, Season
from inspections.enums import HazardStatus, Urgency
from inspections.models import Hazard, Milestone
from inspections.services import build_hazard, take_numbers
from notifications.models import Message

PASSWORD = "Nuandong-2025"
FOUND_ON = dt.date(2026, 7, 1)
DUE_ON = dt.date(2026, 9, 30)


@functools.cache
def hashed(password: str) -> str:
    """Hashing is slow on purpose; once per process is enough."""
    return make_password(password)


def _moment(day: dt.date, hour: int = 9) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time(hour)))


class CountyFactory(DjangoModelFactory):
    """A county; codes count up from 139901."""

    class Meta:
        model = Region

    code = factory.Sequence(lambda n: f"{139901 + n:06d}")
    name = factory.LazyAttribute(lambda region: f"测试县{region.code}")
    level = RegionLevel.COUNTY


class TownshipFactory(DjangoModelFactory):
    class Meta:
        model = Region

    parent = factory.SubFactory(CountyFactory)
    code = factory.LazyAttributeSequence(lambda region, n: f"{region.parent.code}{100 + n % 900}")
    name = factory.Sequence(lambda n: f"第{n}镇")
    level = RegionLevel.TOWNSHIP


class CityFactory(DjangoModelFactory):
    class Meta:
        model = Region

    code = factory.Sequence(lambda n: f"{2000 + n}00")
    name = factory.Sequence(lambda n: f"测试市{n}")
    level = RegionLevel.CITY


class UnitFactory(DjangoModelFactory):
    """A heating company, unless `kind` says otherwise."""

    class Meta:
        model = Unit

    name = factory.Sequence(lambda n: f"第{n}热力公司")
    kind = UnitKind.HEATING_COMPANY
    region = factory.SubFactory(CountyFactory)


class UserFactory(DjangoModelFactory):
    """A user who may sign in with PASSWORD. `role` is a role's name, or several in a tuple."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")
    full_name = factory.Sequence(lambda n: f"测试员{n}")
    unit = factory.SubFactory(UnitFactory)
    must_change_password = False
    password = factory.LazyFunction(lambda: hashed(PASSWORD))

    @factory.post_generation
    def role(self, create: bool, extracted: str | tuple[str, ...] | None, **kwargs: Any) -> None:
        if create and extracted:
            names = (extracted,) if isinstance(extracted, str) else extracted
            assert set(names) <= set(roles.ALL_ROLES), names
            self.groups.set(Group.objects.filter(name__in=names))  # type: ignore[attr-defined]


class SeasonFactory(DjangoModelFactory):
    """The season whose summer work is in `start_year`."""

    class Meta:
        model = Season

    class Params:
        start_year = 2026

    county = factory.SubFactory(CountyFactory)
    name = factory.LazyAttribute(lambda season: f"{season.start_year}-{season.start_year + 1}")
    summer_start_on = factory.LazyAttribute(lambda season: dt.date(season.start_year, 3, 16))
    trial_run_on = factory.LazyAttribute(lambda season: dt.date(season.start_year, 10, 31))
    heating_start_on = factory.LazyAttribute(lambda season: dt.date(season.start_year, 11, 15))
    heating_end_on = factory.LazyAttribute(lambda season: dt.date(season.start_year + 1, 3, 15))


class CommunityFactory(DjangoModelFactory):
    class Meta:
        model = Community

    county = factory.SubFactory(CountyFactory)
    name = factory.Sequence(lambda n: f"第{n}小区")
    pinyin_initials = factory.LazyAttribute(lambda row: pinyin_initials(row.name))


class FacilityFactory(DjangoModelFactory):
    """A heat exchange station in its company's county, unless told otherwise."""

    class Meta:
        model = Facility

    company = factory.SubFactory(UnitFactory)
    county = factory.LazyAttribute(lambda facility: facility.company.region.county)
    kind = FacilityKind.STATION
    name = factory.Sequence(lambda n: f"{n}号换热站")


class YardFactory(DjangoModelFactory):
    """An open yard of 10 000 t in its company's county."""

    class Meta:
        model = Yard

    company = factory.SubFactory(UnitFactory)
    county = factory.LazyAttribute(lambda yard: yard.company.region.county)
    name = factory.Sequence(lambda n: f"{n}号煤场")
    capacity_t = Decimal(10_000)


class MovementFactory(DjangoModelFactory):
    """An arrival of 100 t on 1 July 2026, carried into the stock."""

    class Meta:
        model = Movement

    yard = factory.SubFactory(YardFactory)
    day = FOUND_ON
    kind = MovementKind.ARRIVAL
    quantity_t = Decimal(100)
    entered_by = factory.LazyAttribute(lambda movement: UserFactory(unit=movement.yard.company))

    @classmethod
    def _create(cls, model_class: type[Movement], *args: Any, **fields: Any) -> Movement:
        yard, by = fields.pop("yard"), fields.pop("entered_by")
        return record_movement(yard, by=by, **fields)


class DailyReportFactory(DjangoModelFactory):
    """The report of 1 July 2026, when nothing was heated."""

    class Meta:
        model = DailyReport

    company = factory.SubFactory(UnitFactory)
    day = FOUND_ON
    arrived_t = used_t = stock_yard_t = stock_port_t = stock_transit_t = heat_gj = Decimal(0)
    high_c = Decimal(31)
    low_c = Decimal(20)
    boilers_running = 0
    filed_by = factory.LazyAttribute(lambda report: UserFactory(unit=report.company))

    @classmethod
    def _create(cls, model_class: type[DailyReport], *args: Any, **fields: Any) -> DailyReport:
        company, day, by = fields.pop("company"), fields.pop("day"), fields.pop("filed_by")
        return file_report(company, day, by=by, **fields)


class MilestoneFactory(DjangoModelFactory):
    class Meta:
        model = Milestone

    round = 1
    title = "完成更换"
    due_on = DUE_ON


class HazardFactory(DjangoModelFactory):
    """A hazard that may be issued as it is, in the `status` asked for, with the moments that status implies.

    Written directly (no move, no audit entry). `planned=True` gives one that is 整改中 a plan with one milestone.
    `communities` and `cooperating_units` are lists. The number is the season's next.
    """

    class Meta:
        model = Hazard
        skip_postgeneration_save = True

    class Params:
        planned = factory.Trait(
            planned_at=_moment(FOUND_ON + dt.timedelta(days=3)), measure="更换腐蚀管段并重做防腐保温"
        )

    season = factory.SubFactory(SeasonFactory)
    status = HazardStatus.PENDING
    problem_point = factory.Sequence(lambda n: f"幸福小区{n}号楼东侧管沟")
    description = "供水管道外壁腐蚀，有渗漏痕迹"
    facility_kind = FacilityKind.YARD_PIPE
    urgency = Urgency.LIMITED
    found_on = FOUND_ON
    due_on = DUE_ON
    lead_unit = factory.SubFactory(UnitFactory, region=factory.SelfAttribute("..season.county"))
    responsible_person = "王建国"
    responsible_phone = "13800000001"
    acceptance_standard = "打压 0.8 MPa 稳压 30 分钟无渗漏"
    registered_by = None

    @classmethod
    def _create(cls, model_class: type[Hazard], *args: Any, **fields: Any) -> Hazard:
        season, by = fields.pop("season"), fields.pop("registered_by")
        status = HazardStatus(fields["status"])
        for name, value in moments_of(status, fields).items():
            fields.setdefault(name, value)
        with transaction.atomic():
            sequence = fields.pop("sequence", None) or take_numbers(season)[0]
            hazard = build_hazard(season=season, sequence=sequence, by=by, **fields)
            hazard.save(force_insert=True)
        return hazard

    @factory.post_generation
    def milestone(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        if create and self.planned_at:  # type: ignore[attr-defined]
            MilestoneFactory(hazard=self)

    @factory.post_generation
    def communities(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        if create and extracted:
            self.communities.set(extracted)  # type: ignore[attr-defined]

    @factory.post_generation
    def cooperating_units(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        if create and extracted:
            self.cooperating_units.set(extracted)  # type: ignore[attr-defined]


def moments_of(status: HazardStatus, fields: dict[str, Any]) -> dict[str, Any]:
    """What a hazard that has come as far as `status` carries."""
    found = fields["found_on"]
    reached = {
        HazardStatus.PENDING: 0,
        HazardStatus.VOID: 0,
        HazardStatus.ISSUED: 1,
        HazardStatus.RECTIFYING: 2,
        HazardStatus.AWAITING_ACCEPTANCE: 3,
        HazardStatus.CLOSED: 4,
    }[status]
    values: dict[str, Any] = {"watched_since": _moment(found)}
    if reached >= 1:
        issued = _moment(found + dt.timedelta(days=1))
        values |= {"issued_at": issued, "watched_since": issued, "original_due_on": fields["due_on"]}
    if reached >= 2:
        values["signed_at"] = _moment(found + dt.timedelta(days=2))
    if reached >= 3:
        values |= {
            "planned_at": _moment(found + dt.timedelta(days=3)),
            "measure": "更换腐蚀管段并重做防腐保温",
            "acceptance_requested_at": _moment(found + dt.timedelta(days=10)),
            "acceptance_attempt": 1,
            "progress_percent": 100,
        }
    if reached >= 4:
        values["closed_at"] = _moment(found + dt.timedelta(days=12))
    since = max((value for value in values.values() if isinstance(value, dt.datetime)), default=_moment(found))
    return {**values, "status_since": since, "registered_at": _moment(found)}


class MessageFactory(DjangoModelFactory):
    class Meta:
        model = Message

    recipient = factory.SubFactory(UserFactory)
    key = factory.Sequence(lambda n: f"test:{n}")
    subject = "隐患 YH-2026-0001 将于 3 天后到期"
