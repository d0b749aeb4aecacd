"""What is read from a photo, what is made of it, and how the same picture is known again."""

import datetime as dt
import io
import itertools
from decimal import Decimal
from zoneinfo import ZoneInfo

import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageDraw, ImageOps

from common.uploads import InspectedUpload, bands, hamming, hash_candidates, inspect_upload, perceptual_hash
from tests.pictures import encoded, exif_of, photo, scene, sent_on

SHANGHAI = ZoneInfo("Asia/Shanghai")
HASHES = st.integers(0, 2**64 - 1)


def inspected(content: bytes, name: str = "现场.jpg") -> InspectedUpload:
    return inspect_upload(io.BytesIO(content), filename=name)


def opened(content: bytes | None) -> Image.Image:
    assert content is not None
    return Image.open(io.BytesIO(content))


def alike(one: Image.Image, other: Image.Image) -> bool:
    """The same picture, whatever its size."""
    return hamming(perceptual_hash(one) or "", perceptual_hash(other) or "") <= 7


# When


def test_the_time_taken_is_that_of_the_site():
    assert inspected(photo(taken="2026:07:01 09:30:15")).taken_at == dt.datetime(2026, 7, 1, 9, 30, 15, tzinfo=SHANGHAI)


def test_the_time_taken_is_in_the_offset_that_the_photo_names():
    taken = inspected(photo(taken="2026:07:01 09:30:15", offset="+06:00")).taken_at
    assert taken == dt.datetime(2026, 7, 1, 3, 30, 15, tzinfo=dt.UTC)
    taken = inspected(photo(taken="2026:07:01 09:30:15", offset="-03:30")).taken_at
    assert taken == dt.datetime(2026, 7, 1, 13, 0, 15, tzinfo=dt.UTC)
    assert inspected(photo(taken="2026:07:01 09:30:15", offset="Z")).taken_at == dt.datetime(
        2026, 7, 1, 9, 30, 15, tzinfo=dt.UTC
    )


@pytest.mark.parametrize("offset", ["   :  ", "中国", "+99:00", "8"])
def test_an_offset_that_makes_no_sense_is_passed_over(offset):
    taken = inspected(photo(taken="2026:07:01 09:30:15", offset=offset.encode("utf-8").decode("latin-1"))).taken_at
    assert taken == dt.datetime(2026, 7, 1, 9, 30, 15, tzinfo=SHANGHAI)


@pytest.mark.parametrize("taken", ["2026-07-01 09:30:15", "2026/07/01 09:30:15", "2026:07:01T09:30:15.25"])
def test_times_as_some_phones_write_them(taken):
    assert inspected(photo(taken=taken)).taken_at == dt.datetime(2026, 7, 1, 9, 30, 15, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    "taken",
    [
        None, "", "0000:00:00 00:00:00", "2026:13:01 09:30:15", "2026:02:30 09:30:15", "    :  :     :  :  ",
        "yesterday", "1970:01:01 00:00:00", "1980:01:01 00:00:00", "0001:01:01 00:00:00", "9999:12:31 23:59:59",
        "2026:07:01",
    ],
)  # fmt: skip
def test_times_that_make_no_sense_are_none(taken):
    assert inspected(photo(taken=taken)).taken_at is None


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "HEIF"])
def test_time_and_place_are_read_from_every_kind_of_photo(kind):
    exif = exif_of(taken="2026:07:01 09:30:15", place=("36.5", "117.25"))
    upload = inspected(encoded(scene(1), kind, exif=exif))
    assert upload.taken_at == dt.datetime(2026, 7, 1, 9, 30, 15, tzinfo=SHANGHAI)
    assert (upload.latitude, upload.longitude) == (Decimal("36.500000"), Decimal("117.250000"))


# Where


@pytest.mark.parametrize(
    "place", [("36.123456", "117.654321"), ("-36.123456", "-117.654321"), ("0.000001", "180"), ("90", "0")]
)
def test_the_place_to_six_digits(place):
    upload = inspected(photo(place=place))
    assert (upload.latitude, upload.longitude) == (Decimal(place[0]), Decimal(place[1]))
    assert upload.latitude.as_tuple().exponent == -6


