"""The import pages: upload a ledger, look at its piles, settle rows, import what is ready."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from common.concurrency import Stale
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.models import ImportBatch, ImportRow, Pile
from inspections.enums import Grade
from inspections.forms.importing import RowForm, UploadForm
from inspections.importing import Stager, import_ready, season_of
from inspections.ledger import HAZARDS
from inspections.settling import SETTLED_FIELDS, UNSETTLED, dismiss, season_of_batch, settle
from inspections.workflow import MoveRefused

imports = permission_required("inspections.import_hazards", raise_exception=True)
ROWS_PER_PAGE = 100
BATCHES_SHOWN = 50
# What is open comes first; a pile without rows is shown only if it is one of these.
GRADES = dict(Grade.choices)
MAIN_PILES = (Pile.READY, Pile.WAITS, Pile.REPEAT, Pile.SKIPPED)


@imports
@require_http_methods(["GET", "POST"])
def import_list(request: HttpRequest) -> HttpResponse:
    """GET: the upload form and the user's batches. POST: stage a file and go to its piles."""
    form = UploadForm(request.POST or None, request.FILES or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        file, season = form.cleaned_data["file"], form.cleaned_data["season"]
        content = file.read()
        try:
            chosen = season_of(content, by=request.user, name=season.name if season else None)
            stager = Stager(
                by=request.user, season=chosen, create_missing=form.cleaned_data.get("create_missing", False)
            )
            batch, _ = stager.stage(content, filename=file.name)
            return redirect("inspections:import_batch", pk=batch.pk)
        except SpreadsheetError as error:
            form.add_error("file", str(error))
    batches = ImportBatch.objects.visible_to(request.user).filter(kind=HAZARDS.kind)[:BATCHES_SHOWN]
    context = {"form": form, "batches": [(batch, batch.pile_counts()) for batch in batches]}
    return render(request, "inspections/import_list.html", context)


def _batch(request: HttpRequest, pk: int) -> ImportBatch:
    return get_object_or_404(ImportBatch.objects.visible_to(request.user), pk=pk, kind=HAZARDS.kind)


def _row(request: HttpRequest, pk: int, row: int) -> ImportRow:
    return get_object_or_404(_batch(request, pk).rows.select_related("batch"), row=row)


@imports
@require_GET
def import_batch(request: HttpRequest, pk: int) -> HttpResponse:
    """The piles of a batch, the rows of one pile, and the editor of the chosen row (?pile=, ?row=)."""
    batch = _batch(request, pk)
    return _review(request, batch)


def _review(
    request: HttpRequest, batch: ImportBatch, *, chosen: ImportRow | None = None, form: RowForm | None = None,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    counts = batch.pile_counts()
    chosen = chosen or _chosen_row(request, batch)
    pile = _pile(request, counts, chosen)
    page = Paginator(batch.rows.filter(pile=pile), ROWS_PER_PAGE).get_page(request.GET.get("page"))
    season = season_of_batch(batch)
    if chosen is None and pile == Pile.WAITS and page.object_list:
        chosen = page.object_list[0]
    if chosen and form is None and chosen.pile in UNSETTLED and pile != Pile.SKIPPED:
        form = RowForm(row=chosen, season=season)
    context = {
        "batch": batch,
        "season": season,
        "piles": [(each, counts[each]) for each in Pile if counts[each] or each in MAIN_PILES],
        "pile": Pile(pile),
        "page": page,
        "rows": [(row, _cells(row)) for row in page],
        "columns": batch.head.get("columns", {}),
        "chosen": chosen,
        "form": form,
        "ready": counts[Pile.READY],
        "waits": counts[Pile.WAITS],
    }
    return render(request, "inspections/import_batch.html", context, status=status)


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
    return str(next((pile for pile in (Pile.WAITS, Pile.READY, *MAIN_PILES) if counts[pile]), Pile.READY))


def _cells(row: ImportRow) -> list[dict[str, Any]]:
    """The row's fields as they were understood, each beside what stood in the file, with its problem if any."""
    wrong = {problem["field"]: problem for problem in row.problems}
    titles = row.batch.head.get("columns", {})
    return [
        {
            "title": HAZARDS.by_name[name].title,
            "value": _spoken(name, row.fields[name]),
            "raw": row.raw.get(titles.get(HAZARDS.by_name[name].title, ""), ""),
            "problem": wrong.get(name),
        }
        for name in SETTLED_FIELDS
        if name in row.fields
    ]


def _spoken(name: str, value: Any) -> Any:
    if name == "grade":
        return GRADES.get(value, "")
    return "、".join(value) if isinstance(value, list) else value


@imports
@require_POST
def import_run(request: HttpRequest, pk: int) -> HttpResponse:
    """Import every ready row in one transaction."""
    batch = _batch(request, pk)
    try:
        hazards = import_ready(batch, by=request.user)
    except Stale:
        messages.warning(request, "这一批刚刚已经导入过了，没有重复登记。")
    except SpreadsheetError as error:
        messages.error(request, str(error))
    else:
        if hazards:
            claimed = sum(hazard.status == "awaiting_acceptance" for hazard in hazards)
            text = f"已登记 {len(hazards)} 条：{hazards[0].number} 至 {hazards[-1].number}。"
            text += f"其中 {claimed} 条原表写明已完成，转为待验收，等待住建局验收。" if claimed else ""
            messages.success(request, text + "其余等待住建局下达。")
        else:
            messages.info(request, "没有可导入的行。")
            return redirect("inspections:import_batch", pk=batch.pk)
        pile = Pile.WAITS if batch.rows.filter(pile=Pile.WAITS).exists() else Pile.IMPORTED
        return redirect(f"{reverse('inspections:import_batch', args=[pk])}?pile={pile}")
    return redirect("inspections:import_batch", pk=batch.pk)


@imports
@require_POST
def import_settle(request: HttpRequest, pk: int, row: int) -> HttpResponse:
    """Mend one row; then on to the next that waits."""
    item = _row(request, pk, row)
    form = RowForm(request.POST, row=item, season=season_of_batch(item.batch))
    if not form.is_valid():
        return _review(request, item.batch, chosen=item, form=form, status=422)
    try:
        item = settle(item, by=request.user, values=form.cleaned_data)
    except MoveRefused as refused:
        messages.error(request, "；".join(refused.problems))
        return redirect("inspections:import_batch", pk=pk)
    if item.pile == Pile.READY:
        messages.success(request, f"第 {row} 行已转入可导入。")
        return redirect(f"{reverse('inspections:import_batch', args=[pk])}?pile={Pile.WAITS}")
    return redirect(f"{reverse('inspections:import_batch', args=[pk])}?row={row}")


@imports
@require_POST
def import_dismiss(request: HttpRequest, pk: int, row: int) -> HttpResponse:
    """Leave one row out, with a reason."""
    item = _row(request, pk, row)
    try:
        dismiss(item, reason=request.POST.get("reason", ""))
    except MoveRefused as refused:
        messages.error(request, "；".join(refused.problems))
        return redirect(f"{reverse('inspections:import_batch', args=[pk])}?row={row}")
    messages.success(request, f"第 {row} 行不导入，已留在“{Pile.DISMISSED.label}”里备查。")
    return redirect("inspections:import_batch", pk=pk)
