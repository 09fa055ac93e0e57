"""Making and changing customers, their contacts, notes, tags and addresses."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crm.accounts.models import Membership
from crm.audit.actor import Actor
from crm.audit.models import AuditEntry
from crm.outbox.models import OutboxEvent
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant
from customers.actions.addresses import remember_address
from customers.actions.contacts import add_contact, make_contact_primary, remove_contact
from customers.actions.notes import add_note, add_tag, remove_note, remove_tag
from customers.actions.profile import create_customer, edit_customer, set_blocked
from customers.errors import ContactTaken, CustomerError, StaleCustomer
from customers.factories import make_customer
from customers.models import Address, ContactPoint, Customer

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WHO = Actor.system("test")
BY: dict[str, Any] = {"actor": WHO, "now": NOW}


def contacts_of(customer: Customer) -> list[tuple[str, str, bool]]:
    rows = customer.contacts.order_by("pk")
    return [(row.kind, row.value, row.is_primary) for row in rows]


def last_entry() -> AuditEntry:
    return AuditEntry.objects.order_by("-id")[0]


def test_a_customer_is_made_with_normalised_contacts(shop: Tenant) -> None:
    made = create_customer(
        name="  Олена   Петренко ", phone="067 123-45-67", email="Olena@Example.COM", **BY
    )
    made.refresh_from_db()
    assert made.name == "Олена Петренко"
    assert contacts_of(made) == [
        ("phone", "+380671234567", True),
        ("email", "olena@example.com", True),
    ]
    phone = made.contacts.get(kind="phone")
    assert (phone.digits, phone.reversed) == ("380671234567", "765432176083")
    entry = last_entry()
    assert (entry.action, entry.object_id) == ("customer.created", made.pk)
    assert entry.changes["phone"] == ["", "+380671234567"]
    assert OutboxEvent.objects.filter(topic="customer.created", object_id=made.pk).count() == 1


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"name": ""}, "empty", "name"),
        ({"name": "Олена", "phone": "12"}, "bad_phone", "phone"),
        ({"name": "Олена", "email": "olena@"}, "bad_email", "email"),
        ({"name": "я" * 201}, "name_too_long", "name"),
        ({"name": "Олена", "language": "xx"}, "bad_language", "language"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_made(
    shop: Tenant, fields: dict[str, str], code: str, field: str
) -> None:
    create_customer(name="Олена", phone="0671234567", **BY)  # the right one is made
    with pytest.raises(CustomerError) as caught:
        create_customer(**fields, **BY)
    assert (caught.value.code, caught.value.field) == (code, field)
    assert Customer.objects.count() == 1


def test_a_phone_of_another_customer_names_them(shop: Tenant) -> None:
    olena = make_customer("Олена", phone="0671234567")
    with pytest.raises(ContactTaken) as caught:
        create_customer(name="Ігор", phone="+380 67 123 45 67", **BY)
    assert caught.value.field == "phone"
    assert caught.value.facts["owner_id"] == olena.pk
    assert caught.value.facts["owner_name"] == "Олена"
    ihor = create_customer(name="Ігор", phone="0501112233", **BY)
    with pytest.raises(ContactTaken):
        add_contact(customer_id=ihor.pk, kind="phone", value="0671234567", **BY)
    assert contacts_of(ihor) == [("phone", "+380501112233", True)]


def test_the_neighbour_may_know_the_same_buyer(shop: Tenant, neighbour: Tenant) -> None:
    make_customer("Олена", phone="0671234567")
    with tenant_scope(neighbour.pk):
        theirs = make_customer("Олена", phone="0671234567")
        assert contacts_of(theirs) == [("phone", "+380671234567", True)]
        assert Customer.objects.count() == 1


def test_an_edit_records_before_and_after_and_nothing_else(shop: Tenant) -> None:
    olena = make_customer("Олена", phone="0671234567")
    edit_customer(customer_id=olena.pk, changes={"name": "Олена Ґудзь", "language": ""}, **BY)
    olena.refresh_from_db()
    assert olena.name == "Олена Ґудзь"
    assert olena.sort_name == Customer(sort_name="").sort_name or "0" in olena.sort_name
    entry = last_entry()
    assert (entry.action, entry.changes) == ("customer.changed", {"name": ["Олена", "Олена Ґудзь"]})
    before = AuditEntry.objects.count()
    edit_customer(customer_id=olena.pk, changes={"name": "Олена Ґудзь"}, **BY)
    assert AuditEntry.objects.count() == before


def test_the_second_editor_gets_a_comparison(shop: Tenant) -> None:
    olena = make_customer("Олена")
    edit_customer(customer_id=olena.pk, changes={"name": "Олена А"}, seen={"name": "Олена"}, **BY)
    with pytest.raises(StaleCustomer) as caught:
        edit_customer(
            customer_id=olena.pk, changes={"name": "Олена Б"}, seen={"name": "Олена"}, **BY
        )
    assert caught.value.facts["fields"] == {"name": ("Олена А", "Олена Б")}
    olena.refresh_from_db()
    assert olena.name == "Олена А"
    # Another field of the same customer is free.
    edit_customer(customer_id=olena.pk, changes={"language": "en"}, seen={"language": ""}, **BY)
    olena.refresh_from_db()
    assert (olena.name, olena.language) == ("Олена А", "en")


def test_contacts_are_added_once_and_the_primary_is_inherited(shop: Tenant) -> None:
    olena = make_customer("Олена", phone="0671234567")
    second = add_contact(customer_id=olena.pk, kind="phone", value="050 111 22 33", **BY)
    again = add_contact(customer_id=olena.pk, kind="phone", value="+380501112233", **BY)
    assert again.pk == second.pk
    make_contact_primary(customer_id=olena.pk, contact_id=second.pk, **BY)
    assert contacts_of(olena) == [
        ("phone", "+380671234567", False),
        ("phone", "+380501112233", True),
    ]
    assert last_entry().changes == {"primary_phone": ["+380671234567", "+380501112233"]}
    removed = remove_contact(customer_id=olena.pk, contact_id=second.pk, **BY)
    assert removed is not None
    assert contacts_of(olena) == [("phone", "+380671234567", True)]
    assert last_entry().changes == {"phone": ["+380501112233", ""]}
    assert remove_contact(customer_id=olena.pk, contact_id=second.pk, **BY) is None


def test_the_last_contact_of_the_nameless_stays(shop: Tenant) -> None:
    nameless = make_customer("", phone="0671234567")
    only = nameless.contacts.get()
    with pytest.raises(CustomerError) as caught:
        remove_contact(customer_id=nameless.pk, contact_id=only.pk, **BY)
    assert caught.value.code == "last_contact"
    edit_customer(customer_id=nameless.pk, changes={"name": "Олена"}, **BY)
    remove_contact(customer_id=nameless.pk, contact_id=only.pk, **BY)
    assert not ContactPoint.objects.exists()


def test_a_contact_of_another_customer_is_out_of_reach(shop: Tenant) -> None:
    olena = make_customer("Олена", phone="0671234567")
    ihor = make_customer("Ігор", phone="0501112233")
    theirs = ihor.contacts.get()
    assert remove_contact(customer_id=olena.pk, contact_id=theirs.pk, **BY) is None
    with pytest.raises(CustomerError):
        make_contact_primary(customer_id=olena.pk, contact_id=theirs.pk, **BY)
    assert contacts_of(ihor) == [("phone", "+380501112233", True)]


def test_notes_remember_who_wrote_them(shop: Tenant, manager: Membership) -> None:
    olena = make_customer("Олена")
    note = add_note(
        customer_id=olena.pk, text=" Дзвонити після 18 ", actor=Actor.member(manager), now=NOW
    )
    note.refresh_from_db()
    assert (note.text, note.author_id, note.created_at) == ("Дзвонити після 18", manager.pk, NOW)
    with pytest.raises(CustomerError):
        add_note(customer_id=olena.pk, text="   ", **BY)
    assert olena.notes.count() == 1
    remove_note(customer_id=olena.pk, note_id=note.pk, **BY)
    assert olena.notes.count() == 0
    assert last_entry().changes == {"note": ["Дзвонити після 18", ""]}


def test_a_tag_stands_once_whatever_the_case(shop: Tenant) -> None:
    olena = make_customer("Олена")
    add_tag(customer_id=olena.pk, name="#VIP", **BY)
    add_tag(customer_id=olena.pk, name="vip", **BY)
    assert [tag.name for tag in olena.tags.all()] == ["VIP"]
    assert remove_tag(customer_id=olena.pk, name="VIP", **BY) is True
    assert remove_tag(customer_id=olena.pk, name="VIP", **BY) is False
    assert olena.tags.count() == 0


def test_blocking_is_written_once_with_its_reason(shop: Tenant) -> None:
    olena = make_customer("Олена")
    set_blocked(customer_id=olena.pk, blocked=True, reason="Не забирає посилки", **BY)
    set_blocked(customer_id=olena.pk, blocked=True, reason="ще раз", **BY)
    olena.refresh_from_db()
    assert olena.is_blocked
    entries = AuditEntry.objects.filter(action="customer.blocked")
    assert [entry.reason for entry in entries] == ["Не забирає посилки"]
    set_blocked(customer_id=olena.pk, blocked=False, **BY)
    olena.refresh_from_db()
    assert not olena.is_blocked


def test_an_address_is_remembered_once_and_its_use_noted(shop: Tenant) -> None:
    olena = make_customer("Олена")
    where = {"delivery_method": "np_branch", "city": "Львів", "branch": "№3"}
    remember_address(customer_id=olena.pk, now=NOW, **where)
    remember_address(customer_id=olena.pk, now=NOW + timedelta(days=1), **where)
    remember_address(customer_id=olena.pk, now=NOW, **{**where, "branch": "№4"})
    remember_address(customer_id=olena.pk, now=NOW, delivery_method="np_branch")
    rows = Address.objects.order_by("branch").values_list("branch", "used_at")
    assert list(rows) == [("№3", NOW + timedelta(days=1)), ("№4", NOW)]
