"""Bodies that the orders' endpoints take, and how they become the actions' inputs."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from crm.api.fields import (
    BoolField,
    Choice,
    ClockField,
    CurrencyField,
    DayField,
    IdField,
    IntField,
    MomentField,
    MoneyIn,
    PercentField,
    Strict,
    TextField,
    many,
)
from crm.api.problems import wrong_value
from crm.fields.api import CustomIn
from orders.actions.draft import MAX_LINES, MAX_QUANTITY
from orders.currencies import CURRENCIES
from orders.inputs import BuyerInput, DeliveryInput, LineInput, OrderInput, PaymentInput
from orders.models import DeliveryMethod, PaymentMethod
from orders.pipeline import Stage

DELIVERY = tuple(DeliveryMethod.values)
PAYMENT = tuple(PaymentMethod.values)
STAGES = tuple(stage.word for stage in Stage)
_ATTRIBUTION = (
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_content",
    "utm_term",
    "gclid",
    "fbclid",
    "landing_page",
)
MAX_TAGS = 50


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": MAX_QUANTITY})
class QuantityField(IntField):
    """Units of a line; the action refuses absurd ones in words of its own."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=None, max_value=None, **kwargs)


class OrderLineIn(Strict):
    """Goods by `sku` or `variant_id`, or a free line by `name`. Without a price the catalogue's
    is taken; an unknown SKU is stored as free text and flagged `unknown_sku`."""

    sku = TextField(required=False, max_length=64)
    variant_id = IdField(required=False, allow_null=True)
    name = TextField(required=False, max_length=400)
    quantity = QuantityField()
    price = MoneyIn(required=False, help_text="Of one unit, before the discount.")
    discount = MoneyIn(required=False, help_text="Of the whole line.")
    tax_rate = PercentField(required=False, help_text="Percent.")


class BuyerIn(Strict):
    """Who buys. Found by phone, else by e-mail, else made; or named by `id`."""

    id = IdField(required=False)
    name = TextField(required=False, max_length=200)
    phone = TextField(required=False, max_length=60, help_text="In any spelling.")
    email = TextField(required=False, max_length=254)
    language = Choice(choices=("uk", "ru", "en"), required=False)


class RecipientIn(Strict):
    """Who receives, if not the buyer."""

    name = TextField(required=False, max_length=200)
    phone = TextField(required=False, max_length=20)


class DeliveryIn(Strict):
    method = Choice(choices=DELIVERY, required=False, allow_null=True)
    city = TextField(required=False, max_length=120)
    branch = TextField(required=False, max_length=200)
    street = TextField(required=False, max_length=300)
    price = MoneyIn(required=False)


class OrderPaymentIn(Strict):
    """How it is paid; with `amount` what has been paid already."""

    method = Choice(choices=PAYMENT)
    amount = MoneyIn(required=False)
    paid_at = MomentField(required=False)
    external_id = TextField(required=False, max_length=100)
    comment = TextField(required=False, max_length=300)


class AttributionIn(Strict):
    """Where the buyer came from."""

    utm_source = TextField(required=False, max_length=300)
    utm_medium = TextField(required=False, max_length=300)
    utm_campaign = TextField(required=False, max_length=300)
    utm_content = TextField(required=False, max_length=300)
    utm_term = TextField(required=False, max_length=300)
    gclid = TextField(required=False, max_length=300)
    fbclid = TextField(required=False, max_length=300)
    landing_page = TextField(required=False, max_length=1000)


