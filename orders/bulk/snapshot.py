"""Orders as they stand, whole: what a job keeps of a row to put it back, and what tells whether
somebody has changed it since. Asked of the database, so that a new column is never forgotten."""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from crm.tenancy.context import current_tenant_id
from orders.models import Order

# What moves by itself: the version with each save, the alarms while nobody answers.
RESTLESS = frozenset({"version", "updated_at", "alarms", "next_alarm_at"})
# Columns that an action sets beside what it was asked for; the undo sets them back by name.
CLOCKS = ("status_since", "responded_at", "next_alarm_at", "alarms")

_SELECT = """
SELECT o.id, (to_jsonb(o) || jsonb_build_object(
    'tags', (SELECT coalesce(jsonb_agg(t.name ORDER BY t.name), '[]') FROM orders_ordertag t
             WHERE t.tenant_id = o.tenant_id AND t.order_id = o.id),
    'picked', (SELECT coalesce(sum(i.picked), 0) FROM orders_picklist l
               JOIN orders_pickitem i ON i.tenant_id = l.tenant_id AND i.pick_list_id = l.id
               WHERE l.tenant_id = o.tenant_id AND l.order_id = o.id
                 AND l.state IN ('open', 'short'))))::text
FROM orders_order o WHERE o.tenant_id = %s AND o.id = ANY(%s) ORDER BY o.id
"""
_LAST_CHANGE = """
SELECT DISTINCT ON (object_id) object_id, actor_label FROM audit_auditentry
WHERE tenant_id = %s AND object_type = 'order' AND object_id = ANY(%s) AND changes <> '{}'
ORDER BY object_id, id DESC
"""
_LAST_PICK = """
SELECT DISTINCT ON (l.order_id) l.order_id, e.actor_label FROM orders_picklist l
JOIN audit_auditentry e ON e.tenant_id = l.tenant_id AND e.object_type = 'picklist'
    AND e.object_id = l.id
WHERE l.tenant_id = %s AND l.order_id = ANY(%s) AND l.state IN ('open', 'short')
ORDER BY l.order_id, e.id DESC
"""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An order's columns by name, its tags, and how many units its picker has taken."""

    values: dict[str, Any]

    @property
    def label(self) -> str:
        return f"№{self.values.get('prefix', '')}{self.values['number']}"

    @property
    def version(self) -> int:
        return self.values["version"]

    @property
    def print(self) -> str:
        """A short text that is another one when anything but the restless has changed."""
        kept = {name: v for name, v in self.values.items() if name not in RESTLESS}
        text = json.dumps(kept, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def changed_to(self, after: "Snapshot") -> dict[str, Any]:
        """What was otherwise before, by column: the values to go back to."""
        return {
            name: value
            for name, value in self.values.items()
            if value != after.values.get(name) and name not in {"version", "updated_at", "picked"}
        }

    def mark(self) -> dict[str, Any]:
        """What a job keeps to know this state again."""
        return {"version": self.version, "print": self.print}

    def is_still(self, mark: dict[str, Any]) -> bool:
        """Tell whether nobody has changed the order since it was marked so."""
        # Picking goes on without a new version of the order.
        if self.version == mark["version"] and not self.values["picked"]:
            return True
        return self.print == mark["print"]


def take_snapshots(order_ids: Collection[int], *, lock: bool = False) -> dict[int, Snapshot]:
    """Return the orders as they stand, by id; with `lock` they stay so until the commit.

    One query; locking comes first and in id order, in a statement of its own, so that what is
    read is what the lock was got for.
    """
    params: list[Any] = [current_tenant_id(), sorted(order_ids)]
    with connection.cursor() as cursor:
        if lock:
            cursor.execute(
                "SELECT FROM orders_order WHERE tenant_id = %s AND id = ANY(%s)"
                " ORDER BY id FOR NO KEY UPDATE",
                params,
            )
        cursor.execute(_SELECT, params)
        return {order_id: _read(text) for order_id, text in cursor.fetchall()}


def _read(text: str) -> Snapshot:
    values = json.loads(text, parse_float=Decimal)
    # The company's own fields are JSON themselves: a job keeps and gives back what they are.
    values["custom"] = json.loads(text)["custom"]
    return Snapshot(values)


def list_last_changers(order_ids: Sequence[int]) -> dict[int, str]:
    """Who changed each order last, by its id: a member's name, a key's, "system". Two queries."""
    params: list[Any] = [current_tenant_id(), list(order_ids)]
    with connection.cursor() as cursor:
        cursor.execute(_LAST_CHANGE, params)
        found = dict(cursor.fetchall())
        cursor.execute(_LAST_PICK, params)
        return found | dict(cursor.fetchall())


def read_columns(before: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The kept values of these columns, as the ORM takes them."""
    fields = {field.attname: field for field in Order._meta.concrete_fields}
    return {name: fields[name].to_python(before[name]) for name in names if name in before}
