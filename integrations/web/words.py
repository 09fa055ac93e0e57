"""What came of a delivery, for people."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from integrations.models import DeliveryState, InboundDelivery
from orders.wording import ERROR_TEXTS

_OUTCOMES = {
    "created": (_("A new order"), "green", "circle-check"),
    "updated": (_("The order was changed"), "blue", "pencil"),
    "unchanged": (_("Nothing new in it"), "gray", "equal"),
    "older": (_("Older than what we have"), "gray", "history"),
    "deleted": (_("The order was cancelled"), "orange", "circle-x"),
    "draft": (_("Not an order yet"), "gray", "circle-minus"),
    "unknown": (_("There is no such order here"), "gray", "circle-minus"),
    "ignored": (_("Not about an order"), "gray", "circle-minus"),
}


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery with what came of it in words: a line of the journal, and its own page."""

    delivery: InboundDelivery
    outcome: dict[str, object]
    why: str


def describe(delivery: InboundDelivery) -> DeliveryRow:
    return DeliveryRow(delivery, describe_outcome(delivery), describe_error(delivery))


def describe_outcome(delivery: InboundDelivery) -> dict[str, object]:
    """Return {text, color, icon} of a delivery's state."""
    if delivery.state == DeliveryState.WAITING:
        if delivery.attempts:
            return {"text": _("Will be tried again"), "color": "yellow", "icon": "refresh-cw"}
        return {"text": _("Waiting"), "color": "yellow", "icon": "clock"}
    if delivery.state == DeliveryState.FAILED:
        return {"text": _("Failed"), "color": "red", "icon": "circle-alert"}
    text, color, icon = _OUTCOMES.get(delivery.outcome, (delivery.outcome, "gray", "circle"))
    return {"text": text, "color": color, "icon": icon}


_NOT_UNDERSTOOD = {
    "The body is not JSON": _("The store did not send JSON."),
    "This is not an order": _("The store did not send an order."),
    "The deleted order has no id": _("The store did not say which order it deleted."),
}
_REFUSAL = re.compile(r"(?P<code>\w+): (?P<field>\S*)(?:.*'limit': (?P<limit>\d+))?")


def describe_error(delivery: InboundDelivery) -> str:
    """Why a delivery failed, in the reader's language; what has no words is shown as it is."""
    for begin, said in _NOT_UNDERSTOOD.items():
        if delivery.error.startswith(begin):
            return str(said)
    found = _REFUSAL.match(delivery.error)
    if found is None or found["code"] not in ERROR_TEXTS:
        return delivery.error
    text = str(ERROR_TEXTS[found["code"]])
    if "%(" in text:
        text %= {"limit": found["limit"] or ""}
    line = re.match(r"lines/(\d+)", found["field"])
    if line is None:
        return text
    return gettext("Line %(number)s: %(text)s") % {"number": int(line[1]) + 1, "text": text}
