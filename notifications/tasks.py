from celery import shared_task

from notifications.outbox import deliver as deliver_waiting


@shared_task
def deliver() -> None:
    """Send what waits in the outbox."""
    deliver_waiting()
