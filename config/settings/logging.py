"""Logging: one line an event, with the request's id; no personal data (crm/ops/logs.py).

JSON for machines to gather, or lines for a person to read: LOG_FORMAT=line.
"""

import os

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "crm.ops.logs.JsonFormatter"},
        "line": {"()": "crm.ops.logs.LineFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line" if os.environ.get("LOG_FORMAT") == "line" else "json",
        }
    },
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.server": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        "celery": {"level": "INFO"},
        # A line for each task, every two seconds: what fails still says so.
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
    },
}
