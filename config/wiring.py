"""Everything that must be registered at start: Celery, event subscribers, ports, checks."""

from config.celery import app as celery_app

__all__ = ["celery_app", "connect"]


def connect() -> None:
    celery_app.set_default()
