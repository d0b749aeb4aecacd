"""What a row of an export says otherwise than the order that it is, and which of it may be brought in."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils import timezone

from common.spreadsheets.ledgers.differences import Difference, Said, is_same_text
from complaints.callers import mask_name, mask_phone
from complaints.county import County
from complaints.houses import bare_part
from complaints.ledger import LABELS, VALUES
from complaints.models import Order
from complaints.reading import HOUSE
from complaints.services import BEFORE_DISPATCH

# Read out of another cell where the file has no column of their own: they say something new only if that cell does.
OUT_OF = {"community": "address", **dict.fromkeys(HOUSE, "address"), "temperature_c": "content", "category": "content"}
TEXTS = ("caller", "phone", "address", "content")
# Field of a row → field of the model, where the names differ.
MODEL_FIELDS = {"temperature_c": "stated_temperature_c"}


def said_by(fields: Mapping[str, Any], raw: Mapping[str, str], head: Mapping[str, Any]) -> Said:
    columns = {name: (name, other) for name, other in OUT_OF.items()}
    return Said(fields, raw, head, may_be_empty=frozenset(), columns_of=columns)


def differences(said: Said, order: Order, county: County) -> list[Difference]:
    """In the order in which people read an order. Names that nobody knows are left out."""
    fields = said.fields
    found = [each for name in TEXTS if said.says(name) for each in _text(name, fields, getattr(order, name))]
    # What an export has masked comes back masked: that changes nothing.
    masked = {"caller": mask_name(order.caller), "phone": mask_phone(order.phone), "content": order.masked_content}
    found = [each for each in found if not is_same_text(masked.get(each.field, each.old), each.new)]
    changed = {each.field for each in found}

    def counts(name: str) -> bool:
        if not said.says(name):
            return False
        return name in said.titles or OUT_OF.get(name) in changed

    if said.says("received_at") and fields.get("received_at"):
        found += _moment(fields, order)
    found += [each for name in HOUSE if counts(name) for each in _part(name, fields, getattr(order, name))]
    found += [each for name in ("category", "urgency") if counts(name) for each in _choice(name, fields, order)]
    if counts("community") and (place := county.community(fields.get("community"))):
        found += _row("community", order.community, place)
    if counts("temperature_c") and fields.get("temperature_c"):
        found += _temperature(fields, order)
    if said.says("company") and "company" in said.titles and order.dispatched_at is None:
        company = county.unit(fields.get("company"))
        found += _row("company", order.company, company) if company else []
    return found


def blocked(difference: Difference, order: Order) -> str:
    """Why it is not for the ledger to change; empty if it is."""
    if difference.field in BEFORE_DISPATCH and order.dispatched_at is not None:
        return "已经派单，请在工单里用“调整类别”"
    return ""


def _text(name: str, fields: Mapping[str, Any], old: str) -> list[Difference]:
    new = fields.get(name) or ""
    return [] if not new or is_same_text(old, new) else [Difference(name, old, new, new)]


def _part(name: str, fields: Mapping[str, Any], old: str) -> list[Difference]:
    """3号楼 and 3 are one building."""
    return [] if bare_part(old) == bare_part(fields.get(name) or "") else _text(name, fields, old)


def _moment(fields: Mapping[str, Any], order: Order) -> list[Difference]:
    new = dt.datetime.fromisoformat(fields["received_at"])
    if order.received_at == new:
        return []
    old = timezone.localtime(order.received_at)
    return [Difference("received_at", f"{old:%Y-%m-%d %H:%M}", f"{timezone.localtime(new):%Y-%m-%d %H:%M}", new)]


def _choice(name: str, fields: Mapping[str, Any], order: Order) -> list[Difference]:
    label, old = fields.get(name), getattr(order, name)
    new = VALUES[name].get(label or "")
    return [] if new in (None, old) else [Difference(name, LABELS[name].get(old, old), label or "", new)]


def _row(name: str, old: Any, new: Any) -> list[Difference]:
    return [] if old == new else [Difference(name, str(old or ""), str(new), new)]


def _temperature(fields: Mapping[str, Any], order: Order) -> list[Difference]:
    old, new = order.stated_temperature_c, Decimal(fields["temperature_c"])
    return [] if old == new else [Difference("temperature_c", "" if old is None else str(old), str(new), new)]
