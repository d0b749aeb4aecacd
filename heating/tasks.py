"""House-keeping that belongs to no app."""

from axes.models import AccessAttempt
from celery import shared_task
from django.conf import settings
from django.core.management import call_command

from common import clock
from common.jobs.services import forget_expired
from common.spreadsheets.staging import forget_files
from supervision.runs import forget_empty_runs


@shared_task
def clean_up() -> None:
    """Forget ended sessions, jobs and uploads past their time, sweeps that found nothing, and login failures that no
    lock-out looks at any more.

    The audit trail keeps what is worth keeping of them.
    """
    call_command("clearsessions")
    forget_expired()
    forget_files()
    forget_empty_runs()
    AccessAttempt.objects.filter(attempt_time__lte=clock.now() - 2 * settings.AXES_COOLOFF_TIME).delete()
