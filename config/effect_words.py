"""What subscribers do, in people's words: read on the page of failures."""

from django.utils.translation import gettext_lazy as _

from crm.outbox.registry import register_effects

_EFFECTS = {
    "config.live.hint_open_pages": _("Open pages are told to renew themselves"),
    "customers.subscribers.index_customer": _("The customer is found by the new words"),
    "messaging.subscribers.tell_agreed": _("The customer is told that the order was agreed"),
    "messaging.subscribers.tell_shipped": _("The customer is told that the order was sent"),
    "orders.subscribers.ask_warehouse": _("The warehouse is asked about the change"),
    "orders.subscribers.give_to_manager": _("The order is given to a manager"),
    "orders.subscribers.index_customers_orders": _("Orders are found by the customer's new name"),
    "orders.subscribers.index_order": _("The order is found by the new words"),
    "orders.subscribers.keep_address": _("The address is kept for the next order"),
    "orders.subscribers.note_filled_stock": _("The order learns that its goods came"),
    "orders.subscribers.repeat_alarm": _("People are told that nobody has answered"),
    "orders.subscribers.tell_manager": _("The manager is told of their new order"),
    "orders.subscribers.tell_manager_of_question": _("A picker's question reaches the manager"),
    "orders.subscribers.tell_requester": _("The manager is told what the warehouse decided"),
    "orders.subscribers.tell_team": _("The team is told of the new order"),
}


def connect() -> None:
    """Register the words of all apps."""
    register_effects(_EFFECTS)
