"""What runs in the background for ledgers of any kind: long files read, registered, applied, marked and written."""

import io
import tempfile
from collections.abc import Sequence
from typing import Any

from celery import shared_task

from common.jobs.models import Job
from common.jobs.services import Running, TooManyJobs, start, work
from common.spreadsheets.ledgers.exporting import Chosen, Look, export_name, write_chosen
from common.spreadsheets.ledgers.importer import Importer
from common.spreadsheets.ledgers.kinds import ExportKind, LedgerKind, export_kind_named, kind_named
from common.spreadsheets.ledgers.marks import marked_copy
from common.spreadsheets.ledgers.registering import bring_in, bring_up_to_date, changes_without_conflict
from common.spreadsheets.models import BatchState, ImportBatch, Pile
from common.spreadsheets.staging import read_upload

READ = "common.spreadsheets.tasks.read_ledger"
REGISTER = "common.spreadsheets.tasks.register_ledger"
UPDATE = "common.spreadsheets.tasks.update_from_ledger"
MARK = "common.spreadsheets.tasks.mark_ledger"
EXPORT = "common.spreadsheets.tasks.export_ledger"
# So many changes are applied between two signs of life.
UPDATED_AT_ONCE = 50


def importer_of(batch: ImportBatch, *, by: Any) -> Importer:
    """As the batch was asked for. Raises PermissionDenied."""
    return kind_named(batch.kind).importer(by=by, context=batch.context)


def _batch_of(running: Running) -> tuple[ImportBatch, LedgerKind, Any]:
    user = running.job.owner
    batch = ImportBatch.objects.visible_to(user).get(pk=running.params["batch"])
    return batch, kind_named(batch.kind), user


def _page_of(batch: ImportBatch) -> str:
    return kind_named(batch.kind).url("import_batch", batch.pk)


def start_reading(batch: ImportBatch, *, by: Any) -> Job:
    """Have a kept upload read. Where there is no room for the job, the batch says so and can be read later."""
    try:
        return start(
            owner=by, kind="read_ledger", title=f"读取台账：{batch.filename}", task=READ, params={"batch": batch.pk}
        )
    except TooManyJobs as error:
        _not_read(batch, str(error))
        raise


def _not_read(batch: ImportBatch, why: str) -> None:
    ImportBatch.objects.filter(pk=batch.pk, state=BatchState.READING).update(state=BatchState.FAILED, error=why)


@shared_task(name=READ)
def read_ledger(job_id: int) -> None:
    """Read a kept upload into its piles; what an interrupted worker left is read anew."""
    with work(job_id) as running:
        if running is None:
            return
        batch, _, user = _batch_of(running)
        importer = importer_of(batch, by=user)
        try:
            read_upload(batch, importer, progress=lambda done, total: running.progress(done, total, "正在核对"))
            said = importer.after_reading(batch)
        except Exception:
            _not_read(batch, "没有读完，请点“指出表头和各列”重新核对，或重新上传")
            raise
        count = batch.rows.count()
        running.progress(count, count, f"共 {count} 行。{said}")
        running.finish(url=_page_of(batch))


def start_registering(batch: ImportBatch, *, by: Any, choices: dict[str, Any]) -> Job:
    """Have the ready rows registered. `choices`: as `Importer.begin` takes them. Raises PermissionDenied."""
    kind = kind_named(batch.kind)
    kind.check_choices(by, choices)
    params = {"batch": batch.pk, "choices": choices}
    title = f"登记{kind.noun}：{batch.filename}"
    return start(owner=by, kind="register_ledger", title=title, task=REGISTER, params=params)


@shared_task(name=REGISTER)
def register_ledger(job_id: int) -> None:
    """Register the ready rows in one transaction. Done twice it finds none left."""
    with work(job_id) as running:
        if running is None:
            return
        batch, kind, user = _batch_of(running)
        importer = importer_of(batch, by=user)
        running.progress(0, batch.rows.filter(pile=Pile.READY).count(), "正在登记")
        created, something_waits = bring_in(batch, importer, **running.params["choices"])
        count, said = len(created), ""
        if something_waits:
            try:
                importer.start_rest(batch)
            except TooManyJobs:
                said = "；照片还没有挂上，请稍后在这一批的“照片”页办理"
        running.progress(count, count, f"已登记 {count} {kind.measure}{said}")
        running.finish(url=_page_of(batch))


