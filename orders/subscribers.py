"""What this app does when something was announced. Each may be repeated and come late."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.utils import timezone

from crm.accounts.models import Membership
from crm.accounts.permissions import Permission, Role
from crm.audit.actor import Actor
from crm.audit.record import record
from crm.outbox.registry import Event, subscribe
from crm.shell.actions import notify
from crm.shell.links import company_url
from customers.actions.addresses import remember_address
from customers.events import CHANGED as CUSTOMER_CHANGED
from inventory.events import DEMAND_FILLED
from inventory.models import Reservation, ReservationState
from orders import events
from orders.actions._common import save_order
from orders.actions.assign import assign_by_load
from orders.actions.rates import give_rate, list_without_rate
from orders.models import EditRequest, ExchangeRate, Order
from orders.pipeline import BEFORE_SHIPPED
from orders.search import index_orders
from orders.selectors.visible import can_see_order

_TEAM = (Role.OWNER, Role.ADMIN)


@subscribe(events.PLACED, events.EDITED, "order.packed", "order.shipped")
def index_order(event: Event) -> None:
    """Keep the text by which the order is found."""
    index_orders([event.object_id])


@subscribe(CUSTOMER_CHANGED)
def index_customers_orders(event: Event) -> None:
    """A customer's new name is found in their newest orders too."""
    newest = Order.objects.filter(customer_id=event.object_id).order_by("-placed_at", "-id")
    index_orders(list(newest.values_list("id", flat=True)[:500]))


@subscribe("order.agreed")
def keep_address(event: Event) -> None:
    """What was agreed is offered to the customer's next order."""
    order = Order.objects.filter(id=event.object_id).first()
    if order is not None:
        remember_address(
            customer_id=order.customer_id,
            delivery_method=order.delivery_method,
            city=order.delivery_city,
            branch=order.delivery_branch,
            street=order.delivery_street,
            now=event.created_at,
        )


@subscribe(events.PLACED)
def give_to_manager(event: Event) -> None:
    """A new order goes to the least loaded manager of its channel who is at work."""
    assign_by_load(order_id=event.object_id, actor=Actor.system(), now=timezone.now())


@subscribe(events.PLACED)
def tell_team(event: Event) -> None:
    """An order that nobody could be given to is everybody's news."""
    order = Order.objects.filter(id=event.object_id).first()
    if order is None or order.manager_id is not None or order.responded_at is not None:
        return
    _tell(_takers_of_orders(), "order.placed", order)


@subscribe(events.ASSIGNED)
def tell_manager(event: Event) -> None:
    order = Order.objects.filter(id=event.object_id).first()
    manager_id = event.payload.get("manager_id")
    if event.payload.get("quiet"):  # one of many: whoever gave them says it once of all
        return
    if order is not None and manager_id and order.manager_id == manager_id:
        _tell([manager_id], "order.assigned", order)


@subscribe(events.ALARM)
def repeat_alarm(event: Event) -> None:
    """Nobody has answered: tell the manager, and from the second time on the whole team."""
    order = Order.objects.filter(id=event.object_id).first()
    if order is None or order.responded_at is not None:
        return
    members = {order.manager_id} if order.manager_id else set()
    if not members or event.payload.get("count", 1) > 1:
        members |= set(_takers_of_orders())
        members |= set(_members(role__in=_TEAM))
    _tell(members, "order.alarm", order, count=event.payload.get("count", 1))


@subscribe(events.EDIT_REQUESTED)
def ask_warehouse(event: Event) -> None:
    """The lead decides, and the picker who has the list is told to wait."""
    order = Order.objects.filter(id=event.object_id).first()
    if order is None:
        return
    members = set(_leads()) or set(_members(role__in=_TEAM))
    _tell(members, "order.edit_requested", order, reason=event.payload.get("reason", ""))


@subscribe(events.EDIT_DECIDED)
def tell_requester(event: Event) -> None:
    if event.payload.get("withdrawn"):  # by themselves
        return
    request = (
        EditRequest.objects.select_related("order").filter(id=event.payload["request_id"]).first()
    )
    if request is not None and request.requested_by_id is not None:
        _tell(
            [request.requested_by_id],
            "order.edit_decided",
            request.order,
            accepted=event.payload["accepted"],
            answer=request.answer,
        )


@subscribe(events.PICK_QUESTION)
def tell_manager_of_question(event: Event) -> None:
    order = Order.objects.filter(id=event.object_id).first()
    if order is None:
        return
    members = [order.manager_id] if order.manager_id else _takers_of_orders()
    _tell(members, "order.pick_question", order, question=event.payload.get("question", ""))


@subscribe(DEMAND_FILLED)
def note_filled_stock(event: Event) -> None:
    """Goods came for an order that waited for them."""
    order = Order.objects.select_for_update(no_key=True).filter(demand_id=event.object_id).first()
    if order is None or not order.is_short or order.stage not in BEFORE_SHIPPED:
        return
    if Reservation.objects.filter(
        demand_id=order.demand_id, state=ReservationState.WAITING
    ).exists():
        return
    now = timezone.now()
    order.is_short = False
    save_order(order, ["is_short"], now=now)
    record(events.STOCK_FILLED, order, actor=Actor.system(), now=now)
    if order.manager_id is not None:
        _tell([order.manager_id], "order.stock_filled", order)


@subscribe("exchangerate.set")
def count_waiting_orders(event: Event) -> None:
    """Orders that came before their currency had a rate are counted by it."""
    row = ExchangeRate.objects.filter(id=event.object_id).first()
    if row is None:
        return
    last = 0
    while waiting := list_without_rate(currency=row.currency, after=last):
        for last in waiting:
            give_rate(order_id=last, actor=Actor.system(), now=timezone.now())


def _takers_of_orders() -> list[int]:
    return _members(takes_orders=True) or _members(role__in=_TEAM)


def _members(**conditions: Any) -> list[int]:
    rows = Membership.objects.filter(is_active=True, **conditions)
    return [member.id for member in rows if member.can(Permission.ORDERS_VIEW)]


def _leads() -> list[int]:
    """Who answers for the warehouse: its lead, or who has that right by a role of the company's."""
    rows = Membership.objects.filter(
        Q(role=Role.WAREHOUSE_LEAD) | Q(granted__contains=[Permission.PICKING_MANAGE]),
        is_active=True,
    )
    return [member.id for member in rows if member.can(Permission.ORDERS_VIEW)]


def _tell(members: Iterable[int], kind: str, order: Order, **params: Any) -> None:
    """Tell those of the members who may know of the order."""
    people = Membership.objects.filter(pk__in=set(members)).order_by("pk")
    notify(
        members=[member.pk for member in people if can_see_order(member, order)],
        kind=kind,
        params={"number": order.number, **params},
        url=company_url("orders:detail", number=order.number),
        now=timezone.now(),
    )
