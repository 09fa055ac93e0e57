"""What events tell other programs of each app's objects: no personal data, no costs.

Who needs more reads the object by the API, with a key that has the scope for it.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from django.db.models import Model, Sum

from crm.accounts.models import Invitation, Membership
from crm.api.fields import money
from crm.api.models import ApiKey
from crm.jobs.models import Job
from crm.tenancy.models import Tenant
from crm.webhooks.models import WebhookEndpoint
from crm.webhooks.ports import Snapshot, register_event_object
from customers.models import Customer
from integrations.imports.models import Import
from integrations.models import Connection
from inventory.models import Product, StockDocument, StockItem, StockMovement, Variant, Warehouse
from orders.models import CancelReason, Channel, ExchangeRate, Order, PickList, Status
from orders.pipeline import Stage

Row = dict[str, Any]


def connect() -> None:
    """Register how events describe the objects of all apps."""
    register_event_object("order", "order", describe_orders)
    register_event_object("picklist", "pick_list", describe_pick_lists)
    register_event_object("stockdocument", "stock_document", describe_documents)
    register_event_object("stockitem", "stock_item", describe_stock_items)
    _simple("customer", Customer, "customer", "language is_blocked created_at updated_at")
    _simple("product", Product, "product", "name brand category is_active updated_at")
    _simple(
        "variant",
        Variant,
        "variant",
        "product_id sku name price currency is_active updated_at",
        _price,
    )
    _simple("warehouse", Warehouse, "warehouse", "code name is_active")
    _simple("membership", Membership, "member", "role is_active")
    _simple("invitation", Invitation, "invitation", "role expires_at accepted_at revoked_at")
    _simple(
        "apikey",
        ApiKey,
        "api_key",
        "name prefix scopes channel_code expires_at revoked_at",
        _channel_code,
    )
    _simple(
        "connection", Connection, "connection", "kind name channel__code is_active", _in_channel
    )
    _simple("webhookendpoint", WebhookEndpoint, "webhook", "url description state reason")
    _simple("job", Job, "job", "kind state total done failed")
    register_event_object("channel", "channel", describe_channels)
    _simple("import", Import, "import", "kind state counts")
    _simple("status", Status, "status", "name stage is_default is_active", _stage)
    _simple("cancelreason", CancelReason, "cancel_reason", "name is_active")
    _simple("exchangerate", ExchangeRate, "exchange_rate", "currency rate since")
    _simple("tenant", Tenant, "company", "slug name currency language time_zone", _without_id)


# --- Objects that are told as they are ----------------------------------------------------------


def _simple(
    object_type: str,
    model: type[Model],
    name: str,
    columns: str,
    finish: Callable[[Row], Row] = lambda row: row,
) -> None:
    """Objects of which some columns are told; one query for all of them."""
    names = columns.split()

    def describe(ids: Collection[int]) -> Mapping[int, Snapshot]:
        rows = model._default_manager.filter(pk__in=ids).values("id", *names)
        return {row["id"]: Snapshot(finish(_plain(row))) for row in rows}

    register_event_object(object_type, name, describe)


def _plain(row: Row) -> Row:
    return {name: _value(name, value) for name, value in row.items()}


def _value(name: str, value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if name == "id" or name.endswith("_id"):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value if isinstance(value, int | str | list | dict) else str(value)


def _price(row: Row) -> Row:
    currency = row.pop("currency")
    return {name: money(v, currency) if name == "price" else v for name, v in row.items()}


def _channel_code(row: Row) -> Row:
    return {"channel" if name == "channel_code" else name: v for name, v in row.items()}


def _in_channel(row: Row) -> Row:
    return {"channel" if name == "channel__code" else name: v for name, v in row.items()}


def _stage(row: Row) -> Row:
    return {**row, "stage": Stage(row["stage"]).word}


def _without_id(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "id"}


# --- Orders and the warehouse -------------------------------------------------------------------

_ORDER = [
    "id",
    "number",
    "external_id",
    "channel__code",
    "stage",
    "status__name",
    "status_id",
    "customer_id",
    "manager_id",
    "currency",
    "total",
    "paid",
    "refunded",
    "returned_total",
    "is_short",
    "problems",
    "version",
    "placed_at",
    "updated_at",
]
_MONEY = ("total", "paid", "refunded", "returned_total")


def describe_orders(ids: Collection[int]) -> Mapping[int, Snapshot]:
    """Orders: their place in the pipeline and their sums. One query."""
    found = {}
    for row in Order.objects.filter(pk__in=ids).values(*_ORDER):
        data = _plain(row)
        currency = data.pop("currency")
        for name in _MONEY:
            data[name] = money(data[name], currency)
        data["stage"] = Stage(row["stage"]).word
        data["channel"] = data.pop("channel__code")
        data["status"] = data.pop("status__name")
        found[row["id"]] = Snapshot(data, row["channel__code"])
    return found


def describe_channels(ids: Collection[int]) -> Mapping[int, Snapshot]:
    """Sales channels, each in itself. One query."""
    rows = Channel.objects.filter(pk__in=ids).values("id", "code", "name", "kind", "is_active")
    return {row["id"]: Snapshot(_plain(row), row["code"]) for row in rows}


def describe_pick_lists(ids: Collection[int]) -> Mapping[int, Snapshot]:
    """Pick lists, in the channel of their order. One query."""
    rows = PickList.objects.filter(pk__in=ids).values(
        "id", "order_id", "picker_id", "state", "order__channel__code"
    )
    found = {}
    for row in rows:
        channel = row.pop("order__channel__code")
        found[row["id"]] = Snapshot(_plain(row), channel)
    return found


def describe_documents(ids: Collection[int]) -> Mapping[int, Snapshot]:
    """Papers of the warehouse with the present stock of what they moved, in all warehouses
    together. Three queries."""
    moved: dict[int, set[int]] = defaultdict(set)
    moves = StockMovement.objects.filter(document_id__in=ids).exclude(on_hand_delta=0)
    for document_id, variant_id in moves.values_list("document_id", "stock_item__variant_id"):
        moved[document_id].add(variant_id)
    levels = _levels({variant for variants in moved.values() for variant in variants})
    rows = StockDocument.objects.filter(pk__in=ids).values(
        "id", "kind", "number", "warehouse__code", "created_at"
    )
    found = {}
    for row in rows:
        data = _plain(row)
        data["warehouse"] = data.pop("warehouse__code")
        data["levels"] = [levels[variant] for variant in sorted(moved[row["id"]])]
        found[row["id"]] = Snapshot(data)
    return found


def _levels(variant_ids: Collection[int]) -> dict[int, Row]:
    rows = (
        StockItem.objects.filter(variant_id__in=variant_ids, warehouse__is_active=True)
        .values_list("variant_id", "variant__sku")
        .annotate(on_hand=Sum("on_hand"), reserved=Sum("reserved"))
        .order_by()
    )
    return {
        variant_id: {"variant_id": str(variant_id), "sku": sku, **_free(on_hand, reserved)}
        for variant_id, sku, on_hand, reserved in rows
    }


def describe_stock_items(ids: Collection[int]) -> Mapping[int, Snapshot]:
    """Goods in one place. One query."""
    rows = StockItem.objects.filter(pk__in=ids).values_list(
        "id", "variant_id", "variant__sku", "warehouse__code", "cell", "on_hand", "reserved"
    )
    return {
        item_id: Snapshot(
            {
                "id": str(item_id),
                "variant_id": str(variant_id),
                "sku": sku,
                "warehouse": warehouse,
                "cell": cell,
                **_free(on_hand, reserved),
            }
        )
        for item_id, variant_id, sku, warehouse, cell, on_hand, reserved in rows
    }


def _free(on_hand: int, reserved: int) -> Row:
    return {"on_hand": on_hand, "reserved": reserved, "available": on_hand - reserved}
