"""One declaration of a ledger's columns: import, template and export all use it."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from common.spreadsheets.readings import Reading
from common.text import normalise_name

_SIGNS = re.compile(r"[\W_]+")


def comparable(head: str) -> str:
    """A head as heads are compared: lower-cased, half-width, without signs and white space."""
    return _SIGNS.sub("", normalise_name(head))


def as_it_is(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Column:
    """`name`: the field's English name; `title`: the head on templates and exports.

    `synonyms`: other heads seen in practice, apart by spaces, the most telling first. `excluded`: words that make a
    head mean something else (实际完成时间 is not the deadline), apart by spaces. `parse(text, head)` reads a cell of
    its own; a column without one is read together with its neighbours by the app. `format(value)` gives what the
    export writes: text, number, date, None or a list of texts. `width` in characters of the normal font, a Chinese one
    counting two. `required`: a row waits while it is missing. `choices`: the template offers them. `hint`: how to fill
    it in, said on the template. `kind`: what the cells hold, for the template's checks and for pictures in the cells.
    """

    name: str
    title: str
    synonyms: str = ""
    excluded: str = ""
    parse: Callable[[str, Any], Reading[Any]] | None = None
    format: Callable[[Any], Any] = as_it_is
    width: float = 12
    is_centred: bool = False
    required: bool = False
    choices: tuple[str, ...] = ()
    hint: str = ""
    kind: Literal["text", "date", "number", "digits", "photos"] = "text"

    @property
    def heads(self) -> tuple[str, ...]:
        """Every head by which the column is known, its title first."""
        return (self.title, *self.synonyms.split())


@dataclass(frozen=True)
class Ledger:
    """`content`: the columns that make a row an entry. `ordinals`: those that may be filled in beforehand (序号).

    `carried`: columns whose text, written once, holds for the rows below it (the company down the side).
    """

    kind: str
    title: str
    columns: tuple[Column, ...]
    content: frozenset[str]
    ordinals: frozenset[str] = frozenset()
    carried: frozenset[str] = frozenset()
    # Where all of these are filled in, only the row's first words can make it a note or a footer.
    complete: frozenset[str] = frozenset()
    # The column that says of a row that went out from here which entry it is: such a row is one, whatever it says.
    identity: str = ""
    # What templates and exports show, in this order; columns that only readers know are left out.
    shown: tuple[str, ...] = field(default=())

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        return {column.name: column for column in self.columns}

    @cached_property
    def known_heads(self) -> frozenset[str]:
        """Every head of every column as heads are compared: lower-cased, half-width, without signs."""
        return frozenset(comparable(head) for column in self.columns for head in column.heads)

    def extended(self, heads: Mapping[str, Iterable[str]]) -> "Ledger":
        """The same ledger, its columns known by these further heads too: {column: heads}. They come first."""
        if not heads:
            return self
        columns = tuple(
            replace(
                column, synonyms=" ".join(["".join(head.split()) for head in heads[column.name]] + [column.synonyms])
            )
            if column.name in heads
            else column
            for column in self.columns
        )
        return replace(self, columns=columns)

    def pick(self, names: Iterable[str] | None = None) -> list[Column]:
        """The columns of these names, or those that are shown."""
        return [self.by_name[name] for name in (names or self.shown or self.by_name)]
