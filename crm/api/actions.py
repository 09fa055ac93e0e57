"""Making, replacing and withdrawing API keys. The key itself is returned once and never kept."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction

from crm.api.authentication import hash_key
from crm.api.models import ApiKey, Scope
from crm.audit.actor import Actor
from crm.audit.record import record
from crm.tenancy.context import current_tenant_id
from crm.tenancy.keys import make_key

# So much of a key is shown later: the fixed part and four characters of the secret.
_SHOWN = 4


class KeyRefused(Exception):
    """A key can't be made so."""

    def __init__(self, code: str, *, field: str = "") -> None:
        self.code = code
        self.field = field
        super().__init__(code)


@transaction.atomic
def create_key(
    *,
    name: str,
    scopes: Collection[str],
    channel_code: str = "",
    expires_at: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> tuple[ApiKey, str]:
    """Make a key and return it with its text, which nobody will see again."""
    name = " ".join(name.split())[:80]
    if not name:
        raise KeyRefused("required", field="name")
    wanted = [scope for scope in Scope.values if scope in scopes]
    if not wanted or set(scopes) - set(wanted):
        raise KeyRefused("required", field="scopes")
    return _make(name, wanted, channel_code, expires_at, actor, now)


@transaction.atomic
def rotate_key(
    *, key_id: int, overlap: timedelta, actor: Actor, now: datetime
) -> tuple[ApiKey, str]:
    """Make a key like this one; the old one still works for `overlap`."""
    old = _lock(key_id)
    if old.revoked_at is not None or (old.expires_at is not None and old.expires_at <= now):
        raise KeyRefused("not_live")
    made = _make(old.name, old.scopes, old.channel_code, None, actor, now)
    ends = now + overlap
    before = old.expires_at
    if before is None or ends < before:
        old.expires_at = ends
        old.save(update_fields=["expires_at"])
    record(
        "apikey.rotated",
        old,
        actor=actor,
        now=now,
        changes={"expires_at": [before and before.isoformat(), ends.isoformat()]},
        details={"new": made[0].pk},
    )
    return made


@transaction.atomic
def revoke_key(*, key_id: int, actor: Actor, now: datetime) -> ApiKey:
    """Withdraw a key at once. Repeating it changes nothing."""
    key = _lock(key_id)
    if key.revoked_at is not None:
        return key
    key.revoked_at = now
    key.save(update_fields=["revoked_at"])
    record("apikey.revoked", key, actor=actor, now=now)
    return key


def _make(
    name: str,
    scopes: Collection[str],
    channel_code: str,
    expires_at: datetime | None,
    actor: Actor,
    now: datetime,
) -> tuple[ApiKey, str]:
    text = make_key(current_tenant_id())
    key = ApiKey.objects.create(
        name=name,
        prefix=text[: text.index("_", 5) + 1 + _SHOWN],
        key_hash=hash_key(text),
        scopes=list(scopes),
        channel_code=channel_code,
        created_by_id=actor.member_id,
        expires_at=expires_at,
    )
    record(
        "apikey.created",
        key,
        actor=actor,
        now=now,
        details={"scopes": list(scopes), "channel": channel_code},
    )
    return key, text


def _lock(key_id: int) -> ApiKey:
    key = ApiKey.objects.select_for_update(no_key=True).filter(pk=key_id).first()
    if key is None:
        raise KeyRefused("not_found")
    return key
