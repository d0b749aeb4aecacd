from celery import shared_task

from common import clock
from supervision.sweep import sweep as sweep_deadlines


@shared_task
def sweep() -> None:
    """Check every deadline as of today."""
    sweep_deadlines(clock.today())
