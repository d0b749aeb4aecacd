"""What a contract asked for on a day: what an amendment changed holds from the day on which it was agreed."""

import datetime as dt
from dataclasses import dataclass, fields
from decimal import Decimal

from django.db.models import Case, Exists, F, OuterRef, Subquery, When

from coal.models import Contract, ContractAmendment


@dataclass(frozen=True, slots=True)
class Terms:
    """None for what the contract leaves open."""

    price_yuan_per_t: Decimal | None
    heat_value_mj_per_kg: Decimal | None
    sulphur_percent: Decimal | None


def terms_on(contract: Contract, day: dt.date) -> Terms:
    """For what came that day. One query, none where the amendments have been read."""
    later = next((each for each in contract.amendments.all() if each.agreed_on > day), None)
    held, prefix = (contract, "") if later is None else (later, "old_")
    return Terms(*(getattr(held, prefix + field.name) for field in fields(Terms)))


def held_on(name: str, day: str) -> Case:
    """The same of one of these fields, in a query of contracts that lies in one whose rows have that `day`."""
    later = ContractAmendment.objects.filter(contract=OuterRef("pk"), agreed_on__gt=OuterRef(OuterRef(day)))
    first = later.order_by("agreed_on", "pk").values(f"old_{name}")[:1]
    return Case(When(Exists(later), then=Subquery(first)), default=F(name))
