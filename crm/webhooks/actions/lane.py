"""The statements that run for every delivery, in SQL of our own (see crm.tenancy.sql).

`lock_due` and `note_delivered` lock the endpoint; `take_next` is for whoever holds that lock.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from crm.tenancy.context import current_tenant_id
from crm.tenancy.sql import fetch_one
from crm.webhooks.client import Answer
from crm.webhooks.envelope import write_body
from crm.webhooks.keys import event_id
from crm.webhooks.models import FeedEvent, WebhookEndpoint

LEASE = timedelta(seconds=30)  # more than a call may take

_LOCK_DUE = """
SELECT 1 FROM webhooks_webhookendpoint
WHERE tenant_id = %(t)s AND id = %(e)s AND state = 'on' AND next_at <= %(now)s
    AND (leased_until IS NULL OR leased_until <= %(now)s)
FOR NO KEY UPDATE SKIP LOCKED
"""
_NOTE_DELIVERED = """
WITH mine AS (
    SELECT id FROM webhooks_webhookendpoint
    WHERE tenant_id = %(t)s AND id = %(e)s AND lease = %(lease)s AND state = 'on'
    FOR NO KEY UPDATE
), done AS (
    UPDATE webhooks_delivery d
    SET state = 'delivered', settled_at = %(now)s, last_status = %(status)s, error = ''
    FROM mine WHERE d.tenant_id = %(t)s AND d.id = %(d)s AND d.state = 'waiting'
    RETURNING d.id
), noted AS (
    INSERT INTO webhooks_deliveryattempt
        (tenant_id, delivery_id, at, took_ms, ok, status, error, detail, address, answer)
    SELECT %(t)s, done.id, %(now)s, %(took)s, true, %(status)s, '', '', %(address)s, %(answer)s
    FROM done
)
SELECT count(*) FROM done
"""
# A test goes first, also while the circuit is open. Where nothing is taken the lease ends, and
# the endpoint is looked at again when something is due for it.
_TAKE = """
WITH mine AS (
    SELECT CASE WHEN %(ok)s::boolean THEN NULL ELSE open_until END AS open_until
    FROM webhooks_webhookendpoint WHERE tenant_id = %(t)s AND id = %(e)s
), next AS MATERIALIZED (
    SELECT COALESCE(
        (SELECT d.id FROM webhooks_delivery d
         WHERE d.tenant_id = %(t)s AND d.endpoint_id = %(e)s AND d.state = 'waiting' AND d.is_test
             AND d.next_at <= %(now)s
         ORDER BY d.id LIMIT 1),
        (SELECT d.id FROM webhooks_delivery d
         WHERE d.tenant_id = %(t)s AND d.endpoint_id = %(e)s AND d.state = 'waiting'
             AND d.next_at <= %(now)s
             AND (mine.open_until IS NULL OR mine.open_until <= %(now)s)
         ORDER BY d.sequence LIMIT 1)
    ) AS id FROM mine WHERE %(go_on)s::boolean
), taken AS (
    UPDATE webhooks_delivery d SET attempts = d.attempts + 1
    FROM next WHERE d.tenant_id = %(t)s AND d.id = next.id
    RETURNING d.id, d.event_id
), held AS (
    UPDATE webhooks_webhookendpoint e SET
        leased_until = CASE WHEN taken.id IS NOT NULL THEN %(until)s::timestamptz END,
        lease = e.lease + CASE WHEN taken.id IS NOT NULL THEN 1 ELSE 0 END,
        next_at = CASE WHEN taken.id IS NOT NULL THEN %(now)s::timestamptz ELSE (
            SELECT min(CASE WHEN d.is_test THEN d.next_at
                       ELSE greatest(d.next_at, mine.open_until) END)
            FROM webhooks_delivery d
            WHERE d.tenant_id = %(t)s AND d.endpoint_id = %(e)s AND d.state = 'waiting'
        ) END,
        failures = CASE WHEN %(ok)s::boolean THEN 0 ELSE e.failures END,
        failing_since = CASE WHEN %(ok)s::boolean THEN NULL ELSE e.failing_since END,
        open_until = mine.open_until,
        last_success_at = CASE WHEN %(ok)s::boolean THEN %(now)s ELSE e.last_success_at END
    FROM mine LEFT JOIN taken ON true
    WHERE e.tenant_id = %(t)s AND e.id = %(e)s
    RETURNING e.lease, e.failures, e.url, e.secrets, e.previous_until
)
SELECT held.lease, held.failures, held.url, held.secrets, held.previous_until, taken.id,
    v.id, v.type, v.sequence, v.created_at, v.data, c.slug
FROM held CROSS JOIN taken
JOIN webhooks_feedevent v ON v.tenant_id = %(t)s AND v.id = taken.event_id
JOIN tenancy_tenant c ON c.id = %(t)s
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that is ours to make until the lease runs out."""

    tenant_id: int
    endpoint_id: int
    delivery_id: int
    lease: int
    failing: bool
    url: str
    keys: tuple[str, ...]
    message_id: str
    body: bytes


def lock_due(endpoint_id: int, now: datetime) -> bool:
    """Lock an endpoint that has something to do and that nobody is at."""
    values = {"t": current_tenant_id(), "e": endpoint_id, "now": now}
    return fetch_one(_LOCK_DUE, values) is not None


def note_delivered(claim: Claim, answer: Answer, now: datetime) -> bool:
    """Write down that a delivery was taken; False where the lease or the state is another now."""
    values = {
        "t": claim.tenant_id,
        "e": claim.endpoint_id,
        "d": claim.delivery_id,
        "lease": claim.lease,
        "now": now,
        "took": answer.took_ms,
        "status": answer.status,
        "address": answer.address,
        "answer": answer.body,
    }
    row = fetch_one(_NOTE_DELIVERED, values)
    return bool(row and row[0])


def take_next(endpoint_id: int, now: datetime, *, ok: bool, go_on: bool = True) -> Claim | None:
    """Lease a locked endpoint for its next delivery, or end its lease.

    `ok`: it has just taken something, and all that was held against it is forgotten.
    """
    tenant_id = current_tenant_id()
    values = {
        "t": tenant_id,
        "e": endpoint_id,
        "now": now,
        "until": now + LEASE,
        "ok": ok,
        "go_on": go_on,
    }
    row = fetch_one(_TAKE, values)
    return _read(tenant_id, endpoint_id, row, now) if row is not None else None


def _read(tenant_id: int, endpoint_id: int, row: tuple[Any, ...], now: datetime) -> Claim:
    lease, failures, url, sealed, previous_until, delivery_id, *event, slug = row
    pk, kind, sequence, created_at, data = event
    secrets = _SECRETS.from_db_value(sealed, None, connection)
    keys = [secrets["current"]]
    if previous_until is not None and previous_until > now:
        keys.append(secrets["previous"])
    told = FeedEvent(
        id=pk,
        tenant_id=tenant_id,
        type=kind,
        sequence=sequence,
        created_at=created_at,
        data=json.loads(data) if isinstance(data, str) else data,
    )
    return Claim(
        tenant_id=tenant_id,
        endpoint_id=endpoint_id,
        delivery_id=delivery_id,
        lease=lease,
        failing=failures > 0,
        url=url,
        keys=tuple(keys),
        message_id=event_id(tenant_id, pk),
        body=write_body(told, slug),
    )


_SECRETS: Any = WebhookEndpoint._meta.get_field("secrets")
