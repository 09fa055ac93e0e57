"""What Ctrl-K finds of this app."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.shell.formats import phone_text
from crm.shell.links import company_url
from crm.shell.palette import (
    PaletteAction,
    PaletteItem,
    register_palette_action,
    register_palette_provider,
)
from customers.models import ContactKind, Customer
from customers.selectors import find_customers


def find_people(query: str, request: CompanyRequest) -> list[PaletteItem]:
    """Customers by phone, e-mail or name."""
    return [
        PaletteItem(
            title=customer.name or _("No name"),
            url=company_url("customers:detail", customer_id=customer.pk),
            subtitle=_contacts(customer),
            icon="user",
            panel=True,
        )
        for customer in find_customers(query, 6, viewer=request.membership)
    ]


def _contacts(customer: Customer) -> str:
    contacts = sorted(customer.contacts.all(), key=lambda c: (c.kind, not c.is_primary))
    shown: dict[str, str] = {}
    for contact in reversed(contacts):
        is_phone = contact.kind == ContactKind.PHONE
        shown[contact.kind] = phone_text(contact.value) if is_phone else contact.value
    return " · ".join(shown[kind] for kind in sorted(shown, reverse=True))


def register() -> None:
    """Called once from config/wiring.py."""
    register_palette_provider(
        "customers", Permission.CUSTOMERS_VIEW, find_people, label=gettext_lazy("Customers")
    )
    register_palette_action(
        PaletteAction(
            gettext_lazy("New customer"),
            "customers:new",
            Permission.CUSTOMERS_EDIT,
            icon="user-plus",
        )
    )
