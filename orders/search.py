"""Finding orders by whatever a person types, and the index that makes it quick (docs/search.md).

Each kind of query has its index: numbers and contacts a range of a b-tree (`^@` and `=` pass
row-level security), goods the index of SKUs, anything else the trigrams behind order_search().
"""

import re
from collections.abc import Collection, Iterable

from django.db import connection
from django.db.models import F, Q

import customers.lookups  # noqa: F401 - brings `begins`
from crm.accounts.permissions import Permission
from crm.tenancy.context import current_tenant_id
from crm.tenancy.models import TenantQuerySet
from customers.models import ContactKind, ContactPoint
from customers.names import build_search_doc, fold_text
from customers.phones import digits_of, normalise_phone
from orders.models import Order, OrderLine, OrderSearch, Parcel
from orders.selectors.visible import Viewer, visible_orders

MAX_FOUND = 500
MAX_QUERY = 100
_FETCHED = 2000  # of the rarest word, before the other words are looked for in them
_NUMBER_DIGITS = 12
_NUMERIC = re.compile(r"[\d\s()+\-./]+")
_LABEL = re.compile(r"([^\s\d№#][^\s№#]{0,7}?)(\d{1,12})")
_PREFIX = re.compile(r"^\s*[№#]\s*")

# The rarest word through the trigrams; the rest are checked in the few texts that it left.
_BY_WORDS = """
SELECT order_id FROM orders_search
WHERE tenant_id = %s AND order_id = ANY(ARRAY(SELECT order_search(%s, %s)))
"""


def find_orders(query: str, *, viewer: Viewer, limit: int = MAX_FOUND) -> list[int]:
    """Return ids of the viewer's orders that the text may mean: the exact number, then the newest.

    Understands a number or its beginning (№1043, 104), the source's own number, a phone in any
    spelling and any part of it, an e-mail, words of a name or city in any case and order, an
    article, a tracking number. At most seven queries, each over an index, and one more where the
    viewer is not shown every order. Who does not see whole phones finds by whole phones alone:
    parts would tell the digits one by one.
    """
    text = _PREFIX.sub("", query.strip()[:MAX_QUERY])
    rows = visible_orders(viewer)
    sees_phones = viewer is None or viewer.can(Permission.PHONES_VIEW)
    hides = viewer is not None and not viewer.row_scope.is_all
    wanted, limit = limit, MAX_FOUND if hides else limit
    exact: list[int] = []
    found: set[int] = set()
    if _NUMERIC.fullmatch(text):
        digits = digits_of(text)
        if text == digits:
            exact, others = _by_number(rows, digits)
            found.update(others)
        if len(digits) >= 4 and (sees_phones or normalise_phone(text)):
            found.update(_by_phone(rows, text, digits, limit))
    elif "@" in text:
        found.update(_by_email(rows, text.lower(), limit))
    if text and " " not in text:
        found.update(_by_article(text, limit))
    if labelled := _LABEL.fullmatch(text):
        prefix, number = labelled.groups()
        label = rows.filter(number=int(number), prefix__iexact=prefix)
        exact = [*exact, *label.values_list("id", flat=True)]
    found.update(_by_words(text, limit, with_digits=sees_phones))
    if hides and found:
        found = set(rows.filter(id__in=found).values_list("id", flat=True))
    return [*exact, *sorted(found.difference(exact), reverse=True)][:wanted]


def _by_number(orders: TenantQuerySet, digits: str) -> tuple[list[int], list[int]]:
    """The order with this number, and those whose number is up to three digits longer."""
    if not digits or len(digits) > _NUMBER_DIGITS or digits.startswith("0"):
        return [], []
    number = int(digits)
    wanted = Q(number=number)
    for longer in (10, 100, 1000):  # ranges of the index
        wanted |= Q(number__gte=number * longer, number__lt=(number + 1) * longer)
    rows = list(orders.filter(wanted).values_list("number", "id"))
    return [pk for n, pk in rows if n == number], [pk for n, pk in rows if n != number]


def _by_phone(orders: TenantQuerySet, text: str, digits: str, limit: int) -> Iterable[int]:
    """Orders of the customers whose phone is this, begins or ends with it."""
    whole = normalise_phone(text)
    if whole:
        reached = Q(kind=ContactKind.PHONE, value=whole)
    else:
        # 067… is how people dial what is kept as 38067…
        local = digits.lstrip("0")
        starts = {digits, "380" + local} if digits.startswith("0") else {digits}
        reached = Q(reversed__begins=local[::-1])
        for start in starts:
            reached |= Q(digits__begins=start)
    return _of_customers(orders, reached, limit)


def _by_email(orders: TenantQuerySet, text: str, limit: int) -> Iterable[int]:
    return _of_customers(orders, Q(kind=ContactKind.EMAIL, value__begins=text), limit)


def _of_customers(orders: TenantQuerySet, reached: Q, limit: int) -> Iterable[int]:
    customers = list(
        ContactPoint.objects.filter(reached).values_list("customer_id", flat=True)[:50]
    )
    if not customers:
        return []
    return (
        orders.filter(customer_id__in=customers)
        .order_by("-placed_at", "-id")
        .values_list("id", flat=True)[:limit]
    )


def _by_article(text: str, limit: int) -> Iterable[int]:
    spellings = {text, text.upper(), text.lower()}
    lines = OrderLine.objects.filter(sku__in=spellings)
    # A sum is no column of an index: else the planner may walk all lines from the newest on,
    # which for a rare article is all there are.
    newest = lines.order_by((F("order_id") + 0).desc())
    return dict.fromkeys(newest.values_list("order_id", flat=True)[: 2 * limit])


def _by_words(text: str, limit: int, *, with_digits: bool) -> list[int]:
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
        return []
    first, *others = (_pattern(word) for word in words)
    conditions = "".join(" AND doc LIKE %s" for _word in others)
    fetched = _FETCHED if others else limit
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_BY_WORDS}{conditions} ORDER BY order_id DESC LIMIT %s",
            [current_tenant_id(), first, fetched, *others, limit],
        )
        return [row[0] for row in cursor.fetchall()]


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
