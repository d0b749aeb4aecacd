"""小计 after each group of rows and 合计 below all of them: how many, how many of a kind, and sums.

    Subtotals(by="company", counts=(Count("共"), Count("已销号", "status", lambda value: value == "closed")))

The rows have to come in the order of their groups.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from common.spreadsheets.columns import Column


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows of a group: all, or those for whose `column` the test holds. Written as 逾期 3 条."""

    label: str
    column: str = ""
    test: Callable[[Any], bool] = bool


@dataclass(frozen=True, slots=True)
class Subtotals:
    """`by`: the column whose text makes a group; `nobody` stands for an empty one. `sums`: columns that are added up,
    each sum standing in its own column. `unit`: the measure word of the counts."""

    by: str
    counts: tuple[Count, ...] = (Count("共"),)
    sums: tuple[str, ...] = ()
    nobody: str = "未填写"
    unit: str = "条"


@dataclass(frozen=True, slots=True)
class Band:
    """A line over the table's whole width: its label in the first column, then its text. `sums` by column index."""

    label: str
    text: str
    sums: Mapping[int, Any] = field(default_factory=dict)


class Tally:
    """The figures of one group, or of all rows."""

    def __init__(self, plan: "Plan") -> None:
        self.plan = plan
        self.counts = [0] * len(plan.counts)
        self.sums: dict[int, Decimal] = dict.fromkeys(plan.sums, Decimal(0))

    def add(self, values: Sequence[Any]) -> None:
        for place, (index, test) in enumerate(self.plan.counts):
            if index is None or test(values[index]):
                self.counts[place] += 1
        for index in self.plan.sums:
            if values[index] is not None:
                self.sums[index] += Decimal(str(values[index]))

    def band(self, label: str, name: str) -> Band:
        options = self.plan.options
        figures = "，".join(
            f"{count.label} {figure} {options.unit}" for count, figure in zip(options.counts, self.counts, strict=True)
        )
        sums = {index: f"{total:f}" for index, total in self.sums.items()}
        return Band(label, f"{name}：{figures}" if name else figures, sums)


class Plan:
    """Where in a row's values the columns stand that the subtotals need."""

    def __init__(self, options: Subtotals, columns: Sequence[Column]) -> None:
        self.options = options
        self.names = [column.name for column in columns]
        self.by = self.names.index(options.by)
        self.format = columns[self.by].format
        self.counts = [(self.names.index(c.column) if c.column else None, c.test) for c in options.counts]
        self.sums = [self.names.index(name) for name in options.sums]

    def group_of(self, values: Sequence[Any]) -> str:
        return str(self.format(values[self.by]) or self.options.nobody)


def with_subtotals(
    rows: Iterable[Sequence[Any] | Mapping[str, Any]], options: Subtotals, columns: Sequence[Column]
) -> Iterator[Sequence[Any] | Band]:
    """The rows, 小计 behind the last of each group, and 合计."""
    plan = Plan(options, columns)
    whole, part, group = Tally(plan), Tally(plan), None
    for row in rows:
        values = [row.get(name) for name in plan.names] if isinstance(row, Mapping) else row
        name = plan.group_of(values)
        if name != group:
            if group is not None:
                yield part.band("小计", group)
            part, group = Tally(plan), name
        part.add(values)
        whole.add(values)
        yield values
    if group is not None:
        yield part.band("小计", group)
    yield whole.band("合计", "")
