"""Connecting an outside system, changing its secret, pausing it."""

import secrets
from datetime import datetime

from django.db import transaction

from crm.audit.actor import Actor
from crm.audit.record import record
from integrations.models import Connection, ConnectionKind

MIN_SECRET = 16


class ConnectionRefused(Exception):
    """`code`: "short_secret", "not_found"; `field` names the input at fault."""

    def __init__(self, code: str, *, field: str = "") -> None:
        self.code = code
        self.field = field
        super().__init__(code)


def new_secret() -> str:
    """Return a secret for a webhook: letters and digits only, so that no page escapes it."""
    return secrets.token_hex(20)


@transaction.atomic
def connect_woocommerce(
    *, name: str, channel_id: int, store_url: str, secret: str, actor: Actor, now: datetime
) -> Connection:
    """Make a connection that takes the store's signed deliveries."""
    _check_secret(secret)
    connection = Connection.objects.create(
        kind=ConnectionKind.WOOCOMMERCE,
        name=name.strip()[:80],
        channel_id=channel_id,
        token=secrets.token_urlsafe(18),
        settings={"store_url": store_url.strip()[:200]},
        secrets={"webhook_secret": secret},
    )
    record(
        "connection.created",
        connection,
        actor=actor,
        now=now,
        changes={"name": [None, connection.name], "kind": [None, connection.kind]},
    )
    return connection


@transaction.atomic
def edit_connection(
    *,
    connection_id: int,
    name: str,
    channel_id: int,
    store_url: str,
    actor: Actor,
    now: datetime,
) -> Connection:
    """Rename a connection or give it another channel; orders that came stay where they are."""
    connection = _lock(connection_id)
    new_name = name.strip()[:80]
    wanted = {"name": new_name, "channel_id": channel_id}
    changes = {
        field: [getattr(connection, field), value]
        for field, value in wanted.items()
        if getattr(connection, field) != value
    }
    store_url = store_url.strip()[:200]
    if connection.settings.get("store_url", "") != store_url:
        changes["store_url"] = [connection.settings.get("store_url", ""), store_url]
    if not changes:
        return connection
    connection.name = new_name
    connection.channel_id = channel_id
    connection.settings = {**connection.settings, "store_url": store_url}
    connection.save(update_fields=["name", "channel", "settings"])
    record("connection.changed", connection, actor=actor, now=now, changes=changes)
    return connection


@transaction.atomic
def set_secret(*, connection_id: int, secret: str, actor: Actor, now: datetime) -> Connection:
    """Replace the webhook secret. Deliveries signed with the old one are refused from now on."""
    _check_secret(secret)
    connection = _lock(connection_id)
    connection.secrets = {**connection.secrets, "webhook_secret": secret}
    connection.save(update_fields=["secrets"])
    # The secret itself stands nowhere but in its encrypted column.
    record("connection.secret_changed", connection, actor=actor, now=now)
    return connection


@transaction.atomic
def set_active(*, connection_id: int, active: bool, actor: Actor, now: datetime) -> Connection:
    """Pause a connection (its address answers 404) or let it work again."""
    connection = _lock(connection_id)
    if connection.is_active == active:
        return connection
    connection.is_active = active
    connection.save(update_fields=["is_active"])
    record(
        "connection.changed",
        connection,
        actor=actor,
        now=now,
        changes={"is_active": [not active, active]},
    )
    return connection


def _check_secret(secret: str) -> None:
    if len(secret) < MIN_SECRET:
        raise ConnectionRefused("short_secret", field="secret")


def _lock(connection_id: int) -> Connection:
    connection = Connection.objects.select_for_update(no_key=True).filter(id=connection_id).first()
    if connection is None:
        raise ConnectionRefused("not_found")
    return connection
