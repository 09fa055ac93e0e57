"""What the first steps show on pages of others: the sidebar and the settings."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.accounts.web.settings import SettingsPage, register_settings_page
from crm.shell.links import company_url
from crm.shell.sidebar import SidebarCount, SidebarLink, register_sidebar_counts
from integrations.onboarding.selectors import STEPS, is_new, known_progress, read_progress

LABEL = _("First steps")


def count_for_sidebar(request: CompanyRequest) -> list[SidebarCount | SidebarLink]:
    """A line with how many steps are left, until none is. At most one query in a minute."""
    company = request.company
    me = request.membership
    if not me.can(Permission.SETTINGS_MANAGE) or not is_new(company, timezone.now()):
        return []
    progress = known_progress(company) or read_progress(company)
    if progress.is_over:
        return []
    left = len(STEPS) - len(progress.done)
    return [SidebarLink("settings", str(LABEL), company_url("onboarding:start"), left, "green")]


def register() -> None:
    """Called once at start."""
    register_sidebar_counts(count_for_sidebar)
    register_settings_page(
        SettingsPage(
            "onboarding",
            LABEL,
            _("From sign-up to the first order"),
            "list-checks",
            "onboarding:start",
            Permission.SETTINGS_MANAGE,
            "company",
        )
    )
