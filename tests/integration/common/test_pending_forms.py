"""What was typed survives an expired session."""

import datetime as dt

import pytest
import time_machine
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.template import engines
from django.urls import path
from django.views.generic import FormView

from common.pending_forms import MAX_BYTES, PendingFormMixin, posted_or_pending, take_pending
from tests.factories import UserFactory

pytestmark = [pytest.mark.either_database, pytest.mark.django_db, pytest.mark.urls(__name__)]


class NoteForm(forms.Form):
    title = forms.CharField()
    photo = forms.FileField(required=False)


class NoteView(PendingFormMixin, FormView):
    form_class = NoteForm

    def render_to_response(self, context, **kwargs):
        page = engines["django"].from_string("{% for m in messages %}[{{ m }}]{% endfor %}{{ form.title.value }}")
        return HttpResponse(page.render(context, self.request))


def plain(request, number=0):
    taken = take_pending(request)
    return HttpResponse(taken.urlencode() if taken is not None else "nothing")


def by_function(request):
    data = posted_or_pending(request)
    return HttpResponse(data.urlencode() if data is not None else "nothing")


urlpatterns = [
    path("note/", NoteView.as_view()),
    path("plain/", plain),
    path("plain/<int:number>/", plain),
    path("function/", by_function),
    path("accounts/login/", plain),
]


@pytest.fixture
def person():
    return UserFactory()


def test_the_form_comes_back_filled_in_after_login(client, person):
    answer = client.post("/note/", {"title": "三号站漏水", "csrfmiddlewaretoken": "secret"})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/note/")
    client.force_login(person)
    shown = client.get("/note/").content.decode()
    assert shown == "[登录已过期，已为您保留填写的内容，请核对后再次提交。]三号站漏水"
    assert client.get("/note/").content.decode() == "None"


def test_files_are_said_to_be_missing(client, person):
    client.post("/note/", {"title": "漏水", "photo": SimpleUploadedFile("a.jpg", b"x")})
    client.force_login(person)
    assert "附件需要重新选择" in client.get("/note/").content.decode()


def test_neither_token_nor_passwords_are_kept(client, person):
    client.post("/plain/", {"a": ["1", "2"], "csrfmiddlewaretoken": "t", "new_password1": "p"})
    client.force_login(person)
    assert client.get("/plain/").content == b"a=1&a=2"
    assert client.get("/plain/").content == b"nothing"


def test_a_view_made_of_a_function(client, person):
    client.post("/function/", {"a": "1"})
    client.force_login(person)
    assert client.get("/function/").content == b"a=1"
    assert client.post("/function/", {"a": "2"}).content == b"a=2"


def test_each_address_has_its_own_and_only_the_last_three_are_kept(client, person):
    for number in (1, 2, 3, 4):
        client.post(f"/plain/{number}/", {"a": number})
    client.post("/plain/2/", {"a": "again"})
    assert list(client.session["pending_forms"]) == ["/plain/3/", "/plain/4/", "/plain/2/"]
    client.force_login(person)
    assert client.get("/plain/2/").content == b"a=again"
    assert client.get("/plain/3/").content == b"a=3"
    assert client.get("/plain/1/").content == b"nothing"


def test_nothing_is_kept_of_what_is_too_large_or_empty(client, person):
    client.post("/plain/", {"a": "x" * MAX_BYTES})
    client.post("/note/", {})
    assert "pending_forms" not in client.session


def test_it_is_forgotten_after_half_an_hour(client, person):
    with time_machine.travel("2026-09-01 09:00:00+08:00", tick=False) as clock:
        client.post("/plain/", {"a": "1"})
        client.force_login(person)
        clock.shift(dt.timedelta(minutes=31))
        assert client.get("/plain/").content == b"nothing"


def test_the_login_itself_and_those_logged_in_are_left_alone(client, person):
    client.post("/accounts/login/", {"username": "a"})
    assert "pending_forms" not in client.session
    client.force_login(person)
    assert client.post("/plain/", {"a": "1"}).status_code == 200
    assert "pending_forms" not in client.session


def test_htmx_leaves_the_page_for_the_login(client):
    answer = client.post(
        "/plain/", {"a": "1"}, headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/note/?tab=2"}
    )
    assert answer.headers["HX-Redirect"] == "/accounts/login/?next=%2Fnote%2F%3Ftab%3D2"
    assert client.session["pending_forms"]["/plain/"]["body"] == "a=1"


def test_what_one_person_typed_is_not_shown_to_the_next_one_at_the_browser(client, person):
    client.force_login(person)
    client.get("/plain/")  # now the browser knows whose it is
    del client.cookies["sessionid"]
    assert client.post("/plain/", {"a": "1"}).status_code == 302
    client.force_login(UserFactory())
    assert client.get("/plain/").content == b"nothing"

    client.force_login(person)
    client.get("/plain/")
    del client.cookies["sessionid"]
    client.post("/plain/", {"a": "2"})
    client.force_login(person)
    assert client.get("/plain/").content == b"a=2"
