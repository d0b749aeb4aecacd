"""The staged import of any kind of ledger: the upload is kept, then read into rows that wait in their piles.

    batch = keep_upload(kind="hazards", owner=user, file=upload, filename="台账.xlsx", context={})
    read_upload(batch, importer)                  # or in the background, with progress

A kind of ledger brings an `Importer`; everything else is the same for all of them.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from hashlib import sha256
from itertools import islice
from typing import IO, Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import connection, transaction

from common import clock
from common.collecting import collected_seldom
from common.spreadsheets.columns import Ledger
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.head_layouts import Layout, remember, remembered_for
from common.spreadsheets.heads import LedgerSheet, find_ledger
from common.spreadsheets.ledgers.importer import CHUNK, Importer, Problem, dangling, lost
from common.spreadsheets.limits import Limits
from common.spreadsheets.models import BatchState, ImportBatch, ImportRow, Pile
from common.spreadsheets.overlooked import hidden_rows, lost_cells
from common.spreadsheets.rows import RowKind
from common.spreadsheets.workbook import Sheet, Workbook, column_letter, open_workbook
from common.uploads import random_name

Progress = Callable[[int, int], None]  # rows done, rows in all


def keep_upload(
    *, kind: str, owner: Any, file: IO[bytes] | bytes, filename: str, context: dict[str, Any]
) -> ImportBatch:
    """A batch with the file in it, still to be read. Raises SpreadsheetError for a file that is too large."""
    limits = Limits()
    content = file if isinstance(file, bytes) else file.read(limits.max_bytes + 1)
    batch = ImportBatch(
        kind=kind, owner=owner, filename=filename[-200:], sha256=sha256(content).hexdigest(), context=context,
        state=BatchState.READING,
    )  # fmt: skip
    batch.file.save(random_name("bin"), ContentFile(content), save=False)
    try:
        batch.save(force_insert=True)
    except BaseException:
        batch.file.delete(save=False)
        raise
    return batch


def discard(batch: ImportBatch) -> None:
    """Forget a batch that came to nothing, and its file."""
    discard_file(batch)
    batch.delete()


def discard_file(batch: ImportBatch) -> None:
    """Take the file off the disk, where a transaction that is rolled back leaves it."""
    if name := batch.file.name:
        batch.file.storage.delete(name)


def forget_files() -> int:
    """Take old uploads off the disk; what was read of them stays. How many."""
    old = ImportBatch.objects.filter(created_at__lte=clock.now() - settings.IMPORTS_KEPT).exclude(file="")
    count = 0
    for batch in old.iterator():
        discard_file(batch)
        count += ImportBatch.objects.filter(pk=batch.pk).update(file="")
    return count


def scope_of(user: Any) -> str:
    """Those who share remembered layouts: the people of a unit."""
    return f"unit:{user.unit_id}" if user.unit_id else f"user:{user.pk}"


def open_upload(batch: ImportBatch) -> Workbook:
    """The kept file, read. Raises SpreadsheetError, also when the file is kept no more."""
    try:
        with batch.file.open("rb") as file:
            return open_workbook(file.read())
    except (FileNotFoundError, ValueError) as error:
        raise SpreadsheetError("上传的原文件已不在系统里，请重新上传") from error


def read_upload(batch: ImportBatch, importer: Importer, *, progress: Progress | None = None) -> None:
    """Read the kept file into rows; may be done again, which replaces them.

    With `progress` the rows are written in parts, else all or none. Raises SpreadsheetError, which the batch keeps.
    """
    try:
        with collected_seldom(), nullcontext() if progress else transaction.atomic():
            _read(batch, importer, progress)
    except SpreadsheetError as error:
        batch.state, batch.error = BatchState.FAILED, str(error)
        batch.save(update_fields=["state", "error"])
        raise


def _read(batch: ImportBatch, importer: Importer, progress: Progress | None) -> None:
    book = open_upload(batch)
    remembered = remembered_for(batch.kind, scope_of(importer.by))
    found = find_ledger(book, importer.ledger, layout=Layout.from_json(batch.layout), remembered=remembered)
    has_macros = book.has_macros
    del book
    importer.start(batch, found)
    with transaction.atomic():
        _refuse_if_imported(batch)
        batch.rows.all().delete()
    head = head_of(found, importer.ledger) | importer.head(found) | {"has_macros": has_macros}
    lost_by_row, head["hidden"] = _overlooked(batch, found)
    rows = importer.judged(batch, head, lost_by_row)
    done = 0
    while chunk := list(islice(rows, CHUNK)):
        insert_rows(chunk)
        done += len(chunk)
        if progress:
            progress(done, len(found.rows))
    batch.head = head
    batch.state, batch.error = BatchState.READ, ""
    batch.save(update_fields=["head", "context", "state", "error"])


def _overlooked(batch: ImportBatch, found: LedgerSheet) -> tuple[dict[int, list[Problem]], list[int]]:
    """(by row, the cells of entries that say something which is read as nothing: lost to a formula, or 同上 below
    nothing; numbers of hidden entries)."""
    with batch.file.open("rb") as file:
        content = file.read()
    entries = {row.number for row in found.rows if row.kind is RowKind.DATA}
    names = {column_letter(index): name for name, index in found.mapping.items()}
    by_row: dict[int, list[Problem]] = {}
    for address, text in lost_cells(content, found.sheet):
        letter = address.rstrip("0123456789")
        row = int(address[len(letter) :])
        if letter in names and row in entries:
            by_row.setdefault(row, []).append(lost(names[letter], text, address))
    for entry in found.rows:
        if entry.ditto:
            for name, text in entry.dangling:
                by_row.setdefault(entry.number, []).append(dangling(name, text, entry.address(name)))
    return by_row, [row for row in hidden_rows(content, found.sheet) if row in entries]


def head_of(found: LedgerSheet, ledger: Ledger) -> dict[str, Any]:
    """What every file says about itself, JSON-ready, for `ImportBatch.head`."""
    return {
        "sheet": found.sheet,
        "other_sheets": list(found.other_sheets),
        "title": found.title,
        "unit": found.unit,
        "date_line": found.date_line,
        "written_on": found.written_on.isoformat() if found.written_on else None,
        "head_rows": list(found.head_rows),
        "how": found.how,
        # Of every column, from A on; tells what the pictures of a column show.
        "heads": list(found.heads),
        "mapping": dict(found.mapping),
        "columns": {ledger.by_name[name].title: found.heads[index] for name, index in found.mapping.items()},
        "unread": [{"column": letter, "head": head} for letter, head in found.unread],
    }


def choose_layout(batch: ImportBatch, sheet: Sheet, layout: Layout, *, by: Any, is_remembered: bool) -> None:
    """Have the file read by the layout that a person chose; `is_remembered`: and what comes like it, too.

    The caller reads the batch anew. Raises SpreadsheetError if something of it has been imported already, or if the
    layout does not fit the file.
    """
    head_rows = [row for row in sheet.rows[: max(layout.head_rows)] if row.number in layout.head_rows]
    with transaction.atomic():
        _refuse_if_imported(batch)
        if is_remembered and any(not row.is_blank for row in head_rows):
            remember(batch.kind, scope_of(by), head_rows, layout.mapping, by=by)
        batch.layout, batch.state, batch.error = layout.as_json(), BatchState.READING, ""
        batch.save(update_fields=["layout", "state", "error"])


def _refuse_if_imported(batch: ImportBatch) -> None:
    """Whoever imports holds the batch's row; what they have imported is seen here."""
    ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.rows.filter(pile__in=[Pile.IMPORTED, Pile.UPDATED]).exists():
        raise SpreadsheetError("这一批已经有行导入，不能再改列的对应关系。请重新上传文件后再调整")


