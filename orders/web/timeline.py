"""What happened to an order, in words: a title, an icon and the changed fields."""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.shell.formats import money_text
from orders.models import Order
from orders.selectors.timeline import Happening
from orders.wording import field_label, show_value

_LOOKS: dict[str, tuple[str | Promise, str, str]] = {
    "order.placed": (gettext_lazy("The order came in"), "sparkles", "blue"),
    "order.example": (gettext_lazy("Came with the example"), "flask-conical", "gray"),
    "order.imported": (gettext_lazy("Brought in from a file"), "file-input", "gray"),
    "order.import_undone": (gettext_lazy("The import was undone"), "undo-2", "gray"),
    "order.edited": (gettext_lazy("Changed"), "pencil", ""),
    "order.status_changed": (gettext_lazy("Status changed"), "arrow-right", ""),
    "order.new": (gettext_lazy("Open again"), "undo-2", "blue"),
    "order.agreed": (gettext_lazy("Agreed with the customer"), "handshake", "cyan"),
    "order.picking": (gettext_lazy("Sent to picking"), "clipboard-list", "yellow"),
    "order.packed": (gettext_lazy("Packed"), "package-check", "purple"),
    "order.shipped": (gettext_lazy("Shipped"), "truck", "indigo"),
    "order.delivered": (gettext_lazy("Delivered"), "circle-check", "green"),
    "order.cancelled": (gettext_lazy("Cancelled"), "circle-x", "gray"),
    "order.returned": (gettext_lazy("Came back"), "undo-2", "red"),
    "order.partly_returned": (gettext_lazy("A part came back"), "undo-2", "red"),
    "order.payment_recorded": (gettext_lazy("Payment recorded"), "banknote", "green"),
    "order.assigned": (gettext_lazy("Manager changed"), "user-check", ""),
    "order.noted": (gettext_lazy("Note"), "message-square-text", "yellow"),
    "order.duplicate_decided": (gettext_lazy("Decided about the repeat"), "copy", ""),
    "order.edit_requested": (gettext_lazy("Asked the warehouse for a change"), "pencil", "orange"),
    "order.edit_decided": (gettext_lazy("The warehouse answered"), "check", ""),
    "order.pick_question": (
        gettext_lazy("The picker asks"),
        "circle-question-mark",
        "orange",
    ),
    "order.pick_answered": (gettext_lazy("The picker was answered"), "reply", ""),
    "order.picker_changed": (gettext_lazy("Picker changed"), "user-check", ""),
    "order.answered": (gettext_lazy("The customer was answered"), "phone", "green"),
    "order.alarm": (gettext_lazy("Nobody had answered in time"), "alarm-clock", "red"),
    "order.stock_filled": (gettext_lazy("The awaited goods came"), "package-check", "green"),
    "order.tagged": (gettext_lazy("Tags changed"), "tag", ""),
    "order.problems_changed": (gettext_lazy("Problems changed"), "triangle-alert", "orange"),
}


@dataclass(slots=True)
class Change:
    label: str
    before: str = ""
    after: str = ""


@dataclass(slots=True)
class Entry:
    """A happening as the timeline shows it."""

    id: int
    title: str
    icon: str
    color: str
    who: str
    at: Any
    text: str = ""
    changes: list[Change] = field(default_factory=list)


def word_happening(happening: Happening, order: Order) -> Entry:
    """Put one happening into words."""
    title, icon, color = _LOOKS.get(
        happening.action, (happening.action.removeprefix("order."), "circle", "")
    )
    details = happening.details
    text = happening.text or happening.reason or details.get("source", "")
    if happening.action == "order.edit_decided":
        accepted = details.get("accepted")
        title = _("The warehouse accepted the change") if accepted else _("The warehouse refused")
        icon, color = ("check", "green") if accepted else ("x", "red")
        if details.get("withdrawn"):
            title, icon, color = _("The request was taken back"), "undo-2", ""
    if happening.action == "order.agreed" and details.get("from") == "picking":
        title, icon = _("Taken off picking"), "undo-2"
    if happening.action == "order.payment_recorded":
        if details.get("kind") == "refund":
            title, icon, color = _("Refund recorded"), "banknote-arrow-down", "orange"
        amount = show_value("paid", details.get("amount"), currency=order.currency)
        text = " · ".join(part for part in (amount, text) if part)
    if happening.action in {"order.pick_question", "order.pick_answered"}:
        text = details.get("question") or details.get("answer") or text
    return Entry(
        id=happening.id,
        title=str(title),
        icon=icon,
        color=color,
        who=_("Kram") if happening.who_kind == "system" else happening.who,
        at=happening.at,
        text=text,
        changes=_changes(happening, order),
    )


def _changes(happening: Happening, order: Order) -> list[Change]:
    if happening.action == "order.payment_recorded":
        return []
    changes: list[Change] = []
    for name, before, after in happening.changes:
        if name == "lines":
            changes += word_lines(before, after, currency=order.currency)
        else:
            changes.append(word_change(name, before, after, currency=order.currency))
    return changes


def word_change(name: str, before: Any, after: Any, *, currency: str) -> Change:
    """One field: was, is."""
    return Change(
        field_label(name),
        show_value(name, before, currency=currency),
        show_value(name, after, currency=currency),
    )


# A line as an edit notes it: "2 × Tea · 100.00 − 10.00".
_NOTED = re.compile(r"(?P<what>.*) · (?P<price>\d+\.\d\d)(?: − (?P<off>\d+(?:\.\d+)?))?", re.DOTALL)


def _say_line(noted: str, currency: str) -> str:
    found = _NOTED.fullmatch(noted)
    if found is None:
        return noted
    price = money_text(Decimal(found["price"]), currency)
    off = f" − {money_text(Decimal(found['off']), currency)}" if found["off"] else ""
    return f"{found['what']} · {price}{off}"


def word_lines(before: list[str], after: list[str], *, currency: str) -> list[Change]:
    """Only the lines that are gone, and those that came."""
    before = [_say_line(line, currency) for line in before]
    after = [_say_line(line, currency) for line in after]
    label = field_label("lines")
    gone = [line for line in before if line not in after]
    came = [line for line in after if line not in before]
    pairs = max(len(gone), len(came))
    gone += [""] * (pairs - len(gone))
    came += [""] * (pairs - len(came))
    return [Change(label, old, new) for old, new in zip(gone, came, strict=True)]


def word_diff(diff: list[dict[str, Any]], *, currency: str) -> list[Change]:
    """The diff of an edit request."""
    changes: list[Change] = []
    for row in diff:
        if row["field"] == "lines":
            changes += word_lines(row["before"], row["after"], currency=currency)
        else:
            changes.append(
                word_change(row["field"], row["before"], row["after"], currency=currency)
            )
    return changes
