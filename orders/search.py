"""Finding orders by whatever a person types, and the index that makes it quick (docs/search.md).

Each kind of query has its index: numbers and contacts a range of a b-tree (`<` and `=` pass
row-level security), goods the index of SKUs, anything else the trigrams behind order_search().
"""

import re
import sys
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from crm.accounts.permissions import Permission
from crm.tenancy.context import current_tenant_id
from crm.tenancy.sql import fetch_all
from customers.models import ContactKind, ContactPoint
from customers.names import build_search_doc, fold_text
from customers.phones import digits_of, normalise_phone
from orders.models import Order, OrderSearch, Parcel
from orders.selectors.visible import Viewer, visible_orders

MAX_FOUND = 500
MAX_QUERY = 100
_FETCHED = 2000  # of the rarest word, before the other words are looked for in them
_NUMBER_DIGITS = 12
_NUMERIC = re.compile(r"[\d\s()+\-./]+")
_LABEL = re.compile(r"([^\s\d№#][^\s№#]{0,7}?)(\d{1,12})")
_PREFIX = re.compile(r"^\s*[№#]\s*")

# What each kind of query reads. Ranges and `=` of these columns are index conditions under
# row-level security, and stay so in a prepared statement, where a prefix (`^@`) would not.
_NUMBERS = """
SELECT id, number = %s FROM orders_order WHERE tenant_id = %s AND (
    number = %s OR number BETWEEN %s AND %s OR number BETWEEN %s AND %s OR number BETWEEN %s AND %s)
"""
_LABELLED = """
SELECT id, true FROM orders_order WHERE tenant_id = %s AND number = %s AND lower(prefix) = lower(%s)
"""
# By a sum, which is no column of an index: else the planner may walk all orders or lines from
# the newest on, which for a rare one is all there are.
_OF_CUSTOMERS = """
(SELECT o.id, false FROM orders_order o WHERE o.tenant_id = %s AND o.customer_id = ANY(ARRAY(
    SELECT customer_id FROM customers_contactpoint WHERE tenant_id = %s AND {} LIMIT 50))
 ORDER BY o.id + 0 DESC LIMIT %s)
"""
_CONTACT = "kind = %s AND value = %s"
_EMAIL = """kind = %s AND value COLLATE "C" >= %s AND value COLLATE "C" < %s"""
_PHONE_PART = """(digits COLLATE "C" >= %s AND digits COLLATE "C" < %s
    OR digits COLLATE "C" >= %s AND digits COLLATE "C" < %s
    OR reversed COLLATE "C" >= %s AND reversed COLLATE "C" < %s)"""
_ARTICLE = """
(SELECT order_id, false FROM orders_orderline WHERE tenant_id = %s AND sku = ANY(%s::text[])
 ORDER BY order_id + 0 DESC LIMIT %s)
"""
_WORD = "SELECT id, false FROM order_search(%s::text, %s::int) AS found(id)"
# The rarest word through the trigrams; the rest are checked in the few texts that it left.
_WORDS = """
(SELECT order_id, false FROM orders_search
 WHERE tenant_id = %s AND order_id = ANY(ARRAY(SELECT order_search(%s::text, %s::int))) {}
 ORDER BY order_id DESC LIMIT %s)
"""


def find_orders(query: str, *, viewer: Viewer, limit: int = MAX_FOUND) -> list[int]:
    """Return ids of the viewer's orders that the text may mean: the exact number, then the newest.

    Understands a number or its beginning (№1043, 104), the source's own number, a phone in any
    spelling and any part of it, an e-mail, words of a name or city in any case and order, an
    article, a tracking number. One statement, each part of it over an index, and one more where
    the viewer is not shown every order. Who does not see whole phones finds by whole phones
    alone: parts would tell the digits one by one.
    """
    text = _PREFIX.sub("", query.strip()[:MAX_QUERY])
    sees_phones = viewer is None or viewer.can(Permission.PHONES_VIEW)
    hides = viewer is not None and not viewer.row_scope.is_all
    parts = list(_parts_of(text, MAX_FOUND if hides else limit, sees_phones=sees_phones))
    if not parts:
        return []
    statement = " UNION ALL ".join(sql for sql, _params in parts)
    rows = fetch_all(statement, [value for _sql, params in parts for value in params])
    if hides and rows:
        ids = [pk for pk, _exact in rows]
        shown = set(visible_orders(viewer).filter(id__in=ids).values_list("id", flat=True))
        rows = [row for row in rows if row[0] in shown]
    exact = dict.fromkeys(pk for pk, is_exact in rows if is_exact)
    others = {pk for pk, _exact in rows}.difference(exact)
    return [*exact, *sorted(others, reverse=True)][:limit]


_Part = tuple[str, list[Any]]


