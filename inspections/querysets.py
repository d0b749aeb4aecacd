"""Which hazards a user sees, and the derived facts lists are filtered by."""

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import F, Q, QuerySet

from accounts.enums import UnitKind
from accounts.scoping import in_region, sees_region
from common.search_terms import search_condition
from facilities.enums import FacilityKind
from inspections.enums import OPEN_STATUSES, Grade, HazardStatus

if TYPE_CHECKING:
    from inspections.models import Hazard  # noqa: F401 - named in strings


class _Rank(models.Func):
    """The place of a choice in the order in which people think of it. Literal SQL, so that an index on it is found."""

    output_field = models.PositiveSmallIntegerField()
    members: tuple[str, ...] = ()

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **context: Any) -> tuple[str, Any]:
        arms = " ".join(f"WHEN '{member}' THEN {place}" for place, member in enumerate(self.members))
        return super().as_sql(compiler, connection, template=f"(CASE %(expressions)s {arms} END)", **context)


class StatusRank(_Rank):
    """In the order of the flow."""

    members = tuple(HazardStatus.values)


class GradeRank(_Rank):
    """From 一般 to 重大."""

    members = tuple(Grade.values)


class KindRank(_Rank):
    """Along the way of the heat."""

    members = tuple(FacilityKind.values)


def sees_only_named(user: Any) -> bool:
    """Whether the user, a company's or another unit's, sees only what names the unit: no index has that in order."""
    return bool(user.unit_id) and not sees_region(user) and user.unit.kind != UnitKind.TOWNSHIP


class HazardQuerySet(models.QuerySet["Hazard"]):
    def visible_to(self, user: Any) -> "HazardQuerySet":
        """The bureau and leaders see their region, a township its area, any other unit what names it (lead or
        cooperating)."""
        if not user.is_superuser and not user.unit_id:
            return self.none()
        if sees_only_named(user):
            return self.naming(user.unit_id)
        return self.filter(in_region(user, township="township"))

    def visible_parts(self, user: Any) -> "tuple[HazardQuerySet, ...]":
        """The rows of `visible_to` in parts with no row in common, each counted and put in order by an index."""
        return self.parts_naming(user.unit_id) if sees_only_named(user) else (self.visible_to(user),)

    def naming(self, unit_id: int) -> "HazardQuerySet":
        """What names the unit as lead or cooperating unit."""
        # A UNION of two index look-ups; the OR of the two would scan the whole ledger.
        led = self.model._base_manager.filter(lead_unit_id=unit_id).order_by().values_list("pk")
        return self.filter(pk__in=led.union(self._ids_cooperating(unit_id), all=True))

    def parts_naming(self, unit_id: int) -> "tuple[HazardQuerySet, HazardQuerySet]":
        """The rows of `naming` in two parts: those the unit leads, and those in which it only cooperates."""
        led = Q(lead_unit_id=unit_id)
        return self.filter(led), self.filter(pk__in=self._ids_cooperating(unit_id)).exclude(led)

    def _ids_cooperating(self, unit_id: int) -> QuerySet:
        through = self.model.cooperating_units.through
        return through._base_manager.filter(unit_id=unit_id).order_by().values_list("hazard_id")

    def open(self) -> "HazardQuerySet":
        return self.filter(status__in=OPEN_STATUSES)

    def overdue(self, today: dt.date) -> "HazardQuerySet":
        """Open and past the deadline; due today is not overdue."""
        return self.open().filter(due_on__lt=today)

    def due_within(self, today: dt.date, days: int) -> "HazardQuerySet":
        """Open and due today or within `days` days."""
        return self.open().filter(due_on__gte=today, due_on__lte=today + dt.timedelta(days=days))

    def without_deadline(self) -> "HazardQuerySet":
        return self.open().filter(due_on__isnull=True)

    def closed(self) -> "HazardQuerySet":
        return self.filter(status=HazardStatus.CLOSED)

    def counted(self) -> "HazardQuerySet":
        """Everything that counts in totals and rates: all but what was voided."""
        return self.exclude(status=HazardStatus.VOID)

    def matching(self, text: str) -> "HazardQuerySet":
        """Free text over number, point, description, person, phone: every word must occur, of two or more characters.

        Raises ValueError for a word of one character. Call it last; see `search_condition`.
        """
        return self.filter(self.search_condition(text))

    def search_condition(self, text: str, *, scattered: bool = False) -> Q:
        """What `matching` filters by. One query on the rows filtered so far decides how they are searched: in order
        until a page is full (the phrase is frequent, or they are few), or by asking the index.

        `scattered`: no index has the rows in the list's order, so that any of them are probed.
        """
        return search_condition(text, self.order_by() if scattered else self.order_by("-sequence", "-pk"))

    def with_ranks(self) -> "HazardQuerySet":
        """`status_rank`, `grade_rank` and `kind_rank`, to order by."""
        return self.annotate(
            status_rank=StatusRank("status"), grade_rank=GradeRank("grade"), kind_rank=KindRank("facility_kind")
        )

    def in_list_order(self) -> "HazardQuerySet":
        return self.order_by(F("season_id").desc(), F("sequence").desc(), F("pk").desc())
