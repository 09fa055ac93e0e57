"""Orders in people's words: fields, values, refusals and what happened."""

import re
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm.fields.values import CHANGE
from crm.fields.values import ERROR_TEXTS as CUSTOM_ERRORS
from crm.shell.formats import day_text, money_text, phone_text
from inventory.actions.reserve import OutOfStock
from orders.errors import OrderError
from orders.missing import missing_texts
from orders.models import DeliveryMethod, DuplicateState, PaymentMethod
from orders.pipeline import MoveRefused, Stage
from orders.problems import TEXTS as PROBLEM_TEXTS

Text = str | Promise

# Any: forms take lazy texts, and their stubs name the type otherwise.
FIELD_LABELS: dict[str, Any] = {
    "recipient_name": gettext_lazy("Recipient"),
    "recipient_phone": gettext_lazy("Recipient’s phone"),
    "delivery_method": gettext_lazy("Delivery"),
    "delivery_city": gettext_lazy("City"),
    "delivery_branch": gettext_lazy("Branch or locker"),
    "delivery_street": gettext_lazy("Address"),
    "delivery_price": gettext_lazy("Delivery price"),
    "payment_method": gettext_lazy("Payment"),
    "customer_comment": gettext_lazy("Customer’s comment"),
    "manager_comment": gettext_lazy("Our comment"),
    "discount": gettext_lazy("Discount"),
    "ship_date": gettext_lazy("Ship on"),
    "ship_from": gettext_lazy("From"),
    "ship_till": gettext_lazy("Till"),
    "status": gettext_lazy("Status"),
    "manager": gettext_lazy("Manager"),
    "picker": gettext_lazy("Picker"),
    "tags": gettext_lazy("Tags"),
    "problems": gettext_lazy("Problems"),
    "duplicate_state": gettext_lazy("Repeat"),
    "paid": gettext_lazy("Paid"),
    "refunded": gettext_lazy("Refunded"),
    "lines": gettext_lazy("Goods"),
}
MONEY_NAMES = {"discount", "delivery_price", "paid", "refunded"}

# What a move is called on its button.
MOVE_TEXTS: dict[Stage, Text] = {
    Stage.NEW: gettext_lazy("Back to new"),
    Stage.AGREED: pgettext_lazy("move of an order", "Agree"),
    Stage.PICKING: pgettext_lazy("move of an order", "Send to picking"),
    Stage.PACKED: pgettext_lazy("move of an order", "Packed"),
    Stage.SHIPPED: pgettext_lazy("move of an order", "Ship"),
    Stage.DELIVERED: pgettext_lazy("move of an order", "Delivered"),
    Stage.CANCELLED: pgettext_lazy("move of an order", "Cancel the order"),
    Stage.RETURNED: pgettext_lazy("move of an order", "Take back"),
}
STOP_PICKING_TEXT = pgettext_lazy("move of an order", "Take off picking")
MOVE_ICONS: dict[Stage, str] = {
    Stage.NEW: "undo-2",
    Stage.AGREED: "handshake",
    Stage.PICKING: "clipboard-list",
    Stage.PACKED: "package-check",
    Stage.SHIPPED: "truck",
    Stage.DELIVERED: "circle-check",
    Stage.CANCELLED: "circle-x",
    Stage.RETURNED: "undo-2",
}