def _parts_of(text: str, limit: int, *, sees_phones: bool) -> Iterator[_Part]:
    tenant_id = current_tenant_id()
    if _NUMERIC.fullmatch(text):
        digits = digits_of(text)
        if text == digits and digits and len(digits) <= _NUMBER_DIGITS and digits[0] != "0":
            yield _by_number(int(digits))
        if len(digits) >= 4 and (sees_phones or normalise_phone(text)):
            yield _by_phone(text, digits, limit)
    elif "@" in text:
        yield _of_customers(_EMAIL, [ContactKind.EMAIL, *_range_of(text.lower())], limit)
    if text and " " not in text:
        yield _ARTICLE, [tenant_id, [text, text.upper(), text.lower()], 2 * limit]
    if labelled := _LABEL.fullmatch(text):
        prefix, number = labelled.groups()
        yield _LABELLED, [tenant_id, int(number), prefix]
        if prefix.endswith("-"):  # an example's, below zero
            yield _LABELLED, [tenant_id, -int(number), prefix[:-1]]
    yield from _by_words(text, limit, with_digits=sees_phones)


def _by_number(number: int) -> _Part:
    """The order with this number, and those whose number is up to three digits longer."""
    longer = [
        bound
        for factor in (10, 100, 1000)
        for bound in (number * factor, (number + 1) * factor - 1)
    ]
    return _NUMBERS, [number, current_tenant_id(), number, *longer]


def _by_phone(text: str, digits: str, limit: int) -> _Part:
    """Orders of the customers whose phone is this, begins or ends with it."""
    whole = normalise_phone(text)
    if whole:
        return _of_customers(_CONTACT, [ContactKind.PHONE, whole], limit)
    # 067… is how people dial what is kept as 38067…
    local = digits.lstrip("0")
    start = "380" + local if digits.startswith("0") else digits
    ranges = [*_range_of(digits), *_range_of(start), *_range_of(local[::-1])]
    return _of_customers(_PHONE_PART, ranges, limit)


def _of_customers(condition: str, values: list[Any], limit: int) -> _Part:
    tenant_id = current_tenant_id()
    return _OF_CUSTOMERS.format(condition), [tenant_id, tenant_id, *values, limit]


def _range_of(beginning: str) -> tuple[str, str]:
    """The bounds of the texts with this beginning, by code points."""
    return beginning, beginning + chr(sys.maxunicode)


def _by_words(text: str, limit: int, *, with_digits: bool) -> Iterator[_Part]:
    """Orders whose text holds every word; a word of one or two letters must begin one there.

    Without digits, words that could be a part of a phone are not looked for.
    """
    if _NUMERIC.fullmatch(text):
        digits = digits_of(text)
        words = [digits.lstrip("0") if len(digits) >= 4 else digits]
    else:
        words = fold_text(text).split()
    if not with_digits:
        words = [word for word in words if not _NUMERIC.fullmatch(word)]
    words = sorted({word for word in words if len(word) >= 2}, key=len, reverse=True)[:6]
    if not words:
        return
    first, *others = (_pattern(word) for word in words)
    if not others:
        yield _WORD, [first, limit]
        return
    conditions = " AND doc LIKE %s" * len(others)
    yield _WORDS.format(conditions), [current_tenant_id(), first, _FETCHED, *others, limit]


def _pattern(word: str) -> str:
    escaped = re.sub(r"([\\%_])", r"\\\1", word)
    return f"%{escaped}%" if len(word) >= 3 else f"% {escaped}%"


# --- The index -----------------------------------------------------------------------------------


def index_order(order_id: int) -> None:
    """Write the search text of one order anew."""
    index_orders([order_id])


def index_orders(order_ids: Collection[int]) -> None:
    """Write the search texts of the orders anew. Four statements however many they are."""
    orders = list(
        Order.objects.filter(id__in=order_ids)
        .select_related("customer")
        .only("tenant_id", "number", "external_number", "recipient_name", "recipient_phone",
              "delivery_city", "customer_id", "customer__name")
    )  # fmt: skip
    contacts: dict[int, list[ContactPoint]] = {}
    for contact in ContactPoint.objects.filter(customer_id__in={o.customer_id for o in orders}):
        contacts.setdefault(contact.customer_id, []).append(contact)
    tracking: dict[int, list[str]] = {}
    for parcel in Parcel.objects.filter(order_id__in=[order.pk for order in orders]):
        tracking.setdefault(parcel.order_id, []).append(parcel.tracking_number)
    OrderSearch.objects.bulk_create(
        [
            OrderSearch(
                order_id=order.pk,
                doc=build_doc(
                    order,
                    contacts=contacts.get(order.customer_id, ()),
                    tracking=tracking.get(order.pk, ()),
                ),
            )
            for order in orders
        ],
        update_conflicts=True,
        unique_fields=["tenant", "order"],
        update_fields=["doc"],
    )


def build_doc(
    order: Order, *, contacts: Iterable[ContactPoint] = (), tracking: Iterable[str] = ()
) -> str:
    """Everything a person may type to find the order, folded; needs `customer` loaded.

    Every word follows a space, so that a short word can be looked for at a word's beginning.
    """
    contacts = list(contacts)
    phones = {digits_of(order.recipient_phone): None} | {
        contact.digits: None for contact in contacts if contact.kind == ContactKind.PHONE
    }
    names = dict.fromkeys(name for name in (order.customer.name, order.recipient_name) if name)
    people = build_search_doc(
        name=" ".join(names),
        phone_digits=[phone for phone in phones if phone],
        emails=[contact.value for contact in contacts if contact.kind == ContactKind.EMAIL],
    )
    rest = (order.number, order.external_number, order.delivery_city, *tracking)
    return people + "".join(f" {fold_text(str(part))}" for part in rest if part)
