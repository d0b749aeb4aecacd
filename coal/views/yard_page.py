"""Pages of the coal yards."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from accounts.enums import UnitKind
from coal import services
from coal.filters import YardFilter
from coal.forms.yard import YardForm
from coal.models import Yard
from coal.tables import YardTable
from common.forms import attempt
from common.htmx import render_page
from common.pending_forms import posted_or_pending
from common.tables import capped_count

FRAGMENTS = {"list": "partials/list.html"}
reads = permission_required("coal.view_coal", raise_exception=True)
manages = permission_required("coal.manage_yards", raise_exception=True)


@reads
def yard_list(request: HttpRequest) -> HttpResponse:
    filters = YardFilter(request.GET, queryset=Yard.objects.visible_to(request.user), request=request)
    table = YardTable.for_request(request, filters.qs, total=capped_count(filters.qs))
    context: dict[str, Any] = {"table": table, "bar": filters.bar, "empty_title": "还没有煤场"}
    if request.user.has_perm("coal.manage_yards"):  # type: ignore[union-attr]
        context |= {
            "empty_text": "先把存煤的煤场登记进来，再记到货和耗用。",
            "empty_url": reverse("coal:yard_create"), "empty_action": "新建煤场",
        }  # fmt: skip
    return render_page(request, "coal/yard_list.html", context, fragments=FRAGMENTS)


@reads
def yard_detail(request: HttpRequest, pk: int) -> HttpResponse:
    visible = Yard.objects.visible_to(request.user).select_related("company", "county")
    yard = get_object_or_404(visible, pk=pk)
    facts = [
        ("供热企业", yard.company),
        ("设计库容（t）", yard.capacity_t),
        ("形式", "封闭" if yard.is_covered else "露天"),
        ("位置", yard.place),
    ]
    return render(request, "coal/yard_detail.html", {"yard": yard, "facts": facts})


@manages
def yard_create(request: HttpRequest) -> HttpResponse:
    # Whoever may manage yards by role but works for a company that burns no coal has nowhere to put one.
    unit = request.user.unit  # type: ignore[union-attr]
    if unit and unit.kind == UnitKind.OTHER:
        raise PermissionDenied
    form = YardForm(posted_or_pending(request), by=request.user)
    if request.method == "POST" and form.is_valid():
        yard = attempt(form, lambda: services.create_yard(by=request.user, **form.values))
        if yard is not None:
            messages.success(request, f"已新建煤场 {yard}。")
            return redirect("coal:yard_detail", pk=yard.pk)
    return render(request, "coal/yard_form.html", {"form": form})


@manages
def yard_edit(request: HttpRequest, pk: int) -> HttpResponse:
    yard = get_object_or_404(Yard.objects.visible_to(request.user).select_related("county", "company"), pk=pk)
    form = YardForm(posted_or_pending(request), instance=yard, by=request.user)
    if request.method == "POST" and form.is_valid():
        changed = attempt(form, lambda: services.change_yard(yard, by=request.user, **form.values))
        if changed is not None:
            messages.success(request, f"{yard} 的信息已保存。" if changed else "没有变化。")
            return redirect("coal:yard_detail", pk=pk)
    return render(request, "coal/yard_form.html", {"form": form, "yard": yard})


@manages
def yard_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a yard out of use, or back into use, after a page that says what that means."""
    yard = get_object_or_404(Yard.objects.visible_to(request.user), pk=pk)
    back, active = reverse("coal:yard_detail", args=[pk]), not yard.is_active
    word = "启用" if active else "停用"
    if request.method == "POST":
        services.change_yard(yard, by=request.user, is_active=active)
        messages.success(request, f"{yard} 已{word}。")
        return redirect(back)
    context = {
        "heading_text": f"{word}煤场",
        "sentence": f"启用后，{yard} 又可以记到货和耗用。"
        if active
        else f"停用后，{yard} 不能再记到货和耗用；它的流水和库存都保留，以后可以重新启用。",
        "submit_label": f"{word} {yard}",
        "back_url": back,
    }
    return render(request, "confirm.html", context)
