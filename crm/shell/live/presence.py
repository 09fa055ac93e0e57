"""Who else has an object open: a sorted set in Redis for each object, scored by when it expires."""

import json
import re
import time
from collections.abc import Callable
from typing import Any

import redis

from crm.accounts.models import Membership
from crm.broker import own_name
from crm.shell.live.publishing import publish, redis_client

TTL_SECONDS = 60
_OBJECT = re.compile(r"[a-z_]{1,30}:[0-9]{1,18}")


MayLook = Callable[[Membership, int], bool]
_may_look: dict[str, MayLook] = {}


def register_presence(kind: str, func: MayLook) -> None:
    """Have `func(membership, id)` asked who may know that `kind:id` is open."""
    _may_look[kind] = func


def may_look(membership: Membership, object_key: str) -> bool:
    """Tell whether the member may know of the object."""
    kind, _colon, number = object_key.partition(":")
    func = _may_look.get(kind)
    # What is no key at all is told apart later, as BadObject.
    return func is None or not number.isdigit() or func(membership, int(number))


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
        _tell(tenant_id, object_key, present)
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
    pipe = redis_client().pipeline(transaction=True)
    pipe.zrem(key, json.dumps([member_id, name]))
    pipe.zrangebyscore(key, time.time(), "+inf")
    try:
        removed, present = pipe.execute()
    except redis.RedisError:
        return
    if removed:
        _tell(tenant_id, object_key, present)


def _tell(tenant_id: int, object_key: str, present: list[Any]) -> None:
    """Tell those who have the object open, and nobody else that there is such an object."""
    for member_id in {json.loads(entry)[0] for entry in present}:
        publish(tenant_id=tenant_id, topic=f"presence:{object_key}", member_id=member_id)


def _key(tenant_id: int, object_key: str) -> str:
    if not _OBJECT.fullmatch(object_key):
        raise BadObject(object_key)
    return own_name(f"presence:{int(tenant_id)}:{object_key}")


def _others(present: list[Any], member_id: int) -> list[str]:
    people = dict(json.loads(entry) for entry in present)
    return sorted(name for person, name in people.items() if person != member_id)
