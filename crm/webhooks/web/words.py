"""Deliveries, attempts and endpoints in people's words."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.webhooks.catalogue import GROUPS, TEST
from crm.webhooks.models import (
    Delivery,
    DeliveryAttempt,
    DeliveryState,
    EndpointState,
    WebhookEndpoint,
)

Text = str | Promise
_REFUSED: dict[str, Text] = {
    "bad_url": gettext_lazy("This is not an address that can be called."),
    "https_only": gettext_lazy("The address must begin with https://."),
    "port_not_allowed": gettext_lazy("Only the ports 443 and 8443 are called."),
    "no_such_host": gettext_lazy("There is no such host."),
    "address_not_allowed": gettext_lazy("Addresses inside private networks are not called."),
    "too_many_webhooks": gettext_lazy("There are as many webhooks as a company can have."),
    "no_events": gettext_lazy("Choose at least one."),
    "unknown_event": gettext_lazy("There is no such event."),
    "webhook_not_on": gettext_lazy("The webhook does not work now: let it work again first."),
}
_ERRORS: dict[str, Text] = {
    **_REFUSED,
    "timeout": gettext_lazy("No answer within 10 seconds"),
    "connect_timeout": gettext_lazy("No connection within 3 seconds"),
    "not_reached": gettext_lazy("The host could not be reached"),
    "no_such_host": gettext_lazy("There is no such host."),
    "tls": gettext_lazy("The certificate was not accepted"),
    "cut_off": gettext_lazy("The connection was cut off"),
    "redirect": gettext_lazy("It sends elsewhere; redirects are not followed"),
    "refused": gettext_lazy("It answered with an error"),
}
_STATES = {
    DeliveryState.WAITING: ("yellow", "clock"),
    DeliveryState.DELIVERED: ("green", "circle-check"),
    DeliveryState.FAILED: ("red", "circle-alert"),
    DeliveryState.SKIPPED: ("gray", "circle-minus"),
}


def say_refusal(code: str) -> str:
    """Say why an endpoint can't be made or changed so."""
    return str(_REFUSED.get(code, code))


def say_error(error: str, status: int | None) -> str:
    """Say why an attempt failed."""
    if not error:
        return ""
    text = str(_ERRORS.get(error, error))
    return f"{text}: {status}" if status is not None else text


def describe_delivery(delivery: Delivery, endpoint: WebhookEndpoint) -> dict[str, Any]:
    """Return a delivery with the look of its state, why it failed and when it is tried next."""
    color, icon = _STATES[DeliveryState(delivery.state)]
    text = delivery.get_state_display()
    if delivery.state == DeliveryState.WAITING and delivery.attempts:
        text, icon = _("Will be tried again"), "refresh-cw"
    return {
        "delivery": delivery,
        "text": text,
        "color": color,
        "icon": icon,
        "reason": say_error(delivery.error, delivery.last_status),
        "next_at": max(delivery.next_at, endpoint.open_until or delivery.next_at),
    }


def describe_attempt(attempt: DeliveryAttempt) -> dict[str, Any]:
    """Return an attempt with its words."""
    return {"attempt": attempt, "reason": say_error(attempt.error, attempt.status)}


def describe_state(endpoint: WebhookEndpoint) -> dict[str, str]:
    """Return {text, color, icon, note} of an endpoint."""
    note = ""
    if endpoint.state == EndpointState.PAUSED:
        if endpoint.reason == "failing":
            note = _(
                "It took nothing for three days, so it was paused. What happened since waits here."
            )
        else:
            note = _("Nothing is sent. What happens meanwhile is kept and goes out afterwards.")
        return {"text": _("Paused"), "color": "gray", "icon": "circle-pause", "note": note}
    if endpoint.state == EndpointState.OFF:
        note = _("It answered «410 Gone», so it was switched off. What happens now is not kept.")
        return {"text": _("Switched off"), "color": "red", "icon": "circle-x", "note": note}
    if endpoint.failures:
        note = _("It does not take what is sent. It is tried again with growing pauses.")
        return {"text": _("Fails"), "color": "orange", "icon": "triangle-alert", "note": note}
    if endpoint.last_success_at is None:
        return {"text": _("New"), "color": "blue", "icon": "sparkles", "note": note}
    return {"text": _("Works"), "color": "green", "icon": "circle-check", "note": note}


def list_groups(chosen: Any = ()) -> list[dict[str, Any]]:
    """The events that can be chosen, by group."""
    marked = set(chosen or ())
    groups = []
    for group in GROUPS:
        types = [
            {"name": kind.name, "label": kind.label, "on": kind.name in marked}
            for kind in group.types
            if kind.name != TEST
        ]
        on = sum(bool(kind["on"]) for kind in types)
        groups.append({"name": group.name, "label": group.label, "types": types, "on": on})
    return groups


LABELS: dict[str, Text] = {kind.name: kind.label for group in GROUPS for kind in group.types}
