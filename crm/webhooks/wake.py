"""Tells the sender that something is due. A hint: without it the sender looks by itself."""

import logging

import redis
from django.conf import settings
from django.db import transaction

from crm.broker import own_name
from crm.once import once

logger = logging.getLogger(__name__)
CHANNEL = own_name("webhooks:due")


@once
def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1, health_check_interval=30
    )


def wake_sender_after_commit() -> None:
    """Have the sender look once this transaction is stored."""
    transaction.on_commit(_wake, robust=True)


def _wake() -> None:
    try:
        _client().publish(CHANNEL, b"1")
    except redis.RedisError as error:
        logger.warning("The sender of webhooks was not woken: %s", error)
