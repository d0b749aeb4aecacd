"""The Celery app and its schedule. The schedule is code: there is nothing to click together on a new machine."""

import datetime as dt
import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, setup_logging, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "heating.settings")

app = Celery("heating")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.on_after_finalize.connect
def set_up_schedule(sender: Celery, **kwargs: Any) -> None:
    """What beat starts, and how often. Settings are read here, when they are complete."""
    from django.conf import settings

    sender.add_periodic_task(settings.SWEEP_PERIOD_SECONDS, sender.signature("supervision.tasks.sweep"), name="sweep")
    sender.add_periodic_task(dt.timedelta(minutes=1), sender.signature("notifications.tasks.deliver"), name="deliver")
    clusters = sender.signature("complaints.tasks.check_clusters")
    sender.add_periodic_task(dt.timedelta(minutes=15), clusters, name="check_clusters")
    sender.add_periodic_task(dt.timedelta(minutes=1), sender.signature("common.jobs.tasks.resume"), name="resume_jobs")
    sender.add_periodic_task(dt.timedelta(days=1), sender.signature("heating.tasks.clean_up"), name="clean_up")


@worker_init.connect
@beat_init.connect
def refuse(**kwargs: Any) -> None:
    from heating.checks import refuse_half_set_up

    refuse_half_set_up()


@setup_logging.connect
def keep_logging(**kwargs: Any) -> None:
    """Workers log as the web processes do (settings.LOGGING); that somebody listens keeps Celery's own set-up away."""
