"""How one kind of ledger is read for one user, what its rows are on the site, and what becomes of them.

A kind brings its `Importer`. Staging, settling and registering, the same for all kinds, call what is declared here.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from common.spreadsheets.columns import Ledger
from common.spreadsheets.heads import LedgerSheet
from common.spreadsheets.ledgers.differences import Difference
from common.spreadsheets.models import ImportBatch, ImportRow, Pile
from common.spreadsheets.workbook import column_letter

# So many rows are judged and written at a time.
CHUNK = 500
Problem = dict[str, str]
# Set on a row of which a person has said that it is another item than the one it looks like.
NO_REPEAT = "is_no_repeat"
WARNING = "is_warning"
# Set on a problem that holds a row up whatever its column: the cell says something, and nothing could be read of it.
LOST = "is_lost"
# What changes of a row when it is compared with an item.
COMPARED = ["pile", "item_id", "reason", "changes", "conflict", "problems"]


def problem(field: str, read: str, expected: str, cell: str = "") -> Problem:
    """`field`: the column. `cell`: L20; empty where it is not a cell of the file that is wrong."""
    return {"field": field, "cell": cell, "read": read, "expected": expected}


def warning(field: str, read: str, expected: str, cell: str = "") -> Problem:
    """What is only said beside a row, which is taken as it is."""
    return {**problem(field, read, expected, cell), WARNING: "1"}


def lost(field: str, read: str, cell: str) -> Problem:
    """`read`: the error that stands there, or that it is a formula."""
    expected = "格子里的公式出错或没有算出结果，请在 WPS 里打开、算好、保存后重新上传，或在这里填写"
    return {**problem(field, read, expected, cell), LOST: "1"}


def dangling(field: str, read: str, cell: str) -> Problem:
    """Of a cell that says 同上 where there is no entry above."""
    return {**problem(field, read, "上面没有可以照抄的一行，请写明", cell), LOST: "1"}


def address_of(row: int, field: str, head: Mapping[str, Any]) -> str:
    """Where the field stands in the row's sheet: L20; empty if the file has no such column. `head`: of the batch."""
    index = (head.get("mapping") or {}).get(field)
    return f"{column_letter(index)}{row}" if index is not None else ""


@dataclass(slots=True)
class ReadRow:
    """`fields`: JSON-ready, what is empty is None; of a skipped row there are none. `raw`: the cells by their heads.

    `reason`: why the row was skipped, or which row it repeats. `repeats`: that row's number. `conflict`: what another
    row of the file says otherwise of the same item.
    """

    row: int
    pile: str
    fields: dict[str, Any]
    raw: dict[str, str]
    problems: list[Problem] = field(default_factory=list)
    reason: str = ""
    repeats: int | None = None
    conflict: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """The item of the site that a row is. `label`: how people call it."""

    pk: int
    label: str
    # The very same row of the very same file became this item: there is nothing new in it.
    is_same_row: bool = False


class RowRefused(Exception):
    """A row cannot be taken as it is; the text says in Chinese why."""


