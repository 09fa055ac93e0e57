"""A channel with all that placing an order through it must know: one statement."""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import date, time
from decimal import Decimal
from typing import Any

from crm.tenancy.context import current_tenant_id
from crm.tenancy.sql import execute, fetch_one
from orders.hours import WorkWeek, read_own_hours
from orders.pipeline import Stage

_READ = """
SELECT c.id, c.code, c.currency, c.stock_policy, c.warehouse_id,
       t.currency, t.time_zone, s.id, s.name,
       p.work_days, p.work_start, p.work_end, p.response_minutes, p.duplicate_minutes,
       p.day_hours,
       ARRAY(SELECT day FROM orders_holiday h
             WHERE h.tenant_id = c.tenant_id AND h.day BETWEEN %(today)s AND %(today)s + 60),
       COALESCE(NULLIF(c.number_prefix, ''), p.number_prefix),
       r.rate, o.id, o.intake_hash, pg_try_advisory_xact_lock(%(lock)s)
FROM orders_channel c
JOIN tenancy_tenant t ON t.id = c.tenant_id
JOIN orders_status s ON s.tenant_id = c.tenant_id AND s.stage = %(stage)s
    AND s.is_active
    AND CASE WHEN c.first_status_id IS NULL THEN s.is_default ELSE s.id = c.first_status_id END
JOIN orders_ordersettings p ON p.tenant_id = c.tenant_id
LEFT JOIN orders_order o
    ON o.tenant_id = c.tenant_id AND o.channel_id = c.id
    AND o.external_id = %(external_id)s::text AND o.external_id <> ''
LEFT JOIN LATERAL (
    SELECT rate FROM orders_exchangerate r
    WHERE r.tenant_id = c.tenant_id AND r.since <= %(day)s
      AND r.currency = COALESCE(NULLIF(%(currency)s::text, ''), c.currency)
    ORDER BY r.since DESC LIMIT 1
) r ON true
WHERE c.tenant_id = %(tenant)s AND c.code = %(code)s AND c.is_active
FOR KEY SHARE OF s, t
"""


@dataclass(frozen=True, slots=True)
class Intake:
    """The channel, the company and, where it was pushed before, the order that came of it."""

    channel_id: int
    channel_code: str
    channel_currency: str
    stock_policy: str
    warehouse_id: int | None
    company_currency: str
    time_zone: str
    status_id: int
    status_name: str
    work_days: int
    work_start: time
    work_end: time
    response_minutes: int
    duplicate_minutes: int
    day_hours: Any
    holidays: list[date]
    number_prefix: str
    rate: Decimal | None
    known_order_id: int | None
    known_hash: str | None
    is_alone: bool | None

    @property
    def hours(self) -> WorkWeek:
        return WorkWeek(
            self.work_days,
            self.work_start,
            self.work_end,
            self.time_zone,
            read_own_hours(self.day_hours) if self.day_hours else {},
            self.holidays,
        )


def read_intake(
    *, code: str, external_id: str, currency: str, day: date, today: date
) -> Intake | None:
    """Return what an order through this channel needs; None for an unknown channel.

    The status is locked as its foreign key will lock it: it can't be archived before the order
    is stored. Where it has been archived at this very moment, the second look finds its heir.
    The external id is locked too: who pushes it at the same time waits here for the other's end.
    """
    lock = lock_id(code, external_id) if external_id else None
    params = {
        "tenant": current_tenant_id(),
        "code": code,
        "stage": int(Stage.NEW),
        "external_id": external_id,
        "currency": currency,
        "day": day,
        "today": today,
        "lock": lock,
    }
    row = fetch_one(_READ, params) or fetch_one(_READ, params)
    if row is not None and row[-1] is False:
        execute("SELECT pg_advisory_xact_lock(%s)", [lock])
        row = fetch_one(_READ, params)
    if row is None:
        return None
    intake = Intake(*row)
    if isinstance(intake.day_hours, str):
        return replace(intake, day_hours=json.loads(intake.day_hours))
    return intake


def lock_id(code: str, external_id: str) -> int:
    """The number of the advisory lock that stands for an external id of a channel."""
    text = f"order/{current_tenant_id()}/{code}/{external_id}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big", signed=True)
