"""The page 台账用词: words and other names by which the county's ledgers are read."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.enums import RegionLevel
from accounts.models import Region
from common.forms import attempt
from common.pending_forms import posted_or_pending
from common.spreadsheets.models import LedgerTerm
from common.spreadsheets.registry import registered
from facilities import words
from facilities.models import NameAlias
from facilities.vocabulary_forms import AliasForm, TermForm

ALIASES_PER_PAGE = 50
teaches = permission_required("facilities.manage_vocabulary", raise_exception=True)


def _counties(request: HttpRequest) -> QuerySet[Region]:
    return Region.objects.visible_to(request.user).filter(level=RegionLevel.COUNTY)


def _back(county_code: str) -> HttpResponseRedirect:
    return redirect(f"{reverse('facilities:vocabulary')}?county={county_code}")


@teaches
@require_http_methods(["GET", "POST"])
def vocabulary(request: HttpRequest) -> HttpResponse:
    """GET: all words and names of a county (`county` = its code, the first by default).

    POST: `add` = term or alias, with the fields of that form.
    """
    counties = list(_counties(request))
    if not counties:
        messages.error(request, "您的单位下面没有县，不能添加用词。")
        return redirect("facilities:facility_list")
    wanted = request.GET.get("county")
    county = next((each for each in counties if each.code == wanted), counties[0])
    data = posted_or_pending(request)
    adding = data.get("add") if data else None
    term_form = TermForm(data if adding == "term" else None, prefix="term")
    alias_form = AliasForm(data if adding == "alias" else None, prefix="alias", county=county)
    added = request.method == "POST" and (
        _add_term(request, term_form, county) or _add_alias(request, alias_form, county)
    )
    if added:
        messages.success(request, f"{added}。从下一次导入起按它识别。")
        return _back(county.code)
    terms = LedgerTerm.objects.filter(scope=county.code).select_related("added_by")
    aliases = NameAlias.objects.filter(county=county).select_related(
        "unit", "community", "facility__company", "learned_by"
    )
    page = Paginator(aliases, ALIASES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "terms": [(term, _ledger(term.kind), words.meaning_of(term)) for term in terms], "page": page,
        "aliases": [(alias, *_target(alias)) for alias in page],
        "term_form": term_form, "alias_form": alias_form, "county": county,
        "counties": counties if len(counties) > 1 else [],
    }  # fmt: skip
    status = 422 if term_form.errors or alias_form.errors else 200
    return render(request, "facilities/vocabulary.html", context, status=status)


def _add_term(request: HttpRequest, form: TermForm, county: Region) -> str:
    """What has been done, in words; empty if nothing was."""
    if not form.is_bound or not form.is_valid():
        return ""
    added = attempt(form, lambda: words.add_term(county=county, by=request.user, **form.values))
    return f"已添加“{added.term}”" if added else ""


def _add_alias(request: HttpRequest, form: AliasForm, county: Region) -> str:
    if not form.is_bound or not form.is_valid():
        return ""
    values = form.cleaned_data
    learned = attempt(form, lambda: words.learn_alias(county=county, by=request.user, **values))
    return f"已记住“{learned.alias}”就是“{values['target']}”" if learned else ""


def _ledger(kind: str) -> str:
    return registered()[kind].ledger.title if kind in registered() else kind


def _target(alias: NameAlias) -> tuple[str, Any, str]:
    """(noun, the row, its page)."""
    if alias.community:
        return "小区", alias.community, reverse("facilities:community_detail", args=[alias.community.pk])
    if alias.facility:
        return "设施", alias.facility, reverse("facilities:facility_detail", args=[alias.facility.pk])
    return "单位", alias.unit, ""


@teaches
@require_POST
def term_remove(request: HttpRequest, pk: int) -> HttpResponse:
    codes = _counties(request).values_list("code", flat=True)
    term = get_object_or_404(LedgerTerm, pk=pk, scope__in=list(codes))
    words.remove_term(term, by=request.user)
    messages.success(request, f"已删除“{term.term}”，从下一次导入起不再这样识别。")
    return _back(term.scope)


@teaches
@require_POST
def alias_forget(request: HttpRequest, pk: int) -> HttpResponse:
    alias = get_object_or_404(NameAlias.objects.select_related("county"), pk=pk, county__in=_counties(request))
    words.forget_alias(alias, by=request.user)
    messages.success(request, f"“{alias.alias}”不再当作别名。")
    return _back(alias.county.code)
