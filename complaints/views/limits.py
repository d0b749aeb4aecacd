"""办理时限: how long what may take, in words, and the form that changes it."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts.scoping import oversees_every_county
from common.forms import attempt
from complaints.enums import LimitStage
from complaints.forms.limits import LimitForm
from complaints.limits import check_may_set, remove_limit
from complaints.models import Limit

manages = permission_required("complaints.manage_limits", raise_exception=True)


@manages
def limit_list(request: HttpRequest) -> HttpResponse:
    may_change = oversees_every_county(request.user)
    form = LimitForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        rule = attempt(form, lambda: form.save(by=request.user))
        if rule is not None:
            messages.success(request, f"已设为：{rule}。从现在起派单（派单时限：登记，回访时限：反馈）的工单按此计算。")
            return redirect("complaints:limit_list")
    rules = list(Limit.objects.all())
    stages = [(stage.label, [rule for rule in rules if rule.stage == stage]) for stage in LimitStage]
    return render(
        request, "complaints/limits.html", {"form": form, "stages": stages, "may_change": may_change}
    )  # fmt: skip


@manages
@require_POST
def limit_remove(request: HttpRequest, pk: int) -> HttpResponse:
    check_may_set(request.user)
    rule = get_object_or_404(Limit, pk=pk)
    said = str(rule)
    try:
        remove_limit(rule, by=request.user)
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    else:
        messages.success(request, f"已删除：{said}。已经派出的工单，时限不变。")
    return redirect("complaints:limit_list")