class Importer(ABC):
    """One file, read and registered for one user."""

    # Columns that name something of the site: what is said of them is said anew once it may be there.
    names: frozenset[str] = frozenset()
    # Problems of these columns hold a row up; others are only said beside it. None: of those that are required.
    holding: frozenset[str] | None = None

    def __init__(self, *, by: Any) -> None:
        self.by = by

    @property
    @abstractmethod
    def ledger(self) -> Ledger:
        """The declaration of the columns, with the words that the user's bureau has added."""

    # --- reading a file ---

    @abstractmethod
    def start(self, batch: ImportBatch, found: LedgerSheet) -> None:
        """Get ready for this file: what it belongs to, what is there already. Raises SpreadsheetError."""

    @abstractmethod
    def rows(self) -> Iterator[ReadRow]:
        """Every row below the head, in order, as far as the file alone tells."""

    def head(self, found: LedgerSheet) -> dict[str, Any]:
        """What the file says about itself, besides what is kept of every file."""
        return {}

    def after_reading(self, batch: ImportBatch) -> str:
        """What else the file holds is kept; a sentence in Chinese about it, empty without any."""
        return ""

    # --- judging rows ---

    @abstractmethod
    def problems(self, fields: Mapping[str, Any]) -> list[Problem]:
        """What the reader of the file could not know: names that the site does not have, a text that is too long."""

    @abstractmethod
    def missing(self, fields: Mapping[str, Any]) -> list[Problem]:
        """What the fields lack, once a person has mended them."""

    @abstractmethod
    def find(self, row: int, fields: Mapping[str, Any]) -> Match | None:
        """Which item of the site the row is, if it is one of them."""

    @abstractmethod
    def items(self, pks: Iterable[int]) -> Mapping[int, Any]:
        """Those that the user sees, by pk, with everything that is compared."""

    @abstractmethod
    def match_of(self, item: Any) -> Match: ...

    @abstractmethod
    def foreign(self) -> Problem:
        """What is said of a row that is an item which the user does not see; nothing of the item."""

    @abstractmethod
    def differences(self, row: ImportRow, head: Mapping[str, Any], item: Any) -> list[Difference]:
        """In the order of the ledger's columns. Names that nobody knows are left out."""

    def is_settled(self, item: Any) -> bool:
        """Whether the item takes no changes from ledgers any more."""
        return False

    def conflict_of(self, row: ImportRow, head: Mapping[str, Any], item: Any) -> str:
        """What the site changed since the ledger went out, in Chinese; empty if nothing or if the file is not ours."""
        return ""

    def blocked(self, difference: Difference, item: Any) -> str:
        """Why the user may not apply the difference; empty if they may."""
        return ""

    def holds_up(self, problems: Iterable[Problem]) -> bool:
        """Whether a row waits because of these problems."""
        holding = self.holding
        if holding is None:
            holding = frozenset(column.name for column in self.ledger.columns if column.required)
        return any(each.get(LOST) or (each["field"] in holding and not each.get(WARNING)) for each in problems)

    # --- what a person decides ---

    def same_as(self, row: ImportRow, *, is_another: bool) -> Match | None:
        """Which item a mended row is: the one that it was before, unless a person says otherwise or the kind knows."""
        if is_another or not row.item_id:
            return None
        item = self.items([row.item_id]).get(row.item_id)
        return self.match_of(item) if item is not None else None

    def learn(self, row: ImportRow, values: dict[str, Any]) -> None:  # noqa: B027 (a kind may have nothing to learn)
        """Take out of `values` what the site is to remember, and remember it."""

    # --- writing ---

    @abstractmethod
    def begin(self, batch: ImportBatch, **choices: Any) -> None:
        """Before the first row is registered: check who may, lock what must not change. In the transaction.

        `choices`: what the user chose for all rows. Raises PermissionDenied.
        """

    @abstractmethod
    def create(self, rows: Sequence[ImportRow]) -> Sequence[int | None]:
        """Make an item of each row; their pks in the same order, None for a row that was put into another pile.

        Raises SpreadsheetError.
        """

    def held(self, pk: int) -> Any:
        """The item if the user sees it; locked where its changes do not meet a version of their own."""
        return self.items([pk]).get(pk)

    @abstractmethod
    def apply(self, row: ImportRow, item: Any, found: Sequence[Difference]) -> None:
        """Bring the item up to what the row says. Raises RowRefused, Stale, PermissionDenied."""

    def after_writing(self, batch: ImportBatch) -> bool:
        """What came with the rows goes where they went. False if it is so much that a job has to do it."""
        return True

    def start_rest(self, batch: ImportBatch) -> None:
        """Start the job for what `after_writing` left. Raises TooManyJobs."""
        raise NotImplementedError

    # --- the same for all kinds ---

    def judged(
        self, batch: ImportBatch, head: Mapping[str, Any], lost: Mapping[int, Sequence[Problem]]
    ) -> Iterator[ImportRow]:
        """Every row below the head as an unsaved row of the batch, in order, with the pile it belongs to.

        `lost`: by row, the cells that were read as nothing though something stands there.
        """
        # Item → the first row that would change it.
        changed_by: dict[int, int] = {}
        rows = self.rows()
        while chunk := list(islice(rows, CHUNK)):
            matches: dict[int, Match] = {}
            for row in chunk:
                if row.pile != Pile.SKIPPED:
                    row.problems = [*lost.get(row.row, ()), *row.problems, *self.problems(row.fields)]
                    if match := self.find(row.row, row.fields):
                        matches[row.row] = match
            items = self.items(match.pk for match in matches.values()) if matches else {}
            for row in chunk:
                match = matches.get(row.row)
                item = self._sorted(batch, row, head, match, items.get(match.pk) if match else None)
                if item.pile == Pile.UPDATE and item.item_id:
                    first = changed_by.setdefault(item.item_id, item.row)
                    if first != item.row and not item.conflict:
                        item.conflict = f"第 {first} 行说的是同一条，请核对以哪一行为准"
                yield item

    def _sorted(
        self, batch: ImportBatch, row: ReadRow, head: Mapping[str, Any], match: Match | None, item: Any
    ) -> ImportRow:
        """Into the pile that its problems and what is registered already allow."""
        # In the order of its columns: by their names it takes three times as long, which is felt with so many.
        columns: Any = (
            None, batch.pk, row.row, row.pile, row.fields, row.raw, row.problems, [], "", row.reason[:100], None,
        )  # fmt: skip
        sorted_ = ImportRow(*columns)
        if row.pile == Pile.SKIPPED:
            return sorted_
        if match:
            self.compare(sorted_, head, match, item)
            if sorted_.pile == Pile.UPDATE and row.conflict:
                sorted_.conflict = row.conflict
        elif row.pile != Pile.REPEAT:
            sorted_.conflict = row.conflict
            sorted_.pile = Pile.WAITS if row.conflict or self.holds_up(row.problems) else Pile.READY
        return sorted_

    def compare(self, row: ImportRow, head: Mapping[str, Any], match: Match, item: Any) -> None:
        """Put a row that is an item of the site among the repeats, or among the changes with what it would change.

        `item` is None if the user does not see it.
        """
        row.changes, row.conflict = [], ""
        if item is None:
            row.item_id, row.pile, row.reason = None, Pile.WAITS, ""
            row.problems = [*row.problems, self.foreign()]
            return
        row.item_id, row.pile, row.reason = match.pk, Pile.REPEAT, f"已登记为 {match.label}"[:100]
        if match.is_same_row or self.is_settled(item):
            return
        if found := self.differences(row, head, item):
            row.pile, row.reason = Pile.UPDATE, match.label[:100]
            row.changes = [self._change(each, item) for each in found]
            row.conflict = self.conflict_of(row, head, item)

    def _change(self, difference: Difference, item: Any) -> dict[str, str]:
        blocked = self.blocked(difference, item)
        return difference.as_json() | ({"blocked": blocked} if blocked else {})
