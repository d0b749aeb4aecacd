from celery import shared_task

from common import clock
from notifications.outbox import deliver
from supervision.sweep import sweep as sweep_deadlines


@shared_task
def sweep() -> None:
    """Check every deadline as of today, and send what is to be told. What is left over goes with the next delivery."""
    sweep_deadlines(clock.today())
    deliver()
