"""The text by which orders are found, and the index of it."""

from collections.abc import Collection

from customers.names import fold_text
from orders.models import Order, OrderSearch


def index_orders(order_ids: Collection[int]) -> None:
    """Write the search text of the orders anew."""
    rows = Order.objects.filter(id__in=order_ids).select_related("customer")
    OrderSearch.objects.bulk_create(
        [OrderSearch(order_id=order.id, doc=build_doc(order)) for order in rows],
        update_conflicts=True,
        unique_fields=["tenant", "order"],
        update_fields=["doc"],
    )


def build_doc(order: Order) -> str:
    """Everything a person may type to find the order, folded; needs `customer` loaded."""
    parts = (
        str(order.number),
        order.external_number,
        order.recipient_name,
        order.customer.name,
        order.recipient_phone,
        order.delivery_city,
    )
    return fold_text(" ".join(dict.fromkeys(part for part in parts if part)))
