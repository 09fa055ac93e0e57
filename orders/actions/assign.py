"""Who works an order."""

from datetime import datetime

from django.db import transaction

from crm.accounts.models import Membership
from crm.audit.actor import Actor
from crm.audit.record import record
from crm.tenancy.context import current_tenant_id
from crm.tenancy.sql import fetch_one
from orders import events
from orders.actions._common import lock_order, save_order
from orders.errors import InvalidOrder
from orders.models import Channel, Order
from orders.pipeline import Stage


@transaction.atomic
def assign_manager(
    *,
    order_id: int,
    manager_id: int | None,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
    quiet: bool = False,
) -> Order:
    """Give an order to a manager, or to nobody. `quiet`: they are told by somebody else."""
    order = lock_order(order_id, expected_version=expected_version)
    if order.manager_id == manager_id:
        return order
    manager = None
    if manager_id is not None:
        manager = Membership.objects.filter(id=manager_id, is_active=True).first()
        if manager is None:
            raise InvalidOrder("unknown_member", field="manager")
    _assign(order, manager, actor=actor, now=now, quiet=quiet)
    return order


@transaction.atomic
def assign_by_load(*, order_id: int, actor: Actor, now: datetime) -> Order:
    """Give a new order to the least loaded manager of its channel who is at work and has the
    skill that the channel asks for.

    Does nothing when it has a manager or nobody works now; the next round tries again.
    """
    order = lock_order(order_id)
    if order.manager_id is not None or order.stage != Stage.NEW:
        return order
    # Orders of one channel are given out one after the other, each seeing the last one's load.
    Channel.objects.select_for_update(no_key=True).get(id=order.channel_id)
    manager = _least_loaded(order.channel_id, now)
    if manager is not None:
        _assign(order, manager, actor=actor, now=now)
    return order


# Everything that decides is in one statement: whose channel it is (its own people, a team, or
# else everybody), who has the skill that it asks for, who works at this hour of a day that is no
# holiday, who would be shown it, and who has how much to do. The channel's own manager comes
# first, then the least load.
_CHOOSE = """
SELECT m.id
FROM orders_channel c
JOIN tenancy_tenant t ON t.id = c.tenant_id
JOIN accounts_membership m ON m.tenant_id = c.tenant_id AND m.is_active AND m.takes_orders
CROSS JOIN LATERAL (SELECT %(now)s::timestamptz AT TIME ZONE t.time_zone AS at) here
LEFT JOIN (
    SELECT manager_id, count(*) AS orders FROM orders_order
    WHERE tenant_id = %(tenant)s AND stage = ANY(%(stages)s::smallint[])
      AND manager_id IS NOT NULL
    GROUP BY manager_id
) held ON held.manager_id = m.id
WHERE c.tenant_id = %(tenant)s AND c.id = %(channel)s
  AND (
    m.id = c.default_manager_id
    OR EXISTS (SELECT 1 FROM orders_channelmember p
               WHERE p.tenant_id = c.tenant_id AND p.channel_id = c.id AND p.member_id = m.id)
    OR EXISTS (SELECT 1 FROM accounts_teammember p
               WHERE p.tenant_id = c.tenant_id AND p.team_id = c.team_id AND p.member_id = m.id)
    OR (c.team_id IS NULL AND NOT EXISTS (
        SELECT 1 FROM orders_channelmember p
        WHERE p.tenant_id = c.tenant_id AND p.channel_id = c.id))
  )
  AND (c.skill_id IS NULL OR EXISTS (
      SELECT 1 FROM orders_memberskill k
      WHERE k.tenant_id = c.tenant_id AND k.skill_id = c.skill_id AND k.member_id = m.id))
  AND (m.work_days::int >> (extract(isodow FROM here.at)::int - 1)) & 1 = 1
  AND here.at::time >= m.work_start AND here.at::time < m.work_end
  AND NOT EXISTS (SELECT 1 FROM orders_holiday h
                  WHERE h.tenant_id = c.tenant_id AND h.day = here.at::date)
  AND CASE WHEN coalesce(m.own_scope, m.role_scope) IS NULL THEN true
      ELSE (coalesce(m.own_scope, m.role_scope)->'channels' IN ('[]', to_jsonb(array[c.id]))
            OR coalesce(m.own_scope, m.role_scope)->'channels' @> to_jsonb(c.id))
       AND (coalesce(m.own_scope, m.role_scope)->'stages' = '[]'
            OR coalesce(m.own_scope, m.role_scope)->'stages' @> to_jsonb(%(new)s::int)) END
ORDER BY m.id IS DISTINCT FROM c.default_manager_id, coalesce(held.orders, 0), m.id
LIMIT 1
"""


def _least_loaded(channel_id: int, now: datetime) -> Membership | None:
    row = fetch_one(
        _CHOOSE,
        {
            "tenant": current_tenant_id(),
            "channel": channel_id,
            "now": now,
            "new": int(Stage.NEW),
            "stages": [int(Stage.NEW), int(Stage.AGREED)],
        },
    )
    return Membership.objects.get(id=row[0]) if row else None


def _assign(
    order: Order,
    manager: Membership | None,
    *,
    actor: Actor,
    now: datetime,
    quiet: bool = False,
) -> None:
    before, was_id = (order.manager.display_name if order.manager else None), order.manager_id
    order.manager = manager
    save_order(order, ["manager"], now=now)
    record(
        events.ASSIGNED,
        order,
        actor=actor,
        now=now,
        changes={"manager": [before, manager.display_name if manager else None]},
        details={
            "manager_id": manager.id if manager else None,
            "was_id": was_id,
            **({"quiet": True} if quiet else {}),
        },
    )
