"""Which orders a member may know of. Every read of orders for a person begins here."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q

from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.accounts.scopes import OrderFacts, Reach
from crm.tenancy.models import TenantQuerySet
from inventory.models import Reservation
from orders.models import EditRequest, Order, PickList

# Who looks: a member, or None for a key, a job of the system and the code's own reads, which
# see what their company has (a key of one channel is narrowed by the API itself).
Viewer = Membership | None


def visible_orders(viewer: Viewer) -> TenantQuerySet:
    """Return the orders that the viewer may know of, in no order.

    No query, or one where the scope is a team's: who is in it, read once for a membership.
    """
    condition = visible_condition(viewer)
    return Order.objects.all() if condition is None else Order.objects.filter(condition)


def can_see_order(viewer: Viewer, order: Order) -> bool:
    """Tell whether the viewer may know of the order. At most one query, none where all is seen."""
    condition = visible_condition(viewer)
    return condition is None or Order.objects.filter(condition, pk=order.pk).exists()


def visible_condition(viewer: Viewer) -> Q | None:
    """Return the scope as a condition of orders; None where nothing is hidden."""
    if viewer is None or viewer.row_scope.is_all:
        return None
    scope = viewer.row_scope
    condition = Q()
    if scope.reach != Reach.ALL:
        condition &= _whose(viewer)
    if scope.channels:
        condition &= Q(channel_id__in=sorted(scope.channels))
    if scope.stages:
        condition &= Q(stage__in=sorted(scope.stages))
    if scope.warehouses:
        held = Reservation.objects.filter(
            demand_id=OuterRef("demand_id"),
            stock_item__warehouse_id__in=sorted(scope.warehouses),
        )
        condition &= Q(Exists(held))
    return condition


def read_facts(orders: TenantQuerySet) -> list[OrderFacts]:
    """Return what scopes ask of the orders, for events. One query."""
    rows = orders.annotate(
        warehouses=ArraySubquery(
            Reservation.objects.filter(
                demand_id=OuterRef("demand_id"), stock_item__isnull=False
            ).values("stock_item__warehouse_id")
        ),
        pickers=ArraySubquery(
            PickList.objects.filter(order_id=OuterRef("pk"), picker__isnull=False).values(
                "picker_id"
            )
        ),
    ).values_list("manager_id", "channel_id", "stage", "warehouses", "pickers")
    return [
        OrderFacts(manager, channel, stage, frozenset(warehouses), frozenset(pickers))
        for manager, channel, stage, warehouses, pickers in rows
    ]


def visible_lists(viewer: Viewer) -> TenantQuerySet:
    """Return the pick lists of the viewer's orders, in no order."""
    return _of_visible(PickList.objects.all(), viewer)


def visible_requests(viewer: Viewer) -> TenantQuerySet:
    """Return the edit requests of the viewer's orders, in no order."""
    return _of_visible(EditRequest.objects.all(), viewer)


def _of_visible(rows: TenantQuerySet, viewer: Viewer) -> TenantQuerySet:
    condition = visible_condition(viewer)
    if condition is None:
        return rows
    return rows.filter(order_id__in=Order.objects.filter(condition).values("id"))


def _whose(viewer: Membership) -> Q:
    people = viewer.people
    # Equality keeps the index's order of rows, IN does not.
    whose = Q(manager_id=people[0]) if len(people) == 1 else Q(manager_id__in=people)
    if viewer.row_scope.unassigned:
        whose |= Q(manager__isnull=True)
    if viewer.can(Permission.PICKING_WORK):
        given = PickList.objects.filter(order_id=OuterRef("pk"), picker_id__in=people)
        whose |= Q(Exists(given))
    return whose
