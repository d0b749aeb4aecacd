"""What becomes of the rows of an import: new items in one transaction, or changes of items, one by one."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet

from common.concurrency import Stale, change
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.ledgers.importer import CHUNK, COMPARED, NO_REPEAT, Importer, RowRefused
from common.spreadsheets.models import BatchState, ImportBatch, ImportRow, Pile
from common.spreadsheets.staging import mark_imported


@transaction.atomic
def import_ready(batch: ImportBatch, importer: Importer, **choices: Any) -> list[int]:
    """Register every ready row of the batch, all or none; the pks of the new items, in the rows' order.

    Who comes second raises Stale: a row is imported once. Worked through in parts, so that memory does not grow with
    the rows. Raises PermissionDenied, SpreadsheetError.
    """
    if batch.state != BatchState.READ:
        raise SpreadsheetError("这一批还没有读完，请稍后刷新再导入")
    change(batch)
    importer.begin(batch, **choices)
    ready = batch.rows.select_for_update(of=("self",)).filter(pile=Pile.READY).order_by("row")
    created: list[int] = []
    last = 0
    while rows := list(ready.filter(row__gt=last)[:CHUNK]):
        last = rows[-1].row
        if new := _not_registered_meanwhile(batch, rows, importer):
            made = [(row.pk, pk) for row, pk in zip(new, importer.create(new), strict=True) if pk is not None]
            mark_imported(made)
            created += [pk for _, pk in made]
    return created


def _not_registered_meanwhile(batch: ImportBatch, rows: list[ImportRow], importer: Importer) -> list[ImportRow]:
    """The rows less those that have been registered since the file was read."""
    ready, registered = [], []
    for row in rows:
        row.batch = batch
        match = importer.find(row.row, row.fields)
        if match and not row.fields.get(NO_REPEAT):
            registered.append((row, match))
        else:
            ready.append(row)
    items = importer.items(match.pk for _, match in registered) if registered else {}
    for row, match in registered:
        importer.compare(row, batch.head, match, items.get(match.pk))
        row.save(update_fields=COMPARED)
    return ready


@transaction.atomic
def apply_update(row: ImportRow, importer: Importer) -> bool:
    """Bring the item up to what the row says, as far as the user may. Whether it was done.

    If what the row would change is not what it was when the row was judged, nothing is written and the row says so: it
    is looked at again.
    """
    row = ImportRow.objects.select_for_update(of=("self",)).select_related("batch").get(pk=row.pk)
    if row.pile != Pile.UPDATE or not row.item_id:
        return False
    head = row.batch.head
    item = importer.held(row.item_id)
    if item is None:
        raise RowRefused("这一行对应的记录您已不能查看")
    found = importer.differences(row, head, item)
    if [each.as_json() for each in found] != [_without_block(each) for each in row.changes]:
        importer.compare(row, head, importer.match_of(item), item)
        row.conflict = "核对以后系统里又有改动，这里已换成现在的差异，请重新核对" if row.pile == Pile.UPDATE else ""
        row.save(update_fields=COMPARED)
        return False
    mine = [each for each in found if not importer.blocked(each, item)]
    if not mine:
        raise RowRefused("、".join({importer.blocked(each, item): None for each in found}))
    importer.apply(row, item, mine)
    row.pile, row.conflict = Pile.UPDATED, ""
    row.save(update_fields=["pile", "conflict"])
    return True


def _without_block(shown: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in shown.items() if name != "blocked"}


def apply_updates(rows: Iterable[ImportRow], importer: Importer) -> tuple[int, list[str]]:
    """Apply these changes one by one: (how many were, why the others were not, in Chinese)."""
    done, refused = 0, []
    for row in rows:
        try:
            if apply_update(row, importer):
                done += 1
            else:
                refused.append(f"第 {row.row} 行：系统里刚有改动，请重新核对")
        except (RowRefused, PermissionDenied, Stale) as error:
            ImportRow.objects.filter(pk=row.pk, pile=Pile.UPDATE).update(conflict=str(error)[:500])
            refused.append(f"第 {row.row} 行：{error}")
    return done, refused


def changes_without_conflict(batch: ImportBatch) -> QuerySet[ImportRow]:
    """The changes that may be applied all at once: nobody has touched their items since."""
    return batch.rows.filter(pile=Pile.UPDATE, conflict="")


def bring_in(batch: ImportBatch, importer: Importer, **choices: Any) -> tuple[list[int], bool]:
    """Register what is ready: (the new items, whether what came with them waits for a job)."""
    created = import_ready(batch, importer, **choices)
    return created, not importer.after_writing(batch)


def bring_up_to_date(batch: ImportBatch, rows: Iterable[ImportRow], importer: Importer) -> tuple[int, list[str]]:
    """Apply changes: (how many, why the others were not)."""
    done, refused = apply_updates(rows, importer)
    if done:
        importer.after_writing(batch)
    return done, refused
