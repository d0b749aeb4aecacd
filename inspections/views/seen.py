"""What somebody had before their eyes when they typed: it travels hidden in each form and tells a stale one."""

from typing import Any

from accounts.scoping import sees_region
from audit import timeline
from audit.timeline import entries_since
from inspections.models import Hazard
from inspections.timeline import events


class Seen(timeline.Seen):
    def meanwhile(self, hazard: Hazard, user: Any) -> list[dict[str, Any]]:
        """What has happened since, as the timeline shows it to the user."""
        return events(entries_since(hazard, self.entry, whole=sees_region(user)))
