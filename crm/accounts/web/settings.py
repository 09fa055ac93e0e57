"""The settings' first page."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpResponse
from django.urls import NoReverseMatch
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from crm.accounts.access import ANY_MEMBER, requires
from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.shell.links import company_url
from crm.shell.responses import render_page

Text = str | Promise


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """A place of the settings; shown where its page exists and the member may see it."""

    key: str
    label: Text
    text: Text
    icon: str
    url_name: str
    permission: Permission
    section: str = "company"
    words: str = ""  # more words to find it by in the palette


SECTIONS: dict[str, Text] = {
    "company": gettext_lazy("Company"),
    "sales": gettext_lazy("Sales"),
    "warehouse": gettext_lazy("Warehouse"),
    "outside": gettext_lazy("Connections"),
}
_P = Permission
_pages: list[SettingsPage] = [
    SettingsPage(
        "company",
        gettext_lazy("Company profile"),
        gettext_lazy("Name, logo, languages, currency, papers"),
        "building-2",
        "accounts:company",
        _P.SETTINGS_MANAGE,
    ),
    SettingsPage(
        "members",
        gettext_lazy("Members"),
        gettext_lazy("Who works here, as what, and when"),
        "users",
        "accounts:members",
        _P.MEMBERS_MANAGE,
    ),
    SettingsPage(
        "roles",
        gettext_lazy("Roles"),
        gettext_lazy("What each may do, and which orders it is shown"),
        "user-cog",
        "accounts:roles",
        _P.MEMBERS_MANAGE,
    ),
    SettingsPage(
        "teams",
        gettext_lazy("Teams"),
        gettext_lazy("Who works together and sees each other’s orders"),
        "users-round",
        "accounts:teams",
        _P.MEMBERS_MANAGE,
    ),
    SettingsPage(
        "security",
        gettext_lazy("Sign-in and access"),
        gettext_lazy("Two-step sign-in, last sign-ins, ends of access"),
        "shield",
        "accounts:security",
        _P.COMPANY_OWN,
    ),
    SettingsPage(
        "audit",
        gettext_lazy("Audit log"),
        gettext_lazy("Who did what and when"),
        "scroll-text",
        "accounts:audit",
        _P.AUDIT_VIEW,
    ),
    SettingsPage(
        "reads",
        gettext_lazy("Log of reads"),
        gettext_lazy("Who opened or exported the personal data of customers"),
        "eye",
        "accounts:reads",
        _P.COMPANY_OWN,
    ),
    SettingsPage(
        "jobs",
        gettext_lazy("Background work"),
        gettext_lazy("What runs, what is done, and what failed"),
        "list-checks",
        "jobs:list",
        _P.SETTINGS_MANAGE,
    ),
    SettingsPage(
        "statuses",
        gettext_lazy("Statuses"),
        gettext_lazy("What the steps of an order are called"),
        "workflow",
        "orders:settings-statuses",
        _P.SETTINGS_MANAGE,
        "sales",
    ),
    SettingsPage(
        "channels",
        gettext_lazy("Sales channels"),
        gettext_lazy("Where orders come from"),
        "store",
        "orders:settings-channels",
        _P.SETTINGS_MANAGE,
        "sales",
    ),
    SettingsPage(
        "reasons",
        gettext_lazy("Reasons"),
        gettext_lazy("Why orders are cancelled and goods come back"),
        "circle-x",
        "orders:settings-reasons",
        _P.SETTINGS_MANAGE,
        "sales",
    ),
    SettingsPage(
        "calendar",
        gettext_lazy("Working calendar"),
        gettext_lazy("Hours of the week, cut-off hours, holidays"),
        "calendar-days",
        "orders:settings-calendar",
        _P.SETTINGS_MANAGE,
        "sales",
    ),
    SettingsPage(
        "orders",
        gettext_lazy("Answers and rates"),
        gettext_lazy("How fast to answer, what is a repeat, currencies"),
        "sliders-horizontal",
        "orders:settings",
        _P.SETTINGS_MANAGE,
        "sales",
    ),
    SettingsPage(
        "numbers",
        gettext_lazy("Numbers of orders"),
        gettext_lazy("What stands before them and where they go on"),
        "hash",
        "orders:settings-numbers",
        _P.SETTINGS_MANAGE,
        "sales",
    ),
    SettingsPage(
        "tags",
        gettext_lazy("Tags of orders"),
        gettext_lazy("Colours, other names, two made one"),
        "tags",
        "orders:settings-tags",
        _P.SETTINGS_MANAGE,
        "sales",
    ),
    SettingsPage(
        "fields",
        gettext_lazy("Custom fields"),
        gettext_lazy("What else is known of orders, customers and products"),
        "text-cursor-input",
        "fields:list",
        _P.SETTINGS_MANAGE,
        "sales",
    ),
    SettingsPage(
        "skills",
        gettext_lazy("Skills"),
        gettext_lazy("Who can be given which orders"),
        "badge-check",
        "orders:settings-skills",
        _P.SETTINGS_MANAGE,
        "sales",
    ),
    SettingsPage(
        "warehouses",
        gettext_lazy("Warehouses"),
        gettext_lazy("Where goods lie and in which order they are used"),
        "warehouse",
        "inventory:warehouses",
        _P.SETTINGS_MANAGE,
        "warehouse",
    ),
    SettingsPage(
        "failures",
        gettext_lazy("Failures"),
        gettext_lazy("What should have followed a change and did not"),
        "triangle-alert",
        "outbox:failures",
        _P.CONNECTIONS_MANAGE,
        "outside",
    ),
    SettingsPage(
        "connections",
        gettext_lazy("Connections"),
        gettext_lazy("Storefronts and other systems that send orders"),
        "plug",
        "integrations:connections",
        _P.CONNECTIONS_MANAGE,
        "outside",
    ),
    SettingsPage(
        "api-keys",
        gettext_lazy("API keys"),
        gettext_lazy("For programs that work with your company"),
        "key-round",
        "apikeys:list",
        _P.CONNECTIONS_MANAGE,
        "outside",
    ),
]


def register_settings_page(page: SettingsPage) -> None:
    """Add a place to the settings, or replace the one with the same key."""
    for index, known in enumerate(_pages):
        if known.key == page.key:
            _pages[index] = page
            return
    _pages.append(page)


@requires(ANY_MEMBER)
@require_safe
def index(request: CompanyRequest) -> HttpResponse:
    """The places of the settings that this member may enter."""
    return render_page(request, "accounts/settings.html", {"sections": list(_sections(request))})


def places_of(member: Membership) -> list[tuple[SettingsPage, str]]:
    """Return the places that the member may enter, with their addresses. No query."""
    places = []
    for page in _pages:
        if member.can(page.permission):
            try:
                places.append((page, company_url(page.url_name)))
            except NoReverseMatch:
                continue
    return places


def _sections(request: CompanyRequest) -> Iterable[dict[str, object]]:
    places = places_of(request.membership)
    for key, title in SECTIONS.items():
        pages = [{"page": page, "url": url} for page, url in places if page.section == key]
        if pages:
            yield {"title": title, "pages": pages}
