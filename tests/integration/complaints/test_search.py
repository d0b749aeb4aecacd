"""What the index is asked for where a long address is looked for among many."""

import datetime as dt
from typing import Any

import pytest
from django.db.models import Q

from common.search_terms import PROBED_ROWS
from common.text import bigram_stream
from complaints.models import Order
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def _terms(condition: Q) -> list[str]:
    """The pairs that the index is asked for; none where it is not asked."""
    for each in condition.children:
        if isinstance(each, Q):
            if found := _terms(each):
                return found
        elif isinstance(each, tuple) and each[0] == "search_terms__terms":
            return list(each[1])
    return []


def test_the_rarest_pairs_are_looked_up(cast: Cast, summer: Any) -> None:
    """What stands in every address is left to the comparison with the phrase."""
    addresses = [f"锦绣{n}号院{n % 5 + 1}号楼{n % 3 + 1}单元101室" for n in range(PROBED_ROWS)]
    start = dt.datetime(2026, 8, 1, tzinfo=dt.UTC)
    Order.objects.bulk_create(
        Order(
            county=cast.county, season=cast.season, sequence=n + 1, number=f"TS-2026-{n:05d}", category="leak",
            content="漏水", received_at=start + dt.timedelta(minutes=n), address=address,
            search_terms=bigram_stream(address),
        )
        for n, address in enumerate(addresses)
    )  # fmt: skip
    condition = Order.objects.search_condition("锦绣1234号院5号楼")
    assert len(_terms(condition)) == 4 and {"12", "23", "34"} <= set(_terms(condition))
    assert Order.objects.get(condition).address == "锦绣1234号院5号楼2单元101室"
    assert _terms(Order.objects.search_condition("1234")) == ["12", "23", "34"]
    assert _terms(Order.objects.search_condition("单元101室")) == []
