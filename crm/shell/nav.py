"""The places of the sidebar. An item shows where its page exists and the member may see it."""

from dataclasses import dataclass, field

from django.http import HttpRequest
from django.urls import NoReverseMatch
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.accounts.permissions import Permission
from crm.shell.links import company_url

Text = str | Promise


@dataclass(frozen=True, slots=True)
class NavItem:
    """`section` is a key of SECTIONS; `phone`: stands in the bottom bar of a phone."""

    key: str
    label: Text
    icon: str
    url_name: str
    permission: Permission
    section: str
    shortcut: str = ""
    phone: bool = False
    words: str = ""  # more words to find it by in the palette


@dataclass(frozen=True, slots=True)
class Section:
    key: str
    title: Text
    items: list["Place"] = field(default_factory=list)


@dataclass(slots=True)
class Place:
    """A nav item for one request: its address, and whether the reader is there."""

    item: NavItem
    url: str
    current: bool = False


SECTIONS: dict[str, Text] = {
    "sales": "",
    "warehouse": _("Warehouse"),
    "company": _("Company"),
}
_P = Permission
_items: list[NavItem] = [
    NavItem(
        "orders", _("Orders"), "shopping-bag", "orders:list", _P.ORDERS_VIEW, "sales", "g o", True
    ),
    NavItem("board", _("Board"), "columns-3", "orders:board", _P.ORDERS_VIEW, "sales", "g b", True),
    NavItem(
        "customers", _("Customers"), "users", "customers:list", _P.CUSTOMERS_VIEW, "sales", "g c"
    ),
    NavItem(
        "picking",
        _("Picking"),
        "scan-barcode",
        "orders:picking",
        _P.PICKING_WORK,
        "warehouse",
        "g p",
        True,
    ),
    NavItem(
        "products",
        _("Products"),
        "package",
        "inventory:products",
        _P.PRODUCTS_VIEW,
        "warehouse",
        "g r",
        True,
    ),
    NavItem(
        "stock", _("Stock"), "warehouse", "inventory:stock", _P.STOCK_VIEW, "warehouse", "g s", True
    ),
    NavItem(
        "jobs", _("Background work"), "list-checks", "jobs:list", _P.ORDERS_EDIT, "company", "g w"
    ),
    NavItem(
        "settings",
        _("Settings"),
        "settings",
        "accounts:settings",
        _P.SETTINGS_MANAGE,
        "company",
        "g t",
    ),
]


def register_nav(item: NavItem) -> None:
    """Add a place, or replace the one with the same key."""
    for index, known in enumerate(_items):
        if known.key == item.key:
            _items[index] = item
            return
    _items.append(item)


def list_places(request: HttpRequest, path: str | None = None) -> list[Place]:
    """Return the places this member may go to; the one that `path` lies in is current."""
    membership = getattr(request, "membership", None)
    if membership is None:
        return []
    places = []
    for item in _items:
        if not membership.can(item.permission):
            continue
        try:
            places.append(Place(item, company_url(item.url_name)))
        except NoReverseMatch:
            continue
    here = (path or request.path).split("?")[0]
    inside = [place for place in places if here.startswith(place.url)]
    if inside:
        max(inside, key=lambda place: len(place.url)).current = True
    return places


def by_section(places: list[Place]) -> list[Section]:
    """Return the sections that have a place, in order."""
    sections = [Section(key, title) for key, title in SECTIONS.items()]
    for section in sections:
        section.items.extend(place for place in places if place.item.section == section.key)
    return [section for section in sections if section.items]
