"""What the cells of a row say about an item that is on the site already, and in what they differ from it."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from common.spreadsheets.cells import clean, is_nothing
from common.spreadsheets.workbook import column_letter

# The column by which a ledger that went out from here is known.
VERSION = "version"


@dataclasses.dataclass(frozen=True, slots=True)
class Difference:
    """`old`, `new`: as people read them. `value`: for the model."""

    field: str
    old: str
    new: str
    value: Any = dataclasses.field(compare=False, default=None)

    def as_json(self) -> dict[str, str]:
        return {"field": self.field, "old": self.old, "new": self.new}


class Said:
    """What the cells of one row say. `head` is the batch's.

    A column that the file does not have says nothing. An empty cell says nothing either, except in a ledger that went
    out from here: there it empties what may be empty. `columns_of`: which columns say something about a field, where it
    is not just the one of its own name. `carried`: fields whose text may stand in a row above.
    """

    def __init__(
        self,
        fields: Mapping[str, Any],
        raw: Mapping[str, str],
        head: Mapping[str, Any],
        *,
        may_be_empty: frozenset[str],
        columns_of: Mapping[str, tuple[str, ...]] | None = None,
        carried: frozenset[str] = frozenset(),
    ) -> None:
        self.fields, self.raw = fields, raw
        self._may_be_empty, self._columns_of, self._carried = may_be_empty, columns_of or {}, carried
        heads = head.get("heads", [])
        self.titles = {
            name: (heads[index] if index < len(heads) else "") or f"{column_letter(index)}列"
            for name, index in head.get("mapping", {}).items()
        }
        self.is_ours = VERSION in self.titles

    def cell(self, name: str) -> str:
        return self.raw.get(self.titles[name], "") if name in self.titles else ""

    def says(self, name: str) -> bool:
        """Whether the row has something to say about the field."""
        columns = [column for column in self._columns_of.get(name, (name,)) if column in self.titles]
        if not columns:
            return False
        if self.fields.get(name) not in (None, "", []):
            return name in self._carried or any(not is_nothing(self.cell(column)) for column in columns)
        own = name in self.titles and is_nothing(self.cell(name))
        return self.is_ours and own and name in self._may_be_empty


def is_same_text(old: str, new: str) -> bool:
    """White space and invisible signs are how a cell was laid out, not what it says; — and 无 say nothing."""
    if is_nothing(clean(old)) and is_nothing(clean(new)):
        return True
    return "".join(clean(old).split()) == "".join(clean(new).split())
