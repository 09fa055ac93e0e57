"""Orders in the palette: by number, phone in any spelling, name, SKU."""

from django.utils import timezone

from crm.accounts.models import Membership
from crm.accounts.requests import CompanyRequest
from crm.shell.formats import money_text, phone_text, short_moment
from crm.shell.links import company_url
from crm.shell.palette import MAX_ITEMS, PaletteItem
from orders.models import Order
from orders.search import find_orders


def find(query: str, request: CompanyRequest) -> list[PaletteItem]:
    """One query besides those of find_orders()."""
    me: Membership = request.membership
    ids = find_orders(query, viewer=me, limit=MAX_ITEMS)
    orders = Order.objects.select_related("customer", "status").in_bulk(ids)
    typed = query.strip().lstrip("№#").strip().casefold()
    return [_item(orders[pk], typed) for pk in ids if pk in orders]


def _item(order: Order, typed: str) -> PaletteItem:
    facts = (
        order.status.title,
        money_text(order.total, order.currency),
        phone_text(order.recipient_phone) if order.recipient_phone else "",
        order.delivery_city,
        short_moment(order.placed_at, timezone.now()),
    )
    return PaletteItem(
        f"№{order.label} {order.customer.name or order.recipient_name}".strip(),
        company_url("orders:detail", number=order.number),
        subtitle=" · ".join(fact for fact in facts if fact),
        icon="shopping-bag",
        panel=True,
        exact=typed in {str(order.number), order.label.casefold()},
    )
