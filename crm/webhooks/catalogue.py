"""Every event that other programs can be told of: its name, its words, and an example of it.

The name is the action's own (`record("order.agreed", …)`). A name never changes its meaning; what
`data` holds may grow. A change that a receiver must know of gets a higher `version`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.webhooks import examples

Text = str | Promise
TEST = "webhook.test"


@dataclass(frozen=True, slots=True)
class EventType:
    """One kind of event. `facts` are what the event itself tells beside its object: names of the
    outbox payload with example values; a string example means that the value goes out as one."""

    name: str
    label: Text
    object: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    version: int = 1

    @property
    def group(self) -> str:
        return self.name.partition(".")[0]

    def example(self) -> dict[str, Any]:
        """An example of `data`."""
        return {self.object: examples.OBJECTS[self.object], **self.facts}


@dataclass(frozen=True, slots=True)
class Group:
    """Events of one kind of thing; `in_channel`: a key of one sales channel hears of them."""

    name: str
    label: Text
    types: tuple[EventType, ...]
    in_channel: bool = False


def _move(source: str, target: str) -> dict[str, Any]:
    return {"from": source, "to": target}


def _events(
    thing: str, rows: Mapping[str, tuple[Text, dict[str, Any]] | Text]
) -> tuple[EventType, ...]:
    """The events of one kind of object; a name may stand for another object by `object:name`."""
    made = []
    for key, row in rows.items():
        label, facts = row if isinstance(row, tuple) else (row, {})
        kind, _colon, name = key.rpartition(":")
        made.append(EventType(name, label, kind or thing, facts))
    return tuple(made)


GROUPS: tuple[Group, ...] = (
    Group(
        "order",
        _("Orders"),
        _events(
            "order",
            {
                "order.placed": (_("An order came in"), {"stage": "new"}),
                "order.edited": (
                    _("An order was changed"),
                    {"fields": ["delivery_city", "lines"]},
                ),
                "order.new": (_("An order was put back to new"), _move("agreed", "new")),
                "order.agreed": (_("An order was agreed"), _move("new", "agreed")),
                "order.status_changed": (
                    _("An order got another status of the same stage"),
                    _move("new", "new"),
                ),
                "order.cancelled": (_("An order was cancelled"), _move("new", "cancelled")),
                "order.assigned": (_("An order got another manager"), {"manager_id": "12"}),
                "order.answered": _("The buyer of a new order was answered"),
                "order.alarm": (_("A new order waits for an answer too long"), {"count": 2}),
                "order.noted": _("A note was written on an order"),
                "order.tagged": _("Tags of an order were changed"),
                "order.problems_changed": _("Something to mend was found in an order, or mended"),
                "order.duplicate_decided": (
                    _("It was decided whether an order is a repeat"),
                    {"state": "confirmed"},
                ),
                "order.edit_requested": (
                    _("The warehouse was asked for a change"),
                    {"request_id": "31"},
                ),
                "order.edit_decided": (
                    _("The warehouse decided on a change"),
                    {"request_id": "31", "accepted": True},
                ),
                "channel:orders.imported": (
                    _("Past orders were brought in from a file"),
                    {"orders": ["5121", "5122"]},
                ),
                "channel:orders.import_undone": (
                    _("Orders of an import were taken back"),
                    {"orders": ["5121", "5122"]},
                ),
            },
        ),
        in_channel=True,
    ),
    Group(
        "payment",
        _("Payments"),
        _events(
            "order",
            {
                "order.payment_recorded": (
                    _("Money came for an order or was given back"),
                    {"amount": "1249.50", "currency": "UAH", "kind": "payment"},
                ),
            },
        ),
        in_channel=True,
    ),
    Group(
        "picking",
        _("Picking and shipping"),
        _events(
            "order",
            {
                "order.picking": (_("Picking of an order began"), _move("agreed", "picking")),
                "pick_list:order.pick_progress": (
                    _("A line of a pick list was taken"),
                    {"order_id": "5121", "line_id": "9001", "picked": 2},
                ),
                "order.pick_question": (_("The picker asks"), {"pick_list_id": "77"}),
                "order.pick_answered": (_("The picker was answered"), {"pick_list_id": "77"}),
                "order.picker_changed": (
                    _("A pick list went to another picker"),
                    {"pick_list_id": "77"},
                ),
                "order.stock_filled": _("Goods came that an order had waited for"),
                "order.packed": (_("An order was packed"), _move("picking", "packed")),
                "order.shipped": (_("An order was sent"), _move("packed", "shipped")),
                "order.delivered": (_("An order was delivered"), _move("shipped", "delivered")),
                "order.returned": (_("An order came back"), _move("shipped", "returned")),
                "order.partly_returned": (_("A part of an order came back"), {"units": 1}),
            },
        ),
        in_channel=True,
    ),
    Group(
        "customer",
        _("Customers"),
        _events(
            "customer",
            {
                "customer.created": _("A new customer"),
                "customer.changed": _("A customer was changed"),
                "customer.blocked": _("A customer was blocked"),
                "customer.unblocked": _("A customer was unblocked"),
                "customer.noted": _("A note was written on a customer"),
                "customer.note_removed": _("A note on a customer was removed"),
                "customer.tagged": _("Tags of a customer were changed"),
            },
        ),
    ),
    Group(
        "product",
        _("Products"),
        _events(
            "product",
            {
                "product.created": _("Product added"),
                "product.edited": _("Product changed"),
                "variant:variant.created": _("Variant added"),
                "variant:variant.edited": _("Variant changed"),
            },
        ),
        in_channel=True,
    ),
    Group(
        "stock",
        _("Stock"),
        _events(
            "stock_document",
            {
                "stock.received": _("Goods received"),
                "stock.corrected": _("Stock corrected"),
                "stock.written_off": _("Goods written off"),
                "stock_item:stock.cell_moved": _("Moved to another cell"),
                "warehouse:warehouse.created": _("Warehouse added"),
                "warehouse:warehouse.edited": _("Warehouse changed"),
            },
        ),
        in_channel=True,
    ),
    Group(
        "member",
        _("Members"),
        _events(
            "member",
            {
                "invitation:member.invited": _("Somebody was invited"),
                "member.joined": _("Somebody joined by an invitation"),
                "member.role_changed": _("A member has another role"),
                "member.deactivated": _("A member lost access"),
                "member.reactivated": _("A member has access again"),
                "member.hours_changed": _("A member works at other hours"),
                "invitation:invitation.revoked": _("The invitation was withdrawn"),
            },
        ),
    ),
    Group(
        "connection",
        _("Connections and API keys"),
        _events(
            "connection",
            {
                "api_key:apikey.created": _("API key made"),
                "api_key:apikey.rotated": _("API key replaced"),
                "api_key:apikey.revoked": _("API key withdrawn"),
                "connection.created": _("Connection made"),
                "connection.changed": _("Connection changed"),
                "connection.secret_changed": _("Secret of the connection changed"),
                "webhook:webhook.created": _("Webhook made"),
                "webhook:webhook.changed": _("Webhook changed"),
                "webhook:webhook.secret_rotated": _("Webhook got a new secret"),
                "webhook:webhook.paused": _("Webhook paused"),
                "webhook:webhook.resumed": _("Webhook works again"),
                "webhook:webhook.switched_off": _("Webhook switched off"),
                "webhook:webhook.removed": _("Webhook removed"),
                f"webhook:{TEST}": _("A test of a webhook, sent to it alone"),
            },
        ),
    ),
    Group(
        "job",
        _("Background work and imports"),
        _events(
            "job",
            {
                "job.started": _("Background work started"),
                "job.stopped": _("Background work stopped"),
                "job.finished": _("Background work finished"),
                "import:import.uploaded": _("A file to import was uploaded"),
                "import:import.started": _("An import began"),
                "import:import.undo_started": _("Undoing an import began"),
            },
        ),
    ),
    Group(
        "company",
        _("Company and settings"),
        _events(
            "company",
            {
                "company.changed": _("Company profile changed"),
                "channel:channel.created": _("Sales channel added"),
                "channel:channel.edited": _("Sales channel changed"),
                "status:status.created": _("Status added"),
                "status:status.edited": _("Status changed"),
                "status:status.made_default": _("Status made the usual one"),
                "status:status.archived": _("A status was taken out of use"),
                "status:status.restored": _("A status is in use again"),
                "cancel_reason:cancelreason.created": _("Reason for cancelling added"),
                "cancel_reason:cancelreason.edited": _("Reason for cancelling changed"),
                "exchange_rate:exchangerate.set": _("Exchange rate set"),
            },
        ),
    ),
)
TYPES: dict[str, EventType] = {event.name: event for group in GROUPS for event in group.types}
IN_CHANNEL = frozenset(event.name for group in GROUPS if group.in_channel for event in group.types)


def event_type(name: str) -> EventType | None:
    """Return the event of that name, or None where other programs are not told of it."""
    return TYPES.get(name)


def keep_facts(kind: EventType, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of an outbox payload may go out, in the types of the example."""
    kept: dict[str, Any] = {}
    for name, example in kind.facts.items():
        value = payload.get(name)
        kept[name] = _as(example, value)
    return kept


def _as(example: Any, value: Any) -> Any:
    """A value in the type of the example: ids go out as strings."""
    if value is None:
        return None
    if isinstance(example, list):
        return [_as(example[0], part) for part in value]
    return str(value) if isinstance(example, str) else value
