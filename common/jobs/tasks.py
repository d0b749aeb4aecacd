from celery import shared_task

from common.jobs.services import resume_lost


@shared_task
def resume() -> None:
    """Jobs whose message was lost or whose worker was killed go on."""
    resume_lost()
