"""What templates ask of a customer's pages: rights, and addresses of upper floors' pages."""

from typing import Any

from django.conf import settings
from django.urls import NoReverseMatch
from django.utils.translation import gettext as _

from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.shell.links import company_url


def may(request: CompanyRequest) -> dict[str, bool]:
    """What this member may do here: `may.edit`, `may.orders`, `may.order`."""
    can = request.membership.can
    return {
        "edit": can(Permission.CUSTOMERS_EDIT),
        "export": can(Permission.DATA_EXPORT),
        "import": can(Permission.DATA_IMPORT),
        "orders": can(Permission.ORDERS_VIEW),
        "order": can(Permission.ORDERS_CREATE),
    }


def upper_url(name: str, **kwargs: Any) -> str:
    """Return the address of a page that an upper app may have; empty where there is none."""
    try:
        return company_url(name, **kwargs)
    except NoReverseMatch:
        return ""


def language_names() -> dict[str, str]:
    return {"": _("As the company’s"), **{code: str(name) for code, name in settings.LANGUAGES}}
