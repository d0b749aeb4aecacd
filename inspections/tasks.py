"""What runs in the background: long imports and exports, many photos."""

import io
import tempfile
from collections.abc import Sequence
from typing import Any

from celery import shared_task
from django.urls import reverse

from common import clock
from common.jobs.models import Job
from common.jobs.services import TooManyJobs, start, work
from common.spreadsheets.models import BatchState, ImportBatch, Pile
from common.storage import private_storage
from common.uploads import random_name
from facilities.models import Season
from inspections.exporting import Chosen, Look, chosen_hazards, export_name, write_hazards
from inspections.intake import bring_in, bring_up_to_date, changes_without_conflict, take_in
from inspections.marks import marked_copy
from inspections.photos import attach_photos, take_archive

EXPORT = "inspections.tasks.export_hazards"
MARK = "inspections.tasks.mark_ledger"
PHOTOS = "inspections.tasks.import_photos"
READ = "inspections.tasks.read_ledger"
REGISTER = "inspections.tasks.register_ledger"
# So many changes are applied between two signs of life.
UPDATED_AT_ONCE = 50
UPDATE = "inspections.tasks.update_from_ledger"


def start_export(
    user: Any, chosen: Chosen, *, query: str, pks: Sequence[int] | None, look: Look, subtotals: bool
) -> Job:
    """Have the file made in the background, where the user finds it under 我的任务."""
    params = {
        "query": query,
        "season": chosen.season.pk if chosen.season else None,
        "pks": list(pks) if pks is not None else None,
        "look": look.value,
        "subtotals": subtotals,
    }
    title = f"导出隐患台账（{look.label}）"
    return start(owner=user, kind="export_hazards", title=title, task=EXPORT, params=params)


@shared_task(name=EXPORT)
def export_hazards(job_id: int) -> None:
    """Write the file of an export that was asked for. Whoever asked may see less by now, or may not export any more."""
    with work(job_id) as running:
        if running is None:
            return
        user, params = running.job.owner, running.params
        look = Look(params["look"])
        season = Season.objects.visible_to(user).filter(pk=params["season"]).first()
        chosen = chosen_hazards(user, query=params["query"], season=season, pks=params["pks"])
        total = chosen.count()
        running.progress(0, total, "正在写入")
        with tempfile.TemporaryFile() as out:
            count = write_hazards(
                out, chosen, by=user, look=look, subtotals=params["subtotals"],
                progress=lambda done: running.progress(done, total, "正在写入"),
            )  # fmt: skip
            running.progress(count, count, f"共 {count} 条")
            out.seek(0)
            running.finish(file=out, name=export_name(chosen.season, clock.today(), look))


def start_photos(batch: ImportBatch, *, by: Any, file: Any = None, default_stage: str = "") -> Job:
    """Have the photos of a ZIP taken (a file that was checked; None: no new ones), and all that can be hung hung."""
    name = private_storage().save(f"imports/{random_name('zip')}", file) if file else ""
    params = {"batch": batch.pk, "file": name, "stage": default_stage}
    title = f"收取照片：{batch.filename}" if file else f"把照片挂到隐患上：{batch.filename}"
    try:
        return start(owner=by, kind="import_photos", title=title, task=PHOTOS, params=params)
    except TooManyJobs:
        if name:
            private_storage().delete(name)
        raise


@shared_task(name=PHOTOS)
def import_photos(job_id: int) -> None:
    """Take the photos of a kept ZIP and hang what can be hung. The ZIP goes once it has been read or refused."""
    with work(job_id) as running:
        if running is None:
            return
        user, params = running.job.owner, running.params
        batch = ImportBatch.objects.visible_to(user).get(pk=params["batch"])
        if params["file"] and private_storage().exists(params["file"]):
            _take_kept_archive(batch, running)
        attach_photos(batch, by=user, progress=lambda done: running.progress(done, message="正在挂到隐患上"))
        running.finish(url=reverse("inspections:import_photos", args=[batch.pk]))


