"""The Celery app and its schedule. The schedule is code: there is nothing to click together on a new machine."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "heating.settings")

from django.conf import settings  # noqa: E402 (the settings module has to be named first)

app = Celery("heating")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

app.conf.beat_schedule = {
    "sweep": {"task": "supervision.tasks.sweep", "schedule": settings.SWEEP_PERIOD_SECONDS},
}
