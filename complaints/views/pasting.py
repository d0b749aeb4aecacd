"""The page on which one order's text is pasted, looked over and registered."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from common.moves import MoveRefused
from common.pending_forms import posted_or_pending
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.rows import LedgerRow, RowKind
from common.spreadsheets.workbook import Row
from complaints import workflow
from complaints.county import County, certain_company, county_of
from complaints.dispatching import may_dispatch
from complaints.forms_inout import PastedOrderForm, PastedTextForm
from complaints.judging import problems_of
from complaints.kind import offered_to
from complaints.ledger import ORDERS, VALUES
from complaints.matching import source_of
from complaints.models import Order
from complaints.pasting import read_order_text
from complaints.reading import HOUSE, OrderReader, moment_of
from complaints.registering import CHOSEN
from complaints.services import register
from facilities.words import words_of

TO_SETTLE = "派给谁，请在登记前确定"

registers = permission_required("complaints.register_order", raise_exception=True)


@registers
@require_http_methods(["GET", "POST"])
def paste(request: HttpRequest) -> HttpResponse:
    """POST with `text`: what was read of it, to be looked over. POST with `register` or `dispatch`: the order."""
    try:
        county = County(county_of(request.user))
    except SpreadsheetError as error:
        raise PermissionDenied(str(error)) from error
    posted = posted_or_pending(request)
    context: dict[str, Any] = {"may_dispatch": may_dispatch(request.user)}
    if posted and ("register" in posted or "dispatch" in posted):
        form = PastedOrderForm(posted, initial={}, offered=offered_to(request.user))
        if form.is_valid() and (order := _registered(request, form, county, dispatch="dispatch" in posted)):
            return redirect(order)
        return render(request, "complaints/paste.html", context | {"form": form}, status=422)
    text_form = PastedTextForm(posted)
    context["text_form"] = text_form
    if posted and text_form.is_valid():
        text = text_form.cleaned_data["text"]
        fields, problems = read_text(text, county, by=request.user)
        context |= {
            "form": PastedOrderForm(initial=fields, offered=offered_to(request.user)), "problems": problems,
            "titles": {name: column.title for name, column in ORDERS.by_name.items()}, "text": text,
        }  # fmt: skip
    return render(request, "complaints/paste.html", context)


def read_text(text: str, county: County, *, by: Any) -> tuple[dict[str, Any], list[str]]:
    """(the order's fields as a row of an import would have them, what is to be looked at, in Chinese)."""
    found = read_order_text(text)
    cells = tuple(found.values())
    names = {name: place for place, name in enumerate(found)}
    row = LedgerRow(Row(1, cells, cells), RowKind.DATA, "", names, tuple(found), {}, "")
    read = OrderReader(county, words_of(by, ORDERS.kind)).read(row)
    said = [
        f"{ORDERS.by_name[each['field']].title}："
        + (f"写的是“{each['read']}”，" if each["read"] else "")
        + each["expected"]
        for each in [*read.problems, *problems_of(read.fields, county, left=TO_SETTLE)]
    ]
    return read.fields, list(dict.fromkeys(said))


def _registered(request: HttpRequest, form: PastedOrderForm, county: County, *, dispatch: bool) -> Order | None:
    """The new order; None with what is wrong put on the form."""
    fields = form.cleaned_data
    season = county.season_of(moment_of(fields))
    if season is None:
        form.add_error("received_at", "这一天不在任何采暖季里，请先建立采暖季，或核对受理时间")
        return None
    community = county.community(fields["community"])
    if fields["community"] and community is None:
        form.add_error(
            "community", f"没有名为“{fields['community']}”的小区；确实不知道的留空，登记后在“待定企业”里确定"
        )
        return None
    said = county.unit(fields["company"])
    if fields["company"] and said is None:
        form.add_error("company", f"没有名为“{fields['company']}”的供热企业，请从提示的名称中选，或留空")
        return None
    by_season = county.company_of(community, season)
    company = certain_company(said, by_season, is_chosen=fields[CHOSEN])
    if said and by_season and company is None:
        expected = (
            f"{season} 采暖季{community}由{by_season}供热，与填写的{said}不一致。"
            f"派给{by_season}的请改过来；确实要派给{said}的，勾选下面的确认"
        )
        form.ask_about_company(expected)
        return None
    if dispatch and company is None:
        form.add_error("company", "按小区查不到供热企业，请填写承办企业，或先登记、不派单")
        return None
    try:
        with transaction.atomic():
            order = register(by=request.user, season=season, community=community, company=company, **_values(fields))
            if dispatch:
                workflow.dispatch(order, by=request.user, company=company)
    except (MoveRefused, PermissionDenied) as refused:
        form.add_error(None, str(refused))
        return None
    where = f"已派单，等待 {company} 签收" if dispatch else "等待受理、派单"
    messages.success(request, f"已登记 {order.number}，{where}。")
    return order


def _values(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The form's fields as the model takes them."""
    temperature_c = fields["temperature_c"]
    return {
        "source": source_of(fields), "outside_number": fields["number"] or "", "received_at": moment_of(fields),
        "category": VALUES["category"][fields["category"]],
        "urgency": VALUES["urgency"].get(fields["urgency"] or "", "ordinary"), "content": fields["content"],
        "stated_temperature_c": Decimal(temperature_c) if temperature_c else None,
        **{name: fields[name] or "" for name in ("caller", "phone", "address", *HOUSE)},
    }  # fmt: skip
