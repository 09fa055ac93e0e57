"""What a member with a narrow scope of rows may place: orders of their own, for whom they know."""

from crm.accounts.scopes import Reach
from customers.visible import visible_customers
from orders.errors import InvalidOrder
from orders.selectors.visible import Viewer


def manager_of_placed(viewer: Viewer) -> int | None:
    """Whose an order is that the viewer places: their own, where else they would not see it."""
    if viewer is None or viewer.row_scope.reach == Reach.ALL:
        return None
    return viewer.pk


def check_buyer(viewer: Viewer, customer_id: int | None) -> None:
    """Refuse a customer whom the viewer may not know of, in the words for one who is not there."""
    if customer_id is None or viewer is None or viewer.row_scope.is_all:
        return
    if not visible_customers(viewer).filter(pk=customer_id).exists():
        raise InvalidOrder("unknown_customer", field="customer/id")
