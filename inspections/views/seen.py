"""What somebody had before their eyes when they typed: it travels hidden in each form and tells a stale one."""

from dataclasses import dataclass
from typing import Any

from inspections.models import Hazard
from inspections.timeline import entries_since, events, last_entry_pk


@dataclass(frozen=True)
class Seen:
    """The version of the row and the last entry of its history."""

    version: int
    entry: int

    @classmethod
    def now(cls, hazard: Hazard) -> "Seen":
        return cls(hazard.version, last_entry_pk(hazard))

    @classmethod
    def posted(cls, data: Any) -> "Seen":
        """From a form's data. What is missing or no number counts as seen before everything."""
        return cls(_number(data.get("version")), _number(data.get("entry")))

    def meanwhile(self, hazard: Hazard, user: Any) -> list[dict[str, Any]]:
        """What has happened since, as the timeline shows it to the user."""
        return events(entries_since(hazard, self.entry, user))


def _number(text: Any) -> int:
    """-1 (which no version is) for what is no number."""
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 10 else -1
