"""Hazard ledgers taken in through the doors that pages and commands use, with the hazards that came of them."""

from collections.abc import Iterable
from typing import Any

from common.spreadsheets.ledgers import registering, settling
from common.spreadsheets.models import ImportBatch, ImportRow
from inspections.importing import Stager
from inspections.models import Hazard
from inspections.querysets import HazardQuerySet


def import_ready(batch: ImportBatch, *, by: Any, **choices: bool) -> HazardQuerySet:
    """The new hazards, in the rows' order. `choices`: as `Stager.begin` takes them."""
    pks = registering.import_ready(batch, Stager.of(batch, by=by), **choices)
    return Hazard.objects.filter(pk__in=pks).order_by("sequence")


def apply_updates(batch: ImportBatch, rows: Iterable[ImportRow], *, by: Any) -> tuple[int, list[str]]:
    return registering.apply_updates(rows, Stager.of(batch, by=by))


def settle(row: ImportRow, *, by: Any, values: dict[str, Any]) -> ImportRow:
    return settling.settle(row, Stager.of(row.batch, by=by), values=values)
