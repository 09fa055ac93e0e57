"""What the company's audit log says of every app's actions."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.accounts.permissions import Permission, Role
from crm.accounts.scope_choices import list_limits
from crm.accounts.scopes import Reach
from crm.audit.models import AuditEntry
from crm.audit.texts import (
    AuditText,
    list_changes,
    register_audit_action,
    register_audit_text,
)
from crm.fields.models import FieldType, Kind
from crm.fields.values import CHANGE
from customers.web.present import language_names
from customers.web.words import tell_history
from orders import events as order_events
from orders.events import stage_topic
from orders.models import (
    Order,
)
from orders.pipeline import Stage
from orders.selectors.timeline import Happening
from orders.web.settings_forms import rule_names
from orders.web.timeline import word_happening

Text = str | Promise
_SIMPLE: dict[str, tuple[Text, str]] = {
    "company.created": (_("The company was created"), "building-2"),
    "company.failures_retried": (_("Failed effects tried again"), "refresh-cw"),
    "company.changed": (_("Company profile changed"), "building-2"),
    "company.example_filled": (_("Filled with an example"), "flask-conical"),
    "company.example_removed": (_("The example was removed"), "flask-conical-off"),
    "member.joined": (_("joined by an invitation"), "user-plus"),
    "member.invited": (_("was invited"), "send"),
    "member.role_changed": (_("has another role"), "shield"),
    "member.deactivated": (_("lost access"), "user-x"),
    "member.reactivated": (_("has access again"), "user-check"),
    "member.notices_chosen": (_("chose what to be told of"), "bell"),
    "member.hours_changed": (_("works at other hours"), "clock"),
    "member.access_changed": (_("has access until another day"), "clock"),
    "member.access_ended": (_("lost access: its time was over"), "user-x"),
    "member.view_began": (_("An owner began to look through the eyes of this member"), "scan-eye"),
    "member.view_ended": (_("An owner went back to themselves"), "scan-eye"),
    "member.scope_changed": (_("is shown other orders"), "list-filter"),
    "role.created": (_("Role made"), "user-cog"),
    "role.edited": (_("Role changed"), "user-cog"),
    "role.deleted": (_("Role deleted"), "user-cog"),
    "team.created": (_("Team made"), "users-round"),
    "team.edited": (_("Team changed"), "users-round"),
    "team.deleted": (_("Team deleted"), "users-round"),
    "company.suspended": (_("The company was suspended"), "circle-pause"),
    "company.reopened": (_("The company was opened again"), "circle-play"),
    "company.support_opened": (_("Support was let in to look"), "life-buoy"),
    "company.support_closed": (_("Support went away"), "life-buoy"),
    "company.archived": (_("An archive of the whole company was made"), "archive"),
    "company.imported": (_("The company was filled from an archive"), "archive-restore"),
    "company.security_changed": (_("Rules of sign-in changed"), "shield"),
    "invitation.revoked": (_("The invitation was withdrawn"), "x"),
    "apikey.created": (_("API key made"), "key-round"),
    "apikey.rotated": (_("API key replaced"), "refresh-cw"),
    "apikey.revoked": (_("API key withdrawn"), "x"),
    "savedview.created": (_("View of a list kept"), "bookmark-plus"),
    "savedview.edited": (_("View of a list changed"), "bookmark"),
    "savedview.deleted": (_("View of a list deleted"), "bookmark-x"),
    "job.started": (_("Background work started"), "list-checks"),
    "job.stopped": (_("Background work stopped"), "circle-stop"),
    "import.uploaded": (_("File to import uploaded"), "file-input"),
    "import.started": (_("Import of a file started"), "file-input"),
    "import.undo_started": (_("Undo of an import started"), "undo-2"),
    "import.discarded": (_("File to import thrown away"), "trash-2"),
    "orders.imported": (_("Past orders brought in"), "file-input"),
    "orders.import_undone": (_("Past orders taken back"), "undo-2"),
    "product.created": (_("Product added"), "package-plus"),
    "product.edited": (_("Product changed"), "package"),
    "product.removed": (_("Product removed: an import was undone"), "package-x"),
    "variant.created": (_("Variant added"), "package-plus"),
    "variant.edited": (_("Variant changed"), "package"),
    "stock.received": (_("Goods received"), "package-plus"),
    "stock.corrected": (_("Stock corrected"), "scale"),
    "stock.written_off": (_("Goods written off"), "package-x"),
    "stock.returned": (_("Goods came back"), "undo-2"),
    "stock.cell_moved": (_("Moved to another cell"), "move"),
    "warehouse.created": (_("Warehouse added"), "warehouse"),
    "warehouse.edited": (_("Warehouse changed"), "warehouse"),
    "demand.filled": (_("Awaited goods were held"), "package-check"),
    "connection.created": (_("Connection made"), "plug"),
    "connection.changed": (_("Connection changed"), "plug"),
    "connection.secret_changed": (_("Secret of the connection changed"), "key-round"),
    "status.created": (_("Status added"), "workflow"),
    "status.edited": (_("Status changed"), "workflow"),
    "status.ordered": (_("Statuses put in another order"), "workflow"),
    "status.made_default": (_("Status made the usual one"), "workflow"),
    "status.archived": (_("Status archived"), "archive"),
    "status.restored": (_("Status restored"), "archive-restore"),
    "channel.created": (_("Sales channel added"), "store"),
    "channel.edited": (_("Sales channel changed"), "store"),
    "cancelreason.created": (_("Reason for cancelling added"), "circle-x"),
    "cancelreason.edited": (_("Reason for cancelling changed"), "circle-x"),
    "cancelreason.ordered": (_("Reasons for cancelling put in another order"), "circle-x"),
    "returnreason.created": (_("Reason for returns added"), "undo-2"),
    "returnreason.edited": (_("Reason for returns changed"), "undo-2"),
    "returnreason.ordered": (_("Reasons for returns put in another order"), "undo-2"),
    "holiday.set": (_("Holidays set"), "calendar-days"),
    "holiday.removed": (_("Holiday removed"), "calendar-x"),
    "skill.created": (_("Skill added"), "badge-check"),
    "skill.edited": (_("Skill changed"), "badge-check"),
    "skill.removed": (_("Skill removed"), "badge-check"),
    "tag.edited": (_("Tag changed"), "tag"),
    "tag.renamed": (_("Tag renamed"), "tag"),
    "tag.merged": (_("Two tags made one"), "tags"),
    "exchangerate.set": (_("Exchange rate set"), "banknote"),
    "ordersettings.edited": (_("Settings of orders changed"), "sliders-horizontal"),
    "field.created": (_("Custom field added"), "text-cursor-input"),
    "field.edited": (_("Custom field changed"), "text-cursor-input"),
    "field.ordered": (_("Custom fields put in another order"), "text-cursor-input"),
    "field.archived": (_("Custom field archived"), "archive"),
    "field.restored": (_("Custom field restored"), "archive-restore"),
    "message.sent_again": (_("Letter sent again"), "send"),
    "message.stopped": (_("Letter stopped"), "circle-stop"),
    "messages.configured": (_("Letters to customers set up"), "mail"),
}
_LABELS: dict[str, Text] = {
    "name": pgettext_lazy("of a thing", "Name"),
    "role": _("Role"),
    "permissions": _("Rights"),
    "scope": _("Which orders"),
    "lead": _("Lead"),
    "language": _("Language"),
    "time_zone": _("Time zone"),
    "takes_orders": _("Is given new orders"),
    "access_until": _("Access until"),
    "two_step_required": _("Members must use two-step sign-in"),
    "work_start": _("From"),
    "work_end": _("Till"),
    "price": _("Price"),
    "cost": _("Cost"),
    "sku": _("SKU"),
    "is_active": _("In use"),
    "expires_at": _("Works until"),
    "cell": _("Cell"),
    "position": _("Place"),
    "color": _("Colour"),
    "icon": _("Icon"),
    "logo": _("Logo"),
    "legal_name": _("Legal name"),
    "tax_id": _("EDRPOU or tax id"),
    "address": _("Address"),
    "phone": _("Phone"),
    "email": _("E-mail"),
    "languages": _("Other languages"),
    "names": _("Names in other languages"),
    "required": _("To come here an order must have"),
    "hours_limit": _("Late after, hours"),
    "next_ids": _("May go on to"),
    "is_default": _("Entered first"),
    "heir": _("Its orders go to"),
    "members": _("Members"),
    "currency": _("Currency"),
    "stock_policy": _("When stock is short"),
    "warehouse": _("First warehouse"),
    "default_manager": _("First to whom"),
    "team": _("Team"),
    "skill": _("Asks for the skill"),
    "first_status": _("New orders come as"),
    "number_prefix": _("Before the number"),
    "next_number": _("The next number"),
    "code": _("Code"),
    "response_minutes": _("first answer within, minutes"),
    "alarm_minutes": _("remind again every, minutes"),
    "duplicate_minutes": _("same order within, minutes"),
    "day_0": _("Mon"),
    "day_1": _("Tue"),
    "day_2": _("Wed"),
    "day_3": _("Thu"),
    "day_4": _("Fri"),
    "day_5": _("Sat"),
    "day_6": _("Sun"),
    "kind": _("Kind"),
    "type": _("Type"),
    "help": _("Hint under the field"),
    "options": _("Options"),
    "order": _("Order of the fields"),
    "is_archived": pgettext_lazy("of a field", "Archived"),
}
_ORDER_ACTIONS = (
    *(v for k, v in vars(order_events).items() if k.isupper() and v.startswith("order.")),
    *(stage_topic(stage.word) for stage in Stage),
)
_CUSTOMER_ACTIONS: dict[str, Text] = {
    "customer.created": _("Customer added"),
    "customer.changed": _("Customer changed"),
    "customer.blocked": _("Not to be sold to"),
    "customer.unblocked": _("May be sold to again"),
    "customer.noted": _("Note"),
    "customer.note_removed": _("Note removed"),
    "customer.tagged": _("Tags changed"),
    "customer.removed": _("Customer removed: an import was undone"),
}


def connect() -> None:
    """Register the words of all apps."""
    for action in _SIMPLE:
        register_audit_text(action, _tell_field if action.startswith("field.") else _tell_simple)
    register_audit_text("order.*", _tell_order)
    register_audit_text("customer.*", _tell_customer)
    for action, (title, _icon) in _SIMPLE.items():
        register_audit_action(action, title)
    for action in _ORDER_ACTIONS:
        register_audit_action(action)
    for action, title in _CUSTOMER_ACTIONS.items():
        register_audit_action(action, title)


# --- Words ---------------------------------------------------------------------------------------


def _tell_simple(entry: AuditEntry) -> AuditText:
    title, icon = _SIMPLE[entry.action]
    changes = list_changes(entry, _LABELS)
    for change, (name, raw) in zip(changes, entry.changes.items(), strict=True):
        change["label"] = change["label"].removeprefix(CHANGE)
        if name in {"permissions", "scope"}:
            words = _rights if name == "permissions" else _rows
            change["before"], change["after"] = (words(value) for value in raw)
        elif name == "required":
            names = rule_names(code for value in raw for code in value or ())
            change["before"], change["after"] = (
                ", ".join(names.get(code, code) for code in value or ()) or "—" for value in raw
            )
    if entry.action.startswith("member."):
        role = entry.details.get("role", "")
        for change, raw in zip(changes, entry.changes.values(), strict=True):
            if change["label"] == str(_LABELS["role"]):
                change["before"], change["after"] = (_role(value) for value in raw)
        return AuditText(str(title), icon, text=_role(role) if role else "", changes=changes)
    return AuditText(str(title), icon, changes=changes)


def _tell_field(entry: AuditEntry) -> AuditText:
    """A field of the company's own, with what it is a field of."""
    title, icon = _SIMPLE[entry.action]
    changes = list_changes(entry, {**_LABELS, "required": _("Must be filled in forms")})
    for change, (name, raw) in zip(changes, entry.changes.items(), strict=True):
        if name == "type":
            change["after"] = str(FieldType(raw[1]).label)
        elif name in {"required", "is_archived"}:
            change["before"], change["after"] = (
                str(_("Yes") if value else _("No")) for value in raw
            )
    kind = entry.details.get("kind", "")
    text = str(Kind(kind).label) if kind in Kind.values else ""
    return AuditText(str(title), icon, text=text, changes=changes)


