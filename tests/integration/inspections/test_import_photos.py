"""Photos that come with a ledger: matched to rows, kept once, settled by a person, hung at the right hazards."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from audit.models import AuditEntry
from common.spreadsheets.models import ImportBatch, ImportPhoto, Pile
from common.storage import private_storage
from inspections import photos
from inspections.importing import Stager
from inspections.models import Attachment
from inspections.photos import attach_photos, take_archive, take_pictures
from inspections.workflow import MoveRefused
from tests.cast import Cast
from tests.factories import HazardFactory
from tests.hazard_imports import import_ready
from tests.ledgers import HEAD, ledger_file, ledger_row
from tests.photo_zips import locked, photo_zip
from tests.picture_books import with_dispimg, with_floating
from tests.pictures import photo

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("summer"), pytest.mark.either_database]

A, B, C, D = (photo(seed, size=(64, 48)) for seed in range(1, 5))
POINTS = ("幸福小区换热站", "老站循环泵", "河西中继站")
SignIn = Callable[[Any], Client]


def stage(cast: Cast, content: bytes | None = None, *, by: Any = None, **row: Any) -> ImportBatch:
    """A batch of three rows (4 to 6 of the sheet, serials 1 to 3) of `by`, with the file kept."""
    user = by or cast.admin
    content = content or ledger_file([ledger_row(point, **row) for point in POINTS])
    batch = Stager(by=user).stage(content, filename="台账.xlsx")
    if not batch.file:
        batch.file.save("台账.xlsx", ContentFile(content))
    return batch


def take(batch: ImportBatch, files: dict[str, bytes], **options: Any) -> photos.PhotoResult:
    return take_archive(batch, io.BytesIO(photo_zip(files)), by=options.pop("by", batch.owner), **options)


def hanging(hazard: Any) -> list[tuple[str, str]]:
    return list(Attachment.objects.filter(hazard=hazard).order_by("stage").values_list("stage", "original_name"))


def post_zip(client: Client, batch: ImportBatch, content: bytes, **data: str) -> str:
    """What the page says after the upload."""
    file = SimpleUploadedFile("照片.zip", content, "application/zip")
    address = reverse("inspections:hazard_import_photos", args=[batch.pk])
    return client.post(address, {"file": file, **data}, follow=True).content.decode()


def test_a_zip_sent_twice_makes_nothing_twice_and_its_photos_hang_at_their_hazards(
    cast: Cast, client_as: SignIn, django_capture_on_commit_callbacks: Any
) -> None:
    batch, client = stage(cast), client_as(cast.admin)
    content = photo_zip(
        {"整改前/1.jpg": A, "整改后/1.jpg": B, "整改前/03.jpg": C, "Thumbs.db": b"x", "整改后/说明.txt": b"abc"}
    )
    page = post_zip(client, batch, content)
    assert "3 张照片对上 2 行，2 个文件不是照片已跳过。" in page
    assert "Thumbs.db：不是照片，是Windows 的缩略图缓存" in page
    assert "整改后/说明.txt：不是照片，是文本文件" in page
    assert ImportPhoto.objects.count() == 5 and Attachment.objects.count() == 0

    hazards = {hazard.problem_point: hazard for hazard in import_ready(batch, by=cast.admin)}
    names = list(ImportPhoto.objects.exclude(file="").values_list("file", flat=True))
    with django_capture_on_commit_callbacks(execute=True):
        page = post_zip(client, batch, content)
    assert "3 张照片以前已经收下，没有重复" in page
    assert "3 张照片已挂到登记的隐患上。" in page
    assert hanging(hazards[POINTS[0]]) == [("after", "1.jpg"), ("before", "1.jpg")]
    assert hanging(hazards[POINTS[1]]) == []
    assert hanging(hazards[POINTS[2]]) == [("before", "03.jpg")]
    assert ImportPhoto.objects.count() == 5

    # Both stages came in one entry; the kept copies are gone, the rows are not.
    [entry] = AuditEntry.objects.filter(action="上传附件", target_id=str(hazards[POINTS[0]].pk))
    assert entry.note == "随台账“台账.xlsx”导入"
    assert Attachment.objects.filter(entry_id=entry.pk).count() == 2
    assert not any(private_storage().exists(name) for name in names)
    assert ImportPhoto.objects.filter(attachment_id__isnull=False, file="").count() == 3

    post_zip(client, batch, content)
    assert (Attachment.objects.count(), ImportPhoto.objects.count()) == (3, 5)
    assert AuditEntry.objects.filter(action="上传附件").count() == 2


def test_the_file_that_hangs_is_the_one_that_was_sent(cast: Cast) -> None:
    batch = stage(cast)
    take(batch, {"整改前/1.jpg": A})
    [hazard, *_] = import_ready(batch, by=cast.admin)
    assert attach_photos(batch, by=cast.admin) == 1
    attachment = Attachment.objects.get()
    assert attachment.file.read() == A
    assert (attachment.hazard_id, attachment.is_photo, attachment.uploaded_by) == (hazard.pk, True, cast.admin)
    assert ImportPhoto.objects.get().attachment_id == attachment.pk


def test_what_was_claimed_by_another_run_is_not_hung_again(cast: Cast) -> None:
    batch = stage(cast)
    take(batch, {"整改前/1.jpg": A})
    import_ready(batch, by=cast.admin)
    # The other run has read the same list before this one hung its photos.
    [(hazard_id, listed)] = list(photos.hangable(batch))
    assert attach_photos(batch, by=cast.admin) == 1
    assert photos._hang(hazard_id, listed, by=cast.admin) == 0
    assert Attachment.objects.count() == 1


def test_the_same_ledger_and_zip_in_a_second_batch_hang_nothing_twice(cast: Cast) -> None:
    content = ledger_file([ledger_row(point) for point in POINTS])
    first = stage(cast, content)
    take(first, {"整改前/1.jpg": A})
    import_ready(first, by=cast.admin)
    attach_photos(first, by=cast.admin)
    second = stage(cast, content)
    assert set(second.rows.values_list("pile", flat=True)) == {Pile.REPEAT}
    take(second, {"整改前/1.jpg": A, "整改前/2.jpg": B})
    attach_photos(second, by=cast.admin)
    assert [name for _, name in Attachment.objects.order_by("pk").values_list("stage", "original_name")] == [
        "1.jpg", "2.jpg",
    ]  # fmt: skip
    assert ImportPhoto.objects.filter(attachment_id__isnull=False).count() == 3


def test_what_no_row_has_waits_until_a_person_settles_it(cast: Cast, client_as: SignIn) -> None:
    batch, client = stage(cast), client_as(cast.admin)
    [hazard, *_] = import_ready(batch, by=cast.admin)
    page = post_zip(client, batch, photo_zip({"整改后/99.jpg": A, "IMG_20260701.jpg": B, "2.jpg": C}))
    assert "3 张照片要您选择对应的行或阶段" in page
    assert "台账里没有序号 99，请选择对应的行" in page
    assert "从名字看不出是哪一条，请选择对应的行" in page
    assert "没有写明是整改前还是整改后，请选择" in page
    waiting = ImportPhoto.objects.get(original_name="99.jpg")
    address = reverse("inspections:hazard_import_photo", args=[batch.pk, waiting.pk])
    assert client.get(address).getvalue() == A  # type: ignore[attr-defined]
    assert client.get(f"{address}?small=1")["Content-Type"] == "image/jpeg"

    def settle(row: str, stage: str) -> str:
        data = {f"photo{waiting.pk}-row": row, f"photo{waiting.pk}-stage": stage, "do": "settle"}
        return client.post(address, data, follow=True).content.decode()

    assert "第 77 行不是台账里的隐患" in settle("77", "after")
    assert "请填写表格左侧的行号" in settle("四", "after")
    assert "请选择整改前还是整改后" in settle("4", "")
    assert hanging(hazard) == []
    assert "记为第 4 行的整改后照片。1 张照片已挂到登记的隐患上。" in settle("4", "after")
    assert hanging(hazard) == [("after", "99.jpg")]
    assert "已经挂到隐患上" in settle("5", "after")
    # The same ZIP again: the settled one is known, whatever its name says.
    page = post_zip(client, batch, photo_zip({"整改后/99.jpg": A}))
    assert "1 张照片以前已经收下，没有重复" in page


def test_one_stage_for_all_that_lack_it(cast: Cast, client_as: SignIn) -> None:
    batch, client = stage(cast), client_as(cast.admin)
    take(batch, {"1.jpg": A, "2.jpg": B, "IMG_20260701.jpg": C})
    address = reverse("inspections:hazard_import_photo_stages", args=[batch.pk])
    assert "请选择照片是整改前" in client.post(address, {"stage": "x"}, follow=True).content.decode()
    assert "已给 2 张照片写明阶段" in client.post(address, {"stage": "after"}, follow=True).content.decode()
    settled = ImportPhoto.objects.exclude(stage="").order_by("row").values_list("row", "stage", "problem")
    assert list(settled) == [(4, "after", ""), (5, "after", "")]


def test_a_stage_chosen_at_the_upload_is_for_names_that_say_none(cast: Cast, client_as: SignIn) -> None:
    batch = stage(cast)
    post_zip(client_as(cast.admin), batch, photo_zip({"1.jpg": A, "整改后/2.jpg": B}), stage="before")
    assert list(batch.photos.order_by("row").values_list("row", "stage")) == [(4, "before"), (5, "after")]


def test_a_photo_can_be_left_out_and_taken_in_again(cast: Cast, client_as: SignIn) -> None:
    batch, client = stage(cast), client_as(cast.admin)
    take(batch, {"整改前/1.jpg": A})
    [hazard, *_] = import_ready(batch, by=cast.admin)
    address = reverse("inspections:hazard_import_photo", args=[batch.pk, batch.photos.get().pk])
    client.post(address, {"do": "dismiss"})
    assert attach_photos(batch, by=cast.admin) == 0
    client.post(address, {"do": "restore"})
    assert hanging(hazard) == [("before", "1.jpg")]


def test_serials_that_several_companies_use_are_told_apart_by_folders(cast: Cast) -> None:
    rows = [ledger_row(POINTS[0]), ledger_row(POINTS[1]), ledger_row(POINTS[2], 责任单位="北苑供热站")]
    # Every company begins at 1.
    book = ledger_file(rows, head=HEAD)
    batch = stage(cast, book)
    row = batch.rows.get(row=6)
    row.raw = {**row.raw, "序号": "1"}
    row.save()
    result = take(
        batch,
        {"北苑供热站/整改前/1.jpg": A, "城源热力/整改前/1.jpg": B, "整改前/1.jpg": C, "北苑供热站/整改前/2.jpg": D},
    )
    assert sorted(result.taken) == [(4, "before"), (6, "before")]
    assert dict(batch.photos.filter(row__isnull=False).values_list("row", "source")) == {
        4: "城源热力/整改前/1.jpg", 6: "北苑供热站/整改前/1.jpg",
    }  # fmt: skip
    assert dict(result.waiting) == {
        "整改前/1.jpg": "序号 1 在台账里有 2 行（第 4、6 行），请选择是哪一行",
        "北苑供热站/整改前/2.jpg": "序号 2 的责任单位和文件夹“北苑供热站、整改前”对不上，请核对后选择对应的行",
    }


def test_the_number_of_the_hazard_is_a_key_once_there_is_one(cast: Cast) -> None:
    batch = stage(cast)
    hazards = import_ready(batch, by=cast.admin)
    take(batch, {f"{hazards[1].number}/后.jpg": A})
    assert attach_photos(batch, by=cast.admin) == 1
    assert hanging(hazards[1]) == [("after", "后.jpg")]


def test_a_ledger_without_serials_counts_its_entries(cast: Cast) -> None:
    batch = stage(cast)
    batch.head = {**batch.head, "columns": {k: v for k, v in batch.head["columns"].items() if k != "序号"}}
    batch.save()
    assert take(batch, {"整改前/3.jpg": A}).taken == [(6, "before")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"Rar!\x1a\x07" + b"\0" * 50, "这是rar 压缩包，不是 zip 压缩包"),
        (locked(photo_zip({"1.jpg": A})), "压缩包设了密码"),
        (photo_zip({"整改前/1.jpg": A, **{f"{i}.jpg": b"\0" * 21_000_000 for i in range(2, 23)}}), "解压后超过 400 MB"),
    ],
    ids=["rar", "locked", "bomb"],
)
def test_a_zip_that_is_none_or_does_harm_is_refused_with_nothing_kept(
    cast: Cast, client_as: SignIn, content: bytes, said: str
) -> None:
    batch = stage(cast)
    assert said in post_zip(client_as(cast.admin), batch, content)
    assert ImportPhoto.objects.count() == 0


def test_a_broken_photo_is_listed_and_the_others_are_kept(cast: Cast) -> None:
    batch = stage(cast)
    result = take(batch, {"整改前/1.jpg": A[:400], "整改前/2.jpg": B})
    assert result.taken == [(5, "before")]
    [(name, why)] = result.skipped
    assert name == "整改前/1.jpg" and "已损坏" in why
    assert not ImportPhoto.objects.get(source=name).file


def test_the_same_picture_twice_for_one_row_and_stage_is_kept_once(cast: Cast) -> None:
    batch = stage(cast)
    result = take(batch, {"整改前/1-1.jpg": A, "整改前/1-2.jpg": A, "整改后/1.jpg": A})
    assert (sorted(result.taken), result.known) == ([(4, "after"), (4, "before")], 1)


def test_somebody_elses_batch_is_not_there(cast: Cast, client_as: SignIn) -> None:
    batch = stage(cast)
    take(batch, {"整改前/1.jpg": A})
    kept = batch.photos.get()
    client = client_as(cast.inspector)
    page = reverse("inspections:hazard_import_photos", args=[batch.pk])
    one = reverse("inspections:hazard_import_photo", args=[batch.pk, kept.pk])
    assert client_as(cast.admin).get(one).status_code == 200
    assert [client.get(page).status_code, client.get(one).status_code] == [404, 404]
    assert client.post(one, {"do": "dismiss"}).status_code == 404
    # Nor is a photo of one batch under the address of another.
    own = stage(cast, by=cast.inspector)
    assert client.get(reverse("inspections:hazard_import_photo", args=[own.pk, kept.pk])).status_code == 404
    for act in (attach_photos, take_pictures):
        with pytest.raises(PermissionDenied):
            act(batch, by=cast.inspector)
    with pytest.raises(PermissionDenied):
        take(batch, {"整改前/1.jpg": A}, by=cast.inspector)


def test_a_company_hangs_photos_at_its_own_hazards_only(cast: Cast) -> None:
    batch = stage(cast, by=cast.chengyuan_admin)
    hazards = import_ready(batch, by=cast.chengyuan_admin)
    other: Any = HazardFactory(season=cast.season, lead_unit=cast.beiyuan, status="rectifying")
    closed: Any = HazardFactory(season=cast.season, lead_unit=cast.chengyuan, status="closed")
    batch.rows.filter(row=5).update(item_id=other.pk)
    batch.rows.filter(row=6).update(item_id=closed.pk, pile=Pile.REPEAT)
    take(batch, {"整改前/1.jpg": A, "整改前/2.jpg": B, "整改前/3.jpg": C})
    assert attach_photos(batch, by=cast.chengyuan_admin) == 1
    assert (len(hanging(hazards[0])), len(hanging(other)), len(hanging(closed))) == (1, 0, 0)
    assert dict(batch.photos.values_list("row", "problem")) == {
        4: "",
        5: "这一行对应的隐患不归您管，照片没有挂上",
        6: "只有整改单位和住建局的人员可以给这条隐患上传照片和文件",
    }


def test_many_photos_of_one_hazard_hang_in_lots(cast: Cast) -> None:
    batch = stage(cast)
    take(batch, {f"整改前/1-{number}.jpg": photo(number, size=(32, 24)) for number in range(1, 11)})
    [hazard, *_] = import_ready(batch, by=cast.admin)
    assert attach_photos(batch, by=cast.admin) == 10
    assert len(hanging(hazard)) == 10


@pytest.mark.parametrize("make", [with_floating, with_dispimg])
def test_pictures_in_the_cells_come_with_the_ledger(cast: Cast, make: Any) -> None:
    rows = [[*ledger_row(point), "", ""] for point in POINTS]
    book = make(ledger_file(rows, head=[*HEAD, "整改前照片", "整改后照片"]), {"M4": A, "N4": B, "N6": C, "A5": D})
    batch = stage(cast, book)
    result = take_pictures(batch, by=cast.admin)
    assert sorted(result.taken) == [(4, "after"), (4, "before"), (6, "after")]
    assert [why for _, why in result.waiting] == ["没有写明是整改前还是整改后，请选择"]
    again = take_pictures(batch, by=cast.admin)
    assert (again.taken, again.waiting, again.known) == ([], [], 4)
    hazards = import_ready(batch, by=cast.admin)
    assert attach_photos(batch, by=cast.admin) == 3
    assert [stage for stage, _ in hanging(hazards[0])] == ["after", "before"]


def test_a_seal_over_the_head_is_no_photo_and_one_below_the_rows_waits(cast: Cast) -> None:
    book = with_floating(ledger_file([ledger_row(point) for point in POINTS]), {"B1": A, "B40": B})
    batch = stage(cast, book)
    result = take_pictures(batch, by=cast.admin)
    assert [why for _, why in result.skipped] == ["在表头以上，可能是公章或标志，没有当作照片"]
    assert [why for _, why in result.waiting] == ["图片在第 40 行，那一行不是隐患，请选择对应的行"]


def test_a_ledger_that_is_no_xlsx_has_no_pictures(cast: Cast) -> None:
    batch = stage(cast)
    batch.filename = "台账.xls"
    assert str(take_pictures(batch, by=cast.admin)) == "没有找到照片。"


def test_settling_where_the_same_picture_is_already_is_refused(cast: Cast) -> None:
    batch = stage(cast)
    take(batch, {"整改前/1.jpg": A, "IMG_20260701.jpg": A})
    with pytest.raises(MoveRefused, match="第 4 行这个阶段已有同一张照片"):
        photos.settle_photo(batch.photos.get(row=None), row=4, stage="before")


def test_the_page_makes_the_same_queries_for_few_and_for_many(
    cast: Cast, client_as: SignIn, django_assert_max_num_queries: Any
) -> None:
    batch, client = stage(cast), client_as(cast.admin)
    address = reverse("inspections:hazard_import_photos", args=[batch.pk])
    for number in range(40):
        ImportPhoto.objects.create(
            batch=batch, row=4 + number % 3 if number % 2 else None, stage="before", original_name=f"{number}.jpg",
            source=f"{number}.jpg", sha256=str(number), file=f"{number}.jpg",
        )  # fmt: skip
    import_ready(batch, by=cast.admin)
    client.get(address)
    with django_assert_max_num_queries(20):
        assert client.get(address).status_code == 200
