"""The two pages by which the development bureau says that a company burns no coal, and takes it back."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.models import Unit
from coal import coal_free as services
from coal.demand_selectors import visible_companies
from coal.forms.coal_free import CoalFreeForm, TakeBackForm
from coal.models import CoalFree
from common.concurrency import Stale
from common.forms import attempt
from common.pending_forms import posted_or_pending

DECLARED = (
    "认定后不要求它填报储备目标，不列入“无目标”，全县完成率和审批表是否定稿不再等它；名单上注明不用煤。以后可以收回。"
)
decides = permission_required("coal.approve_target", raise_exception=True)


@decides
@require_http_methods(["GET", "POST"])
def coal_free_declare(request: HttpRequest, company: int) -> HttpResponse:
    unit = get_object_or_404(visible_companies(request.user).active().select_related("region"), pk=company)
    form = CoalFreeForm(posted_or_pending(request))

    def write() -> Any:
        return services.declare(unit, by=request.user, **form.cleaned_data)

    return _page(request, form, write, unit, "认定不用煤", DECLARED)


@decides
@require_http_methods(["GET", "POST"])
def coal_free_take_back(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(CoalFree.objects.visible_to(request.user).select_related("company", "county"), pk=pk)
    form = TakeBackForm(posted_or_pending(request))

    def write() -> Any:
        services.take_back(row, by=request.user, reason=form.cleaned_data["reason"])
        return row

    sentence = f"{row.from_on} 起不用煤：{row.reason}。收回后从今天起要求它填报储备目标。"
    return _page(request, form, write, row.company, "收回不用煤认定", sentence)


def _page(
    request: HttpRequest, form: Any, write: Callable[[], Any], company: Unit, word: str, sentence: str
) -> HttpResponse:
    status = 200
    if request.method == "POST":
        status = 422
        try:
            if form.is_valid() and attempt(form, write) is not None:
                messages.success(request, f"{company.label}：已{word}。")
                return redirect("coal:target_list")
        except Stale:
            messages.info(request, f"{company.label} 的不用煤认定已经收回。")
            return redirect("coal:target_list")
    context = {"form": form, "company": company, "word": word, "sentence": sentence, "show_errors": status == 422}
    return render(request, "coal/coal_free.html", context, status=status)
