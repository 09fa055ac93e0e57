"""What is wrong with an order, and where a person mends it."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts.permissions import Permission
from crm.shell.links import company_url
from orders import problems
from orders.selectors.card import OrderCard


@dataclass(slots=True)
class Problem:
    """`url` leads to where it is mended: a form of a block (`is_form`), or a page."""

    code: str
    text: str
    action: str = ""
    url: str = ""
    block: str = ""
    is_form: bool = False
    can_dismiss: bool = False


_IN_EDITOR: dict[str, str | Promise] = {
    problems.UNKNOWN_SKU: gettext_lazy("Choose the goods"),
    problems.ZERO_PRICE: gettext_lazy("Set the price"),
    problems.TOTAL_DIFFERS: gettext_lazy("Check the lines"),
}
# What only a person can judge to be over.
_DISMISSED = {
    problems.CANCELLED_OUTSIDE,
    problems.CHANGED_OUTSIDE,
    problems.TOTAL_DIFFERS,
    problems.NO_CONTACT,
    problems.BAD_EMAIL,
}


def list_problems(card: OrderCard) -> list[Problem]:
    """Return the order's problems with the way to mend each."""
    return [_describe(card, code) for code in card.order.problems]


def _describe(card: OrderCard, code: str) -> Problem:
    number = card.order.number
    problem = Problem(code, str(problems.TEXTS.get(code, code)))
    problem.can_dismiss = code in _DISMISSED
    if code in _IN_EDITOR and card.can_change_content:
        problem.action = str(_IN_EDITOR[code])
        problem.url = company_url("orders:edit", number=number)
    elif code in {problems.NO_CONTACT, problems.BAD_PHONE} and card.can_change_content:
        form = company_url("orders:block", number=number, block="delivery")
        problem.action = _("Give the phone")
        problem.url = f"{form}?edit=1&focus=recipient_phone"
        problem.block, problem.is_form = "delivery", True
    elif code == problems.NO_RATE and card.can(Permission.SETTINGS_MANAGE):
        problem.action = _("Set the rate")
        problem.url = company_url("orders:settings") + "#rates"
    return problem
