"""The words of this app's notifications, made in the reader's language when they are read."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.accounts.permissions import Permission
from crm.shell.notices import Notice, register_notification


def connect() -> None:
    """Register the words of every kind of notification that the subscribers send."""
    for kind, builder, label in (
        ("order.placed", _placed, gettext_lazy("A new order has no manager")),
        ("order.assigned", _assigned, gettext_lazy("I am given an order")),
        ("order.alarm", _alarm, gettext_lazy("Nobody has answered an order")),
        ("order.edit_requested", _edit_requested, gettext_lazy("The warehouse is asked to change")),
        ("order.edit_decided", _edit_decided, gettext_lazy("The warehouse decided on my change")),
        ("order.pick_question", _pick_question, gettext_lazy("A picker asks")),
        ("order.stock_filled", _stock_filled, gettext_lazy("Awaited goods have come")),
    ):
        register_notification(kind, builder, label=label, permission=Permission.ORDERS_VIEW)
    register_notification("orders.assigned", _many_assigned, chosen_as="order.assigned")


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
