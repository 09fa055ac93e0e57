"""What the orders' endpoints answer: the description for the schema, and the writing by hand."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from rest_framework import serializers

from crm.api.fields import Money
from crm.api.fields import money as _money
from crm.fields.api import CustomOut
from orders.api.inputs import DELIVERY, PAYMENT, STAGES
from orders.models import Order
from orders.pipeline import Stage
from orders.totals import due_of

PAYMENT_STATES = ("unpaid", "partly_paid", "paid", "overpaid", "refunded")
_CENT = Decimal("0.01")


def money(amount: Decimal, currency: str) -> dict[str, str]:
    return _money(amount.quantize(_CENT), currency)


class StatusOut(serializers.Serializer):
    id = serializers.CharField()
    name = serializers.CharField()

    class Meta:
        ref_name = "OrderStatus"


class CustomerBriefOut(serializers.Serializer):
    id = serializers.CharField()
    name = serializers.CharField()
    phone = serializers.CharField(allow_null=True, required=False, help_text="With expand.")
    email = serializers.CharField(allow_null=True, required=False, help_text="With expand.")
    language = serializers.CharField(allow_null=True, required=False, help_text="With expand.")

    class Meta:
        ref_name = "OrderCustomer"


class NamedOut(serializers.Serializer):
    id = serializers.CharField()
    name = serializers.CharField()

    class Meta:
        ref_name = "Named"


class OrderPaymentOut(serializers.Serializer):
    method = serializers.ChoiceField(choices=PAYMENT, allow_null=True)
    state = serializers.ChoiceField(choices=PAYMENT_STATES)
    paid = Money()
    refunded = Money()
    due = Money(help_text="May be negative: overpaid.")


class RecipientOut(serializers.Serializer):
    name = serializers.CharField()
    phone = serializers.CharField()


class DeliveryOut(serializers.Serializer):
    method = serializers.ChoiceField(choices=DELIVERY, allow_null=True)
    city = serializers.CharField()
    branch = serializers.CharField()
    street = serializers.CharField()
    price = Money()


class DuplicateOut(serializers.Serializer):
    state = serializers.ChoiceField(choices=("suspected", "confirmed", "rejected"))
    of = serializers.CharField(help_text="Id of the earlier order.")


class OrderLineOut(serializers.Serializer):
    id = serializers.CharField()
    position = serializers.IntegerField()
    variant_id = serializers.CharField(allow_null=True)
    sku = serializers.CharField()
    name = serializers.CharField()
    quantity = serializers.IntegerField()
    price = Money()
    discount = Money()
    tax_rate = serializers.CharField()
    total = Money()
    waiting = serializers.IntegerField(help_text="Units that wait for stock.")
    returned = serializers.IntegerField()


class PaymentOut(serializers.Serializer):
    id = serializers.CharField()
    kind = serializers.ChoiceField(choices=("payment", "refund"))
    amount = Money()
    method = serializers.ChoiceField(choices=PAYMENT)
    paid_at = serializers.DateTimeField()
    external_id = serializers.CharField()
    comment = serializers.CharField()
    recorded_by = serializers.CharField()
    created_at = serializers.DateTimeField()


class ActorOut(serializers.Serializer):
    kind = serializers.ChoiceField(choices=("member", "api_key", "connection", "system"))
    name = serializers.CharField()


class PlaceOut(serializers.Serializer):
    stage = serializers.ChoiceField(choices=STAGES)
    status = NamedOut()


class TransitionOut(serializers.Serializer):
    at = serializers.DateTimeField()
    source = PlaceOut(allow_null=True)  # type: ignore[assignment]
    target = PlaceOut()
    actor = ActorOut()
    reason = serializers.CharField()


class NoteOut(serializers.Serializer):
    id = serializers.CharField()
    text = serializers.CharField()
    author = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()


class OrderOut(serializers.Serializer):
    """An order. `lines`, `payments`, `transitions` and `notes` are there when expanded."""

    id = serializers.CharField()
    number = serializers.IntegerField(help_text="The company's own number, without gaps.")
    version = serializers.IntegerField(help_text="Grows with each change; a part of the ETag.")
    external_id = serializers.CharField()
    external_number = serializers.CharField()
    channel = serializers.CharField(help_text="Code of the sales channel.")
    stage = serializers.ChoiceField(choices=STAGES)
    status = StatusOut()
    status_since = serializers.DateTimeField()
    customer = CustomerBriefOut()
    manager = NamedOut(allow_null=True)
    currency = serializers.CharField()
    lines_total = Money()
    discount = Money()
    tax = Money()
    prices_include_tax = serializers.BooleanField()
    total = Money(help_text="lines_total - discount + delivery.price + tax.")
    rate = serializers.CharField(help_text="Worth of one unit of currency in the company's.")
    total_base = Money(help_text="The total in the company's currency.")
    returned_total = Money(help_text="What the goods that came back had cost.")
    payment = OrderPaymentOut()
    recipient = RecipientOut()
    delivery = DeliveryOut()
    ship_date = serializers.DateField(allow_null=True)
    ship_from = serializers.CharField(allow_null=True)
    ship_till = serializers.CharField(allow_null=True)
    customer_comment = serializers.CharField()
    manager_comment = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    attribution = serializers.DictField(child=serializers.CharField())
    custom = CustomOut()
    problems = serializers.ListField(
        child=serializers.CharField(), help_text="Stable words of what a person must mend."
    )
    is_short = serializers.BooleanField(help_text="Some line waits for stock.")
    duplicate = DuplicateOut(allow_null=True)
    cancel_reason = NamedOut(allow_null=True)
    placed_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    lines = OrderLineOut(many=True, required=False)
    payments = PaymentOut(many=True, required=False)
    transitions = TransitionOut(many=True, required=False)
    notes = NoteOut(many=True, required=False)

    class Meta:
        ref_name = "Order"


# --- Writing ----------------------------------------------------------------------------------


def order_json(row: dict[str, Any], company_currency: str) -> dict[str, Any]:
    """An order without expansions, from a row of orders.api.reading."""
    currency = row["currency"]
    total, paid, refunded = row["total"], row["paid"], row["refunded"]
    returned = row["returned_total"]
    customer_id, manager_id = row["customer_id"], row["manager_id"]
    reason_id, duplicate_of = row["cancel_reason_id"], row["duplicate_of_id"]
    return {
        "id": str(row["id"]),
        "number": row["number"],
        "version": row["version"],
        "external_id": row["external_id"],
        "external_number": row["external_number"],
        "channel": row["channel"],
        "stage": Stage(row["stage"]).word,
        "status": {"id": str(row["status_id"]), "name": row["status"]},
        "status_since": row["status_since"],
        "customer": {"id": str(customer_id), "name": row["customer"]},
        "manager": ({"id": str(manager_id), "name": row["manager"]} if manager_id else None),
        "currency": currency,
        "lines_total": money(row["lines_total"], currency),
        "discount": money(row["discount"], currency),
        "tax": money(row["tax"], currency),
        "prices_include_tax": row["prices_include_tax"],
        "total": money(total, currency),
        "rate": f"{row['rate'].normalize():f}",
        "total_base": money(row["total_base"], company_currency),
        "returned_total": money(returned, currency),
        "payment": {
            "method": row["payment_method"] or None,
            "state": payment_state(total - returned, paid, refunded),
            "paid": money(paid, currency),
            "refunded": money(refunded, currency),
            "due": money(due_of(row["stage"], total, paid, refunded, returned), currency),
        },
        "recipient": {"name": row["recipient_name"], "phone": row["recipient_phone"]},
        "delivery": {
            "method": row["delivery_method"] or None,
            "city": row["delivery_city"],
            "branch": row["delivery_branch"],
            "street": row["delivery_street"],
            "price": money(row["delivery_price"], currency),
        },
        "ship_date": row["ship_date"].isoformat() if row["ship_date"] else None,
        "ship_from": f"{row['ship_from']:%H:%M}" if row["ship_from"] else None,
        "ship_till": f"{row['ship_till']:%H:%M}" if row["ship_till"] else None,
        "customer_comment": row["customer_comment"],
        "manager_comment": row["manager_comment"],
        "tags": row["tags"],
        "attribution": row["attribution"],
        "custom": row["custom"],
        "problems": row["problems"],
        "is_short": row["is_short"],
        "duplicate": (
            {
                "state": row["duplicate_state"],
                "of": str(duplicate_of) if duplicate_of else None,
            }
            if row["duplicate_state"]
            else None
        ),
        "cancel_reason": (
            {"id": str(reason_id), "name": row["cancel_reason"]} if reason_id else None
        ),
        "placed_at": row["placed_at"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }


MOVED_NAMES = frozenset({"id", "number", "version", "stage", "status"})


def moved_json(order: Order) -> dict[str, Any]:
    """The MOVED_NAMES of an order that was moved a moment ago, which need not be read again."""
    return {
        "id": str(order.pk),
        "number": order.number,
        "version": order.version,
        "stage": Stage(order.stage).word,
        "status": {"id": str(order.status_id), "name": order.status.name},
    }


def payment_state(total: Decimal, paid: Decimal, refunded: Decimal) -> str:
    """The word for how far an order is paid, whose kept goods and delivery cost `total`."""
    kept = paid - refunded
    if kept <= 0:
        if refunded > 0:
            return "refunded"
        return "paid" if total <= 0 else "unpaid"
    if kept < total:
        return "partly_paid"
    return "paid" if kept == total else "overpaid"


def line_json(line: Any, currency: str, waiting: int) -> dict[str, Any]:
    return {
        "id": str(line.id),
        "position": line.position,
        "variant_id": str(line.variant_id) if line.variant_id else None,
        "sku": line.sku,
        "name": line.name,
        "quantity": line.quantity,
        "price": money(line.price, currency),
        "discount": money(line.discount, currency),
        "tax_rate": f"{line.tax_rate:.2f}",
        "total": money(line.total, currency),
        "waiting": waiting,
        "returned": line.returned,
    }


def payment_json(payment: Any, currency: str) -> dict[str, Any]:
    return {
        "id": str(payment.id),
        "kind": str(payment.kind),
        "amount": money(payment.amount, currency),
        "method": payment.method,
        "paid_at": moment(payment.paid_at),
        "external_id": payment.external_id,
        "comment": payment.comment,
        "recorded_by": payment.recorded_by,
        "created_at": moment(payment.created_at),
    }


class MoveRow(NamedTuple):
    """A move as transition_json() writes it."""

    order_id: int
    at: datetime
    from_stage: int | None
    from_status_id: int | None
    from_name: str | None
    to_stage: int
    to_status_id: int
    to_name: str
    actor_kind: str
    actor_label: str
    reason: str


def transition_json(row: MoveRow) -> dict[str, Any]:
    source = None
    if row.from_stage is not None:
        source = {
            "stage": Stage(row.from_stage).word,
            "status": {"id": str(row.from_status_id), "name": row.from_name},
        }
    return {
        "at": moment(row.at),
        "source": source,
        "target": {
            "stage": Stage(row.to_stage).word,
            "status": {"id": str(row.to_status_id), "name": row.to_name},
        },
        "actor": {"kind": row.actor_kind, "name": row.actor_label},
        "reason": row.reason,
    }


def note_json(note: Any, author: str | None) -> dict[str, Any]:
    return {
        "id": str(note.id),
        "text": note.text,
        "author": author,
        "created_at": moment(note.created_at),
    }


def moment(value: datetime) -> str:
    """A time as the API writes it, in UTC and to the microsecond."""
    return value.astimezone(UTC).isoformat(timespec="microseconds")
