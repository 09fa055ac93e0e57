"""Who else has an object open: a sorted set in Redis for each object, scored by when it expires."""

import json
import re
import time
from typing import Any

import redis

from crm.shell.live.publishing import publish, redis_client

TTL_SECONDS = 60
_OBJECT = re.compile(r"[a-z_]{1,30}:[0-9]{1,18}")


class BadObject(ValueError):
    """The key is not of the form `order:55`."""

    code = "bad_object"


def mark_present(*, tenant_id: int, member_id: int, name: str, object_key: str) -> list[str]:
    """Say that the member has the object open; return the names of the others who have."""
    key = _key(tenant_id, object_key)
    now = time.time()
    member = json.dumps([member_id, name])
    pipe = redis_client().pipeline(transaction=True)
    pipe.zremrangebyscore(key, "-inf", now)
    pipe.zadd(key, {member: now + TTL_SECONDS})
    pipe.zrange(key, 0, -1)
    pipe.expire(key, TTL_SECONDS)
    try:
        _gone, added, present, _ttl = pipe.execute()
    except redis.RedisError:
        return []
    if added:
        publish(tenant_id=tenant_id, topic=f"presence:{object_key}")
    return _others(present, member_id)


def list_present(*, tenant_id: int, member_id: int, object_key: str) -> list[str]:
    """Return the names of the others who have the object open."""
    key = _key(tenant_id, object_key)
    try:
        present = redis_client().zrangebyscore(key, time.time(), "+inf")
    except redis.RedisError:
        return []
    return _others(present, member_id)


def mark_gone(*, tenant_id: int, member_id: int, name: str, object_key: str) -> None:
    """Say that the member has closed the object."""
    key = _key(tenant_id, object_key)
    try:
        removed = redis_client().zrem(key, json.dumps([member_id, name]))
    except redis.RedisError:
        return
    if removed:
        publish(tenant_id=tenant_id, topic=f"presence:{object_key}")


def _key(tenant_id: int, object_key: str) -> str:
    if not _OBJECT.fullmatch(object_key):
        raise BadObject(object_key)
    return f"kram:presence:{int(tenant_id)}:{object_key}"


def _others(present: list[Any], member_id: int) -> list[str]:
    people = dict(json.loads(entry) for entry in present)
    return sorted(name for person, name in people.items() if person != member_id)
