"""What becomes of the rows of a hotline's export: orders, many at a time; those whose company is certain handed out."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from common import clock
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.models import ImportBatch, ImportRow
from complaints.county import County, certain_company
from complaints.dispatching import Dispatching
from complaints.enums import Category, LimitStage, Platform, Urgency
from complaints.ledger import ORDERS, VALUES
from complaints.limits import Moments
from complaints.matching import source_of
from complaints.models import Order
from complaints.personal import without_people
from complaints.reading import HOUSE, moment_of
from complaints.rules import written_address
from complaints.services import audit_registered, build_order, take_numbers
from facilities.models import Season

# Set on a row whose company a person has chosen.
CHOSEN = "company_is_chosen"
ACTION = "导入登记"
# Kept with the order under their own rules, not among what the file said.
PERSONAL = ("caller", "phone")


class Registering:
    """One import while it is worked through. `dispatch`: hand out at once what has a certain company."""

    def __init__(self, batch: ImportBatch, county: County, *, by: Any, dispatch: bool) -> None:
        self.batch, self.county, self.by = batch, county, by
        self.dispatching = (
            Dispatching(by=by, key=f"orders:import:{batch.pk}", note=batch.filename) if dispatch else None
        )
        titles = batch.head.get("columns", {})
        self._hidden = {titles.get(ORDERS.by_name[name].title) for name in PERSONAL}
        self._read = set(titles.values()) - self._hidden
        self.now = clock.now()
        self._limits = Moments(self.now)

    def register(self, rows: Sequence[ImportRow]) -> list[Order]:
        """An order of each row, in the same order. Three statements for orders and history, however many rows."""
        seasons = [self._season(row) for row in rows]
        sequences = {
            season.pk: iter(take_numbers(season, sum(each.pk == season.pk for each in seasons)))
            for season in dict.fromkeys(seasons)
        }
        orders = [
            self._order(row, season, next(sequences[season.pk])) for row, season in zip(rows, seasons, strict=True)
        ]
        try:
            with transaction.atomic():
                Order.objects.bulk_create(orders, batch_size=500)
        except IntegrityError:
            raise SpreadsheetError("刚刚有人登记了这份表里的工单，没有导入。请点“再核对一次”后再导入") from None
        audit_registered(orders, by=self.by, action=ACTION, note=self.batch.filename)
        if self.dispatching and (out := [order for order in orders if order.dispatched_at]):
            self.dispatching.tell(out)
        return orders

    def _season(self, row: ImportRow) -> Season:
        season = self.county.season_of(moment_of(row.fields))
        if season is None:
            raise SpreadsheetError(f"第 {row.row} 行：没有包含受理时间的采暖季，请先建立，再点“再核对一次”")
        return season

    def _order(self, row: ImportRow, season: Season, sequence: int) -> Order:
        fields = row.fields
        community = self.county.community(fields.get("community"))
        said = self.county.unit(fields.get("company"))
        # An address that names no known community is for a person, whatever company stands beside it.
        is_chosen = bool(fields.get(CHOSEN))
        company = None
        if community or is_chosen:
            company = certain_company(said, self.county.company_of(community, season), is_chosen=is_chosen)
        category = VALUES["category"].get(fields["category"], Category.OTHER.value)
        urgency = VALUES["urgency"].get(fields.get("urgency") or "", Urgency.ORDINARY.value)
        handing: Mapping[str, Any] = {"company": company}
        if self.dispatching and company:
            handing = self.dispatching.values(company, category=category, urgency=urgency)
        texts = {name: fields.get(name) or "" for name in ("caller", "phone", "address", *HOUSE)}
        if not texts["address"] and community is None:
            # A place that nobody knows yet, with the house in columns of its own.
            texts["address"] = written_address(fields.get("community") or "", *(texts[name] for name in HOUSE))
        temperature_c = fields.get("temperature_c")
        return build_order(
            season=season, sequence=sequence, by=self.by, watched_since=self.now, source=source_of(fields),
            registered_at=self.now,
            dispatch_due_at=self._limits.of(LimitStage.DISPATCH, category=category, urgency=urgency),
            platform=VALUES["platform"].get(fields.get("platform") or "", Platform.COUNTY.value),
            outside_number=fields.get("number") or "", received_at=moment_of(fields), category=category,
            urgency=urgency,
            content=fields["content"], stated_temperature_c=Decimal(temperature_c) if temperature_c else None,
            community=community, origin=self._origin(row),
            **texts, **handing,
        )  # fmt: skip

    def _origin(self, row: ImportRow) -> dict[str, Any]:
        caller = row.fields.get("caller") or ""
        raw = without_people(row.raw, hidden=self._hidden, read=self._read, caller=caller)
        return {"file": self.batch.filename, "row": row.row, "company": row.fields.get("company") or "", "raw": raw}
