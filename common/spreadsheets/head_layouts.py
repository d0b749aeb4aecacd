"""Which head rows and columns a person chose for a file, and the layouts remembered from such choices."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common import clock
from common.spreadsheets.columns import comparable
from common.spreadsheets.models import RememberedLayout
from common.spreadsheets.workbook import Row


@dataclass(frozen=True, slots=True)
class Layout:
    """`head_rows`: their numbers in the sheet, one to three. `mapping`: column name → index from 0."""

    sheet: str
    head_rows: tuple[int, ...]
    mapping: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """For `ImportBatch.layout`."""
        return {"sheet": self.sheet, "head_rows": list(self.head_rows), "mapping": dict(self.mapping)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Layout | None":
        """None if nobody has chosen a layout."""
        return cls(data["sheet"], tuple(data["head_rows"]), data["mapping"]) if data else None


def fingerprint(head_rows: Sequence[Row]) -> str:
    """Of the texts of head rows, as heads are compared; empty cells at the end do not count."""
    lines = []
    for row in head_rows:
        texts = [comparable(text) for text in row.own]
        while texts and not texts[-1]:
            texts.pop()
        lines.append("\x1f".join(texts))
    return hashlib.sha256("\x1e".join(lines).encode()).hexdigest()


def remembered_for(kind: str, scope: str) -> dict[str, Mapping[str, int]]:
    """{fingerprint: mapping} of the layouts that were corrected for these senders. One query."""
    return dict(RememberedLayout.objects.filter(kind=kind, scope=scope).values_list("fingerprint", "mapping"))


def remember(kind: str, scope: str, head_rows: Sequence[Row], mapping: Mapping[str, int], *, by: Any) -> None:
    """Read what comes with these head rows so from now on; a later choice replaces an earlier one."""
    RememberedLayout.objects.update_or_create(
        kind=kind, scope=scope, fingerprint=fingerprint(head_rows),
        defaults={
            "mapping": dict(mapping), "corrected_by": by, "corrected_at": clock.now(),
        },
    )  # fmt: skip
