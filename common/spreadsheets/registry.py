"""The kinds of ledger that take further words of a bureau: each app registers its own when it is ready.

register(Vocabulary(HAZARDS, values={"grade": {"major": "重大"}}, vague={"due_on": "整改时限"}))
registered()["hazards"].meanings()["value", "grade", "major"]  # "隐患等级：重大"
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from common.spreadsheets.columns import Ledger

# What a word stands for: a column's head, a value in a cell, or nothing that counts.
HEAD, VALUE, VAGUE = "head", "value", "vague"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What words may mean in a kind of ledger.

    `values`: {column: {value: label}} of columns that hold one of a list. `vague`: {field: title} of what a word may
    fail to name.
    """

    ledger: Ledger
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    vague: Mapping[str, str] = field(default_factory=dict)

    def meanings(self) -> dict[tuple[str, str, str], str]:
        """{(role, column, value): in words} of everything that a word may mean; only of a value there is one."""
        heads = {(HEAD, column.name, ""): column.title for column in self.ledger.columns}
        values = {
            (VALUE, name, value): f"{self.ledger.by_name[name].title}：{label}"
            for name, labels in self.values.items()
            for value, label in labels.items()
        }
        return heads | values | {(VAGUE, name, ""): title for name, title in self.vague.items()}


_REGISTERED: dict[str, Vocabulary] = {}


def register(vocabulary: Vocabulary) -> None:
    _REGISTERED[vocabulary.ledger.kind] = vocabulary


def registered() -> Mapping[str, Vocabulary]:
    """{kind: vocabulary}"""
    return _REGISTERED