def start_updating(batch: ImportBatch, *, by: Any, rows: Sequence[int] | None) -> Job:
    """Have the changes of these rows applied; None: of all without a conflict."""
    params = {"batch": batch.pk, "rows": list(rows) if rows is not None else None}
    title = f"更新{kind_named(batch.kind).noun}：{batch.filename}"
    return start(owner=by, kind="update", title=title, task=UPDATE, params=params)


@shared_task(name=UPDATE)
def update_from_ledger(job_id: int) -> None:
    """Apply changes one by one; what has been applied is left out the second time."""
    with work(job_id) as running:
        if running is None:
            return
        batch, kind, user = _batch_of(running)
        chosen = running.params["rows"]
        rows = (
            changes_without_conflict(batch) if chosen is None else batch.rows.filter(pile=Pile.UPDATE, row__in=chosen)
        )
        numbers = list(rows.order_by("row").values_list("pk", flat=True))
        importer = importer_of(batch, by=user)
        done, refused = 0, 0
        for start_at in range(0, len(numbers), UPDATED_AT_ONCE):
            part = batch.rows.filter(pk__in=numbers[start_at : start_at + UPDATED_AT_ONCE])
            applied, why = bring_up_to_date(batch, part, importer)
            done, refused = done + applied, refused + len(why)
            running.progress(done + refused, len(numbers), f"已更新 {done} {kind.measure}")
        told = f"，{refused} {kind.measure}没有更新，原因写在各行" if refused else ""
        running.progress(len(numbers), len(numbers), f"已更新 {done} {kind.measure}{told}")
        running.finish(url=f"{_page_of(batch)}?pile={Pile.UPDATE}")


def start_marking(batch: ImportBatch, *, by: Any) -> Job:
    """Have the marked copy of a long ledger made."""
    title = f"标出问题的表格：{batch.filename}"
    return start(owner=by, kind="mark_ledger", title=title, task=MARK, params={"batch": batch.pk})


@shared_task(name=MARK)
def mark_ledger(job_id: int) -> None:
    """Make the marked copy of the rows as they stand by now."""
    with work(job_id) as running:
        if running is None:
            return
        batch, _, _ = _batch_of(running)
        running.progress(0, message="正在标出问题")
        copy = marked_copy(batch)
        running.finish(file=io.BytesIO(copy.content), name=copy.filename)


def start_export(
    user: Any, kind: ExportKind, chosen: Chosen, *, query: str, pks: Sequence[int] | None, look: Look, subtotals: bool
) -> Job:
    """Have the file made in the background, where the user finds it under 我的任务."""
    params = {
        "ledger": kind.name,
        "query": query,
        "scope": chosen.scope_json,
        "pks": list(pks) if pks is not None else None,
        "look": look.value,
        "subtotals": subtotals,
    }
    return start(owner=user, kind="export_ledger", title=f"导出{kind}（{look.label}）", task=EXPORT, params=params)


@shared_task(name=EXPORT)
def export_ledger(job_id: int) -> None:
    """Write the file of an export that was asked for. Whoever asked may see less by now, or may not export any more."""
    with work(job_id) as running:
        if running is None:
            return
        user, params = running.job.owner, running.params
        kind, look = export_kind_named(params["ledger"]), Look(params["look"])
        chosen = kind.chosen(user, query=params["query"], pks=params["pks"], scope=params["scope"])
        total = chosen.count()
        running.progress(0, total, "正在写入")
        with tempfile.TemporaryFile() as out:
            count = write_chosen(
                out, kind, chosen, by=user, look=look, subtotals=params["subtotals"],
                progress=lambda done: running.progress(done, total, "正在写入"),
            )  # fmt: skip
            running.progress(count, count, f"共 {count} {kind.measure}")
            out.seek(0)
            running.finish(file=out, name=export_name(kind, chosen, look))
