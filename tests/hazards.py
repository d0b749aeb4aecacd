"""Hazards of the cast's county as the tests of their pages and moves need them, with photos and requests."""

import datetime as dt
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from accounts.models import User
from common.uploads import inspect_upload
from inspections import services
from inspections.enums import AttachmentStage, Grade, HazardStatus
from inspections.models import Attachment, Extension, Hazard
from inspections.rules import FIVE_FIELDS
from tests.cast import Cast
from tests.factories import HazardFactory


def hazard_of(cast: Cast, status: HazardStatus = HazardStatus.PENDING, **more: Any) -> Hazard:
    if more.get("grade") == Grade.MAJOR and status == HazardStatus.AWAITING_ACCEPTANCE:
        more = {**dict.fromkeys(FIVE_FIELDS, "已落实"), **more}  # without these nobody may ask for acceptance
    return HazardFactory(season=cast.season, lead_unit=cast.chengyuan, township=cast.town_a, status=status, **more)


def add_photo(hazard: Hazard, stage: AttachmentStage = AttachmentStage.AFTER, **more: Any) -> Attachment:
    values = {"round": hazard.round, "original_name": "整改后.jpg", "content_type": "image/jpeg", "is_photo": True,
              "size_bytes": 1, "sha256": "0" * 64, **more}  # fmt: skip
    return Attachment.objects.create(hazard=hazard, stage=stage, **values)


def request_extension(hazard: Hazard, by: User, new_due_on: dt.date = dt.date(2026, 10, 15)) -> Extension:
    return Extension.objects.create(
        hazard=hazard, round=hazard.round, old_due_on=hazard.due_on, new_due_on=new_due_on, reason="管材晚到",
        interim_measures="每日巡检", requested_by=by,
    )  # fmt: skip


def upload(content: bytes, name: str = "现场.jpg") -> SimpleUploadedFile:
    # What the browser says of the type is not believed.
    return SimpleUploadedFile(name, content, "text/html")


def stored(hazard: Hazard, by: User, content: bytes, stage: str = "after", name: str = "照片.jpg") -> Attachment:
    inspected = inspect_upload(upload(content, name), filename=name)
    with transaction.atomic():
        return services.attach(hazard, by=by, upload=inspected, stage=stage)
