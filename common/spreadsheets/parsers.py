"""How the cells of a declared column are read and written: what `Column.parse` and `Column.format` are made of."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from common.spreadsheets.cells import read_choice, read_decimal
from common.spreadsheets.readings import Reading

Parse = Callable[[str, Any], Reading[Any]]


def choice_of(words: Mapping[Any, Sequence[str]]) -> Parse:
    """One of a list by its words; the first word of each is its label."""
    return lambda text, _head: read_choice(text, words)


def label_of(choices: Any) -> Callable[[Any], Any]:
    """Writes a stored value as its label."""
    labels = dict(choices.choices)
    return lambda value: labels.get(value, value)


def labels_of(choices: Any) -> tuple[str, ...]:
    return tuple(choices.labels)


def number_of(
    units: Mapping[str, Decimal], *, unit: str, whole: bool = False, least: int = 0, most: int | None = None
) -> Parse:
    """A number in `unit`, unless the cell or the head names another of `units`: 供热面积（万㎡）. The head's first line
    counts before the second.

    `whole`: an int, else a Decimal. Outside `least` to `most` it is refused.
    """
    # The longer name first: 万㎡ holds ㎡.
    by_length = sorted(units, key=len, reverse=True)

    def parse(text: str, head: Any) -> Reading[Any]:
        parts = str(head or "").split("\n")
        named = next((name for part in parts for name in by_length if name in part), unit)
        reading = read_decimal(text, units=units, unit=named)
        value = reading.value
        if value is None:
            return reading
        if value < least or (most is not None and value > most):
            bounds = f"不小于 {least}" if most is None else f"在 {least} 到 {most} 之间"
            return Reading(None, "", reading.read, f"应{bounds}，请核对")
        if whole and value != value.to_integral_value():
            return Reading(None, "", reading.read, "应为整数，请核对")
        return Reading(int(value) if whole else value, reading.form, reading.read)

    return parse