class OrderIn(Strict):
    channel = TextField(
        required=False, max_length=40, help_text="Code; left out: the channel of the key."
    )
    external_id = TextField(
        required=False,
        max_length=100,
        help_text="Your id of the order; unique in its channel: sent again it is the same order.",
    )
    external_number = TextField(required=False, max_length=100)
    currency = CurrencyField(required=False, help_text="Left out: the channel's.")
    customer = BuyerIn(required=False)
    recipient = RecipientIn(required=False)
    delivery = DeliveryIn(required=False)
    payment = OrderPaymentIn(required=False)
    lines = many(OrderLineIn, max_length=MAX_LINES)
    discount = MoneyIn(required=False, help_text="Of the whole order.")
    prices_include_tax = BoolField(required=False)
    tax = MoneyIn(required=False, help_text="As you counted it; left out: computed.")
    customer_comment = TextField(required=False, max_length=2000)
    manager_comment = TextField(required=False, max_length=2000)
    ship_date = DayField(required=False, allow_null=True)
    ship_from = ClockField(required=False, allow_null=True)
    ship_till = ClockField(required=False, allow_null=True)
    tags = serializers.ListField(
        child=TextField(max_length=40), required=False, max_length=MAX_TAGS
    )
    attribution = AttributionIn(required=False)
    custom = CustomIn()
    placed_at = MomentField(required=False, help_text="Left out: now.")
    all_or_nothing = BoolField(
        required=False, help_text="Refuse the order if a line is short; left out: the channel's."
    )

    class Meta:
        ref_name = "OrderCreate"


def read_order(data: dict[str, Any], channel_code: str) -> OrderInput:
    """Make the action's input of a validated OrderIn."""
    currency = _currency_of(data)
    buyer = data.get("customer", {})
    delivery = data.get("delivery", {})
    recipient = data.get("recipient", {})
    payment = data.get("payment")
    return OrderInput(
        channel_code=channel_code,
        external_id=data.get("external_id", ""),
        external_number=data.get("external_number", ""),
        currency=currency,
        customer_id=buyer.get("id"),
        buyer=BuyerInput(
            name=buyer.get("name", ""),
            phone=buyer.get("phone", ""),
            email=buyer.get("email", ""),
            language=buyer.get("language", ""),
        ),
        delivery=DeliveryInput(
            method=delivery.get("method") or "",
            city=delivery.get("city", ""),
            branch=delivery.get("branch", ""),
            street=delivery.get("street", ""),
            price=amount_of(delivery, "price"),
            recipient_name=recipient.get("name", ""),
            recipient_phone=recipient.get("phone", ""),
        ),
        lines=tuple(_line(line) for line in data["lines"]),
        discount=amount_of(data, "discount"),
        prices_include_tax=data.get("prices_include_tax", True),
        tax=data["tax"]["amount"] if "tax" in data else None,
        payment_method=payment["method"] if payment else "",
        payment=_payment(payment) if payment and "amount" in payment else None,
        customer_comment=data.get("customer_comment", ""),
        manager_comment=data.get("manager_comment", ""),
        ship_date=data.get("ship_date"),
        ship_from=data.get("ship_from"),
        ship_till=data.get("ship_till"),
        tags=tuple(data.get("tags", ())),
        attribution={k: v for k, v in data.get("attribution", {}).items() if v},
        custom=data.get("custom", {}),
        placed_at=data.get("placed_at"),
        all_or_nothing=data.get("all_or_nothing"),
    )


def amount_of(data: dict[str, Any], name: str) -> Decimal:
    """The amount of a money member, or 0."""
    return data[name]["amount"] if name in data else Decimal(0)


def _line(line: dict[str, Any]) -> LineInput:
    return LineInput(
        quantity=line["quantity"],
        sku=line.get("sku", ""),
        variant_id=line.get("variant_id"),
        name=line.get("name", ""),
        price=line["price"]["amount"] if "price" in line else None,
        discount=amount_of(line, "discount"),
        tax_rate=line.get("tax_rate"),
    )


def _payment(payment: dict[str, Any]) -> PaymentInput:
    return PaymentInput(
        amount=payment["amount"]["amount"],
        method=payment["method"],
        paid_at=payment.get("paid_at"),
        external_id=payment.get("external_id", ""),
        comment=payment.get("comment", ""),
    )


