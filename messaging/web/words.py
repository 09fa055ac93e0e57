"""States and reasons of letters in the reader's words."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from messaging.models import MessageState, OutgoingMessage

# state -> colour, icon
LOOKS: dict[str, tuple[str, str]] = {
    MessageState.WAITING: ("yellow", "clock"),
    MessageState.SENDING: ("blue", "send"),
    MessageState.SENT: ("green", "check"),
    MessageState.SKIPPED: ("gray", "skip-forward"),
    MessageState.FAILED: ("red", "circle-alert"),
}
KIND_ICONS = {"agreed": "handshake", "shipped": "truck", "payment_reminder": "banknote"}
_REASONS: dict[str, Promise] = {
    "switched_off": _("Such letters are switched off."),
    "order_gone": _("The order was cancelled or came back."),
    "order_is_repeat": _("The order repeats another one."),
    "not_agreed": _("The order is no longer agreed."),
    "not_on_its_way": _("The parcel was no longer on its way."),
    "paid": _("The order is paid."),
    "no_email": _("The customer has no e-mail. Add one and send again."),
    "not_written": _("The letter could not be written. Tell support."),
    "gave_up": _("The mail server did not take it for two days."),
    "stopped": _("Stopped by hand."),
    "moved": _("It waited when the company's archive was made; it is not sent from here."),
}


def say_reason(message: OutgoingMessage) -> str:
    """Return why a letter was not sent (yet); the mail server's own words where they are known."""
    return str(_REASONS.get(message.error, message.error))
