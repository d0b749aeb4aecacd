"""The pages of the policies: reading them, changing one, trying it on a day before it is saved."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.models import AuditEntry
from common import clock
from common.concurrency import Stale
from common.forms import attempt
from common.pending_forms import posted_or_pending
from supervision import services, site_wide
from supervision.kinds import KINDS
from supervision.models import Policy
from supervision.policy import with_steps
from supervision.policy_forms import NewPolicyForm, PolicyForm
from supervision.rules import silenced
from supervision.trial import Trial, try_out
from supervision.working_days import working_calendar

reads = permission_required("supervision.view_escalation", raise_exception=True)
changes = site_wide.changes(services.CAPABILITY, services.WHAT)
VERSIONS_SHOWN = 20
FALLS_SILENT = "逾期的各步都没有设“此后每隔”，最后一步发出后就不再提醒。建议给最后一步设重复。"


@reads
@require_GET
def policy_list(request: HttpRequest) -> HttpResponse:
    policies = list(with_steps(Policy.objects.all()))
    kinds = [(kind, [policy for policy in policies if policy.kind == kind.name]) for kind in KINDS.values()]
    standing = site_wide.standing(request.user, services.CAPABILITY, services.WHAT)
    return render(request, "supervision/policy.html", {"kinds": kinds, **standing})


@changes
@require_http_methods(["GET", "POST"])
def policy_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """`do`: save, try or more (rows). 409 if somebody else has changed it since it was opened; what was typed stays."""
    policy = get_object_or_404(Policy, pk=pk)
    data = posted_or_pending(request)
    do = data.get("do", "") if data else ""
    if data and do == "more":
        data = PolicyForm.with_more_rows(data)
    form, trial, status = PolicyForm(data, policy=policy), None, 200
    if request.method == "POST" and data is not None and do != "more":
        if not form.is_valid():
            status = 422
        elif do == "try":
            trial = _try(request, policy, form)
        else:
            try:
                if (changed := attempt(form, lambda: _save(request, policy, form))) is not None:
                    done = f"“{policy.scope}”的规则已保存为第 {policy.version} 版，下一次检查起生效。"
                    messages.success(request, done if changed else "没有变化。")
                    if form.falls_silent:
                        messages.warning(request, f"“{policy.scope}”的规则：{FALLS_SILENT}")
                    for each in silenced(form.drafted, KINDS[policy.kind], working_calendar()):
                        messages.warning(request, f"“{policy.scope}”的规则：{each.sentence}")
                    return redirect(reverse("supervision:policy"))
                status = 422
            except Stale:
                policy.refresh_from_db()
                # Sent once more, it replaces what the other one wrote, now that it is on the page.
                data = data.copy()
                data["version"] = str(policy.version)
                form, status = PolicyForm(data, policy=policy), 409
    context = {
        "form": form, "policy": policy, "kind": KINDS[policy.kind], "trial": trial, "is_stale": status == 409,
        "show_errors": status == 422, "falls_silent": FALLS_SILENT if form.falls_silent else "",
        "versions": AuditEntry.objects.of(policy).order_by("-at", "-pk")[:VERSIONS_SHOWN],
    }  # fmt: skip
    return render(request, "supervision/policy_form.html", context, status=status)


def _save(request: HttpRequest, policy: Policy, form: PolicyForm) -> bool:
    return services.save_steps(
        policy,
        by=request.user,
        version=form.cleaned_data["version"],
        steps=form.drafted,
        calendar=working_calendar(),
    )


def _try(request: HttpRequest, policy: Policy, form: PolicyForm) -> Trial:
    day = form.cleaned_data["day"] or clock.today()
    return try_out(policy, form.drafted, day=day, user=request.user, calendar=working_calendar())


@changes
@require_POST
def policy_general(request: HttpRequest, kind: str) -> HttpResponse:
    """For a kind that has none."""
    if kind not in KINDS:
        raise Http404
    try:
        made = services.create_general_policy(kind, by=request.user)
    except ValidationError as error:
        messages.error(request, error.message)
        return redirect(reverse("supervision:policy"))
    done = f"已按缺省步骤为{KINDS[kind].label}建立通用规则，下一次检查起生效。请核对，需要的在下面修改。"
    messages.success(request, done)
    return redirect(reverse("supervision:policy_edit", args=[made.pk]))


@changes
@require_http_methods(["GET", "POST"])
def policy_new(request: HttpRequest, kind: str) -> HttpResponse:
    if kind not in KINDS or not KINDS[kind].has_classes:
        raise Http404
    form = NewPolicyForm(posted_or_pending(request), kind=KINDS[kind])
    if request.method == "POST" and form.is_valid():
        chosen: dict[str, Any] = {"grade": "", "urgency": "", **form.cleaned_data}
        made = attempt(form, lambda: services.create_policy(kind=kind, by=request.user, **chosen))
        if made is not None:
            messages.success(request, f"已为“{made.scope}”添加一套规则，暂与原来执行的相同，请在下面修改。")
            return redirect(reverse("supervision:policy_edit", args=[made.pk]))
    context = {"form": form, "kind": KINDS[kind]}
    return render(request, "supervision/policy_new.html", context, status=422 if form.errors else 200)


@changes
@require_POST
def policy_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """`is_active`: 1 or 0; `version`: the one that was seen."""
    policy = get_object_or_404(Policy, pk=pk)
    is_active = request.POST.get("is_active") == "1"
    version = request.POST.get("version", "")
    try:
        services.switch_policy(
            policy, by=request.user, version=int(version) if version.isdecimal() else -1, is_active=is_active
        )
        follow = "重新执行" if is_active else f"停用，所涉{KINDS[policy.kind].label}改按更一般的规则执行"
        messages.success(request, f"“{policy.scope}”的规则已{follow}，下一次检查起生效。")
    except Stale:
        messages.error(request, f"“{policy.scope}”的规则刚刚被别人改动过，没有保存。请核对后重试。")
    except ValidationError as error:
        messages.error(request, error.message)
    return redirect(reverse("supervision:policy"))
