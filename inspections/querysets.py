"""Which hazards a user sees, and the derived facts lists are filtered by."""

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Count, F, Q, QuerySet

from accounts.enums import UnitKind
from accounts.scoping import in_region, sees_region
from common.text import bigram_stream, bigrams
from facilities.enums import FacilityKind
from inspections.enums import OPEN_STATUSES, Grade, HazardStatus

if TYPE_CHECKING:
    from inspections.models import Hazard  # noqa: F401 - named in strings


class SearchTermsContain(models.Lookup):
    """`search_terms__terms=[…]`: all of these bigrams occur. Served by a GIN index on PostgreSQL, by FTS5 on SQLite."""

    lookup_name = "terms"
    prepare_rhs = False

    def get_prep_lookup(self) -> list[str]:
        return list(self.rhs)

    def get_db_prep_lookup(self, value: Any, connection: Any) -> tuple[str, Any]:
        return "%s", [value]

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        column, params = self.process_lhs(compiler, connection)
        return f"string_to_array({column}, ' ') @> %s::text[]", [*params, self.rhs]

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        table = connection.ops.quote_name(self.lhs.alias)
        phrase = " AND ".join('"{}"'.format(term.replace('"', '""')) for term in self.rhs)
        return (
            f"{table}.id IN (SELECT rowid FROM inspections_hazard_fts WHERE inspections_hazard_fts MATCH %s)",
            [phrase],
        )


class SearchTermsPhrase(models.Lookup):
    """`search_terms__phrase="供热 热管"`: these bigrams follow each other. No index serves it.

    Written as a position and not as LIKE: of a LIKE pattern PostgreSQL believes that next to nothing matches, and
    gathers and sorts a hundred thousand rows to find the fifty that stand at the top of the list anyway.
    """

    lookup_name = "phrase"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        column, params = self.process_lhs(compiler, connection)
        position = "instr" if connection.vendor == "sqlite" else "strpos"
        return f"{position}({column}, %s) > 0", [*params, self.rhs]


class TermsField(models.TextField):
    """The bigram stream of the row's texts (common.text.bigram_stream), indexed by migration."""


TermsField.register_lookup(SearchTermsContain)
TermsField.register_lookup(SearchTermsPhrase)


class Among(models.Lookup):
    """`Among(F("pk"), Subquery(ids))` is an IN whose ids PostgreSQL gathers first and then looks up one by one.

    For ids that are few beside the ledger: of an ordinary IN it may believe that a walk down the ledger is shorter.
    """

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        operator = "= ANY(ARRAY{})" if connection.vendor == "postgresql" else "IN {}"
        return f"{left} {operator.format(right)}", [*left_params, *right_params]


class Unindexed(models.Func):
    """A column whose index SQLite shall not choose.

    It keeps no distribution of values: it takes a month of the whole ledger for less than the rows of one company.
    """

    template = "%(expressions)s"
    arity = 1

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        return super().as_sql(compiler, connection, template="+%(expressions)s", **context)


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


# How many of the newest rows are read to see whether a phrase is frequent, and how many finds make it so: with fewer
# the index is asked, and brings at most some hundredths of the ledger.
PROBED_ROWS = 2_000
FREQUENT = 60


def search_phrases(text: str) -> list[str]:
    """The bigram stream of each word that is looked for. Raises ValueError for a word of one character."""
    phrases = [bigram_stream(word) for word in text.split()]
    if not all(phrases):
        raise ValueError("请至少输入两个字再查找")
    return phrases


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
        phrases = search_phrases(text)
        condition = Q(*[Q(search_terms__phrase=phrase) for phrase in phrases])
        if not phrases:
            return condition
        some = self.order_by() if scattered else self.order_by("-sequence", "-pk")
        probe = some.values("search_terms")[:PROBED_ROWS].aggregate(
            read=Count("search_terms"), found=Count("search_terms", filter=condition)
        )
        if probe["read"] == PROBED_ROWS and probe["found"] < FREQUENT:
            condition &= Q(search_terms__terms=bigrams(text))
        return condition

    def with_ranks(self) -> "HazardQuerySet":
        """`status_rank`, `grade_rank` and `kind_rank`, to order by."""
        return self.annotate(
            status_rank=StatusRank("status"), grade_rank=GradeRank("grade"), kind_rank=KindRank("facility_kind")
        )

    def in_list_order(self) -> "HazardQuerySet":
        return self.order_by(F("season_id").desc(), F("sequence").desc(), F("pk").desc())
