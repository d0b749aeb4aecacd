"""The page of a batch: its piles, the rows of one of them, and the editor of the chosen row."""

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from common.spreadsheets.ledgers.importer import address_of
from common.spreadsheets.ledgers.kinds import LedgerKind
from common.spreadsheets.ledgers.registering import changes_without_conflict
from common.spreadsheets.ledgers.settling import UNSETTLED
from common.spreadsheets.models import ImportBatch, ImportRow, Pile
from common.spreadsheets.tasks import importer_of

ROWS_PER_PAGE = 100
# What is open comes first; a pile without rows is shown only if it is one of these.
MAIN_PILES = (Pile.READY, Pile.WAITS, Pile.UPDATE, Pile.REPEAT, Pile.SKIPPED)


def review(
    request: HttpRequest, kind: LedgerKind, batch: ImportBatch, *, chosen: ImportRow | None = None,
    form: forms.Form | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    counts = batch.pile_counts()
    chosen = chosen or _chosen_row(request, batch)
    pile = _pile(request, counts, chosen)
    page = Paginator(batch.rows.filter(pile=pile), ROWS_PER_PAGE).get_page(request.GET.get("page"))
    if chosen is None and pile == Pile.WAITS and page.object_list:
        chosen = page.object_list[0]
    if chosen and form is None and chosen.pile in UNSETTLED:
        form = kind.row_form(None, row=chosen, importer=importer_of(batch, by=request.user))
    context = {
        "kind": kind,
        "batch": batch,
        "about": kind.about_batch(batch),
        "piles": [(each, counts[each]) for each in Pile if counts[each] or each in MAIN_PILES],
        "pile": Pile(pile),
        "page": page,
        "rows": [_shown(kind, batch, row) for row in page],
        "chosen": chosen,
        "form": form,
        "ready": counts[Pile.READY],
        "waits": counts[Pile.WAITS],
        "to_mark": counts[Pile.WAITS] + counts[Pile.UPDATE] + counts[Pile.REPEAT],
        "is_untouched": not counts[Pile.IMPORTED] + counts[Pile.UPDATED],
        "clear_changes": changes_without_conflict(batch).count() if pile == Pile.UPDATE else 0,
        **kind.review_context(request, batch, chosen),
    }
    return render(request, kind.review_template, context, status=status)


def _chosen_row(request: HttpRequest, batch: ImportBatch) -> ImportRow | None:
    number = request.GET.get("row", "")
    return batch.rows.select_related("batch").filter(row=int(number)).first() if number.isdecimal() else None


def _pile(request: HttpRequest, counts: dict[str, int], chosen: ImportRow | None) -> str:
    """The pile asked for; else the chosen row's; else what needs a person, then what is ready."""
    asked = request.GET.get("pile")
    if asked in Pile.values:
        return str(asked)
    if chosen:
        return chosen.pile
    return str(
        next(
            (pile for pile in (Pile.WAITS, Pile.READY, Pile.UPDATE, Pile.IMPORTED, *MAIN_PILES) if counts[pile]),
            Pile.READY,
        )
    )


def _shown(kind: LedgerKind, batch: ImportBatch, row: ImportRow) -> dict[str, Any]:
    """A row with its fields as they were understood, each beside what stood in the file, and what it would change."""
    wrong = {
        each["field"]: {**each, "cell": each["cell"] or address_of(row.row, each["field"], batch.head)}
        for each in row.problems
    }
    heads, titles = batch.head.get("columns", {}), {name: column.title for name, column in kind.ledger.by_name.items()}
    read = batch.head.get("mapping", {})
    cells = [
        {
            "title": titles[name],
            "value": kind.spoken(name, row.fields[name]),
            "raw": row.raw.get(heads.get(titles[name], ""), ""),
            "problem": wrong.get(name),
        }
        for name in dict.fromkeys([*kind.editor, *(each for each in wrong if each in titles)])
        if name in row.fields and (name in wrong or name in read or row.fields[name] not in (None, "", []))
    ]
    changes = [{**change, "title": titles[change["field"]]} for change in row.changes]
    url = kind.item_url(row.item_id) if row.item_id else ""
    return {"row": row, "cells": cells, "changes": changes, "url": url}
