"""What Ctrl-K finds. Upper apps register providers; pages and actions are found here."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.http import HttpRequest
from django.urls import NoReverseMatch
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.shell import nav
from crm.shell.links import company_url

Text = str | Promise
MAX_QUERY = 80
MAX_ITEMS = 8


@dataclass(frozen=True, slots=True)
class PaletteItem:
    """One result. `panel`: opens in the side panel. `click`: a selector to click instead.

    `exact`: what was typed is its very name; it and its group go before all others.
    """

    title: str
    url: str = ""
    subtitle: str = ""
    icon: str = "arrow-right"
    panel: bool = False
    shortcut: str = ""
    click: str = ""
    exact: bool = False


@dataclass(frozen=True, slots=True)
class PaletteAction:
    label: Text
    url_name: str
    permission: Permission
    icon: str = "plus"
    shortcut: str = ""
    words: str = ""


Provider = Callable[[str, CompanyRequest], list[PaletteItem]]


@dataclass(frozen=True, slots=True)
class _Registered:
    name: str
    label: Text
    permission: Permission | None
    func: Provider


_providers: dict[str, _Registered] = {}
_actions: list[PaletteAction] = []


def register_palette_provider(
    name: str, permission: Permission | None, func: Provider, *, label: Text
) -> None:
    """Ask `func(query, request)` for members with the permission. Providers answer in order."""
    _providers[name] = _Registered(name, label, permission, func)


def register_palette_action(action: PaletteAction) -> None:
    """Offer an action ("New order") to members with its permission."""
    if action not in _actions:
        _actions.append(action)


def find_groups(query: str, request: CompanyRequest) -> list[tuple[Text, list[PaletteItem]]]:
    """Return the results by group. Without a query: actions and pages only."""
    query = query.strip()[:MAX_QUERY]
    membership = request.membership
    groups: list[tuple[Text, list[PaletteItem]]] = []
    if query:
        for provider in _providers.values():
            if provider.permission is not None and not membership.can(provider.permission):
                continue
            with transaction.atomic():  # a failed statement of one must not spoil the rest
                items = provider.func(query, request)[:MAX_ITEMS]
            groups.append((provider.label, sorted(items, key=lambda item: not item.exact)))
        groups.sort(key=lambda group: not any(item.exact for item in group[1]))
    groups.append((_("Actions"), _find_actions(query, membership)))
    groups.append((_("Pages"), _find_pages(query, request)))
    return [(label, items) for label, items in groups if items]


def _find_actions(query: str, membership: Membership) -> list[PaletteItem]:
    items = []
    for action in _actions:
        if not membership.can(action.permission) or not matches(query, action.label, action.words):
            continue
        try:
            url = company_url(action.url_name)
        except NoReverseMatch:
            continue
        items.append(
            PaletteItem(str(action.label), url, icon=action.icon, shortcut=action.shortcut)
        )
    if matches(query, _("Keyboard shortcuts"), "keys help ?"):
        items.append(
            PaletteItem(
                str(_("Keyboard shortcuts")), icon="keyboard", shortcut="?", click="[data-help]"
            )
        )
    return items


def _find_pages(query: str, request: HttpRequest) -> list[PaletteItem]:
    return [
        PaletteItem(
            str(place.item.label), place.url, icon=place.item.icon, shortcut=place.item.shortcut
        )
        for place in nav.list_places(request)
        if matches(query, place.item.label, place.item.words)
    ]


def matches(query: str, label: Text, words: str = "") -> bool:
    """Whether a page is found: by its name in the reader's language and in English."""
    with override("en"):
        english = str(label)
    haystack = f"{label} {english} {words}".casefold()
    return all(word in haystack for word in query.casefold().split())
