"""Sessions that end when nobody is there, and passwords that have to be changed first."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from audit.services import record
from common import clock

SEEN_AT = "seen_at"
# Writing the session at every click would cost a write per request; five minutes are exact enough.
TOUCH_SECONDS = 5 * 60

Handler = Callable[[HttpRequest], HttpResponse]


class IdleSessionMiddleware:
    """Sign out whoever has done nothing for settings.SESSION_IDLE_MINUTES.

    After AuthenticationMiddleware and MessageMiddleware; LoginRequiredMiddleware then asks to sign in again.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if SESSION_KEY in request.session:
            self._judge(request)
        return self.get_response(request)

    def _judge(self, request: HttpRequest) -> None:
        now = int(clock.now().timestamp())
        idle = now - request.session.get(SEEN_AT, now)
        if idle > settings.SESSION_IDLE_MINUTES * 60:
            if request.user.is_authenticated:
                record(actor=request.user, action="会话超时", target=request.user)
            logout(request)
            messages.warning(request, f"您已超过 {settings.SESSION_IDLE_MINUTES} 分钟没有操作，请重新登录。")
        elif idle >= TOUCH_SECONDS or SEEN_AT not in request.session:
            request.session[SEEN_AT] = now


class PasswordChangeMiddleware:
    """Whoever has a password made by somebody else sets their own before anything else. Not in demo mode.

    After AuthenticationMiddleware and HtmxMiddleware.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.DEMO or SESSION_KEY not in request.session or not self._must_change(request):
            return self.get_response(request)
        target = reverse("accounts:password_change")
        if request.method == "GET" and not getattr(request, "htmx", None):
            return redirect(f"{target}?{urlencode({'next': request.get_full_path()})}")
        return HttpResponseClientRedirect(target) if getattr(request, "htmx", None) else redirect(target)

    def _must_change(self, request: HttpRequest) -> bool:
        user = request.user
        if not user.is_authenticated or not user.must_change_password:
            return False
        open_to_all = [reverse("accounts:password_change"), reverse("accounts:logout")]
        return request.path not in open_to_all and not request.path.startswith(settings.STATIC_URL)
