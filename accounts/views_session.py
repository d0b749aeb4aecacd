"""Signing in and out, the own password, the own data."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth import views as auth_views
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from accounts import services
from accounts.forms import LoginForm, PasswordForm, ProfileForm
from accounts.models import User
from accounts.selectors import DEMO_PASSWORD, demo_accounts
from audit.services import build, record
from common.pending_forms import posted_or_pending
from common.views import safe_next

# An unknown name may be a password typed into the wrong box: only its beginning is kept.
NAME_KEPT = 30


class LoginView(auth_views.LoginView):
    template_name = "accounts/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if settings.DEMO:
            context |= {"demo_accounts": demo_accounts(), "demo_password": DEMO_PASSWORD}
        return context

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        record(actor=form.get_user(), action="登录", target=form.get_user())
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        # Set by axes when it counted this failure; not set when nothing was tried because of a lock-out.
        failures = getattr(self.request, "axes_failures_since_start", None)
        username = form.data.get("username", "")
        if failures and username:
            _record_refusal("登录失败", username, f"第 {failures} 次")
            if getattr(self.request, "axes_locked_out", False):
                _record_refusal("登录锁定", username, f"连续失败 {failures} 次，暂停登录")
        return super().form_invalid(form)


def _record_refusal(action: str, username: str, note: str) -> None:
    user = User.objects.select_related("unit__region").filter(username=username).first()
    entry = build(
        actor=None, action=action, target=user, region_code=user.unit.region.code if user and user.unit else "",
        note=f"用户名“{username[:NAME_KEPT]}”，{note}",
    )  # fmt: skip
    entry.actor_name = "未登录"
    entry.save(force_insert=True)


class LogoutView(auth_views.LogoutView):
    http_method_names = ["post"]
    next_page = settings.LOGIN_URL

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            record(actor=request.user, action="退出", target=request.user)
        return super().post(request, *args, **kwargs)


@method_decorator(sensitive_post_parameters(), name="dispatch")
class PasswordChangeView(auth_views.PasswordChangeView):
    template_name = "accounts/password_change.html"
    form_class = PasswordForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        forced = self.request.user.must_change_password and not settings.DEMO  # type: ignore[union-attr]
        return {**super().get_context_data(**kwargs), "forced": forced}

    def form_valid(self, form: Any) -> HttpResponse:
        services.change_password(self.request.user, form.cleaned_data["new_password1"])  # type: ignore[arg-type]
        update_session_auth_hash(self.request, self.request.user)  # type: ignore[arg-type]
        messages.success(self.request, "新密码已保存，下次登录请用新密码。")
        return redirect(safe_next(self.request))


def profile(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form = ProfileForm(posted_or_pending(request), initial={"phone": user.phone})
    if request.method == "POST" and form.is_valid():
        changed = services.change_own_phone(user, form.cleaned_data["phone"])
        messages.success(request, "手机号已保存。" if changed else "手机号没有变化。")
        return redirect("accounts:profile")
    facts = [
        ("姓名", user.full_name),
        ("用户名", user.username),
        ("单位", user.unit),
        ("角色", "、".join(user.role_names)),
    ]
    return render(request, "accounts/profile.html", {"form": form, "facts": facts})
