"""What runs in the background: long exports."""

import tempfile
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from celery import shared_task

from common import clock
from facilities.models import Season
from inspections.exporting import Chosen, Look, chosen_hazards, export_name, write_hazards

if TYPE_CHECKING:
    from common.jobs.models import Job

EXPORT = "inspections.tasks.export_hazards"


def start_export(
    user: Any, chosen: Chosen, *, query: str, pks: Sequence[int] | None, look: Look, subtotals: bool
) -> "Job":
    """Have the file made in the background, where the user finds it under 我的任务."""
    from common.jobs.services import start

    params = {
        "query": query,
        "season": chosen.season.pk if chosen.season else None,
        "pks": list(pks) if pks is not None else None,
        "look": look.value,
        "subtotals": subtotals,
    }
    title = f"导出隐患台账（{look.label}）"
    return start(owner=user, kind="export_hazards", title=title, task=EXPORT, params=params)


@shared_task(name=EXPORT)
def export_hazards(job_id: int) -> None:
    """Write the file of an export that was asked for. Whoever asked may see less by now, or may not export any more."""
    from common.jobs.services import work

    with work(job_id) as running:
        if running is None:
            return
        user, params = running.job.owner, running.params
        look = Look(params["look"])
        season = Season.objects.visible_to(user).filter(pk=params["season"]).first()
        chosen = chosen_hazards(user, query=params["query"], season=season, pks=params["pks"])
        total = chosen.count()
        running.progress(0, total, "正在写入")
        with tempfile.TemporaryFile() as out:
            write_hazards(
                out, chosen, by=user, look=look, subtotals=params["subtotals"],
                progress=lambda done: running.progress(done, total, "正在写入"),
            )  # fmt: skip
            out.seek(0)
            running.finish(file=out, name=export_name(chosen.season, clock.today(), look))