ERROR_TEXTS: dict[str, Any] = {
    **CUSTOM_ERRORS,
    "unknown_channel": gettext_lazy("There is no such channel."),
    "external_id_conflict": gettext_lazy("The channel already sent this order differently."),
    "order_not_found": gettext_lazy("There is no such order any more."),
    "stale_order": gettext_lazy("A colleague has just changed this order."),
    "order_locked": gettext_lazy("The warehouse has this order: ask for the change."),
    "order_closed": gettext_lazy("The order has left or is cancelled: its content stays."),
    "edit_request_pending": gettext_lazy("A change of this order already waits for the warehouse."),
    "not_pending": gettext_lazy("This has already been decided."),
    "required": gettext_lazy("Fill this in."),
    "no_lines": gettext_lazy("Add at least one line."),
    "too_many_lines": gettext_lazy("Too many lines: %(limit)s at most."),
    "quantity_out_of_range": gettext_lazy("Quantity: from 1 to %(limit)s."),
    "price_out_of_range": gettext_lazy("This price is out of range."),
    "discount_out_of_range": gettext_lazy("The discount is bigger than the price."),
    "amount_out_of_range": gettext_lazy("This amount is out of range."),
    "refund_exceeds_paid": gettext_lazy("No more than %(limit)s was paid."),
    "line_without_goods": gettext_lazy("Choose the goods of this line."),
    "unknown_line": gettext_lazy("A colleague has removed this line."),
    "unknown_variant": gettext_lazy("There are no such goods any more."),
    "unknown_customer": gettext_lazy("There is no such customer any more."),
    "unknown_member": gettext_lazy("This person no longer works here."),
    "unknown_status": gettext_lazy("There is no such status any more."),
    "unknown_currency": gettext_lazy("This currency is not supported."),
    "unknown_payment_method": gettext_lazy("Choose how it is paid."),
    "unknown_delivery_method": gettext_lazy("Choose how it is delivered."),
    "bad_phone": gettext_lazy("This is no phone number: check its digits."),
    "interval_reversed": gettext_lazy("The interval ends before it begins."),
    "nothing_changed": gettext_lazy("Nothing was changed."),
    "nothing_returned": gettext_lazy("Say how many units came back."),
    "name_taken": gettext_lazy("This name is already there."),
    "code_taken": gettext_lazy("This code is already there."),
    "unknown_heir": gettext_lazy("Choose another status of the same stage for its orders."),
    "status_in_use": gettext_lazy("The status has been taken back into use."),
    "unknown_team": gettext_lazy("There is no such team any more."),
    "unknown_skill": gettext_lazy("There is no such skill any more."),
    "skill_in_use": gettext_lazy("A sales channel asks for this skill: change it there first."),
    "unknown_tag": gettext_lazy("There is no such tag any more."),
    "tag_there": gettext_lazy("This tag is already there."),
    "number_given": gettext_lazy("Number %(limit)s is given already: choose a greater one."),
    "day_out_of_range": gettext_lazy("Choose a day between 2000 and 2100."),
    "unknown_warehouse": gettext_lazy("There is no such warehouse any more."),
    "unknown_reason": gettext_lazy("There is no such reason any more."),
    "out_of_stock": gettext_lazy("Some goods are not in stock."),
}


def field_label(name: str) -> str:
    """The name of an order's field, as people say it."""
    return str(FIELD_LABELS.get(name, name.removeprefix(CHANGE)))


def error_text(error: Exception) -> str:
    """A refusal of an orders' action, in the reader's language."""
    if isinstance(error, MoveRefused):
        if error.missing:
            reasons = ", ".join(missing_texts(error.missing, error.names))
            return _("Not yet: %(reasons)s.") % {"reasons": reasons}
        return _("The order can’t go there from where it is.")
    code = getattr(error, "code", "")
    text = str(ERROR_TEXTS.get(code, "")) or _("This can’t be done.")
    if isinstance(error, OrderError):
        return text % {"limit": _limit(error.details.get("limit", ""))} if "%(" in text else text
    return text


def _limit(value: Any) -> str:
    """A limit as people write numbers; money comes with its hundredths."""
    if isinstance(value, str) and re.fullmatch(r"\d+\.\d\d", value):
        return formats.number_format(Decimal(value), 2, use_l10n=True, force_grouping=True)
    return str(value)


REFUSALS = (OrderError, MoveRefused, OutOfStock)


def show_value(name: str, value: Any, *, currency: str = "UAH") -> str:
    """A stored value of a field, as people read it; an empty one is a dash."""
    if value in (None, "", []):
        return "—"
    if name in MONEY_NAMES:
        return _money(value, currency)
    if name == "delivery_method":
        return _choice(DeliveryMethod, value)
    if name == "payment_method":
        return _choice(PaymentMethod, value)
    if name == "duplicate_state":
        return _choice(DuplicateState, value)
    if name == "recipient_phone":
        return phone_text(str(value))
    if name == "ship_date":
        return _day(value)
    if name in {"ship_from", "ship_till"}:
        return value.strftime("%H:%M") if isinstance(value, time) else str(value)[:5]
    if name == "problems":
        return " ".join(str(PROBLEM_TEXTS.get(code, code)) for code in value)
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value)
    return str(value)


def _money(value: Any, currency: str) -> str:
    try:
        return money_text(Decimal(str(value)), currency)
    except InvalidOperation:
        return str(value)


def _choice(choices: Any, value: str) -> str:
    return str(choices(value).label) if value in choices.values else str(value)


def _day(value: Any) -> str:
    if isinstance(value, datetime):
        value = value.date()
    if not isinstance(value, date):
        try:
            value = date.fromisoformat(str(value)[:10])
        except ValueError:
            return str(value)
    return day_text(value, year=True)