def _take_kept_archive(batch: ImportBatch, running: Any) -> None:
    """A worker that is stopped meanwhile leaves the ZIP for the next one."""
    name, stage = running.params["file"], running.params["stage"]
    try:
        with private_storage().open(name) as file:
            result = take_archive(
                batch, file, by=running.job.owner, default_stage=stage,  # type: ignore[arg-type]
                progress=lambda done: running.progress(done, message="正在读取照片"),
            )  # fmt: skip
    except Exception:
        private_storage().delete(name)
        raise
    private_storage().delete(name)
    running.progress(len(result.taken), message=str(result))


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
        user = running.job.owner
        batch = ImportBatch.objects.visible_to(user).get(pk=running.params["batch"])
        try:
            said = take_in(batch, by=user, progress=lambda done, total: running.progress(done, total, "正在核对"))
        except Exception:
            _not_read(batch, "没有读完，请点“指出表头和各列”重新核对，或重新上传")
            raise
        count = batch.rows.count()
        running.progress(count, count, f"共 {count} 行。{said}")
        running.finish(url=reverse("inspections:import_batch", args=[batch.pk]))


def start_registering(batch: ImportBatch, *, by: Any, as_history: bool) -> Job:
    """Have the ready rows registered."""
    params = {"batch": batch.pk, "history": as_history}
    return start(owner=by, kind="register_ledger", title=f"登记隐患：{batch.filename}", task=REGISTER, params=params)


@shared_task(name=REGISTER)
def register_ledger(job_id: int) -> None:
    """Register the ready rows in one transaction. Done twice it finds none left."""
    with work(job_id) as running:
        if running is None:
            return
        user = running.job.owner
        batch = ImportBatch.objects.visible_to(user).get(pk=running.params["batch"])
        ready = batch.rows.filter(pile=Pile.READY).count()
        running.progress(0, ready, "正在登记")
        hazards, photos_wait = bring_in(batch, by=user, as_history=running.params["history"])
        count = hazards.count()
        running.progress(count, count, f"已登记 {count} 条")
        if photos_wait:
            try:
                start_photos(batch, by=user)
            except TooManyJobs:
                running.progress(count, count, f"已登记 {count} 条；照片还没有挂上，请稍后在这一批的“照片”页办理")
        running.finish(url=reverse("inspections:import_batch", args=[batch.pk]))


def start_updating(batch: ImportBatch, *, by: Any, rows: Sequence[int] | None) -> Job:
    """Have the changes of these rows applied; None: of all without a conflict."""
    params = {"batch": batch.pk, "rows": list(rows) if rows is not None else None}
    return start(owner=by, kind="update", title=f"更新隐患：{batch.filename}", task=UPDATE, params=params)


@shared_task(name=UPDATE)
def update_from_ledger(job_id: int) -> None:
    """Apply changes one by one; what has been applied is left out the second time."""
    with work(job_id) as running:
        if running is None:
            return
        batch = ImportBatch.objects.visible_to(running.job.owner).get(pk=running.params["batch"])
        chosen = running.params["rows"]
        rows = (
            changes_without_conflict(batch) if chosen is None else batch.rows.filter(pile=Pile.UPDATE, row__in=chosen)
        )
        numbers = list(rows.order_by("row").values_list("pk", flat=True))
        done, refused = 0, 0
        for start_at in range(0, len(numbers), UPDATED_AT_ONCE):
            part = batch.rows.filter(pk__in=numbers[start_at : start_at + UPDATED_AT_ONCE])
            applied, why = bring_up_to_date(batch, part, by=running.job.owner)
            done, refused = done + applied, refused + len(why)
            running.progress(done + refused, len(numbers), f"已更新 {done} 条")
        told = f"，{refused} 条没有更新，原因写在各行" if refused else ""
        running.progress(len(numbers), len(numbers), f"已更新 {done} 条{told}")
        running.finish(url=f"{reverse('inspections:import_batch', args=[batch.pk])}?pile={Pile.UPDATE}")


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
        batch = ImportBatch.objects.visible_to(running.job.owner).get(pk=running.params["batch"])
        running.progress(0, message="正在标出问题")
        copy = marked_copy(batch)
        running.finish(file=io.BytesIO(copy.content), name=copy.filename)
