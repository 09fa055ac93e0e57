"""A word in the sidebar while effects stand given up."""

from django.utils.translation import gettext as _

from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.outbox.selectors import count_given_up
from crm.shell.links import company_url
from crm.shell.sidebar import SidebarCount, SidebarLink, register_sidebar_counts


def count_for_sidebar(request: CompanyRequest) -> list[SidebarCount | SidebarLink]:
    """One query; nothing is shown while nothing has failed."""
    if not request.membership.can(Permission.CONNECTIONS_MANAGE):
        return []
    count = count_given_up()
    if not count:
        return []
    url = company_url("outbox:failures")
    return [
        SidebarCount("settings", count, loud=True),
        SidebarLink("settings", _("Failures"), url, count, "red"),
    ]


def register() -> None:
    register_sidebar_counts(count_for_sidebar)
