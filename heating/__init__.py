"""The project: settings, addresses, the Celery app, checks. Knows every app and has no models."""

from heating import request_id  # noqa: F401 (connects request ids to tasks)
from heating.celery import app as celery_app

__all__ = ["celery_app"]
