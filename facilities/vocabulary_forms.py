"""The two forms of the page 台账用词."""

from collections.abc import Iterator
from typing import Any

from django import forms

from accounts.models import Region, Unit
from common.fields import NamedRowField
from common.spreadsheets.registry import registered
from common.spreadsheets.terms import Role
from facilities.models import Community, Facility
from facilities.words import LONGEST_ALIAS, LONGEST_TERM, NOUNS, Target, targets

# {role: how a choice is worded}; the label of a value names its column already.
WORDINGS = {Role.HEAD: "“{}”列的列名", Role.VALUE: "{}", Role.VAGUE: "在“{}”里等于没写"}


class TermForm(forms.Form):
    term = forms.CharField(
        label="台账里的写法", max_length=LONGEST_TERM, help_text="照台账里的原样填写，如“整改措施及办法”“甲级”“班组长”"
    )
    meaning = forms.ChoiceField(
        label="系统当作", help_text="列名：这一列是什么；填写的说法：等于哪一项；不算数的说法：等于没写，要退回补充"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["meaning"].choices = [("", "请选择"), *meanings()]  # type: ignore[attr-defined]

    @property
    def values(self) -> dict[str, str]:
        """What `words.add_term` takes."""
        names = ("kind", "role", "meaning", "value")
        chosen = zip(names, self.cleaned_data["meaning"].split("|"), strict=True)
        return {**dict(chosen), "term": self.cleaned_data["term"]}


def meanings() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Grouped by kind of ledger and role."""
    for kind, vocabulary in registered().items():
        for role in Role:
            choices = [
                (f"{kind}|{role}|{column}|{value}", WORDINGS[role].format(label))
                for (each, column, value), label in vocabulary.meanings().items()
                if each == role
            ]
            yield f"{vocabulary.ledger.title}：{role.label}", choices


class AliasForm(forms.Form):
    alias = forms.CharField(
        label="台账里的叫法", max_length=LONGEST_ALIAS, help_text="如“城源公司”“幸福里小区”“老热力站”"
    )
    target = NamedRowField(what="单位、小区或设施", label="指的是", help_text="输入系统里登记的名称，从提示的名称中选")

    def __init__(self, *args: Any, county: Region, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered: list[Target] = [*targets(county, Unit).select_related("region")]
        for model in (Community, Facility):
            offered += targets(county, model).select_related("company", "county")
        self.fields["target"].offer(offered, called)  # type: ignore[attr-defined]


def called(row: Target) -> str:
    """幸福换热站（城源热力有限公司的换热站）, 北苑供热站（临岭县的单位）; unique in a county."""
    if isinstance(row, Facility):
        return f"{row.name}（{row.company}的{row.get_kind_display()}）"
    place = row.region if isinstance(row, Unit) else row.county
    return f"{row.name}（{place}的{NOUNS[type(row)]}）"
