"""WooCommerce's JSON as frozen dataclasses. Pure and total: an unknown value never raises.

Only a body that is no order at all (not an object, or without an id) is refused.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl, urlsplit

DRAFTS = frozenset({"checkout-draft", "auto-draft"})
DEAD = frozenset({"cancelled", "refunded", "trash"})

# JSON can spell them (a letter cut in half by the store's database), text columns can't hold them.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_CENT = Decimal("0.01")
_ATTRIBUTION = "_wc_order_attribution_"
_UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
_CLICKS = ("gclid", "fbclid")
_LOCKER = re.compile(r"поштомат|почтомат|locker|postomat", re.IGNORECASE)
_BRANCH = re.compile(r"відділен|отделен|branch|warehouse|№|#\s*\d", re.IGNORECASE)
_NOVA = re.compile(r"nova[ _-]?posh?ta|нова пошта|новая почта|novaposhta", re.IGNORECASE)
_CARRIERS = (
    (re.compile(r"ukr[ _-]?posh?ta|укрпошта|укрпочта", re.IGNORECASE), "ukrposhta"),
    (re.compile(r"meest|міст експрес|мист", re.IGNORECASE), "meest"),
    (re.compile(r"local[ _-]?pickup|самовивіз|самовывоз|pick[ -]?up", re.IGNORECASE), "pickup"),
    (re.compile(r"courier|кур.?[єе]р", re.IGNORECASE), "courier"),
)


class NotAnOrder(ValueError):
    """The body can't be an order; the text says why."""


@dataclass(frozen=True, slots=True)
class WooLine:
    """quantity * price - discount = total, without tax."""

    sku: str
    name: str
    quantity: int
    price: str
    discount: str
    tax_rate: str = "0"


@dataclass(frozen=True, slots=True)
class WooRefund:
    """Money that the store gave back; `amount` is positive."""

    id: str
    amount: str


@dataclass(frozen=True, slots=True)
class WooOrder:
    """One version of an order as the store knows it; money as decimal strings."""

    id: str
    number: str
    status: str
    modified: str
    placed_at: str
    currency: str
    lines: tuple[WooLine, ...]
    discount: str
    shipping: str
    tax: str
    total: str
    buyer_name: str
    phone: str
    email: str
    recipient_name: str
    recipient_phone: str
    delivery_method: str
    city: str
    branch: str
    street: str
    payment_method: str
    paid_at: str
    transaction_id: str
    comment: str
    attribution: dict[str, str]
    refunds: tuple[WooRefund, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "lines": [asdict(line) for line in self.lines],
            "refunds": [asdict(refund) for refund in self.refunds],
        }

    @property
    def placed(self) -> datetime | None:
        return read_time(self.placed_at)

    @property
    def paid(self) -> datetime | None:
        return read_time(self.paid_at)


def read_order(data: Any) -> WooOrder:
    """Read an order's representation; raise NotAnOrder when it is none."""
    if not isinstance(data, dict):
        raise NotAnOrder("the body is not a JSON object")
    order_id = _text(data.get("id"))
    if not order_id or order_id == "0":
        raise NotAnOrder("the order has no id")
    billing, shipping = _dict(data.get("billing")), _dict(data.get("shipping"))
    shipping_line = _dict(next(iter(_list(data.get("shipping_lines"))), None))
    method_text = (
        f"{_text(shipping_line.get('method_id'))} {_text(shipping_line.get('method_title'))}"
    )
    place = shipping if _text(shipping.get("address_1")) else billing
    street = " ".join(filter(None, (_text(place.get("address_1")), _text(place.get("address_2")))))
    method, branch = _delivery(method_text, street)
    fees = [_dict(fee) for fee in _list(data.get("fee_lines"))]
    meta = _meta(data.get("meta_data"))
    return WooOrder(
        id=order_id,
        number=_text(data.get("number")) or order_id,
        status=_text(data.get("status")).removeprefix("wc-"),
        modified=_text(data.get("date_modified_gmt") or data.get("date_modified")),
        placed_at=_text(data.get("date_created_gmt")),
        currency=_text(data.get("currency")).upper(),
        lines=tuple(
            [_line(_dict(item)) for item in _list(data.get("line_items"))]
            + [_fee_line(fee) for fee in fees if _money(fee.get("total")) > 0]
        ),
        discount=str(-sum((min(_money(f.get("total")), Decimal(0)) for f in fees), Decimal(0))),
        shipping=str(_money(data.get("shipping_total"))),
        tax=str(_money(data.get("total_tax"))),
        total=str(_money(data.get("total"))),
        buyer_name=_name(billing),
        phone=_text(billing.get("phone")) or _text(shipping.get("phone")),
        email=_text(billing.get("email")),
        recipient_name=_name(shipping) or _name(billing),
        recipient_phone=_text(shipping.get("phone")) or _text(billing.get("phone")),
        delivery_method=method,
        city=_text(place.get("city")),
        branch=branch,
        street="" if branch else street,
        payment_method=_payment_method(_text(data.get("payment_method"))),
        paid_at=_text(data.get("date_paid_gmt")),
        transaction_id=_text(data.get("transaction_id")),
        comment=_text(data.get("customer_note")),
        attribution=_attribution(meta),
        refunds=tuple(_refunds(data.get("refunds"))),
    )


