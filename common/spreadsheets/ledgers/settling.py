"""What a person decides about a row of an import: mend its fields, or dismiss it with a reason."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from common.spreadsheets.ledgers.importer import COMPARED, NO_REPEAT, Importer, Problem, RowRefused
from common.spreadsheets.models import ImportBatch, ImportRow, Pile

# Among the values of a row: whether a row that looks like an item of the site is another one.
ANOTHER = "is_another"
UNSETTLED = (Pile.READY, Pile.WAITS, Pile.UPDATE, Pile.REPEAT)


@transaction.atomic
def settle(row: ImportRow, importer: Importer, *, values: dict[str, Any]) -> ImportRow:
    """Take over the mended fields (JSON-ready) and judge the row anew.

    A row that is an item of the site is compared with it anew, unless it is said to be ANOTHER. What the site is to
    remember (`Importer.learn`) holds for the batch's other rows too.

    Raises RowRefused if the row has been imported or dismissed meanwhile; ValidationError for what cannot be learned.
    """
    row = _unsettled(row)
    values = dict(values)
    importer.learn(row, values)
    is_another = values.pop(ANOTHER, False)
    row.fields = {**row.fields, **values}
    match = importer.same_as(row, is_another=is_another)
    row.problems = _once([*importer.missing(row.fields), *importer.problems(row.fields)])
    if match:
        importer.compare(row, row.batch.head, match, importer.items([match.pk]).get(match.pk))
    else:
        row.fields |= {NO_REPEAT: True} if row.pile in (Pile.REPEAT, Pile.UPDATE) else {}
        row.pile, row.reason, row.item_id = (Pile.WAITS if importer.holds_up(row.problems) else Pile.READY), "", None
        row.changes, row.conflict = [], ""
    row.save(update_fields=["fields", "problems", "pile", "reason", "item_id", "changes", "conflict"])
    return row


def recheck(batch: ImportBatch, importer: Importer) -> int:
    """Judge the waiting rows anew against what there is on the site by now; how many are ready."""
    with transaction.atomic():
        return recheck_rows(batch.rows.all(), importer)


def recheck_rows(rows: QuerySet[ImportRow], importer: Importer) -> int:
    """The same for the waiting ones among `rows`, in a transaction."""
    ready = 0
    unclear = rows.filter(pile__in=[Pile.WAITS, Pile.UPDATE]).exclude(problems=[]).select_related("batch")
    for row in unclear.select_for_update(of=("self",)):
        match = importer.same_as(row, is_another=False)
        kept = [each for each in row.problems if _is_of_the_file(each, importer)]
        row.problems = _once([*kept, *importer.problems(row.fields)])
        if match:
            importer.compare(row, row.batch.head, match, importer.items([match.pk]).get(match.pk))
        elif row.item_id is None:
            row.pile = Pile.WAITS if importer.holds_up(row.problems) else Pile.READY
        row.save(update_fields=COMPARED)
        ready += row.pile == Pile.READY
    return ready


def _is_of_the_file(problem: Problem, importer: Importer) -> bool:
    """Whether it was found in the cells, or that something is missing; what was said of names is said anew."""
    return bool(problem["cell"]) or not problem["read"] or problem["field"] not in importer.names


def _once(problems: list[Problem]) -> list[Problem]:
    return [each for place, each in enumerate(problems) if each not in problems[:place]]


@transaction.atomic
def dismiss(row: ImportRow, *, reason: str) -> ImportRow:
    """Leave the row out for good; the reason and the row stay in the batch. Raises RowRefused."""
    row = _unsettled(row)
    if not reason.strip():
        raise RowRefused("请写明不导入的理由，例如“与第 7 行重复”")
    row.pile, row.reason = Pile.DISMISSED, reason.strip()[:100]
    row.save(update_fields=["pile", "reason"])
    return row


def _unsettled(row: ImportRow) -> ImportRow:
    fresh = ImportRow.objects.select_for_update(of=("self",)).select_related("batch").get(pk=row.pk)
    if fresh.pile not in UNSETTLED:
        raise RowRefused(f"第 {fresh.row} 行{Pile(fresh.pile).label}，不能再改")
    return fresh
