"""Whatever is uploaded, the answer is an inspected file or a refusal in words; never another error."""

import io
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.uploads import UploadRefused, inspect_upload
from tests.pictures import encoded, exif_of, photo, scene
from tests.unit.test_uploads import docx, pdf, xlsx

# Pillow warns of what it passes over in broken EXIF.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

EXIF = exif_of(taken="2026:07:01 09:30:00", offset="+08:00", place=("36.5", "117.25"), orientation=6)
SMALL = scene(1, (64, 48))
REAL = {
    "jpg": photo(1, size=(64, 48), taken="2026:07:01 09:30:00", place=("36.5", "117.25"), orientation=6),
    "progressive jpg": encoded(SMALL, progressive=True),
    "png": encoded(SMALL, "PNG", exif=EXIF),
    "palette png": encoded(SMALL.convert("P"), "PNG", transparency=3),
    "webp": encoded(SMALL, "WEBP", exif=EXIF),
    "lossless webp": encoded(SMALL, "WEBP", lossless=True),
    "heic": encoded(SMALL, "HEIF", exif=EXIF),
    "pdf": pdf(),
    "docx": docx({"word/media/1.jpg": photo(1, size=(64, 48))}),
    "xlsx": xlsx(),
}
BEGINNINGS = [content[:64] for content in REAL.values()]


def judged(content: bytes, name: str = "附件") -> None:
    try:
        upload = inspect_upload(io.BytesIO(content), filename=name)
    except UploadRefused as refused:
        assert str(refused).startswith("“") and "\x00" not in str(refused)
    else:
        assert upload.content == content
        assert upload.filename.isprintable()


@settings(deadline=None)
@given(content=st.binary(max_size=2000), name=st.text(max_size=50))
def test_random_bytes(content, name):
    judged(content, name)


@settings(deadline=None)
@given(beginning=st.sampled_from(BEGINNINGS), rest=st.binary(max_size=2000))
def test_random_bytes_behind_a_real_beginning(beginning, rest):
    judged(beginning + rest)


@pytest.mark.parametrize("kind", REAL)
def test_real_files_with_mistakes_in_them(kind):
    dice = random.Random(20260701)
    for _ in range(150):
        content = bytearray(REAL[kind])
        for _ in range(dice.choice((1, 1, 2, 5, 20))):
            at = dice.randrange(len(content))
            match dice.randrange(4):
                case 0:
                    content[at] = dice.randrange(256)
                case 1:
                    del content[at : at + dice.randrange(1, 50)]
                case 2:
                    content[at:at] = dice.randbytes(dice.randrange(1, 50))
                case 3:
                    content[at : at + 4] = dice.choice((b"\xff\xff\xff\xff", bytes(4), b"\x7f\xff\xff\xff"))
            if not content:
                break
        judged(bytes(content))


@pytest.mark.parametrize("kind", REAL)
def test_real_files_as_they_are(kind):
    assert inspect_upload(io.BytesIO(REAL[kind]), filename="附件").extension == kind.split()[-1]
