"""Hints: one sentence at the top of a screen, until its reader has got it or wants none.

What a member has closed stands in their own row, which every page has read already.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.accounts.permissions import Permission

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Hint:
    """What a screen's newcomer should know, and a key with what it does there."""

    text: Text
    keys: tuple[str, ...]
    does: Text
    with_mod: bool = False  # the key is pressed together with Ctrl or ⌘
    # What it speaks of needs all of these; who lacks one is told nothing.
    needs: tuple[Permission, ...] = ()


HINTS: dict[str, Hint] = {
    "orders": Hint(
        _("A click opens the order beside the list; status and manager change right in the row."),
        ("J", "K"),
        _("walk along the rows"),
        needs=(Permission.ORDERS_MOVE, Permission.ORDERS_ASSIGN),
    ),
    "board": Hint(
        _("Drag a card to its next stage: what it still lacks is said right there."),
        ("N",),
        _("new order"),
        needs=(Permission.ORDERS_MOVE, Permission.ORDERS_CREATE),
    ),
    "card": Hint(
        _("The buttons at the top move the order on and say what it still lacks."),
        ("C",),
        _("write a note"),
        needs=(Permission.ORDERS_MOVE,),
    ),
    "new-order": Hint(
        _("A phone finds the customer; a SKU or a part of a name finds the goods."),
        ("↵",),
        _("save"),
        with_mod=True,
    ),
    "stock": Hint(
        _("Open a row to see where its units went and who holds them."),
        ("/",),
        _("search"),
    ),
    "settings": Hint(
        _("Settings, orders and customers are found by name from every page."),
        ("K",),
        _("find anything"),
        with_mod=True,
        needs=(Permission.SETTINGS_MANAGE,),
    ),
}


def hint_for(name: str, request: Any) -> Hint | None:
    """The hint of a screen, if its reader still wants it. No query."""
    me = getattr(request, "membership", None)
    # Who looks through another's eyes changes nothing, so could not close it either.
    if me is None or me.pk is None or getattr(request, "viewing", None):
        return None
    if me.hints_off or name in me.hints_closed:
        return None
    hint = HINTS[name]
    return hint if all(me.can(right) for right in hint.needs) else None
