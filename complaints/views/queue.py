"""The queue of orders of which nobody knows who is to see to them."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Region
from common.concurrency import Stale
from common.moves import MoveRefused
from complaints.county import County
from complaints.kind import offered_to
from complaints.models import Order
from complaints.queueing import (
    MOST_SHOWN,
    Group,
    forget_count,
    groups,
    refused_among,
    said_companies,
    waiting,
)
from complaints.queueing import decide as write_down

decides = permission_required("complaints.dispatch_order", raise_exception=True)


@decides
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """What waits, by place, with what is known of it. At most a dozen queries a county, however many orders."""
    orders = waiting(request.user)
    shown = list(orders[:MOST_SHOWN])
    by_county: dict[Region, list[Order]] = {}
    for order in shown:
        by_county.setdefault(order.county, []).append(order)
    found: list[Group] = [group for region, theirs in by_county.items() for group in groups(theirs, County(region))]
    context = {
        "groups": sorted(found, key=lambda group: -len(group.orders)), "count": len(shown),
        "more": orders.count() - len(shown) if len(shown) == MOST_SHOWN else 0, "offered": offered_to(request.user),
    }  # fmt: skip
    return render(request, "complaints/queue.html", context)


@decides
@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    """POST: `order` (pk, repeated), `community`, `company` (names), `place`, `remember`, `for_season`, and what to
    do: `dispatch`, `by_season` (to the season's company), `as_said` (each to whom its export names)."""
    pks = [int(pk) for pk in request.POST.getlist("order") if pk.isascii() and pk.isdigit() and len(pk) < 19]
    orders = list(waiting(request.user).filter(pk__in=pks))
    if not orders:
        messages.warning(request, "没有勾选任何一件，或已经有人处理了。请刷新后再看。")
        return redirect("complaints:queue")
    if len({order.season_id for order in orders}) > 1:
        messages.error(request, "勾选的工单不在同一个采暖季，请分开确定。")
        return redirect("complaints:queue")
    try:
        with transaction.atomic():
            said = _decided(request, orders)
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    except (MoveRefused, Stale) as refused:
        messages.error(request, str(refused))
    else:
        forget_count(request.user)
        messages.success(request, said)
    return redirect("complaints:queue")


def _decided(request: HttpRequest, orders: list[Order]) -> str:
    """What has been done, in Chinese. Raises ValidationError for a name that nobody has."""
    county = County(orders[0].county)
    if "as_said" in request.POST:
        return _dispatched_as_said(request, orders, county)
    name, company_name = request.POST.get("community", "").strip(), request.POST.get("company", "").strip()
    community = county.community(name)
    company = None if "by_season" in request.POST else county.unit(company_name)
    if name and community is None:
        raise ValidationError(f"没有名为“{name}”的小区，请从提示的名称中选，或先建立该小区")
    if company_name and company is None and "by_season" not in request.POST:
        raise ValidationError(f"没有名为“{company_name}”的供热企业，请从提示的名称中选")
    if company is None:
        # The community tells the company, if the county knows.
        company = county.company_of(community or orders[0].community, orders[0].season)
        if company and (refused := refused_among(orders, company)):
            raise ValidationError(
                f"{company} 退过其中 {len(refused)} 件（“{refused[-1].reason}”），不再替您选它；"
                "请填写承办企业，仍要派给它的也请写上"
            )
    if community is None and company is None:
        raise ValidationError("请填写小区或承办企业")
    dispatch = bool({"dispatch", "by_season"} & request.POST.keys())
    if dispatch and company is None:
        raise ValidationError(f"{community}在 {orders[0].season} 采暖季还没有确定供热企业，请填写承办企业再派单")
    place = request.POST.get("place", "").strip() if "remember" in request.POST else ""
    done, out = write_down(
        orders, by=request.user, community=community or orders[0].community, company=company, place=place,
        for_season="for_season" in request.POST, dispatch=dispatch,
    )  # fmt: skip
    learned = f"以后写“{place}”就是{community}。" if place and community else ""
    if not done and not out:
        raise ValidationError("勾选的工单，小区和承办企业原来就是这样，没有改动")
    if out:
        return f"已派单 {out} 件，等待 {company} 签收。{learned}"
    return f"已确定 {done} 件{f'：{company}' if company else ''}，等待派单。{learned}"


def _dispatched_as_said(request: HttpRequest, orders: list[Order], county: County) -> str:
    """Each to the company that its own export names."""
    found = said_companies(orders, county)
    if not found:
        raise ValidationError("勾选的工单里，来源工单都没有写明系统里有的供热企业，请填写承办企业")
    for company, theirs in found.items():
        write_down(theirs, by=request.user, community=None, company=company, dispatch=True)
    told = "，".join(f"{company} {len(theirs)} 件" for company, theirs in found.items())
    left = len(orders) - sum(map(len, found.values()))
    return f"已按来源工单派单：{told}。" + (f"另有 {left} 件没有写明，仍在等待。" if left else "")
