"""What this install calls its things in Valkey, a server that other installs may use too."""

from django.conf import settings


def own_name(name: str) -> str:
    """Return the name of a key or a channel of this install."""
    return f"{settings.REDIS_PREFIX}{name}"


def queue_key(queue: str) -> str:
    """Return the list in which the calls of one of Celery's queues wait."""
    return f"{settings.CELERY_BROKER_TRANSPORT_OPTIONS['global_keyprefix']}{queue}"
