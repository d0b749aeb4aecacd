"""The import pages: upload a ledger, look at its piles, settle rows, import what is ready."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from common.concurrency import Stale
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.heads import NoLedgerFound
from common.spreadsheets.models import BatchState, ImportBatch, ImportRow, Pile
from common.spreadsheets.staging import discard
from facilities.words import may_teach
from inspections.enums import Grade, HazardStatus
from inspections.forms.importing import RowForm, UploadForm
from inspections.importing import Stager
from inspections.intake import bring_in, bring_up_to_date, changes_without_conflict, take_in
from inspections.ledger import HAZARDS
from inspections.ledger_moves import check_may_take_history
from inspections.querysets import HazardQuerySet
from inspections.settling import SETTLED_FIELDS, UNSETTLED, dismiss, recheck, season_of_batch, settle, unknown_unit
from inspections.tasks import start_photos, start_reading, start_registering, start_updating
from inspections.workflow import MoveRefused

imports = permission_required("inspections.import_hazards", raise_exception=True)
ROWS_PER_PAGE = 100
BATCHES_SHOWN = 50
REFUSED_SHOWN = 5
# What is open comes first; a pile without rows is shown only if it is one of these.
GRADES = dict(Grade.choices)
MAIN_PILES = (Pile.READY, Pile.WAITS, Pile.UPDATE, Pile.REPEAT, Pile.SKIPPED)


@imports
@require_http_methods(["GET", "POST"])
def import_list(request: HttpRequest) -> HttpResponse:
    """GET: the upload form and the user's batches. POST: keep a file, read it and go to its piles."""
    form = UploadForm(request.POST or None, request.FILES or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        options = {name: form.cleaned_data.get(name) for name in ("season", "create_missing")}
        stager = Stager(by=request.user, season=options["season"], create_missing=bool(options["create_missing"]))
        file = form.cleaned_data["file"]
        batch = stager.keep(file, filename=file.name)
        if file.size > settings.IMPORT_IN_BACKGROUND_ABOVE_KB * 1024:
            return redirect("jobs:detail", pk=start_reading(batch, by=request.user).pk)
        try:
            _say(request, take_in(batch, by=request.user))
            return redirect("inspections:import_batch", pk=batch.pk)
        except NoLedgerFound as error:
            messages.warning(request, f"{error}；也可以在这里指出表头和各列")
            return redirect("inspections:import_layout", pk=batch.pk)
        except SpreadsheetError as error:
            discard(batch)
            form.add_error("file", str(error))
    batches = ImportBatch.objects.visible_to(request.user).filter(kind=HAZARDS.kind)[:BATCHES_SHOWN]
    context = {"form": form, "batches": [(batch, batch.pile_counts()) for batch in batches]}
    return render(request, "inspections/import_list.html", context)


def _say(request: HttpRequest, text: str) -> None:
    if text:
        messages.info(request, f"表格里的照片：{text}")


def _batch(request: HttpRequest, pk: int) -> ImportBatch:
    return get_object_or_404(ImportBatch.objects.visible_to(request.user), pk=pk, kind=HAZARDS.kind)


def _row(request: HttpRequest, pk: int, row: int) -> ImportRow:
    return get_object_or_404(_batch(request, pk).rows.select_related("batch"), row=row)


@imports
@require_GET
def import_batch(request: HttpRequest, pk: int) -> HttpResponse:
    """The piles of a batch, the rows of one pile, and the editor of the chosen row (?pile=, ?row=)."""
    batch = _batch(request, pk)
    if batch.state != BatchState.READ:
        return render(request, "inspections/import_unread.html", {"batch": batch})
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
    if chosen and form is None and chosen.pile in UNSETTLED:
        form = RowForm(row=chosen, season=season, unknown_unit=_teachable(request, chosen))
    context = {
        "batch": batch,
        "season": season,
        "piles": [(each, counts[each]) for each in Pile if counts[each] or each in MAIN_PILES],
        "pile": Pile(pile),
        "page": page,
        "rows": [(row, _cells(row), _changes(row)) for row in page],
        "columns": batch.head.get("columns", {}),
        "chosen": chosen,
        "form": form,
        "ready": counts[Pile.READY],
        "waits": counts[Pile.WAITS],
        "unknown_unit": unknown_unit(chosen) if chosen else "",
        "claimed": _claimed(request, batch) if counts[Pile.READY] else 0,
        "to_mark": counts[Pile.WAITS] + counts[Pile.UPDATE] + counts[Pile.REPEAT],
        "photos": batch.photos.count(),
        "is_untouched": not counts[Pile.IMPORTED] + counts[Pile.UPDATED],
        "clear_changes": changes_without_conflict(batch).count() if pile == Pile.UPDATE else 0,
    }
    return render(request, "inspections/import_batch.html", context, status=status)


def _claimed(request: HttpRequest, batch: ImportBatch) -> int:
    """How many ready rows claim to be done, for who may take them as struck off already."""
    try:
        check_may_take_history(request.user)
    except PermissionDenied:
        return 0
    return batch.rows.filter(pile=Pile.READY, fields__claimed_closed=True).count()


def _teachable(request: HttpRequest, row: ImportRow) -> str:
    return unknown_unit(row) if may_teach(request.user) else ""


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


def _changes(row: ImportRow) -> list[dict[str, str]]:
    return [{**change, "title": HAZARDS.by_name[change["field"]].title} for change in row.changes]


@imports
@require_POST
def import_run(request: HttpRequest, pk: int) -> HttpResponse:
    """Import every ready row in one transaction. POST: `history`, to take what is said to be done as struck off."""
    batch, as_history = _batch(request, pk), "history" in request.POST
    if batch.rows.filter(pile=Pile.READY).count() > settings.IMPORT_IN_BACKGROUND_ABOVE_ROWS:
        if as_history:
            check_may_take_history(request.user)
        return redirect("jobs:detail", pk=start_registering(batch, by=request.user, as_history=as_history).pk)
    try:
        hazards, photos_wait = bring_in(batch, by=request.user, as_history=as_history)
    except Stale:
        messages.warning(request, "这一批刚刚已经导入过了，没有重复登记。")
    except SpreadsheetError as error:
        messages.error(request, str(error))
    else:
        if not hazards.exists():
            messages.info(request, "没有可导入的行。")
            return redirect("inspections:import_batch", pk=batch.pk)
        messages.success(request, _registered(hazards))
        if photos_wait:
            start_photos(batch, by=request.user)
            messages.info(request, "照片较多，正在后台挂到隐患上，进度见“我的任务”。")
        pile = Pile.WAITS if batch.rows.filter(pile=Pile.WAITS).exists() else Pile.IMPORTED
        return redirect(f"{reverse('inspections:import_batch', args=[pk])}?pile={pile}")
    return redirect("inspections:import_batch", pk=batch.pk)


def _registered(hazards: HazardQuerySet) -> str:
    count = hazards.count()
    claimed = hazards.filter(status=HazardStatus.AWAITING_ACCEPTANCE).count()
    history = hazards.filter(status=HazardStatus.CLOSED).count()
    first, last = (hazards.order_by(order).values_list("number", flat=True)[0] for order in ("sequence", "-sequence"))
    text = f"已登记 {count} 条：{first} 至 {last}。"
    text += f"其中 {claimed} 条原表写明已完成，转为待验收，等待住建局验收。" if claimed else ""
    text += f"其中 {history} 条原表写明已完成，按历史销号登记，没有经过本系统验收。" if history else ""
    return text + ("" if claimed + history == count else "其余等待住建局下达。")


@imports
@require_POST
def import_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Apply the ticked changes. POST: `row` (repeated), or `all` for every one that meets no newer change."""
    batch = _batch(request, pk)
    if "all" in request.POST:
        numbers, rows = None, changes_without_conflict(batch)
    else:
        numbers = sorted({int(text) for text in request.POST.getlist("row") if text.isascii() and text.isdigit()})
        rows = batch.rows.filter(pile=Pile.UPDATE, row__in=numbers)
    if rows.count() > settings.UPDATE_IN_BACKGROUND_ABOVE_ROWS:
        return redirect("jobs:detail", pk=start_updating(batch, by=request.user, rows=numbers).pk)
    if not rows.exists():
        messages.warning(request, "没有勾选任何一行，请先勾选要更新的行。")
    else:
        done, refused = bring_up_to_date(batch, rows, by=request.user)
        if done:
            messages.success(request, f"已按台账更新 {done} 条隐患。")
        if refused:
            more = f"等 {len(refused)} 行" if len(refused) > REFUSED_SHOWN else ""
            messages.warning(request, "没有更新：" + "；".join(refused[:REFUSED_SHOWN]) + more)
    return redirect(f"{reverse('inspections:import_batch', args=[pk])}?pile={Pile.UPDATE}")


@imports
@require_POST
def import_recheck(request: HttpRequest, pk: int) -> HttpResponse:
    """Look again whether the units and places that rows wait for are there by now."""
    ready = recheck(_batch(request, pk), by=request.user)
    messages.success(request, f"{ready} 行转入可导入。" if ready else "待处理的行里还没有可以导入的。")
    return redirect(f"{reverse('inspections:import_batch', args=[pk])}?pile={Pile.WAITS}")


@imports
@require_POST
def import_settle(request: HttpRequest, pk: int, row: int) -> HttpResponse:
    """Mend one row; then on to the next that waits."""
    item = _row(request, pk, row)
    form = RowForm(request.POST, row=item, season=season_of_batch(item.batch), unknown_unit=_teachable(request, item))
    if not form.is_valid():
        return _review(request, item.batch, chosen=item, form=form, status=422)
    try:
        item = settle(item, by=request.user, values=form.cleaned_data)
    except ValidationError as misleading:
        # A name that cannot be remembered: the row is settled once the box is empty.
        form.add_error("is_learned", misleading.messages)  # type: ignore[arg-type]
        return _review(request, item.batch, chosen=item, form=form, status=422)
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
