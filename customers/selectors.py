"""Reads of customers that are more than a get; each says its query count."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import permutations

from django.db import connection
from django.db.models import Q, QuerySet

from crm.accounts.permissions import Permission
from crm.audit.models import AuditEntry
from crm.fields.filters import Wanted, wanted_condition
from crm.fields.selectors import Definitions
from customers.models import ContactKind, ContactPoint, Customer, CustomerTag
from customers.names import fold_text, romanise
from customers.phones import digits_of, normalise_phone
from customers.ports import OrderTotals, has_orders, order_totals, visible_by_orders
from customers.visible import Viewer, visible_condition, visible_customers

MAX_FOUND = 500
MIN_TAIL = 4  # digits, below which "ends with" would fit half the customers
MIN_TRIGRAM = 3
MAX_WORDS = 3
# A query that no phone's digits are a part of.
_WORDY = re.compile(r"\D*")


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """What the table is asked for; empty means all."""

    query: str = ""
    tag: str = ""
    blocked: bool = False
    orders: str = ""  # "with" or "without"
    # The company's own fields: code and what is asked (crm.fields.filters).
    own: Wanted = ()
    fields: Definitions = field(default_factory=dict, compare=False)

    @property
    def with_orders(self) -> bool:
        return self.orders == "with"

    @property
    def without_orders(self) -> bool:
        return self.orders == "without"

    @property
    def narrows(self) -> bool:
        return bool(self.query or self.tag or self.blocked or self.orders or self.own)


@dataclass(slots=True)
class CustomerRow:
    """A customer as a line of the table."""

    customer: Customer
    phone: str = ""
    email: str = ""
    more_contacts: int = 0
    tags: Sequence[str] = ()
    totals: OrderTotals = field(default_factory=OrderTotals)


def get_customer(customer_id: int, *, viewer: Viewer) -> Customer | None:
    """Return a customer of the viewer's with contacts, addresses, tags and notes. Five queries."""
    return (
        visible_customers(viewer)
        .filter(pk=customer_id)
        .prefetch_related("contacts", "tags", "addresses", "notes__author")
        .first()
    )


def find_customers(query: str, limit: int = 20, *, viewer: Viewer) -> list[Customer]:
    """Return the viewer's customers by phone in any spelling, e-mail or part of a name, best first.

    Contacts are loaded. At most seven queries, each over an index.
    """
    ids = find_customer_ids(query, limit, viewer=viewer)
    rows = Customer.objects.filter(pk__in=ids).prefetch_related("contacts").in_bulk()
    return [rows[pk] for pk in ids if pk in rows]


def find_customer_ids(query: str, limit: int = MAX_FOUND, *, viewer: Viewer) -> list[int]:
    """Return ids of the viewer's customers that fit, best first.

    A whole phone or e-mail comes before a part of one, and contacts are read from their own
    table: whoever was made a moment ago is found at once. Then names: those that begin with the
    query, then the rest, both by the alphabet. At most five queries, and one more where the
    viewer is not shown every customer. Who does not see whole phones finds by whole phones
    alone: parts would tell the digits one by one.
    """
    query = query.strip()[:100]
    if not query:
        return []
    condition = visible_condition(viewer)
    whole = viewer is not None and not viewer.can(Permission.PHONES_VIEW)
    reach = limit if condition is None else MAX_FOUND
    found: dict[int, None] = {}
    for ids in (
        _by_phone(query, reach, whole_only=whole),
        _by_email(query, reach),
        [] if whole and not _WORDY.fullmatch(query) else _by_text(query, reach),
    ):
        found.update(dict.fromkeys(ids))
    if condition is not None and found:
        seen = set(Customer.objects.filter(condition, pk__in=found).values_list("pk", flat=True))
        found = {pk: None for pk in found if pk in seen}
    return list(found)[:limit]


def list_customers(wanted: CustomerFilter, *, viewer: Viewer) -> QuerySet[Customer]:
    """Return the viewer's customers that fit, without order: a table sorts and pages them."""
    rows = visible_customers(viewer)
    if wanted.query:
        rows = rows.filter(pk__in=find_customer_ids(wanted.query, viewer=viewer))
    if wanted.tag:
        tagged = CustomerTag.objects.filter(name=wanted.tag).values("customer_id")
        rows = rows.filter(pk__in=tagged)
    if wanted.blocked:
        rows = rows.filter(is_blocked=True)
    if wanted.own:
        rows = rows.filter(wanted_condition(wanted.own, wanted.fields))
    condition = has_orders() if viewer is None else visible_by_orders(viewer)
    if condition is not None and wanted.orders == "with":
        rows = rows.filter(condition)
    elif condition is not None and wanted.orders == "without":
        rows = rows.filter(~condition)
    return rows


