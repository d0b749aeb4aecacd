"""The same ZIP sent by several processes at the same moment: each photo is kept once and hangs once."""

import io
from typing import Any

import pytest

from accounts.models import User
from audit.models import AuditEntry
from common.spreadsheets.models import ImportBatch, ImportPhoto
from inspections.importing import Stager
from inspections.models import Attachment
from inspections.photos import attach_photos, take_archive
from tests.cast import build_cast
from tests.hazard_imports import import_ready
from tests.ledgers import ledger_file, ledger_row
from tests.photo_zips import photo_zip
from tests.pictures import photo
from tests.together import at_once

pytestmark = [
    pytest.mark.usefixtures("on_postgresql", "summer"),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
PROCESSES = 4


def send(n: int, barrier: Any, batch_pk: int, user_pk: int, content: bytes) -> int:
    batch = ImportBatch.objects.get(pk=batch_pk)
    by = User.objects.select_related("unit__region").get(pk=user_pk)
    barrier.wait(20)
    take_archive(batch, io.BytesIO(content), by=by)
    return attach_photos(batch, by=by)


def test_a_zip_sent_by_several_at_once_hangs_each_photo_once() -> None:
    cast = build_cast()
    book = ledger_file([ledger_row("幸福小区换热站"), ledger_row("老站循环泵")])
    batch = Stager(by=cast.admin).stage(book, filename="台账.xlsx")
    import_ready(batch, by=cast.admin)
    kinds = [(row, n, stage) for row in (1, 2) for n, stage in enumerate(("前", "后"))]
    files = {f"{stage}/{row}.jpg": photo(row * 2 + n, size=(64, 48)) for row, n, stage in kinds}
    content = photo_zip({**files, "Thumbs.db": b"x"})
    hung = at_once(send, batch.pk, cast.admin.pk, content, processes=PROCESSES)
    assert sum(hung) == 4
    assert sorted(Attachment.objects.values_list("stage", flat=True)) == ["after", "after", "before", "before"]
    assert ImportPhoto.objects.filter(attachment_id__in=Attachment.objects.values("pk")).count() == 4
    assert ImportPhoto.objects.count() == 5
    named = [entry.changes["附件"][1] for entry in AuditEntry.objects.filter(action="上传附件")]
    assert sorted("、".join(named).split("、")) == ["1.jpg", "1.jpg", "2.jpg", "2.jpg"]
