"""Large ZIPs and many photos: a job of whoever sent them, harmless to repeat."""

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from common.jobs.models import Job
from common.storage import private_storage
from inspections.models import Attachment
from inspections.tasks import PHOTOS, import_photos
from tests.cast import Cast
from tests.hazard_imports import import_ready
from tests.integration.inspections.test_import_photos import A, B, SignIn, hanging, post_zip, stage
from tests.photo_zips import locked, photo_zip

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("summer")]


def test_a_large_zip_becomes_a_job_that_may_run_twice(
    cast: Cast, client_as: SignIn, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.PHOTO_ZIP_IN_BACKGROUND_ABOVE_MB = 0
    batch, client = stage(cast), client_as(cast.admin)
    [hazard, *_] = import_ready(batch, by=cast.admin)
    page = post_zip(client, batch, locked(photo_zip({"整改前/1.jpg": A})))
    assert "压缩包设了密码" in page and not Job.objects.exists()
    with django_capture_on_commit_callbacks():
        post_zip(client, batch, photo_zip({"整改前/1.jpg": A, "IMG_20260701.jpg": B}))
    job = Job.objects.get()
    kept = job.params["file"]
    assert (job.owner, job.task) == (cast.admin, PHOTOS)
    assert private_storage().exists(kept) and not batch.photos.exists()
    import_photos(job.pk)
    import_photos(job.pk)
    job.refresh_from_db()
    assert (job.state, job.result_url) == ("done", reverse("inspections:hazard_import_photos", args=[batch.pk]))
    assert (hanging(hazard), batch.photos.count()) == ([("before", "1.jpg")], 2)
    assert not private_storage().exists(kept)


def test_many_photos_that_can_hang_are_hung_in_the_background(
    cast: Cast, client_as: SignIn, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.PHOTOS_IN_BACKGROUND_ABOVE = 1
    batch = stage(cast)
    import_ready(batch, by=cast.admin)
    with django_capture_on_commit_callbacks():
        page = post_zip(client_as(cast.admin), batch, photo_zip({"整改前/1.jpg": A, "整改后/1.jpg": B}))
    assert "2 张照片正在后台挂到登记的隐患上" in page
    assert Attachment.objects.count() == 0
    import_photos(Job.objects.get().pk)
    assert Attachment.objects.count() == 2


def test_a_zip_that_gets_no_job_is_not_kept(cast: Cast, client_as: SignIn, settings: Any) -> None:
    settings.PHOTO_ZIP_IN_BACKGROUND_ABOVE_MB = settings.JOBS_AT_ONCE = 0
    batch = stage(cast)
    before = set(Path(settings.MEDIA_ROOT).rglob("*.zip"))
    page = post_zip(client_as(cast.admin), batch, photo_zip({"整改前/1.jpg": A}))
    assert "任务没有做完" in page and not Job.objects.exists()
    assert set(Path(settings.MEDIA_ROOT).rglob("*.zip")) == before
