"""The Celery application. Tasks take ids and call one action (docs/outbox.md)."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("kram")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "accounts-sweep": {"task": "accounts.sweep", "schedule": 60.0},
    "accounts-purge-sessions": {"task": "accounts.purge_sessions", "schedule": 6 * 3600.0},
    "ops-measure": {"task": "ops.measure", "schedule": crontab(hour="1", minute="17")},
    "ops-tick": {"task": "ops.tick", "schedule": 30.0},
    "ops-watch-reads": {"task": "ops.watch_reads", "schedule": 600.0},
    "outbox-sweep": {"task": "outbox.sweep", "schedule": 2.0},
    "integrations-sweep": {"task": "integrations.sweep", "schedule": 15.0},
    "api-purge-answers": {"task": "api.purge_answers", "schedule": 3600.0},
    "jobs-sweep": {"task": "jobs.sweep", "schedule": 30.0},
    "jobs-drop-files": {"task": "jobs.drop_files", "schedule": 3600.0},
    "imports-forget-files": {"task": "imports.forget_files", "schedule": 3600.0},
    "shell-mail-sweep": {"task": "shell.mail_sweep", "schedule": 10.0},
    "messaging-sweep": {"task": "messaging.sweep", "schedule": 5.0},
    "webhooks-sweep": {"task": "webhooks.sweep", "schedule": 5.0},
    "webhooks-purge": {"task": "webhooks.purge", "schedule": 3600.0},
    "orders-tick": {"task": "orders.tick", "schedule": 60.0},
}