def describe_customers(customers: Sequence[Customer], *, viewer: Viewer) -> list[CustomerRow]:
    """Return the lines of a page: contacts, tags and the figures of orders. Three queries more
    than the page itself, whatever its size (the port's own among them)."""
    ids = [customer.pk for customer in customers]
    rows = {customer.pk: CustomerRow(customer) for customer in customers}
    contacts = ContactPoint.objects.filter(customer_id__in=ids).order_by("-is_primary", "pk")
    for contact in contacts:
        row = rows[contact.customer_id]
        if contact.kind == ContactKind.PHONE and not row.phone:
            row.phone = contact.value
        elif contact.kind == ContactKind.EMAIL and not row.email:
            row.email = contact.value
        else:
            row.more_contacts += 1
    tags: dict[int, list[str]] = {}
    for customer_id, name in (
        CustomerTag.objects.filter(customer_id__in=ids)
        .order_by("name")
        .values_list("customer_id", "name")
    ):
        tags.setdefault(customer_id, []).append(name)
    figures = order_totals(ids, viewer=viewer)
    for pk, row in rows.items():
        row.tags = tags.get(pk, ())
        row.totals = figures.get(pk, row.totals)
    return list(rows.values())


def list_tags(limit: int = 50, *, viewer: Viewer) -> list[str]:
    """Return the tags of the viewer's customers, by the alphabet. One query."""
    tags = CustomerTag.objects.all()
    condition = visible_condition(viewer)
    if condition is not None:
        tags = tags.filter(customer_id__in=Customer.objects.filter(condition).values("pk"))
    names = tags.order_by("name").values_list("name", flat=True).distinct()
    return sorted(names[:limit], key=fold_text)


def list_history(customer_id: int, limit: int = 30) -> list[AuditEntry]:
    """Return what was done to the customer, newest first. One query."""
    entries = AuditEntry.objects.filter(object_type="customer", object_id=customer_id)
    return list(entries.order_by("-id")[:limit])


# --- Parts of the search --------------------------------------------------------------------------


def _by_phone(query: str, limit: int, *, whole_only: bool) -> list[int]:
    if any(char.isalpha() for char in query) or "@" in query:
        return []
    digits = digits_of(query)
    if len(digits) < MIN_TRIGRAM:
        return []
    whole = normalise_phone(query)
    if whole:
        exact = ContactPoint.objects.filter(kind=ContactKind.PHONE, value=whole)
        ids = list(exact.values_list("customer_id", flat=True))
        if ids:
            return ids
    if whole_only:
        return []
    ids = _contact_owners(_any(Q(digits__begins=start) for start in _starts(digits)), limit)
    if len(digits) >= MIN_TAIL and len(ids) < limit:
        ids += _contact_owners(Q(reversed__begins=digits[::-1]), limit)
    return ids


def _starts(digits: str) -> list[str]:
    """The beginnings that these digits may mean: 067… is 38067…, 8067… as well."""
    starts = [digits]
    if digits.startswith("00"):
        starts.append(digits[2:])
    elif digits.startswith("0"):
        starts.append("38" + digits)
    elif digits.startswith("80"):
        starts.append("3" + digits)
    else:
        starts.append("380" + digits)
    return starts


def _by_email(query: str, limit: int) -> list[int]:
    value = query.lower()
    if not value.isascii() or " " in value or len(value) < MIN_TRIGRAM:
        return []
    return _contact_owners(Q(kind=ContactKind.EMAIL, value__begins=value), limit)


def _contact_owners(condition: Q, limit: int) -> list[int]:
    rows = ContactPoint.objects.filter(condition).values_list("customer_id", flat=True)
    return list(dict.fromkeys(rows[:limit]))


def _by_text(query: str, limit: int) -> list[int]:
    """By the trigram index, which only the database function may read (docs/search.md)."""
    patterns = text_patterns(query)
    if not patterns:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT customer_search(p, %s) FROM unnest(%s::text[]) p", [limit, patterns]
        )
        ids = [row[0] for row in cursor.fetchall()]
    folded = fold_text(query)
    rows = Customer.objects.filter(pk__in=ids).values_list("pk", "name", "sort_name")
    ranked = [
        (not fold_text(name).startswith(folded), sort_name, pk) for pk, name, sort_name in rows
    ]
    return [pk for _later, _sort_name, pk in sorted(ranked)]


def text_patterns(query: str) -> list[str]:
    """Return LIKE patterns over the search text; words may stand in any order.

    A name kept in Latin letters is found by Cyrillic ones and the other way round. A piece too
    short for a trigram is looked for at the beginning of a word.
    """
    folded = fold_text(query)
    if not any(char.isalpha() for char in folded):
        folded = digits_of(folded)  # phones are kept as digits alone
    patterns: dict[str, None] = {}
    for text in (folded, romanise(folded)):
        words = [_escape(word) for word in text.split()]
        if not words:
            continue
        orders = permutations(words) if len(words) <= MAX_WORDS else [tuple(words)]
        for order in orders:
            pieces = [word if len(word) >= MIN_TRIGRAM else f" {word}" for word in order]
            patterns["%" + "%".join(pieces) + "%"] = None
    return list(patterns)


def _escape(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _any(conditions: Iterable[Q]) -> Q:
    result = Q()
    for condition in conditions:
        result |= condition
    return result
