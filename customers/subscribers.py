"""What this app does when something was announced. Each may be repeated and come late."""

from crm.outbox.registry import Event, subscribe
from customers import events
from customers.search import index_customers


@subscribe(events.CREATED, events.CHANGED)
def index_customer(event: Event) -> None:
    """Keep the text by which the customer is found."""
    index_customers([event.object_id])
