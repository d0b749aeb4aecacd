"""Photos and files: who sends them up, what is taken, and that nobody else reads them."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from audit.models import AuditEntry
from common.uploads import inspect_upload
from inspections import selectors, services
from inspections.enums import AttachmentStage, HazardStatus
from inspections.models import Attachment, Hazard
from tests.cast import Cast
from tests.factories import HazardFactory
from tests.hazards import hazard_of, stored, upload
from tests.pictures import encoded, photo, scene, sent_on

S = HazardStatus
SignIn = Callable[[User], Client]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("summer"), pytest.mark.either_database]
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"


def send(client: Client, hazard: Hazard, *files: SimpleUploadedFile, stage: str = "during", **more: str) -> Any:
    return client.post(f"/hazards/{hazard.pk}/attachments/", {"files": files, "stage": stage, **more}, follow=True)


def told(response: Any) -> list[tuple[str, str]]:
    return [(message.level_tag, str(message)) for message in response.context["messages"]]


def url(attachment: Attachment, which: str = "file") -> str:
    return f"/hazards/attachments/{attachment.pk}/{which}/"


class TestSendingUp:
    @pytest.mark.parametrize(
        ("who", "status", "may"),
        [
            ("chengyuan_clerk", S.RECTIFYING, True),
            ("chengyuan_admin", S.PENDING, True),
            ("inspector", S.RECTIFYING, True),
            ("inspector", S.CLOSED, True),
            ("chengyuan_clerk", S.CLOSED, False),
            ("inspector", S.VOID, False),
            ("hotline", S.RECTIFYING, False),
            ("leader", S.RECTIFYING, False),
            ("development_officer", S.RECTIFYING, False),
            ("township_officer", S.RECTIFYING, False),
            ("wanjia_reader", S.RECTIFYING, False),
        ],
    )
    def test_who_may(self, cast: Cast, client_as: SignIn, who: str, status: HazardStatus, may: bool):
        hazard = hazard_of(cast, status, cooperating_units=[cast.wanjia])
        client = client_as(getattr(cast, who))
        response = send(client, hazard, upload(photo(1)))
        assert response.status_code == (200 if may else 403)
        assert hazard.attachments.count() == may
        assert ("上传照片、文件" in client.get(f"/hazards/{hazard.pk}/").content.decode()) == may

    def test_a_cooperating_company_may(self, cast: Cast, client_as: SignIn):
        hazard = hazard_of(cast, S.RECTIFYING, cooperating_units=[cast.beiyuan])
        send(client_as(cast.beiyuan_clerk), hazard, upload(photo(1)))
        assert hazard.attachments.count() == 1

    def test_not_to_a_hazard_that_is_not_seen(self, cast: Cast, client_as: SignIn):
        hazard = hazard_of(cast, S.RECTIFYING)
        assert send(client_as(cast.beiyuan_clerk), hazard, upload(photo(1))).status_code == 404

    def test_several_at_once_with_one_entry(self, cast: Cast, client_as: SignIn):
        hazard = hazard_of(cast, S.RECTIFYING)
        response = send(
            client_as(cast.chengyuan_clerk), hazard, upload(photo(1), "一.jpg"), upload(PDF, "记录.pdf"), note="第一天"
        )
        assert told(response) == [("success", "已上传 2 个文件：一.jpg、记录.pdf。")]
        entry = AuditEntry.objects.of(hazard).get()
        assert (entry.action, entry.note, entry.changes) == ("上传附件", "第一天", {"附件": [None, "一.jpg、记录.pdf"]})
        assert {(row.original_name, row.stage, row.entry_id) for row in hazard.attachments.all()} == {
            ("一.jpg", AttachmentStage.DURING, entry.pk), ("记录.pdf", AttachmentStage.DOCUMENT, entry.pk),
        }  # fmt: skip

    def test_a_refused_file_is_named_and_the_others_are_kept(self, cast: Cast, client_as: SignIn):
        hazard = hazard_of(cast, S.RECTIFYING)
        response = send(
            client_as(cast.chengyuan_clerk), hazard,
            upload(photo(1), "好.jpg"), upload(b"MZ\x90\x00" + b"\0" * 99, "坏.jpg"), upload(b"", "空.jpg"),
        )  # fmt: skip
        (kept, refused) = told(response)
        assert kept == ("success", "已上传 1 个文件：好.jpg。")
        assert refused[0] == "error"
        assert refused[1].startswith("有 2 个文件没有收下，请处理后重新选择：“坏.jpg”")
        assert "“空.jpg”是空文件" in refused[1]
        assert [row.original_name for row in hazard.attachments.all()] == ["好.jpg"]

    @pytest.mark.parametrize(
        ("files", "stage", "problem"),
        [
            (0, "during", "没有选择文件，请先选择要上传的照片或文件。"),
            (21, "during", "一次选了 21 个文件，最多 20 个，请分几次上传。"),
            (1, "whenever", "没有选择照片属于哪个阶段，请重新选择文件并选好阶段。"),
        ],
    )
    def test_what_is_wrong_with_the_form(self, cast: Cast, client_as: SignIn, files: int, stage: str, problem: str):
        hazard = hazard_of(cast, S.RECTIFYING)
        chosen = [upload(b"x") for _ in range(files)]
        assert told(send(client_as(cast.chengyuan_clerk), hazard, *chosen, stage=stage)) == [("error", problem)]
        assert not hazard.attachments.exists()

    def test_time_and_place_of_the_camera_are_kept_and_shown(self, cast: Cast, client_as: SignIn):
        hazard = hazard_of(cast, S.RECTIFYING)
        picture = photo(1, taken="2026:08:02 09:30:00", place=("38.041230", "114.514560"))
        client = client_as(cast.chengyuan_clerk)
        send(client, hazard, upload(picture), stage="after")
        row = hazard.attachments.get()
        assert (row.taken_at.isoformat(), str(row.latitude), str(row.longitude)) == (
            "2026-08-02T01:30:00+00:00", "38.041230", "114.514560",
        )  # fmt: skip
        page = client.get(f"/hazards/{hazard.pk}/").content.decode()
        assert "拍摄 2026-08-02 09:30，北纬 38.04123，东经 114.51456" in page

    def test_nothing_stays_on_disk_of_what_was_rolled_back(self, cast: Cast, settings: Any):
        hazard = hazard_of(cast, S.RECTIFYING)
        uploads = [inspect_upload(upload(photo(1)), filename="照片.jpg")]

        def fails() -> AuditEntry:
            raise RuntimeError("the move failed")

        with pytest.raises(RuntimeError, match="the move failed"):
            services.with_attachments(hazard, fails, by=cast.chengyuan_clerk, uploads=uploads, stage="after")
        assert not hazard.attachments.exists()
        assert [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()] == []


class TestServing:
    @pytest.mark.parametrize("which", ["file", "thumbnail"])
    def test_to_whoever_sees_the_hazard_and_nobody_else(self, cast: Cast, client_as: SignIn, which: str):
        picture = photo(1)
        attachment = stored(
            hazard_of(cast, S.RECTIFYING, cooperating_units=[cast.wanjia]), cast.chengyuan_clerk, picture
        )
        for who in ("chengyuan_clerk", "inspector", "leader", "wanjia_reader", "township_officer"):
            assert client_as(getattr(cast, who)).get(url(attachment, which)).status_code == 200, who
        for user in (cast.beiyuan_admin, cast.foreign.admin, cast.foreign.company_admin):
            assert client_as(user).get(url(attachment, which)).status_code == 404, user
        assert Client().get(url(attachment, which)).status_code == 302

    def test_the_file_as_it_was_sent(self, cast: Cast, client_as: SignIn):
        picture = photo(1)
        attachment = stored(hazard_of(cast), cast.inspector, picture)
        response = client_as(cast.inspector).get(url(attachment))
        assert b"".join(response.streaming_content) == picture
        assert response["Content-Type"] == "image/jpeg"
        assert response["Content-Disposition"].startswith("inline")
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in response["Content-Security-Policy"]
        assert response["Cache-Control"].startswith("private")

    def test_what_is_no_picture_is_downloaded(self, cast: Cast, client_as: SignIn):
        attachment = stored(hazard_of(cast), cast.inspector, PDF, name="记录.pdf")
        response = client_as(cast.inspector).get(url(attachment))
        assert response["Content-Disposition"].startswith("attachment")
        assert client_as(cast.inspector).get(url(attachment, "thumbnail")).status_code == 404

    def test_heic_is_shown_as_jpeg_and_can_be_had_as_it_was(self, cast: Cast, client_as: SignIn):
        content = encoded(scene(1), "HEIF")
        attachment = stored(hazard_of(cast), cast.inspector, content, name="手机.heic")
        client = client_as(cast.inspector)
        assert client.get(url(attachment))["Content-Type"] == "image/jpeg"
        original = client.get(url(attachment) + "?original=1")
        assert (original["Content-Type"], b"".join(original.streaming_content)) == ("image/heic", content)

    def test_stored_under_names_that_say_nothing(self, cast: Cast):
        attachment = stored(hazard_of(cast), cast.inspector, photo(1), name="../../etc/整改前.jpg")
        assert re.fullmatch(r"[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{32}\.jpg", attachment.file.name)
        assert attachment.original_name == "整改前.jpg"

    def test_a_file_missing_from_the_store_is_no_crash(self, cast: Cast, client_as: SignIn):
        attachment = stored(hazard_of(cast), cast.inspector, photo(1))
        attachment.file.storage.delete(attachment.file.name)
        assert client_as(cast.inspector).get(url(attachment)).status_code == 404


class TestFlags:
    def flags(self, hazard: Hazard) -> list[str]:
        return [flag.reason for flag in selectors.photo_flags(hazard)]

    def test_a_photo_older_than_the_find(self, cast: Cast):
        hazard = hazard_of(cast, S.AWAITING_ACCEPTANCE)
        stored(hazard, cast.chengyuan_clerk, photo(1, taken="2026:06:30 23:59:59"))
        stored(hazard, cast.chengyuan_clerk, photo(2, taken="2026:07:01 00:00:01"))
        assert self.flags(hazard) == ["拍摄于 2026-06-30，早于发现日期 2026-07-01"]

    def test_a_photo_used_for_another_hazard_though_it_was_sent_around(self, cast: Cast):
        picture = photo(1)
        other, hazard = hazard_of(cast, S.CLOSED), hazard_of(cast, S.AWAITING_ACCEPTANCE)
        stored(other, cast.chengyuan_clerk, picture, name="旧照.jpg")
        stored(hazard, cast.chengyuan_clerk, sent_on(picture))
        stored(hazard, cast.chengyuan_clerk, photo(2))
        assert self.flags(hazard) == [f"与 {other.number} 的照片“旧照.jpg”几乎相同"]

    def test_the_photo_from_before_sent_in_again(self, cast: Cast):
        picture = photo(1)
        hazard = hazard_of(cast, S.AWAITING_ACCEPTANCE)
        stored(hazard, cast.chengyuan_clerk, picture, stage="before", name="整改前.jpg")
        stored(hazard, cast.chengyuan_clerk, sent_on(picture))
        assert self.flags(hazard) == ["与本隐患整改前的照片“整改前.jpg”几乎相同"]

    def test_an_earlier_rounds_photo_sent_in_again(self, cast: Cast):
        hazard = hazard_of(cast, S.AWAITING_ACCEPTANCE)
        stored(hazard, cast.chengyuan_clerk, photo(1), name="上轮.jpg")
        Hazard.objects.filter(pk=hazard.pk).update(round=2)
        hazard.refresh_from_db()
        stored(hazard, cast.chengyuan_clerk, photo(1))
        assert self.flags(hazard) == ["与本隐患第 1 轮的照片“上轮.jpg”几乎相同"]

    def test_another_countys_photos_are_not_told_of(self, cast: Cast):
        foreign = HazardFactory(season=cast.foreign.season)
        stored(foreign, cast.foreign.company_admin, photo(1))
        hazard = hazard_of(cast, S.AWAITING_ACCEPTANCE)
        stored(hazard, cast.chengyuan_clerk, photo(1))
        assert self.flags(hazard) == []

    def test_the_acceptor_sees_them_and_the_company_does_not(self, cast: Cast, client_as: SignIn):
        hazard = hazard_of(cast, S.AWAITING_ACCEPTANCE)
        stored(hazard, cast.chengyuan_clerk, photo(1, taken="2026:06:30 12:00:00"), name="旧.jpg")
        warning = "拍摄于 2026-06-30，早于发现日期 2026-07-01"
        for path in ("", "accept/", "reject/"):
            assert warning in client_as(cast.inspector).get(f"/hazards/{hazard.pk}/{path}").content.decode()
        assert warning not in client_as(cast.chengyuan_admin).get(f"/hazards/{hazard.pk}/").content.decode()
