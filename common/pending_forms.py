"""What was typed into a form survives an expired session.

A POST by someone no longer logged in is answered with a redirect to the login page. `PendingFormsMiddleware` keeps what
was posted in the (new, anonymous) session under the form's address; after logging in the person lands on that address
again, where the view shows the form filled in: by `PendingFormMixin`, or by hand with `take_pending(request)`.

Several people may use one browser: a signed cookie, which outlives the session, says whose words they were, and nobody
else is shown them. (Where nobody has signed in before, they are the first one's.)
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import resolve_url
from django_htmx.http import HttpResponseClientRedirect

from common.clock import now

SESSION_KEY = "pending_forms"
MAX_BYTES = 64 * 1024
MAX_FORMS = 3
KEEP_SECONDS = 30 * 60
WHO_COOKIE = "who"
WHO_SECONDS = 400 * 24 * 3600
RESTORED = "登录已过期，已为您保留填写的内容，请核对后再次提交。"
RESTORED_WITHOUT_FILES = "登录已过期，已为您保留填写的内容（附件需要重新选择），请核对后再次提交。"


class PendingFormsMiddleware:
    """After SessionMiddleware and AuthenticationMiddleware. An htmx request is sent to the login page as a whole."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        _remember_who(request, response)
        if not _sends_to_login(request, response):
            return response
        if request.method == "POST":
            _keep(request)
        if getattr(request, "htmx", None):
            back = urlsplit(request.htmx.current_url_abs_path or request.get_full_path())  # type: ignore[attr-defined]
            address = f"{back.path}?{back.query}" if back.query else back.path
            return HttpResponseClientRedirect(f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': address})}")
        return response


def take_pending(request: HttpRequest) -> QueryDict | None:
    """What was posted to this address before the session expired, once; None if nothing (or too long ago).

    Tell the person with `messages.warning(request, RESTORED)`.
    """
    return _take(request)[0]


def posted_or_pending(request: HttpRequest) -> QueryDict | None:
    """The data of a form for a function view: what is posted now, else what an expired session had kept (the person is
    told), else None."""
    if request.method == "POST":
        return request.POST
    data, had_files = _take(request)
    if data is not None:
        messages.warning(request, RESTORED_WITHOUT_FILES if had_files else RESTORED)
    return data


class PendingFormMixin:
    """For FormView and its kin: a GET after an expired session shows the form with what had been typed."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        data, had_files = _take(request)
        if data is None:
            return super().get(request, *args, **kwargs)  # type: ignore[misc]
        if hasattr(self, "get_object") and not hasattr(self, "object"):
            self.object = self.get_object() if self.kwargs else None  # type: ignore[attr-defined]
        messages.warning(request, RESTORED_WITHOUT_FILES if had_files else RESTORED)
        form_class = self.get_form_class()  # type: ignore[attr-defined]
        form = form_class(**{**self.get_form_kwargs(), "data": data})  # type: ignore[attr-defined]
        return self.render_to_response(self.get_context_data(form=form))  # type: ignore[attr-defined]


def _who(request: HttpRequest) -> str:
    """The pk of the person last signed in on this browser; empty if nobody is known."""
    return request.get_signed_cookie(WHO_COOKIE, default="") or ""


def _remember_who(request: HttpRequest, response: HttpResponse) -> None:
    if request.user.is_authenticated and _who(request) != str(request.user.pk):
        response.set_signed_cookie(
            WHO_COOKIE, str(request.user.pk), max_age=WHO_SECONDS, httponly=True, samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )  # fmt: skip


def _sends_to_login(request: HttpRequest, response: HttpResponse) -> bool:
    if response.status_code != 302 or request.user.is_authenticated:
        return False
    login = resolve_url(settings.LOGIN_URL)
    return urlsplit(response["Location"]).path == login and request.path != login


def _keep(request: HttpRequest) -> None:
    data = request.POST.copy()
    for name in list(data):
        if name == "csrfmiddlewaretoken" or "password" in name.lower():
            del data[name]
    body = data.urlencode()
    if not body or len(body) > MAX_BYTES:
        return
    kept = {path: entry for path, entry in _stored(request).items() if path != request.path}
    kept[request.path] = {"body": body, "files": bool(request.FILES), "at": now().timestamp(), "who": _who(request)}
    # The oldest go first: dictionaries keep their order, also in the session.
    request.session[SESSION_KEY] = dict(list(kept.items())[-MAX_FORMS:])


def _take(request: HttpRequest) -> tuple[QueryDict | None, bool]:
    if not request.user.is_authenticated or SESSION_KEY not in request.session:
        return None, False
    kept = dict(request.session[SESSION_KEY])
    entry = kept.pop(request.path, None)
    request.session[SESSION_KEY] = kept
    if entry is None or now().timestamp() - entry["at"] > KEEP_SECONDS:
        return None, False
    if entry["who"] not in ("", str(request.user.pk)):
        return None, False
    return QueryDict(entry["body"]), entry["files"]


def _stored(request: HttpRequest) -> dict[str, dict[str, Any]]:
    return request.session.get(SESSION_KEY, {})