def _role(value: Any) -> str:
    return str(Role(value).label) if value in Role.values else str(value)


def _rights(value: Any) -> str:
    return ", ".join(str(p.label) for p in Permission if p in (value or ()))


def _rows(value: Any) -> str:
    """A scope in words: whose orders, and how many of each limit."""
    if not value:
        return str(_("As the role says"))
    parts = [str(Reach(value["reach"]).label)]
    if value["unassigned"]:
        parts.append(str(_("And orders without a manager")))
    for limit in list_limits():
        names = dict(limit.choices())
        chosen = [names.get(pk, str(pk)) for pk in value[limit.name]]
        if chosen:
            parts.append(f"{limit.label}: {', '.join(chosen)}")
    return "; ".join(parts)


def _tell_order(entry: AuditEntry) -> AuditText:
    happening = Happening(
        id=entry.pk,
        action=entry.action,
        who=entry.actor_label,
        who_kind=entry.actor_kind,
        at=entry.at,
        reason=entry.reason,
        text=entry.details.get("text", ""),
        changes=[(name, *pair) for name, pair in entry.changes.items()],
        details=entry.details,
    )
    words = word_happening(happening, Order(currency=entry.details.get("currency") or "UAH"))
    changes = [
        {"label": str(change.label), "before": change.before, "after": change.after}
        for change in words.changes
    ]
    return AuditText(words.title, words.icon, words.color, words.text, changes)


def _tell_customer(entry: AuditEntry) -> AuditText:
    [told] = tell_history([entry], [], language_names())
    return AuditText(told.title, told.icon, told.color, told.text, told.changes)
