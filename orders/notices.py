"""The words of this app's notifications, made in the reader's language when they are read."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.shell.notices import Notice, register_notification


def connect() -> None:
    """Register the words of every kind of notification that the subscribers send."""
    register_notification("order.placed", _placed)
    register_notification("order.assigned", _assigned)
    register_notification("orders.assigned", _many_assigned)
    register_notification("order.alarm", _alarm)
    register_notification("order.edit_requested", _edit_requested)
    register_notification("order.edit_decided", _edit_decided)
    register_notification("order.pick_question", _pick_question)
    register_notification("order.stock_filled", _stock_filled)


def _placed(params: dict[str, Any]) -> Notice:
    return Notice(_("New order №%(number)s has no manager yet") % params, "sparkles", "blue")


def _assigned(params: dict[str, Any]) -> Notice:
    return Notice(_("Order №%(number)s is yours") % params, "user-check", "cyan")


def _many_assigned(params: dict[str, Any]) -> Notice:
    text = ngettext(
        "%(who)s gave you %(count)s order", "%(who)s gave you %(count)s orders", params["count"]
    )
    return Notice(text % params, "user-check", "cyan")


def _alarm(params: dict[str, Any]) -> Notice:
    return Notice(
        _("Nobody has answered order №%(number)s (reminder %(count)s)") % params,
        "alarm-clock",
        "red",
    )


def _edit_requested(params: dict[str, Any]) -> Notice:
    return Notice(_("A change of order №%(number)s waits for you") % params, "pencil", "orange")


def _edit_decided(params: dict[str, Any]) -> Notice:
    if params.get("accepted"):
        return Notice(
            _("The warehouse accepted the change of order №%(number)s") % params, "check", "green"
        )
    return Notice(_("The warehouse refused the change of order №%(number)s") % params, "x", "red")


def _pick_question(params: dict[str, Any]) -> Notice:
    return Notice(
        _("The picker of order №%(number)s asks: %(question)s") % params,
        "circle-question-mark",
        "orange",
    )


def _stock_filled(params: dict[str, Any]) -> Notice:
    return Notice(_("The goods for order №%(number)s have come") % params, "package-check", "green")
