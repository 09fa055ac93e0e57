"""How rows of the warehouse look: icons, colours, links."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import NoReverseMatch

from crm.accounts.permissions import Permission
from crm.shell.links import company_url
from inventory.models import DocumentKind, MovementKind, StockDocument, StockMovement

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


def may(request: HttpRequest) -> dict[str, bool]:
    """What this member may do here, for templates: `may.edit`, `may.costs`, ..."""
    can = request.membership.can  # type: ignore[attr-defined]
    return {
        "edit": can(Permission.PRODUCTS_EDIT),
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


def present_movements(movements: Iterable[StockMovement], *, orders: bool) -> list[dict[str, Any]]:
    """Give each movement its look and its links."""
    rows = []
    for move in movements:
        glyph, color = MOVEMENTS[MovementKind(move.kind)]
        rows.append(
            {
                "move": move,
                "icon": glyph,
                "color": color,
                "label": MovementKind(move.kind).label,
                "document_url": document_url(move.document) if move.document else "",
                "order_url": order_url(move.demand.number) if orders and move.demand else "",
                "balance": getattr(move, "balance", None),
            }
        )
    return rows
