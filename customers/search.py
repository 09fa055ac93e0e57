"""The index of customers' names and contacts (docs/search.md)."""

from collections.abc import Collection

from customers.models import ContactKind, Customer, CustomerSearch
from customers.names import build_search_doc


def index_customers(customer_ids: Collection[int]) -> None:
    """Write the search text of the customers anew. Three statements however many they are."""
    rows = Customer.objects.filter(pk__in=customer_ids).prefetch_related("contacts")
    CustomerSearch.objects.bulk_create(
        [CustomerSearch(customer_id=customer.pk, doc=build_doc(customer)) for customer in rows],
        update_conflicts=True,
        unique_fields=["tenant", "customer"],
        update_fields=["doc"],
    )


def build_doc(customer: Customer) -> str:
    """Return what a person may type to find the customer; needs `contacts` loaded."""
    contacts = customer.contacts.all()
    return build_search_doc(
        name=customer.name,
        phone_digits=[c.digits for c in contacts if c.kind == ContactKind.PHONE],
        emails=[c.value for c in contacts if c.kind == ContactKind.EMAIL],
    )
