"""publish(): tell the open pages of a company that something changed."""

import json
import logging
from collections.abc import Iterable
from typing import Any

import redis
from django.conf import settings
from django.db import transaction

from crm.broker import own_name
from crm.once import once
from crm.shell.live.audience import Audience

logger = logging.getLogger(__name__)
CHANNEL = own_name("live:")


@once
def redis_client() -> redis.Redis:
    """The process's client, for events and presence."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, health_check_interval=30
    )


def publish(
    *,
    tenant_id: int,
    topic: str,
    payload: dict[str, Any] | None = None,
    member_id: int | None = None,
    audience: Audience | None = None,
) -> None:
    """Send one event now: to the whole company, or to one member of it. Call it after commit.

    An event is only a hint, so a broker that is away is logged and not raised. Who lacks the
    topic's permission (see topics.py) does not get it; keep personal data out of payloads.
    Members who are not shown every order hear of orders and customers only by `audience`.
    """
    event: dict[str, Any] = {"topic": topic, "payload": payload or {}, "member": member_id}
    if audience is not None:
        event["audience"] = audience.to_json()
    body = json.dumps(event)
    try:
        redis_client().publish(f"{CHANNEL}{int(tenant_id)}", body)
    except redis.RedisError as error:
        logger.warning("A live event (%s) was not sent: %s", topic, error)


def say_goodbye(*, user_id: int, tenant_ids: Iterable[int]) -> None:
    """End a person's open streams once the transaction is stored: a session or access ended.

    Their pages come again at once, and are let in or not by what holds then.
    """
    transaction.on_commit(
        lambda: end_streams(user_id=user_id, tenant_ids=tenant_ids),
        robust=True,
    )


def end_streams(*, user_id: int, tenant_ids: Iterable[int]) -> None:
    """End them now. A broker that is away is logged: streams end by themselves in ten minutes."""
    body = json.dumps({"goodbye": user_id})
    try:
        for tenant_id in tenant_ids:
            redis_client().publish(f"{CHANNEL}{int(tenant_id)}", body)
    except redis.RedisError as error:
        logger.warning("Open streams of user %s were not ended: %s", user_id, error)


def ask_anew(*, tenant_id: int, member_ids: Iterable[int] | None = None) -> None:
    """End the open streams of members once the transaction is stored: what they may see changed.

    None: of the whole company. Streams of those who look through a member's eyes end with theirs.
    """
    members = None if member_ids is None else sorted(set(member_ids))
    if members != []:
        transaction.on_commit(
            lambda: _tell_goodbye(tenant_id, {"goodbye_members": members}), robust=True
        )


def _tell_goodbye(tenant_id: int, told: dict[str, Any]) -> None:
    try:
        redis_client().publish(f"{CHANNEL}{int(tenant_id)}", json.dumps(told))
    except redis.RedisError as error:
        logger.warning("Open streams of company %s were not ended: %s", tenant_id, error)


def publish_after_commit(
    *,
    tenant_id: int,
    topic: str,
    payload: dict[str, Any] | None = None,
    member_id: int | None = None,
    audience: Audience | None = None,
) -> None:
    """Send the event when the running transaction commits; at once where there is none."""
    transaction.on_commit(
        lambda: publish(
            tenant_id=tenant_id,
            topic=topic,
            payload=payload,
            member_id=member_id,
            audience=audience,
        ),
        robust=True,
    )