def _gps(**values) -> bytes:
    exif = exif_of(place=("36.5", "117.25"))
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({ExifTags.GPS[name]: value for name, value in values.items()})
    return encoded(scene(1), exif=exif)


@pytest.mark.parametrize(
    "values",
    [
        {"GPSLatitude": (91.0, 0.0, 0.0)},
        {"GPSLongitude": (180.0, 0.0, 1.0)},
        {"GPSLatitude": (36.0, 60.0, 0.0)},
        {"GPSLatitude": (36.0, 30.0)},
        {"GPSLatitudeRef": "X"},
        {"GPSLongitudeRef": ""},
        {"GPSLatitude": (0.0, 0.0, 0.0), "GPSLongitude": (0.0, 0.0, 0.0)},
    ],
    ids=str,
)
def test_places_that_make_no_sense_are_none(values):
    assert (inspected(_gps()).latitude, inspected(_gps()).longitude) == (Decimal("36.500000"), Decimal("117.250000"))
    upload = inspected(_gps(**values))
    assert (upload.latitude, upload.longitude) == (None, None)


def test_a_place_divided_by_zero_is_none():
    good = photo(place=("36.5", "117.25"))
    degrees = (36).to_bytes(4, "big") + (1).to_bytes(4, "big")
    if degrees not in good:
        degrees = (36).to_bytes(4, "little") + (1).to_bytes(4, "little")
    assert good.count(degrees) == 1
    upload = inspected(good.replace(degrees, degrees[:4] + bytes(4)))
    assert (upload.latitude, upload.longitude, upload.width_px) == (None, None, 800)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_good_photo_with_rubbish_for_exif_is_taken(kind):
    upload = inspected(encoded(scene(1), kind, exif=b"Exif\x00\x00rubbish, all of it" * 20))
    assert (upload.taken_at, upload.latitude, upload.width_px) == (None, None, 800)


# What is shown


