"""The steps in words, each with the page that does it."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.shell.links import company_url
from integrations.onboarding.selectors import STEPS, Progress

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Step:
    title: Text
    text: Text
    action: Text
    url_name: str
    permission: Permission


_STEPS: dict[str, Step] = {
    "company": Step(
        _("Tell about the company"),
        _("The legal name, the phone and the logo stand on your papers."),
        _("Fill in"),
        "accounts:company",
        Permission.SETTINGS_MANAGE,
    ),
    "products": Step(
        _("Add the first product"),
        _("Write one down, or bring the whole catalogue from a file by Settings → Import."),
        _("Add a product"),
        "inventory:product-new",
        Permission.PRODUCTS_EDIT,
    ),
    "channel": Step(
        _("Let orders come by themselves"),
        _("Connect your store, or make an API key for your site."),
        _("Connect a store"),
        "integrations:connections",
        Permission.CONNECTIONS_MANAGE,
    ),
    "colleague": Step(
        _("Invite a colleague"),
        _("A manager, a picker, whoever works with you: each sees what their role needs."),
        _("Invite"),
        "accounts:invite",
        Permission.MEMBERS_MANAGE,
    ),
    "order": Step(
        _("Take the first order"),
        _("Write down a real one, or send a test order from the empty list of orders."),
        _("New order"),
        "orders:new",
        Permission.ORDERS_CREATE,
    ),
}


def word_steps(progress: Progress, me: Membership) -> list[dict[str, object]]:
    """The rows of the list; a link only where the member may follow it."""
    return [
        {
            "title": step.title,
            "text": step.text,
            "done": name in progress.done,
            "url": company_url(step.url_name) if me.can(step.permission) else "",
            "action": step.action,
        }
        for name in STEPS
        for step in [_STEPS[name]]
    ]