def read_time(text: str) -> datetime | None:
    """Read a *_gmt time; None where it is missing or no time."""
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _line(item: dict[str, Any]) -> WooLine:
    quantity = _whole(item.get("quantity"))
    total = _money(item.get("total"))
    subtotal = max(_money(item.get("subtotal")), total)
    price = (subtotal / quantity).quantize(_CENT, ROUND_HALF_UP)
    while price * quantity < total:
        price += _CENT
    return WooLine(
        sku=_text(item.get("sku"))[:64],
        name=_text(item.get("name")) or _text(item.get("sku")) or "?",
        quantity=quantity,
        price=str(price),
        discount=str(price * quantity - total),
        tax_rate=_rate(_money(item.get("total_tax")), total),
    )


def _refunds(value: Any) -> Iterator[WooRefund]:
    for row in map(_dict, _list(value)):
        amount = abs(_money(row.get("total")))  # stated below zero
        if amount and _text(row.get("id")):
            yield WooRefund(_text(row.get("id"))[:40], str(amount))


def _rate(tax: Decimal, total: Decimal) -> str:
    """The line's tax in percent of its total, as far as the amounts tell."""
    if not tax or not total:
        return "0"
    return str(min(tax * 100 / total, Decimal("999.99")).quantize(_CENT, ROUND_HALF_UP))


def _fee_line(fee: dict[str, Any]) -> WooLine:
    return WooLine("", _text(fee.get("name")) or "Fee", 1, str(_money(fee.get("total"))), "0")


def _delivery(method: str, street: str) -> tuple[str, str]:
    """Return our delivery method and the branch, as far as the texts tell."""
    for pattern, ours in _CARRIERS:
        if pattern.search(method):
            return ours, street if ours in {"ukrposhta", "meest"} and _BRANCH.search(street) else ""
    if _NOVA.search(method):
        if _LOCKER.search(street):
            return "np_locker", street
        if _BRANCH.search(street):
            return "np_branch", street
        return "np_courier", ""
    return "", ""


def _payment_method(woo: str) -> str:
    if not woo:
        return ""
    return {"cod": "cod", "bacs": "transfer", "cheque": "transfer"}.get(woo, "card")


def _attribution(meta: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in _UTM:
        value = _text(meta.get(_ATTRIBUTION + name))
        if value and value != "(none)":
            found[name] = value[:200]
    entry = _text(meta.get(_ATTRIBUTION + "session_entry"))
    if entry:
        found["landing_page"] = entry[:500]
        query = dict(parse_qsl(urlsplit(entry).query))
        for name in (*_UTM, *_CLICKS):
            if query.get(name):
                found.setdefault(name, query[name][:200])
    return found


def _meta(value: Any) -> dict[str, Any]:
    rows = [_dict(row) for row in _list(value)]
    return {_text(row.get("key")): row.get("value") for row in rows}


def _name(person: dict[str, Any]) -> str:
    return " ".join(filter(None, (_text(person.get("first_name")), _text(person.get("last_name")))))


def _text(value: Any) -> str:
    if value is None or isinstance(value, dict | list | bool):
        return ""
    return _UNSTORABLE.sub("", html.unescape(str(value))).strip()


def _money(value: Any) -> Decimal:
    try:
        amount = Decimal(_text(value) or "0")
    except InvalidOperation:
        return Decimal(0)
    if not amount.is_finite() or abs(amount) >= 10**12:
        return Decimal(0)
    return amount.quantize(_CENT, ROUND_HALF_UP)


def _whole(value: Any) -> int:
    try:
        return max(int(Decimal(_text(value) or "1")), 1)
    except (InvalidOperation, ValueError, OverflowError):
        return 1


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
