"""集中投诉: the list, one cluster with its orders, and the emergency notice."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from common.columns import group_digits
from common.forms import attempt
from common.htmx import render_page
from common.occasions import outcomes_of
from common.pending_forms import posted_or_pending
from common.tables import capped_count
from complaints import cluster_notices, counting
from complaints.cluster_tables import ClusterTable
from complaints.models import Cluster
from facilities.selectors import current_season

reads = permission_required("complaints.view_order", raise_exception=True)
notifies = permission_required("complaints.send_cluster_notice", raise_exception=True)
MOST_ORDERS = 200
JOINS = ("community", "station", "county", "season")


class NoticeForm(forms.Form):
    text = forms.CharField(label="通报内容", widget=forms.Textarea(attrs={"rows": 8}), max_length=2000)


def _visible(request: HttpRequest, pk: int) -> Cluster:
    return get_object_or_404(Cluster.objects.visible_to(request.user).select_related(*JOINS), pk=pk)


@reads
@require_GET
def cluster_list(request: HttpRequest) -> HttpResponse:
    season = current_season(request)
    if season is None:
        return render(request, "complaints/no_season.html", {"heading_text": "集中投诉"})
    clusters = Cluster.objects.visible_to(request.user).filter(county=season.county_id, season=season)
    setting = counting.counting_of(season.county_id)
    context = {
        "table": ClusterTable.for_request(
            request, clusters, total=capped_count(clusters), rows=Cluster.objects.prefetch_related("companies")
        ),
        "season": season,
        "setting": setting,
        "empty_title": "本季还没有集中投诉",
        "empty_text": f"一个小区或换热站在 24、48、72 小时内有至少 {setting.cluster_households} 户投诉，"
        "而且明显多于它自己往常的，会出现在这里并通知热线和住建局。",
    }
    return render_page(request, "complaints/cluster_list.html", context, fragments={"list": "partials/list.html"})


@reads
@require_GET
def cluster_detail(request: HttpRequest, pk: int) -> HttpResponse:
    cluster = _visible(request, pk)
    seen = list(cluster_notices.orders_seen(cluster, request.user)[: MOST_ORDERS + 1])
    temperatures = [order.stated_temperature_c for order in seen if order.stated_temperature_c is not None]
    facts: list[tuple[Any, ...]] = [
        ("小区" if cluster.community else "换热站", cluster.place),
        ("供热企业", "、".join(map(str, cluster.companies.all()))),
        ("乡镇、街道", "、".join(map(str, cluster.townships.all()))),
        ("投诉户数", f"{cluster.households} 户"),
        ("时段", f"{cluster.window_hours} 小时"),
        ("按历史应有", f"{cluster.expected:.1f} 户"),
        ("偶然概率", _odds(cluster.chance)),
        ("反映室温", f"{min(temperatures)}–{max(temperatures)} ℃（{len(temperatures)} 户）" if temperatures else None),
    ]
    context = {
        "cluster": cluster, "orders": seen[:MOST_ORDERS], "more": len(seen) > MOST_ORDERS, "facts": facts,
        "warnings": cluster.warnings.all(), "sentence": cluster_notices.in_words(cluster, seen),
        "notices": cluster.notices.select_related("sent_by__unit").prefetch_related("recipients__unit"),
        "hazard_url": cluster_notices.hazard_url(cluster),
        "outcomes": outcomes_of(request.user, cluster_notices.OCCASION, cluster.pk),
    }  # fmt: skip
    return render(request, "complaints/cluster_detail.html", context)


def _odds(chance: float) -> str:
    """约 2 000 分之一, 约 3000 万分之一"""
    times = int(round(1 / chance, 1 - len(str(int(1 / chance))))) if chance > 1e-12 else 10**12
    for size, word in ((10**8, "亿"), (10**4, "万")):
        if times >= size:
            return f"约 {times // size} {word}分之一"
    return f"约 {group_digits(times)} 分之一"


@notifies
@require_http_methods(["GET", "POST"])
def cluster_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """The notice's text, edited before it goes out, and to whom it goes."""
    cluster = _visible(request, pk)
    seen = list(cluster_notices.orders_seen(cluster, request.user)[:MOST_ORDERS])
    form = NoticeForm(posted_or_pending(request), initial={"text": cluster_notices.draft(cluster, seen)})
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data["text"]
        notice = attempt(form, lambda: cluster_notices.send_notice(cluster, by=request.user, text=text))
        if notice is not None:
            messages.success(request, f"紧急通报已发给 {notice.recipients.count()} 人，内容留存在本页。")
            return redirect(cluster.get_absolute_url())
    status = 422 if request.method == "POST" else 200
    context = {"cluster": cluster, "form": form, "recipients": cluster_notices.recipients_of(cluster)}
    return render(request, "complaints/cluster_notice.html", context, status=status)
