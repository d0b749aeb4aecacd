"""Which hazards a user sees, and the derived facts lists are filtered by."""

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import F, Q, QuerySet

from accounts.enums import UnitKind
from accounts.scoping import in_region, sees_region
from common.text import bigrams
from inspections.enums import OPEN_STATUSES, HazardStatus

if TYPE_CHECKING:
    from inspections.models import Hazard


class SearchTermsContain(models.Lookup):
    """`search_terms__terms=[…]`: all of these bigrams occur. Served by a GIN index on PostgreSQL, by FTS5 on SQLite."""

    lookup_name = "terms"
    prepare_rhs = False

    def get_prep_lookup(self) -> list[str]:
        return list(self.rhs)

    def get_db_prep_lookup(self, value: Any, connection: Any) -> tuple[str, list[Any]]:
        return "%s", [value]

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        return f"string_to_array({column}, ' ') @> %s::text[]", [*params, self.rhs]

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        table = connection.ops.quote_name(self.lhs.alias)
        phrase = " AND ".join('"{}"'.format(term.replace('"', '""')) for term in self.rhs)
        return (
            f"{table}.id IN (SELECT rowid FROM inspections_hazard_fts WHERE inspections_hazard_fts MATCH %s)",
            [phrase],
        )


class TermsField(models.TextField):
    """Space separated search terms, indexed by migration."""


TermsField.register_lookup(SearchTermsContain)


class HazardQuerySet(models.QuerySet["Hazard"]):
    def visible_to(self, user: Any) -> "HazardQuerySet":
        """The bureau and leaders see their region, a township its area, any other unit what names it as lead or cooperating."""
        if not user.is_superuser and not user.unit_id:
            return self.none()
        if sees_region(user) or user.unit.kind == UnitKind.TOWNSHIP:
            return self.filter(in_region(user, township="township"))
        return self.filter(pk__in=self._ids_naming(user.unit_id))

    def _ids_naming(self, unit_id: int) -> QuerySet:
        # A UNION of two index look-ups; the OR of the two would scan the whole ledger.
        through = self.model.cooperating_units.through
        led = self.model._base_manager.filter(lead_unit_id=unit_id).order_by().values_list("pk")
        cooperating = through._base_manager.filter(unit_id=unit_id).order_by().values_list("hazard_id")
        return led.union(cooperating, all=True)

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
        """Free text over number, point, description, person and phone: every word must occur, of two or more characters.

        Raises ValueError for a word of one character.
        """
        queryset = self
        for word in text.split():
            terms = bigrams(word)
            if not terms:
                raise ValueError("请至少输入两个字再查找")
            queryset = queryset.filter(search_terms__terms=terms)
            if len(terms) > 1:  # the bigrams may occur apart; the word has to stand as it is
                queryset = queryset.filter(
                    Q(number__icontains=word)
                    | Q(problem_point__icontains=word)
                    | Q(description__icontains=word)
                    | Q(responsible_person__icontains=word)
                    | Q(responsible_phone__icontains=word)
                )
        return queryset

    def with_list_relations(self) -> "HazardQuerySet":
        return self.select_related("lead_unit", "township", "supervisor", "season")

    def in_list_order(self) -> "HazardQuerySet":
        return self.order_by(F("season_id").desc(), F("sequence").desc(), F("pk").desc())