COLUMNS = ("batch_id", "row", "pile", "fields", "raw", "problems", "changes", "conflict", "reason", "item_id")
_encode = json.JSONEncoder(ensure_ascii=False).encode


def insert_rows(rows: Sequence[ImportRow]) -> None:
    """Write new rows. Several times as fast as `bulk_create`, which takes longer than reading the file."""
    table = connection.ops.quote_name(ImportRow._meta.db_table)
    names = ", ".join(connection.ops.quote_name(name) for name in COLUMNS)
    lines = [_line(row) for row in rows]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for line in lines:
                    copy.write_row(line)
        else:
            marks = ", ".join(["%s"] * len(COLUMNS))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", lines)


def _line(row: ImportRow) -> tuple[Any, ...]:
    """What stands in COLUMNS. Most rows have neither problems nor changes."""
    problems, changes = (_encode(value) if value else "[]" for value in (row.problems, row.changes))
    fields, raw = _encode(row.fields), _encode(row.raw)
    return row.batch_id, row.row, row.pile, fields, raw, problems, changes, row.conflict, row.reason, row.item_id


def mark_imported(pairs: Sequence[tuple[int, int]]) -> None:
    """Write down what rows have become: (the row's pk, the item's). Ten times as fast as `bulk_update`."""
    table = connection.ops.quote_name(ImportRow._meta.db_table)
    for start in range(0, len(pairs), CHUNK):
        part = pairs[start : start + CHUNK]
        values = ", ".join(["(%s, %s)"] * len(part))
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH became(row_id, item) AS (VALUES {values}) "
                f"UPDATE {table} SET pile = %s, item_id = became.item FROM became WHERE {table}.id = became.row_id",
                [*(key for pair in part for key in pair), Pile.IMPORTED.value],
            )  # fmt: skip
