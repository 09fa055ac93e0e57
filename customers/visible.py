"""Which customers a member may know of. Every read of customers for a person begins here."""

from django.db.models import Q

from crm.accounts.models import Membership
from crm.tenancy.models import TenantQuerySet
from customers.models import Customer
from customers.ports import has_orders, visible_by_orders

# Who looks: a member, or None for a key and the code's own reads, which see what there is.
Viewer = Membership | None


def visible_customers(viewer: Viewer) -> TenantQuerySet:
    """Return the customers that the viewer may know of, in no order.

    Who is not shown every order knows those whose order they are shown, and those they made
    themselves as long as nobody has ordered for them.
    """
    condition = visible_condition(viewer)
    return Customer.objects.all() if condition is None else Customer.objects.filter(condition)


def visible_condition(viewer: Viewer) -> Q | None:
    """Return the rule as a condition of customers; None where nothing is hidden."""
    if viewer is None or viewer.row_scope.is_all:
        return None
    made, shown = Q(created_by_id=viewer.pk), visible_by_orders(viewer)
    if shown is None:
        return made
    return Q(shown) | (made & ~Q(has_orders()))
