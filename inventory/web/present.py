"""How rows of the warehouse look: icons, colours, links."""

from collections.abc import Sequence
from typing import Any

from django.templatetags.static import static
from django.urls import NoReverseMatch

from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.shell.links import company_url
from inventory.models import DocumentKind, MovementKind, StockDocument, StockMovement
from inventory.ports import visible_numbers

# kind -> icon, colour
MOVEMENTS = {
    MovementKind.RECEIPT: ("package-plus", "green"),
    MovementKind.CORRECTION: ("clipboard-check", "yellow"),
    MovementKind.WRITE_OFF: ("package-x", "red"),
    MovementKind.RESERVE: ("lock", "indigo"),
    MovementKind.RELEASE: ("lock-open", "gray"),
    MovementKind.SHIPMENT: ("truck", "cyan"),
    MovementKind.RETURN: ("undo-2", "orange"),
}
DOCUMENTS = {
    DocumentKind.RECEIPT: ("package-plus", "green"),
    DocumentKind.CORRECTION: ("clipboard-check", "yellow"),
    DocumentKind.WRITE_OFF: ("package-x", "red"),
    DocumentKind.RETURN: ("undo-2", "orange"),
}


def may(request: CompanyRequest) -> dict[str, bool]:
    """What this member may do here, for templates: `may.edit`, `may.costs`, ..."""
    can = request.membership.can
    return {
        "edit": can(Permission.PRODUCTS_EDIT),
        "export": can(Permission.DATA_EXPORT),
        "import": can(Permission.DATA_IMPORT),
        "costs": can(Permission.COSTS_VIEW),
        "stock": can(Permission.STOCK_VIEW),
        "receive": can(Permission.STOCK_RECEIVE),
        "correct": can(Permission.STOCK_CORRECT),
        "orders": can(Permission.ORDERS_VIEW),
    }


def order_url(number: int) -> str:
    """Return the page of the order with this number; empty where there is no such page."""
    try:
        return company_url("orders:detail", number=number)
    except NoReverseMatch:
        return ""


def document_url(document: StockDocument) -> str:
    return company_url("inventory:document", kind=document.kind, number=document.number)


def picture_url(picture: str) -> str:
    """Return the address of a product's picture; empty where there is none."""
    return static(picture) if picture else ""


def present_movements(
    movements: Sequence[StockMovement], *, viewer: Membership
) -> list[dict[str, Any]]:
    """Give each movement its look and its links; an order that is hidden has no number."""
    rows = []
    orders = viewer.can(Permission.ORDERS_VIEW)
    named = visible_numbers(viewer, (move.demand.number for move in movements if move.demand))
    for move in movements:
        glyph, color = MOVEMENTS[MovementKind(move.kind)]
        number = move.demand.number if move.demand and move.demand.number in named else None
        rows.append(
            {
                "move": move,
                "icon": glyph,
                "color": color,
                "label": MovementKind(move.kind).label,
                "document_url": document_url(move.document) if move.document else "",
                "number": number,
                "order_url": order_url(number) if orders and number else "",
                "balance": getattr(move, "balance", None),
            }
        )
    return rows
