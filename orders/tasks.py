"""Jobs of the clock: find tenants with something due, then work for each in its own scope."""

from celery import shared_task
from django.utils import timezone

from crm.tenancy.context import tenant_scope
from crm.tenancy.system import tenants_with_rows
from orders.actions.clock import assign_waiting, raise_alarms, start_due_picking
from orders.pipeline import Stage


@shared_task(name="orders.tick")
def tick() -> None:
    """Once a minute: ask who has late answers, picking that is due or orders without a manager."""
    for condition, task in (
        ("r.next_alarm_at <= now()", alarms),
        (
            f"r.stage = {Stage.AGREED:d} AND r.ship_date <= current_date + 1 AND r.number > 0",
            picking,
        ),
        (f"r.stage = {Stage.NEW:d} AND r.manager_id IS NULL AND r.number > 0", assignment),
    ):
        for tenant_id in tenants_with_rows(table="orders_order", condition=condition):
            task.delay(tenant_id)


@shared_task(name="orders.alarms")
def alarms(tenant_id: int) -> None:
    with tenant_scope(tenant_id):
        raise_alarms(now=timezone.now())


@shared_task(name="orders.picking")
def picking(tenant_id: int) -> None:
    with tenant_scope(tenant_id):
        start_due_picking(now=timezone.now())


@shared_task(name="orders.assignment")
def assignment(tenant_id: int) -> None:
    with tenant_scope(tenant_id):
        assign_waiting(now=timezone.now())
