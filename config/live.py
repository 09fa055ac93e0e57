"""Events become hints for open pages: which topic of the stream each kind of object feeds."""

from dataclasses import replace

from crm.outbox.registry import Event, subscribe
from crm.shell.live import Audience, publish_after_commit
from customers.models import Customer
from orders.models import Order
from orders.pipeline import Stage
from orders.selectors.visible import read_facts

MOST_ORDERS = 200  # of a customer, that are asked who is shown them

# What an order does to stock is seen on the stock pages too.
_STOCK_MOVES = {
    "order.placed",
    "order.edited",
    "order.cancelled",
    "order.shipped",
    "order.returned",
    "order.partly_returned",
}
_TOPICS = {
    "order": ("orders",),
    "picklist": ("picking", "orders"),
    "customer": ("customers",),
    "product": ("products",),
    "variant": ("products",),
    "stockdocument": ("stock",),
    "stockitem": ("stock",),
    "connection": ("connections",),
    "tenant": ("connections",),
}
_PICKING = {
    "order.picking",
    "order.packed",
    "order.cancelled",
    "order.edited",
    "order.pick_question",
    "order.pick_answered",
    "order.picker_changed",
    "order.edit_requested",
    "order.edit_decided",
}


@subscribe("*")
def hint_open_pages(event: Event) -> None:
    """Tell open pages of the company to look again, once this event is handled."""
    topics = list(_TOPICS.get(event.object_type, ()))
    if event.topic in _STOCK_MOVES:
        topics.append("stock")
    if event.topic in _PICKING:
        topics.append("picking")
    order_id = event.payload.get("order_id") or event.object_id
    object_id = event.object_id
    if event.topic == "demand.filled":
        # A part may have come: the order itself says nothing, yet its card shows what is held.
        object_id = order_id = _order_by_demand(event.object_id)
        topics += ["orders"] if order_id else []
    payload = {"id": str(object_id)}
    for topic in topics:
        audience = None
        if topic in {"orders", "picking"}:
            # Lists listen to "orders", the card of one order to "orders:55".
            topic = f"{topic}:{order_id}"
            audience = _of_order(event, order_id)
        elif topic == "customers":
            topic = f"customers:{event.object_id}"
            audience = _of_customer(event.object_id)
        publish_after_commit(
            tenant_id=event.tenant_id,
            topic=topic,
            # Who sees stock need not see the order that moved it.
            payload={} if topic == "stock" and event.object_type == "order" else payload,
            audience=audience,
        )


def _order_by_demand(demand_id: int) -> int:
    """The order whose goods the demand asks for; zero where it is not one's."""
    return Order.objects.filter(demand_id=demand_id).values_list("pk", flat=True).first() or 0


def _of_order(event: Event, order_id: int) -> Audience:
    """Who is shown the order now, and who was before it moved or changed hands."""
    facts = read_facts(Order.objects.filter(pk=order_id))
    if "from" in event.payload:
        before = Stage.from_word(event.payload["from"])
        facts += [replace(fact, stage=before) for fact in facts]
    was = event.payload.get("was_id")
    return Audience(tuple(facts), (was,) if was else ())


def _of_customer(customer_id: int) -> Audience:
    """Who is shown an order of the customer, and who made one that has none yet."""
    newest = Order.objects.filter(customer_id=customer_id).order_by("-placed_at", "-id")
    facts = read_facts(newest[:MOST_ORDERS])
    if facts:
        return Audience(tuple(facts))
    maker = Customer.objects.filter(pk=customer_id).values_list("created_by_id", flat=True).first()
    return Audience(members=(maker,) if maker else ())
