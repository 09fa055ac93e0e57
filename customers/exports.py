"""Customers as a file: the one that the import of customers understands."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm.accounts.masking import phones_are_hidden
from crm.accounts.permissions import Permission
from crm.exports.jobs import offer_table
from crm.exports.registry import Asker, Column, Page, Selection, Table, add_columns, register_page
from crm.exports.words import yes_or_no
from crm.fields.exports import own_columns
from crm.fields.models import Kind
from crm.shell.formats import phone_text
from customers.models import Address, ContactKind, ContactPoint, Customer, CustomerNote, CustomerTag
from customers.ports import OrderTotals, order_totals
from customers.selectors import list_customers
from customers.web.table import asked_customers


@dataclass(slots=True)
class CustomerExport:
    """A customer with what its columns read."""

    customer: Customer
    contacts: dict[str, list[str]] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    address: Address | None = None
    totals: OrderTotals = field(default_factory=OrderTotals)
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def phones(self) -> str:
        phones = self.contacts.get(ContactKind.PHONE, [])
        return ", ".join(map(phone_text, phones) if phones_are_hidden() else phones)

    @property
    def emails(self) -> str:
        return ", ".join(self.contacts.get(ContactKind.EMAIL, []))

    @property
    def sums(self) -> str:
        """What their orders come to: sums of several currencies are not added up."""
        return ", ".join(f"{amount} {unit}" for unit, amount in self.totals.sums.items())


def connect() -> None:
    """Register the page and its table; called once at start."""
    register_page(Page("customers", _("Customers"), "customers:list"))
    offer_table(
        Table(
            name="customers",
            page="customers",
            label=_("Customers"),
            help=_("Contacts, tags and notes. This file can be imported again."),
            permission=Permission.CUSTOMERS_VIEW,
            find=find_customers,
            read=read_customers,
            columns=COLUMNS,
            count=lambda n: ngettext("%(count)s customer", "%(count)s customers", n),
            job_label=_("Export customers"),
            person=lambda row: ("customer", row.customer.pk),
        )
    )
    add_columns("customers", own_columns(Kind.CUSTOMER, lambda row: row.customer.custom))


def find_customers(selection: Selection, asker: Asker) -> QuerySet[Customer]:
    """What the table of customers finds for the asker."""
    wanted = asked_customers(QueryDict(selection.get("query") or ""))
    return list_customers(wanted, viewer=asker.member)


def read_customers(_selection: Selection, ids: Sequence[int], asker: Asker) -> list[CustomerExport]:
    """Return the customers in the order of the ids. Five queries and those of their orders."""
    found = Customer.objects.in_bulk(list(ids))
    totals = order_totals(list(found), viewer=asker.member)
    rows = {
        pk: CustomerExport(found[pk], totals=totals.get(pk, OrderTotals()))
        for pk in ids
        if pk in found
    }
    contacts: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    points = ContactPoint.objects.filter(customer_id__in=rows).order_by("-is_primary", "id")
    for owner, kind, value in points.values_list("customer_id", "kind", "value"):
        contacts[owner][kind].append(value)
    for owner, by_kind in contacts.items():
        rows[owner].contacts = by_kind
    for tag in CustomerTag.objects.filter(customer_id__in=rows).order_by("id"):
        rows[tag.customer_id].tags.append(tag.name)
    for note in CustomerNote.objects.filter(customer_id__in=rows).order_by("id"):
        rows[note.customer_id].notes.append(note.text)
    for address in Address.objects.filter(customer_id__in=rows).order_by("used_at", "id"):
        rows[address.customer_id].address = address
    return list(rows.values())


COLUMNS = (
    Column("name", _("Name"), lambda r: r.customer.name),
    Column("phones", _("Phone"), lambda r: r.phones),
    Column("emails", _("E-mail"), lambda r: r.emails),
    Column("language", _("Language"), lambda r: r.customer.language),
    Column("tags", _("Tags"), lambda r: ", ".join(r.tags)),
    Column("notes", _("Note"), lambda r: "\n".join(r.notes)),
    Column("is_blocked", _("Do not sell to"), lambda r: yes_or_no(r.customer.is_blocked)),
    Column("city", _("City"), lambda r: r.address.city if r.address else ""),
    Column("branch", _("Branch or locker"), lambda r: r.address.branch if r.address else ""),
    Column("street", _("Address"), lambda r: r.address.street if r.address else ""),
    Column("orders", _("Orders"), lambda r: r.totals.count),
    Column("sums", _("Sum of orders"), lambda r: r.sums),
    Column("last_at", _("Last order"), lambda r: r.totals.last_at),
    Column("created_at", _("Added"), lambda r: r.customer.created_at),
)
