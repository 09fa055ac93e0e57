"""Fields of an order's forms that this reader may not see, and so may not write over."""

from collections.abc import Iterable
from typing import Any, TypeVar

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
