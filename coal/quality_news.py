"""News of a batch that is worse than the contract under which it came: to the county's bureaus, once for each batch.

It may turn out with the report, with an arrival of a batch that is tested already, or with the contract; whichever
comes last tells it, in its own transaction.
"""

from collections.abc import Sequence

from django.db.models import CharField, DateField, F, IntegerField, Q, QuerySet, Value
from django.urls import reverse

from accounts.enums import UnitKind
from accounts.models import User
from accounts.roles import ADMIN, DEVELOPMENT, INSPECTOR
from coal.models import Contract, Movement, QualityBatch
from coal.quality import faults
from coal.quality_selectors import BatchArrived, arrivals_of, warnings_among
from coal.supply_selectors import known_batch, standing_contract
from coal.terms import terms_on
from common import clock
from common.columns import group_digits
from common.due import WHOLE_DAY
from notifications.models import Outgoing
from notifications.outbox import Matter, deliver_soon, queue_selected, register_matter

MATTER, STEP = "quality", "worse"


def register_quality_news() -> None:
    register_matter(Matter(MATTER, _holding, _bundled))


def bureaus(batch: QualityBatch) -> QuerySet[User]:
    """The housing bureau and 发改局 of the batch's county."""
    housing = Q(unit__kind=UnitKind.HOUSING_BUREAU, groups__name__in=(ADMIN, INSPECTOR))
    development = Q(unit__kind=UnitKind.DEVELOPMENT_BUREAU, groups__name=DEVELOPMENT)
    of_county = Q(unit__region__code__startswith=batch.county.scope_prefix)
    return User.objects.active().filter(of_county, housing | development).order_by().distinct()


def tell_of_batch(batch: QualityBatch) -> None:
    """Three queries, and one for the news."""
    _tell(batch, [each for each in arrivals_of(batch) if each.faults])


def tell_of_arrival(movement: Movement) -> None:
    """Three queries, and one for the news; none for an arrival without both numbers."""
    company = movement.yard.company_id
    if not (movement.contract and movement.batch):
        return
    batch, contract = known_batch(company, movement.batch), standing_contract(company, movement.contract)
    if batch and contract and faults(batch, terms_on(contract, movement.day)):
        tell_of_batch(batch)


def tell_of_contract(contract: Contract) -> None:
    """Of every batch that came under it and is worse. Two queries, and three and the news for each."""
    worse = {each.batch.pk for each in warnings_among(Contract.objects.filter(pk=contract.pk))}
    for batch in QualityBatch.objects.filter(pk__in=worse).select_related("company", "county"):
        tell_of_batch(batch)


def _tell(batch: QualityBatch, worse: Sequence[BatchArrived]) -> None:
    if not worse:
        return
    lines = [
        f"合同 {each.number} 项下 {group_digits(each.arrived.quantity_t, 2)} t：{'；'.join(map(str, each.faults))}"
        for each in worse
    ]
    texts = {
        "key": f"quality:{batch.pk}", "subject": f"{batch.company.label} 煤质不合合同约定，批次 {batch.number}"[:200],
        "body": "\n".join(lines), "path": reverse("coal:quality_detail", args=[batch.pk]),
    }  # fmt: skip
    part = bureaus(batch).annotate(
        recipient=F("pk"),
        **{name: Value(text, output_field=CharField()) for name, text in texts.items()},
        **{name: Value(n, output_field=IntegerField()) for name, n in
           (("item_id", batch.pk), ("due_minute", WHOLE_DAY), ("round", 1), ("repeat", 0))},
        # The same whenever it is told, so that it is told once.
        due_on=Value(clock.local_date(batch.entered_at), output_field=DateField()),
    )  # fmt: skip
    queue_selected(part, matter=MATTER, step=STEP, bundle="")  # type: ignore[arg-type]
    deliver_soon()


def _holding(rows: Sequence[Outgoing]) -> set[int]:
    """Those whose batch is still worse than agreed, for people whom it still concerns. Four queries a batch."""
    batches = QualityBatch.objects.filter(pk__in={row.item_id for row in rows}).select_related("county", "company")
    concerned = {
        batch.pk: set(bureaus(batch).values_list("pk", flat=True))
        for batch in batches
        if any(each.faults for each in arrivals_of(batch))
    }
    return {row.pk for row in rows if row.recipient_id in concerned.get(row.item_id, ())}


def _bundled(rows: Sequence[Outgoing]) -> tuple[str, str]:
    return f"煤质：{len(rows)} 批不合合同约定", reverse("coal:quality_list")