def _moneys(data: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every money member of an order with its pointer."""
    for place, line in enumerate(data.get("lines", ())):
        for name in ("price", "discount"):
            if name in line:
                yield f"/lines/{place}/{name}", line[name]
    for path in (("discount",), ("tax",), ("delivery", "price"), ("payment", "amount")):
        value: Any = data
        for name in path:
            value = value.get(name) if value else None
        if value:
            yield "/" + "/".join(path), value


def _currency_of(data: dict[str, Any]) -> str:
    """The one currency of the order; empty where none is said."""
    said = data.get("currency", "")
    _check_known(said, "/currency")
    for pointer, value in _moneys(data):
        currency = value.get("currency", "")
        _check_known(currency, f"{pointer}/currency")
        if currency and said and currency != said:
            raise wrong_value(f"{pointer}/currency", "currency_mismatch")
        said = said or currency
    return said


def _check_known(currency: str, pointer: str) -> None:
    # The action looks too, but can't tell where in the body the currency was named.
    if currency and currency not in CURRENCIES:
        raise wrong_value(pointer, "unknown_currency")


def check_currency(data: dict[str, Any], currency: str) -> None:
    """Refuse money in another currency than the stored order's."""
    _currency_of({**data, "currency": currency})


# --- Other bodies -----------------------------------------------------------------------------


class OrderLineEditIn(Strict):
    """A line as it shall be: with `id` that line, without it a new one."""

    id = IdField(required=False)
    sku = TextField(required=False, max_length=64)
    variant_id = IdField(required=False, allow_null=True)
    name = TextField(required=False, max_length=400)
    quantity = QuantityField()
    price = MoneyIn()
    discount = MoneyIn(required=False)


class OrderPaymentMethodIn(Strict):
    method = Choice(choices=PAYMENT, allow_null=True)


class OrderPatchIn(Strict):
    """Only what is given changes. `lines`, if given, are all the lines the order shall have."""

    recipient = RecipientIn(required=False)
    delivery = DeliveryIn(required=False)
    payment = OrderPaymentMethodIn(required=False)
    lines = many(OrderLineEditIn, required=False, max_length=MAX_LINES)
    discount = MoneyIn(required=False)
    customer_comment = TextField(required=False, max_length=2000)
    manager_comment = TextField(required=False, max_length=2000)
    ship_date = DayField(required=False, allow_null=True)
    ship_from = ClockField(required=False, allow_null=True)
    ship_till = ClockField(required=False, allow_null=True)
    manager_id = IdField(required=False, allow_null=True)
    tags = serializers.ListField(
        child=TextField(max_length=40), required=False, max_length=MAX_TAGS
    )
    custom = CustomIn()

    class Meta:
        ref_name = "OrderPatch"


class ParcelIn(Strict):
    weight_g = IntField(required=False, min_value=1, max_value=1_000_000)
    length_cm = IntField(required=False, min_value=1, max_value=1000)
    width_cm = IntField(required=False, min_value=1, max_value=1000)
    height_cm = IntField(required=False, min_value=1, max_value=1000)


class ReturnedLineIn(Strict):
    line_id = IdField()
    quantity = IntField(min_value=1, max_value=MAX_QUANTITY)
    restock = BoolField(required=False, help_text="Fit to be sold again; left out: true.")


class MoveIn(Strict):
    """Where the order shall go: a stage by its word, or one of the company's statuses."""

    to = Choice(choices=STAGES, required=False)
    status_id = IdField(required=False)
    reason_id = IdField(required=False, help_text="Of /cancel-reasons; for `cancelled`.")
    comment = TextField(required=False, max_length=500, help_text="Needed for `returned`.")
    tracking_number = TextField(required=False, max_length=60)
    parcel = ParcelIn(required=False)
    returned = many(
        ReturnedLineIn, required=False, max_length=MAX_LINES, help_text="Left out: everything."
    )

    class Meta:
        ref_name = "OrderMove"


class PaymentIn(Strict):
    kind = Choice(choices=("payment", "refund"), required=False)
    amount = MoneyIn()
    method = Choice(choices=PAYMENT)
    paid_at = MomentField(required=False)
    external_id = TextField(
        required=False, max_length=100, help_text="Sent again it is the same payment."
    )
    comment = TextField(required=False, max_length=300)


class NoteIn(Strict):
    text = TextField(max_length=4000)


class OrdersBulkIn(Strict):
    orders = many(OrderIn, max_length=500)
