"""How private files are stored, named and sent."""

import io
import re
import stat
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from common.storage import private_storage
from common.uploads import random_name, serve
from tests.pictures import photo


def sent(name: str = "整改后.jpg", content_type: str = "image/jpeg", inline: bool = True):
    return serve(io.BytesIO(photo()), download_name=name, content_type=content_type, inline=inline)


def test_names_cannot_be_guessed_and_say_nothing():
    names = {random_name("jpg") for _ in range(100)}
    assert len(names) == 100
    for name in names:
        found = re.fullmatch(r"([0-9a-f]{2})/([0-9a-f]{2})/([0-9a-f]{32})\.jpg", name)
        assert found and found[3].startswith(found[1] + found[2])


def test_a_file_is_sent_as_what_it_is_and_as_nothing_else():
    response = sent()
    assert b"".join(response.streaming_content) == photo()
    assert response["Content-Type"] == "image/jpeg"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response["Cache-Control"] == "private, max-age=3600"
    assert response["Vary"] == "Cookie"
    assert response["Content-Length"] == str(len(photo()))


@pytest.mark.parametrize(
    ("content_type", "inline", "disposition"),
    [
        ("image/jpeg", True, "inline"),
        ("image/png", True, "inline"),
        ("image/webp", True, "inline"),
        ("application/pdf", True, "inline"),
        ("image/jpeg", False, "attachment"),
        ("application/pdf", False, "attachment"),
        ("image/svg+xml", True, "attachment"),
        ("text/html", True, "attachment"),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", True, "attachment"),
    ],
)
def test_only_pictures_and_pdf_open_in_the_browser(content_type, inline, disposition):
    assert sent(content_type=content_type, inline=inline)["Content-Disposition"].split(";")[0] == disposition


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("a 1.jpg", "inline; filename=\"a 1.jpg\"; filename*=UTF-8''a%201.jpg"),
        ("整改后.jpg", "inline; filename=\"___.jpg\"; filename*=UTF-8''%E6%95%B4%E6%94%B9%E5%90%8E.jpg"),
        ('a";x="b.jpg', "inline; filename=\"a__x__b.jpg\"; filename*=UTF-8''a%22%3Bx%3D%22b.jpg"),
        ("a\r\nSet-Cookie: b.jpg", "inline; filename=\"aSet-Cookie_ b.jpg\"; filename*=UTF-8''aSet-Cookie%3A%20b.jpg"),
        ("../a%41.jpg", "inline; filename=\"..a_41.jpg\"; filename*=UTF-8''..a%2541.jpg"),
        ("", "inline; filename=\"file\"; filename*=UTF-8''file"),
    ],
)
def test_every_browser_gets_a_name_it_can_read(name, header):
    assert sent(name)["Content-Disposition"] == header


def test_stored_files_have_no_address_and_follow_the_setting(settings, tmp_path):
    storage = private_storage()
    settings.MEDIA_ROOT = tmp_path / "elsewhere"
    name = storage.save(random_name("jpg"), ContentFile(photo()))
    path = Path(storage.path(name))
    assert path == tmp_path / "elsewhere" / name
    assert path.read_bytes() == photo()
    assert stat.S_IMODE(path.stat().st_mode) & 0o007 == 0
    assert stat.S_IMODE(path.parent.stat().st_mode) & 0o007 == 0
    with pytest.raises(ValueError, match="没有网址"):
        storage.url(name)
