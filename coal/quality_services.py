"""Every write to quality batches. What a laboratory finds is carried into every day's stock in the same transaction.

Whoever writes a batch holds the company's yards, as whoever enters an arrival holds its yard: an arrival is carried
with the heat value that its batch has at that moment, and a batch's change reaches every arrival carried before it.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError

from accounts.models import Unit
from audit.services import record
from audit.writing import filled
from coal import balances
from coal.bounds import check_fits
from coal.corrections import check_renaming, correct
from coal.enums import INFLOWS
from coal.heat_values import heat_value_of, tested_values
from coal.models import Movement, QualityBatch, Yard
from coal.numbers import kept
from coal.quality import RESULT_NAMES
from coal.quality_news import tell_of_batch
from coal.scans import named, with_scans
from coal.supply_selectors import arrived_under
from common import clock
from common.uploads import InspectedUpload

BATCH_FIELDS = (
    "number", "sampled_on", "sampled_by", "tested_on", "tested_by", "report_number", *RESULT_NAMES, "note",
)  # fmt: skip
TAKEN = {"number": "本企业已有这个批次号，请核对；要补化验结果，请打开那一批更正"}


def create_batch(*, by: Any, uploads: Sequence[InspectedUpload] = (), **values: Any) -> QualityBatch:
    """`values`: county, company and BATCH_FIELDS. What is wrong is a ValidationError by fields."""
    _check(values)
    values["number"] = kept(values["number"])

    def write() -> QualityBatch:
        batch = QualityBatch(entered_by=by, **values)
        with _Reheating(values["company"], {values["number"]}):
            batch.save(force_insert=True)
        changes = filled(batch, ("company", *BATCH_FIELDS)) | named(uploads)
        record(actor=by, action="登记煤质", target=batch, changes=changes, region_code=batch.county.code)
        tell_of_batch(batch)
        return batch

    return _unique(lambda: with_scans(write, uploads, by=by))


def correct_batch(
    batch: QualityBatch, *, by: Any, seen: int, reason: str = "", uploads: Sequence[InspectedUpload] = (), **values: Any
) -> QualityBatch:
    """Fill in what the laboratory has found, or correct it after a retest, which needs a reason. Raises Stale,
    ValidationError."""
    _check(values)
    values["number"] = kept(values["number"])

    def write() -> QualityBatch:
        before = QualityBatch.objects.select_related("company", "county").get(pk=batch.pk)
        with _Reheating(before.company, {before.number, values["number"]}):
            held = QualityBatch.objects.select_for_update(no_key=True, of=("self",)).select_related("county").get(
                pk=batch.pk
            )  # fmt: skip
            check_renaming(held, values["number"], arrived_under(held.company_id, batch=held.number))
            action = _action(held, values)
            if action == "更正化验结果" and not reason.strip():
                raise ValidationError({"reason": "原来的化验结果要改，请写明为什么，如“复检，报告 2026-118”"})
            correct(held, by=by, action=action, seen=seen, values=values, note=reason.strip(), more=named(uploads))
            tell_of_batch(held)
        return held

    return _unique(lambda: with_scans(write, uploads, by=by))


def _action(held: QualityBatch, values: Mapping[str, Any]) -> str:
    """A result that was there and is changed is a retest; one that was not is the first."""
    changed = [name for name in BATCH_FIELDS if getattr(held, name) != values[name]]
    results = [name for name in changed if name in RESULT_NAMES]
    if any(getattr(held, name) is not None for name in results):
        return "更正化验结果"
    if results:
        return "登记化验结果"
    return "修改煤质批次" if changed else "补充扫描件"


class _Reheating:
    """Around a write to batches of these numbers: the company's yards are held, and by as much as the write changes the
    heat of what came of these batches, the stored stock is changed with it."""

    def __init__(self, company: Unit, numbers: set[str]) -> None:
        self.company, self.numbers = company, numbers

    def __enter__(self) -> None:
        self.yards = balances.hold(*Yard.objects.filter(company=self.company))
        self.before = tested_values(self.company.pk, self.numbers)

    def __exit__(self, failure: Any, *_: Any) -> None:
        if failure is None:
            after = tested_values(self.company.pk, self.numbers)
            if after != self.before:
                self._reheat(after)

    def _reheat(self, after: Mapping[str, Decimal]) -> None:
        came = list(Movement.objects.filter(yard__in=self.yards, kind__in=INFLOWS, batch__in=self.numbers))
        gone = Movement.objects.reversed_among(movement.pk for movement in came)
        more: dict[int, dict[Any, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for each in came:
            if each.pk not in gone:
                was, now = (heat_value_of(each, tested).mj_per_kg for tested in (self.before, after))
                more_gj = balances.heat_gj(each.quantity_t, now) - balances.heat_gj(each.quantity_t, was)
                more[each.yard_id][each.day] += more_gj
        for yard, by_day in more.items():
            balances.reheat(self.yards[yard], by_day)


def _unique(write: Callable[[], QualityBatch]) -> QualityBatch:
    try:
        return write()
    except IntegrityError:
        raise ValidationError(TAKEN) from None


def _check(values: Mapping[str, Any]) -> None:
    check_fits(QualityBatch(**values), RESULT_NAMES)
    sampled_on, tested_on = values["sampled_on"], values["tested_on"]
    for name, label, day in (("sampled_on", "采样", sampled_on), ("tested_on", "化验", tested_on)):
        if day and day > clock.today():
            raise ValidationError({name: f"{label}日期填的是 {day}，还没有到，请核对"})
    if tested_on and tested_on < sampled_on:
        raise ValidationError({"tested_on": f"化验日期填的是 {tested_on}，早于采样日期 {sampled_on}，请核对"})
