"""The runs of the sweep: what is kept of them."""

import datetime as dt

from django.db.models import Exists, OuterRef

from common import clock
from supervision.models import Escalation, SweepRun

# A run every five minutes is 26 000 of them.
EMPTY_RUNS_KEPT = dt.timedelta(days=90)


def forget_empty_runs() -> int:
    """Delete the old runs that recorded nothing, but never the newest that counts: /readyz asks for it. How many."""
    recorded = Escalation.objects.filter(run=OuterRef("pk")).order_by()
    newest = SweepRun.objects.that_count().order_by("-finished_at").values("pk")
    old = SweepRun.objects.filter(~Exists(recorded), started_at__lt=clock.now() - EMPTY_RUNS_KEPT)
    return old.exclude(pk__in=newest[:1]).delete()[0]
