"""What Ctrl-K finds of the settings and of the person's own pages."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.accounts.web.settings import places_of
from crm.shell.links import company_url
from crm.shell.nav import list_places
from crm.shell.palette import (
    PaletteAction,
    PaletteItem,
    matches,
    register_palette_action,
    register_palette_provider,
)

OWN_PAGES = (
    (_("Profile"), "accounts:profile", "user-round", "name language theme password"),
    (_("My companies"), "accounts:companies", "building-2", "switch"),
    (_("Two-step sign-in"), "accounts:two-step", "shield", "totp code authenticator"),
    (_("Sessions"), "accounts:sessions", "monitor", "devices sign out"),
)


def find_settings(query: str, request: CompanyRequest) -> list[PaletteItem]:
    """Places of the settings that the member may enter, by their names and what they are for."""
    in_sidebar = {place.url for place in list_places(request)}
    return [
        PaletteItem(str(page.label), url, subtitle=str(page.text), icon=page.icon)
        for page, url in places_of(request.membership)
        if url not in in_sidebar
        and (matches(query, page.label, page.words) or matches(query, page.text))
    ]


def find_own_pages(query: str, request: CompanyRequest) -> list[PaletteItem]:
    """The pages of the person, and what this company tells them."""
    rows = [(label, reverse(name), icon, words) for label, name, icon, words in OWN_PAGES]
    told = company_url("shell:notice-choices")
    rows.append((_("What I am told"), told, "settings-2", "notifications mail bell"))
    return [
        PaletteItem(str(label), url, icon=icon)
        for label, url, icon, words in rows
        if matches(query, label, words)
    ]


def register() -> None:
    """Called once from config/wiring.py, after those who find rows."""
    register_palette_provider("settings", None, find_settings, label=_("Settings"))
    register_palette_provider("own", None, find_own_pages, label=_("You"))
    register_palette_action(
        PaletteAction(
            _("Invite a member"),
            "accounts:invite",
            Permission.MEMBERS_MANAGE,
            icon="user-plus",
            words="invitation colleague",
        )
    )
