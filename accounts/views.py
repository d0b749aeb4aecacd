"""Pages to manage units, users and regions."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from accounts import services
from accounts.filters import UnitFilter, UserFilter
from accounts.forms import RegionForm, UnitForm, UserForm
from accounts.models import Region, Unit, User
from accounts.tables import RegionTable, UnitTable, UserTable
from common.forms import attempt
from common.htmx import render_page
from common.pending_forms import posted_or_pending
from common.tables import capped_count

FRAGMENTS = {"list": "partials/list.html"}
manages_units = permission_required("accounts.manage_units", raise_exception=True)
manages_users = permission_required("accounts.manage_users", raise_exception=True)


def _confirm(
    request: HttpRequest, *, heading: str, sentence: str, submit: str, back: str, details: list[str] | None = None
) -> HttpResponse:
    context = {
        "heading_text": heading, "sentence": sentence, "submit_label": submit, "back_url": back, "details": details,
    }  # fmt: skip
    return render(request, "confirm.html", context)


# --- units


@manages_units
def unit_list(request: HttpRequest) -> HttpResponse:
    filters = UnitFilter(request.GET, queryset=Unit.objects.visible_to(request.user), request=request)
    table = UnitTable.for_request(request, filters.qs, total=capped_count(filters.qs))
    context = {
        "table": table, "bar": filters.bar, "empty_title": "还没有单位", "empty_url": reverse("accounts:unit_create"),
        "empty_action": "新建单位",
    }  # fmt: skip
    return render_page(request, "accounts/unit_list.html", context, fragments=FRAGMENTS)


@manages_units
def unit_create(request: HttpRequest) -> HttpResponse:
    form = UnitForm(posted_or_pending(request), by=request.user)
    if request.method == "POST" and form.is_valid():
        unit = attempt(form, lambda: services.create_unit(by=request.user, **form.cleaned_data))
        if unit is not None:
            messages.success(request, f"已新建单位 {unit}，接下来可以为它新建用户。")
            return redirect("accounts:unit_list")
    return render(request, "accounts/unit_form.html", {"form": form})


@manages_units
def unit_edit(request: HttpRequest, pk: int) -> HttpResponse:
    unit = get_object_or_404(Unit.objects.visible_to(request.user).select_related("region"), pk=pk)
    form = UnitForm(posted_or_pending(request), instance=Unit.objects.get(pk=pk), by=request.user)
    if request.method == "POST" and form.is_valid():
        changed = attempt(form, lambda: services.change_unit(unit, by=request.user, **form.cleaned_data))
        if changed is not None:
            messages.success(request, f"{form.cleaned_data['name']} 的信息已保存。" if changed else "没有变化。")
            return redirect("accounts:unit_list")
    return render(request, "accounts/unit_form.html", {"form": form, "unit": unit})


@manages_units
def unit_switch(request: HttpRequest, pk: int) -> HttpResponse:
    unit = get_object_or_404(Unit.objects.visible_to(request.user).select_related("region"), pk=pk)
    back, active = reverse("accounts:unit_edit", args=[pk]), not unit.is_active
    if request.method == "POST":
        try:
            services.switch_unit(unit, by=request.user, active=active)
            messages.success(request, f"{unit} 已{'启用' if active else '停用'}。")
        except ValidationError as error:
            messages.error(request, error.messages[0])
        return redirect(back)
    people = unit.users.active().count()
    sentence = (
        f"启用后，{unit} 的 {people} 名用户可以重新登录。"
        if active
        else f"停用后，{unit} 的 {people} 名用户立即不能登录，新的隐患也不能再指给它；已有的记录都保留。"
    )
    word = "启用" if active else "停用"
    return _confirm(request, heading=f"{word}单位", sentence=sentence, submit=f"{word} {unit}", back=back)


# --- users


@manages_users
def user_list(request: HttpRequest) -> HttpResponse:
    filters = UserFilter(request.GET, queryset=User.objects.visible_to(request.user), request=request)
    table = UserTable.for_request(
        request, filters.qs, total=capped_count(filters.qs), rows=User.objects.prefetch_related("groups")
    )
    context = {
        "table": table, "bar": filters.bar, "empty_title": "还没有用户", "empty_url": reverse("accounts:user_create"),
        "empty_action": "新建用户",
    }  # fmt: skip
    return render_page(request, "accounts/user_list.html", context, fragments=FRAGMENTS)


def _values(form: UserForm) -> dict[str, Any]:
    return {("role_names" if name == "roles" else name): value for name, value in form.cleaned_data.items()}


def _show_password(request: HttpRequest, user: User, password: str, sentence: str) -> HttpResponse:
    """The password is in this answer only: it is neither stored nor put into an address."""
    return render(request, "accounts/password_shown.html", {"person": user, "password": password, "sentence": sentence})


@manages_users
@never_cache
def user_create(request: HttpRequest) -> HttpResponse:
    form = UserForm(posted_or_pending(request), by=request.user, initial={"unit": request.GET.get("unit")})
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: services.create_user(by=request.user, **_values(form)))
        if made is not None:
            return _show_password(request, made[0], made[1], "已新建用户")
    return render(request, "accounts/user_form.html", {"form": form})


@manages_users
def user_edit(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User.objects.visible_to(request.user).select_related("unit__region"), pk=pk)
    form = UserForm(posted_or_pending(request), by=request.user, user=person)
    if request.method == "POST" and form.is_valid():
        changed = attempt(form, lambda: services.change_user(person, by=request.user, **_values(form)))
        if changed is not None:
            messages.success(request, f"{form.cleaned_data['full_name']} 的信息已保存。" if changed else "没有变化。")
            return redirect("accounts:user_list")
    return render(request, "accounts/user_form.html", {"form": form, "person": person})


@manages_users
@never_cache
def user_reset(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User.objects.visible_to(request.user), pk=pk)
    back = reverse("accounts:user_edit", args=[pk])
    if request.method == "POST":
        try:
            password = services.reset_password(person, by=request.user)
        except ValidationError as error:
            messages.error(request, error.messages[0])
            return redirect(back)
        return _show_password(request, person, password, "已重置密码")
    sentence = (
        f"将为 {person.full_name}（{person.username}）换上一个随机密码，只显示一次，请当面或电话告知本人。"
        "原密码立即失效，登录锁定同时解除，本人下次登录时须自己设新密码。"
    )
    return _confirm(request, heading="重置密码", sentence=sentence, submit="重置密码", back=back)


@manages_users
def user_switch(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User.objects.visible_to(request.user), pk=pk)
    back, active = reverse("accounts:user_edit", args=[pk]), not person.is_active
    if request.method == "POST":
        try:
            services.switch_user(person, by=request.user, active=active)
            messages.success(request, f"{person.full_name} 的账号已{'启用' if active else '停用'}。")
        except ValidationError as error:
            messages.error(request, error.messages[0])
        return redirect(back)
    who = f"{person.full_name}（{person.username}）"
    sentence = f"启用后，{who} 可以用原来的密码登录。" if active else f"停用后，{who} 立即不能登录；其办过的事都保留。"
    word = "启用" if active else "停用"
    return _confirm(request, heading=f"{word}用户", sentence=sentence, submit=f"{word} {person.full_name}", back=back)


# --- regions


@manages_units
def region_list(request: HttpRequest) -> HttpResponse:
    regions = Region.objects.visible_to(request.user)
    table = RegionTable.for_request(request, regions, total=capped_count(regions))
    return render_page(request, "accounts/region_list.html", {"table": table}, fragments=FRAGMENTS)


@manages_units
def region_create(request: HttpRequest) -> HttpResponse:
    form = RegionForm(posted_or_pending(request), by=request.user)
    if request.method == "POST" and form.is_valid():
        region = attempt(form, lambda: services.create_region(by=request.user, **form.cleaned_data))
        if region is not None:
            messages.success(request, f"已新增 {region}（{region.code}）。")
            return redirect("accounts:region_list")
    return render(request, "accounts/region_form.html", {"form": form})


@manages_units
def region_edit(request: HttpRequest, pk: int) -> HttpResponse:
    region = get_object_or_404(Region.objects.visible_to(request.user), pk=pk)
    form = RegionForm(posted_or_pending(request), by=request.user, region=region)
    if request.method == "POST" and form.is_valid():
        old = region.name
        changed = services.rename_region(region, by=request.user, name=form.cleaned_data["name"])
        messages.success(request, f"{old} 已改名为 {region.name}。" if changed else "没有变化。")
        return redirect("accounts:region_list")
    return render(request, "accounts/region_form.html", {"form": form, "region": region})
