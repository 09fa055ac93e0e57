"""What came of a delivery, for people."""

from django.utils.translation import gettext_lazy as _

from integrations.models import DeliveryState, InboundDelivery

_OUTCOMES = {
    "created": (_("A new order"), "green", "circle-check"),
    "updated": (_("The order was changed"), "blue", "pencil"),
    "unchanged": (_("Nothing new in it"), "gray", "equal"),
    "older": (_("Older than what we have"), "gray", "history"),
    "deleted": (_("The order was cancelled"), "orange", "circle-x"),
    "ignored": (_("Not about an order"), "gray", "circle-minus"),
}


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
