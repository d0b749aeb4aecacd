"""gunicorn in production: `gunicorn -c deploy/gunicorn.conf.py heating.wsgi`. Takes BIND and WEB_WORKERS."""

import os

bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_WORKERS", 2 * (os.cpu_count() or 1) + 1))
# Loaded once, before the workers split off: less memory, and settings that will not do stop the start as a whole.
preload_app = True
# A worker is replaced after so many requests, not all at once.
max_requests, max_requests_jitter = 5000, 500
timeout, graceful_timeout = 60, 30
# The heartbeat's file in memory, not on a disk that may stall.
worker_tmp_dir = "/dev/shm"
control_socket_disable = True
# heating.request_id writes a line for each request; gunicorn's own lines have the same form.
accesslog = None
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "heating.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"level": "INFO", "handlers": ["console"]},
    "loggers": {"gunicorn.error": {"level": "INFO", "handlers": ["console"], "propagate": False}},
}
