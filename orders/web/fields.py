"""Fields of an order's forms: those that this reader may write, and the company's own."""

from collections.abc import Iterable
from typing import Any, TypeVar

from crm.fields.web.inputs import CustomField, make_inputs
from orders.edits import CUSTOM
from orders.selectors.card import OrderCard

F = TypeVar("F", bound=Any)


def editable(card: OrderCard, names: Iterable[str]) -> list[str]:
    """Return the names without what the reader is shown masked."""
    return [name for name in names if name != "recipient_phone" or card.sees_phones]


def keep_editable(form: F, names: Iterable[str]) -> F:
    """Take the other fields out of the form."""
    for name in set(form.fields) - set(names):
        del form.fields[name]
    return form


def own_inputs(card: OrderCard) -> dict[str, CustomField]:
    """The company's own fields for a form of the order. One query, the card's."""
    return make_inputs(card.own_fields, card.order.custom, prefix=CUSTOM)
