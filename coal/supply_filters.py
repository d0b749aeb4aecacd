"""What the lists of contracts, of quality batches and the whole book can be narrowed by."""

from collections.abc import Iterable
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.forms import TextInput

from accounts.models import Unit
from coal.enums import ContractKind
from coal.filters import MovementFilter, OfYards, offer
from coal.models import Contract, Movement, QualityBatch
from coal.numbers import kept
from coal.supply_selectors import without_contract, without_test
from common import clock
from common.filters import LedgerFilterSet

PERIODS = (("running", "供货期内"), ("over", "已到期"), ("coming", "未开始"))
TESTED = (("yes", "已化验"), ("no", "待化验"))
NUMBERS = (("contract", "合同号没有对应的合同"), ("batch", "批次没有化验结果"))


def _search(label: str) -> django_filters.CharFilter:
    return django_filters.CharFilter(label=label, method="matching", widget=TextInput(attrs={"placeholder": label}))


def _companies() -> django_filters.ModelChoiceFilter:
    return django_filters.ModelChoiceFilter(label="供热企业", queryset=Unit.objects.none(), empty_label="全部")


def _days(label: str) -> django_filters.DateFromToRangeFilter:
    widget = django_filters.widgets.DateRangeWidget(attrs={"type": "date", "aria-label": "日期，从或到"})
    return django_filters.DateFromToRangeFilter(label=label, widget=widget)


class OfCompanies(LedgerFilterSet):
    """Offers the companies that the user sees."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["company"].queryset = Unit.objects.visible_to(self.request.user).companies()

    def offer(self, companies: Iterable[Unit]) -> None:
        """Of these, which the page has read anyway, instead of all that are seen."""
        offer(self.form, "company", companies)


class ContractFilter(OfCompanies):
    main = ("company", "kind", "period")

    q = _search("编号、供应商")
    company = _companies()
    kind = django_filters.ChoiceFilter(label="类别", choices=ContractKind.choices, empty_label="全部")
    period = django_filters.ChoiceFilter(label="供货期", choices=PERIODS, method="in_period", empty_label="全部")

    class Meta:
        model = Contract
        fields = ("q", "company", "kind", "period")

    def matching(self, queryset: QuerySet[Contract], name: str, value: str) -> QuerySet[Contract]:
        return queryset.filter(Q(number__icontains=kept(value)) | Q(supplier__icontains=value))

    def in_period(self, queryset: QuerySet[Contract], name: str, value: str) -> QuerySet[Contract]:
        today = clock.today()
        meant = {
            "running": Q(starts_on__lte=today, ends_on__gte=today), "over": Q(ends_on__lt=today),
            "coming": Q(starts_on__gt=today),
        }  # fmt: skip
        return queryset.filter(meant[value])


class QualityFilter(OfCompanies):
    main = ("company", "tested", "sampled_on")

    q = _search("批次、报告、化验单位")
    company = _companies()
    tested = django_filters.ChoiceFilter(label="化验", choices=TESTED, method="is_tested", empty_label="全部")
    sampled_on = _days("采样日期")

    class Meta:
        model = QualityBatch
        fields = ("q", "company", "tested", "sampled_on")

    def matching(self, queryset: QuerySet[QualityBatch], name: str, value: str) -> QuerySet[QualityBatch]:
        return queryset.filter(
            Q(number__icontains=kept(value)) | Q(report_number__icontains=value) | Q(tested_by__icontains=value)
        )

    def is_tested(self, queryset: QuerySet[QualityBatch], name: str, value: str) -> QuerySet[QualityBatch]:
        return queryset.filter(heat_value_mj_per_kg__isnull=value == "no")


class BookFilter(OfYards, MovementFilter):
    """The movements of all yards that the user sees."""

    main = ("company", "kind", "day")

    contract = django_filters.CharFilter(label="合同号（写全）", method="numbered")
    batch = django_filters.CharFilter(label="批次号（写全）", method="numbered")
    unknown = django_filters.ChoiceFilter(label="对不上的到货", choices=NUMBERS, method="unmatched", empty_label="全部")

    class Meta:
        model = Movement
        fields = ("q", "company", "yard", "kind", "day", "contract", "batch", "unknown")

    def numbered(self, queryset: QuerySet[Movement], name: str, value: str) -> QuerySet[Movement]:
        return queryset.filter(**{name: kept(value)})

    def unmatched(self, queryset: QuerySet[Movement], name: str, value: str) -> QuerySet[Movement]:
        return without_contract(queryset) if value == "contract" else without_test(queryset)
