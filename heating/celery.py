"""The Celery app and its schedule. The schedule is code: there is nothing to click together on a new machine."""

import os
from typing import Any

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "heating.settings")

app = Celery("heating")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.on_after_finalize.connect
def set_up_schedule(sender: Celery, **kwargs: Any) -> None:
    """What beat starts, and how often. Settings are read here, when they are complete."""
    from django.conf import settings

    sender.add_periodic_task(settings.SWEEP_PERIOD_SECONDS, sender.signature("supervision.tasks.sweep"), name="sweep")