@pytest.mark.parametrize("orientation", range(1, 9))
def test_thumbnails_stand_upright(orientation):
    lying = photo(3, orientation=orientation)
    upload = inspected(lying)
    upright = ImageOps.exif_transpose(opened(lying))
    assert (upload.width_px, upload.height_px) == upright.size
    assert alike(opened(upload.thumbnail), upright)
    assert upload.phash is not None
    assert hamming(upload.phash, perceptual_hash(upright) or "") <= 7
    assert opened(upload.thumbnail).size == ((480, 360) if orientation < 5 else (360, 480))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_thumbnails_tell_nothing_but_the_picture(kind):
    exif = exif_of(taken="2026:07:01 09:30:00", place=("36.5", "117.25"))
    comment = {"comment": b"secret"} if kind == "JPEG" else {}
    thumbnail = opened(inspected(encoded(scene(1), kind, exif=exif, **comment)).thumbnail)
    assert thumbnail.format == "JPEG"
    assert set(thumbnail.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert not thumbnail.getexif()


def test_small_pictures_are_not_blown_up():
    assert opened(inspected(photo(size=(64, 48))).thumbnail).size == (64, 48)


def test_a_heic_gets_a_jpeg_that_every_browser_shows():
    picture = scene(5, (2400, 1200))
    upload = inspected(encoded(picture, "HEIF", quality=40), "IMG_0001.HEIC")
    rendition = opened(upload.rendition)
    assert (rendition.format, rendition.size) == ("JPEG", (2000, 1000))
    assert alike(rendition, picture)
    assert (upload.width_px, upload.height_px) == (2400, 1200)
    assert not rendition.getexif()
    assert inspected(photo()).rendition is None


def test_a_heic_is_turned_once():
    lying = scene(5)
    file = pillow_heif.from_pillow(lying)
    out = io.BytesIO()
    file.save(out, exif=exif_of(orientation=6).tobytes())
    upload = inspected(out.getvalue(), "a.heic")
    assert (upload.width_px, upload.height_px) == (600, 800)
    assert alike(opened(upload.thumbnail), lying.transpose(Image.Transpose.ROTATE_270))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_pictures_of_every_colour_mode(mode):
    picture = scene(2).convert("L").point(lambda value: value * 257, "I").convert("I;16") if mode == "I;16" else None
    picture = picture or scene(2).convert(mode)
    upload = inspected(encoded(picture, "JPEG" if mode == "CMYK" else "PNG"))
    assert opened(upload.thumbnail).mode == "RGB"
    assert alike(opened(upload.thumbnail), scene(2))


def test_scans_in_black_and_white_become_grey_when_small():
    stripes = Image.new("1", (1920, 1920))
    stripes.putdata([0, 255] * (1920 * 960))
    low, high = opened(inspected(encoded(stripes, "PNG")).thumbnail).convert("L").getextrema()
    assert 100 < low <= high < 155


def test_what_is_transparent_is_shown_white():
    picture = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    assert opened(inspected(encoded(picture, "PNG")).thumbnail).getpixel((50, 50)) == (255, 255, 255)


def test_a_photo_with_a_second_picture_inside_is_a_jpeg():
    out = io.BytesIO()
    scene(1).save(out, "MPO", save_all=True, append_images=[scene(2)])
    assert opened(out.getvalue()).format == "MPO"
    upload = inspected(out.getvalue())
    assert (upload.extension, upload.content_type) == ("jpg", "image/jpeg")
    assert alike(opened(upload.thumbnail), scene(1))


# The same picture again


def test_a_picture_sent_on_is_known_again():
    for seed in range(25):
        original = photo(seed)
        first, again = inspected(original).phash, inspected(sent_on(original, scale=0.5, quality=40)).phash
        assert first and again and hamming(first, again) <= 7, seed


def test_different_pictures_are_told_apart():
    hashes = [perceptual_hash(scene(seed, (400, 300))) for seed in range(60)]
    assert None not in hashes
    assert min(hamming(one or "", other or "") for one, other in itertools.combinations(hashes, 2)) > 7


def _labelled(colour: str, text: str) -> Image.Image:
    picture = Image.new("RGB", (640, 480), colour)
    ImageDraw.Draw(picture).text((20, 20), text, fill="white")
    return picture


@pytest.mark.parametrize(
    "picture",
    [
        Image.new("RGB", (640, 480), "grey"),
        _labelled("steelblue", "1 before"),
        _labelled("firebrick", "2 after"),
        Image.effect_noise((640, 480), 8).convert("RGB"),
        Image.linear_gradient("L").convert("RGB"),
    ],
    ids=["one colour", "label", "other label", "noise", "gradient"],
)
def test_flat_pictures_match_nothing(picture):
    assert inspected(encoded(picture, quality=60)).phash is None


def test_a_dark_picture_still_has_a_hash():
    assert perceptual_hash(scene(4).point(lambda value: 15 + value // 6)) is not None


@settings(deadline=None)
@given(HASHES, st.sets(st.integers(0, 63), max_size=7))
def test_candidates_find_every_hash_within_seven_bits(number, flipped):
    other = number
    for bit in flipped:
        other ^= 1 << bit
    one, near = f"{number:016x}", f"{other:016x}"
    assert hamming(one, near) == len(flipped)
    assert any(band in values for band, values in zip(bands(near), hash_candidates(one), strict=True))


@settings(deadline=None)
@given(HASHES)
def test_bands_are_quarters_and_candidates_their_neighbours(number):
    one = f"{number:016x}"
    assert sum(band << shift for band, shift in zip(bands(one), (48, 32, 16, 0), strict=True)) == number
    for band, values in zip(bands(one), hash_candidates(one), strict=True):
        assert len(values) == len(set(values)) == 17
        assert all((band ^ value).bit_count() <= 1 and 0 <= value < 2**16 for value in values)
