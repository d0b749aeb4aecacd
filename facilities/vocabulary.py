"""The page 台账用词: words and other names by which the county's ledgers are read."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.enums import RegionLevel
from accounts.models import Region, Unit
from common.forms import attempt
from common.spreadsheets.models import LedgerTerm
from common.spreadsheets.registry import registered
from common.spreadsheets.terms import Role
from facilities import words
from facilities.models import Community, Facility, NameAlias

teaches = permission_required("facilities.manage_vocabulary", raise_exception=True)
TARGETS = {"unit": (Unit, "单位"), "community": (Community, "小区"), "facility": (Facility, "设施")}


def _counties(request: HttpRequest) -> QuerySet[Region]:
    return Region.objects.visible_to(request.user).filter(level=RegionLevel.COUNTY)


class TermForm(forms.Form):
    meaning = forms.ChoiceField(label="这个说法指")
    term = forms.CharField(label="表里的说法", max_length=words.LONGEST_TERM)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = []
        for kind, vocabulary in registered().items():
            for role in Role:
                choices = [
                    (f"{kind}|{role}|{column}|{value}", label)
                    for (each, column, value), label in vocabulary.meanings().items()
                    if each == role
                ]
                groups.append((f"{vocabulary.ledger.title} · {role.label}", choices))
        self.fields["meaning"].choices = [("", "请选择"), *groups]  # type: ignore[attr-defined]


class AliasForm(forms.Form):
    kind = forms.ChoiceField(label="指哪一类", choices=[(key, label) for key, (_, label) in TARGETS.items()])
    alias = forms.CharField(label="表里的叫法", max_length=words.LONGEST_ALIAS)
    name = forms.CharField(label="系统里的名称", max_length=120, help_text="按系统里登记的全称填写")

    def __init__(self, *args: Any, county: Region, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.county = county

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        model, noun = TARGETS.get(values.get("kind", ""), TARGETS["unit"])
        name = values.get("name", "").strip()
        inside = {"region__code__startswith": self.county.code} if model is Unit else {"county": self.county}
        found = list(model.objects.filter(name=name, **inside)[:2]) if name else []  # type: ignore[attr-defined]
        if name and len(found) != 1:
            why = f"系统里没有{noun}“{name}”" if not found else f"系统里有几个{noun}都叫“{name}”，分不清是哪一个"
            raise ValidationError({"name": f"{why}，请核对全称"})
        if found:
            self.target: words.Target = found[0]
        return values


@teaches
@require_http_methods(["GET", "POST"])
def vocabulary(request: HttpRequest) -> HttpResponse:
    """GET: all words and names. POST: `add` = term or alias, with the fields of that form."""
    county = _counties(request).first()
    if county is None:
        messages.error(request, "没有您管理的县，不能添加用词")
        return redirect("facilities:facility_list")
    adding = request.POST.get("add")
    term_form = TermForm(request.POST if adding == "term" else None, prefix="term")
    alias_form = AliasForm(request.POST if adding == "alias" else None, prefix="alias", county=county)
    if adding == "term" and term_form.is_valid():
        names = zip(("kind", "role", "meaning", "value"), term_form.cleaned_data["meaning"].split("|"), strict=True)
        values = {**dict(names), "term": term_form.cleaned_data["term"]}
        added = attempt(term_form, lambda: words.add_term(county=county, by=request.user, **values))
        if added:
            messages.success(request, f"已添加“{added.term}”，下次导入就按它识别。")
            return redirect("facilities:vocabulary")
    if adding == "alias" and alias_form.is_valid():
        name, target = alias_form.cleaned_data["alias"], alias_form.target
        learned = attempt(
            alias_form, lambda: words.learn_alias(county=county, alias=name, target=target, by=request.user)
        )
        if learned:
            messages.success(request, f"已记住：“{learned.alias}”就是“{target}”。")
            return redirect("facilities:vocabulary")
    terms = LedgerTerm.objects.filter(scope=county.code).select_related("added_by")
    aliases = NameAlias.objects.filter(county=county).select_related("unit", "community", "facility", "learned_by")
    context = {
        "terms": [(term, *_told(term)) for term in terms],
        "aliases": [(alias, *_target(alias)) for alias in aliases],
        "term_form": term_form,
        "alias_form": alias_form,
        "county": county,
    }
    status = 422 if term_form.errors or alias_form.errors else 200
    return render(request, "facilities/vocabulary.html", context, status=status)


def _told(term: LedgerTerm) -> tuple[str, str]:
    """(the ledger's title, what the word means there)."""
    kind = registered().get(term.kind)
    if kind is None:
        return term.kind, term.meaning
    return kind.ledger.title, kind.meanings().get((term.role, term.meaning, term.value), term.meaning)


def _target(alias: NameAlias) -> tuple[str, str]:
    target = alias.unit or alias.community or alias.facility
    noun = "单位" if alias.unit else "小区" if alias.community else "设施"
    return noun, str(target)


@teaches
@require_POST
def term_remove(request: HttpRequest, pk: int) -> HttpResponse:
    codes = _counties(request).values_list("code", flat=True)
    term = get_object_or_404(LedgerTerm, pk=pk, scope__in=list(codes))
    words.remove_term(term, by=request.user)
    messages.success(request, f"已删除“{term.term}”。")
    return redirect("facilities:vocabulary")


@teaches
@require_POST
def alias_forget(request: HttpRequest, pk: int) -> HttpResponse:
    alias = get_object_or_404(NameAlias.objects.select_related("county"), pk=pk, county__in=_counties(request))
    words.forget_alias(alias, by=request.user)
    messages.success(request, f"“{alias.alias}”不再当作别名。")
    return redirect("facilities:vocabulary")
