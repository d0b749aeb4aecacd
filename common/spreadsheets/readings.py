"""What a cell was read as, or why it was not."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """`value` is None where nothing could be had.

    `form`: how it was read, in a few words. `read`: the text that stood there. `expected`: what should stand there
    instead, in Chinese; empty when nothing is wrong.
    """

    value: T | None
    form: str = ""
    read: str = ""
    expected: str = ""

    @property
    def problem(self) -> str:
        """The whole sentence: what was read and what is expected; empty when nothing is wrong."""
        if not self.expected:
            return ""
        return f"写的是“{self.read}”，{self.expected}" if self.read else f"没有填写，{self.expected}"
