"""What runs in the background for hazards: taking and hanging many photos."""

from typing import Any

from celery import shared_task

from common.jobs.models import Job
from common.jobs.services import TooManyJobs, start, work
from common.spreadsheets.ledgers.kinds import kind_named
from common.spreadsheets.models import ImportBatch
from common.storage import private_storage
from common.uploads import random_name
from inspections.photos import attach_photos, take_archive

PHOTOS = "inspections.tasks.import_photos"


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
        running.finish(url=kind_named(batch.kind).url("import_photos", batch.pk))


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
