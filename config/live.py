"""Events become hints for open pages: which topic of the stream each kind of object feeds."""

from crm.outbox.registry import Event, subscribe
from crm.shell.live import publish_after_commit

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
    for topic in topics:
        if topic in {"orders", "picking"}:
            # Lists listen to "orders", the card of one order to "orders:55".
            topic = f"{topic}:{order_id}"
        elif topic == "customers":
            topic = f"customers:{event.object_id}"
        publish_after_commit(
            tenant_id=event.tenant_id, topic=topic, payload={"id": str(event.object_id)}
        )
