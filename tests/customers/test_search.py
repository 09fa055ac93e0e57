"""Finding customers: phones in any spelling, e-mails, parts of names; and by what index."""

from collections.abc import Callable
from typing import Any

import pytest

from crm.audit.actor import Actor
from crm.outbox.drain import drain_tenant
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant
from customers.actions.contacts import add_contact
from customers.actions.profile import edit_customer
from customers.factories import make_customer, make_customers
from customers.models import CustomerSearch
from customers.selectors import find_customers


def names(query: str, limit: int = 20) -> list[str]:
    return [customer.name for customer in find_customers(query, limit, viewer=None)]


@pytest.fixture
def olena(shop: Tenant) -> Any:
    make_customer("Ігор Бондар", phone="0501112233", email="ihor@example.com")
    return make_customer("Олена Петренко", phone="0671234567", email="olena.p@example.com")


@pytest.mark.parametrize(
    "query",
    [
        "+380671234567",
        "+380 67 123-45-67",
        "380671234567",
        "80671234567",
        "0671234567",
        "067 123 45 67",
        "(067) 123",
        "+380 67 1",
        "00380671234567",
        "671234567",
        "4567",
        "45-67",
        "12345",  # out of the middle
    ],
)
def test_any_spelling_of_a_phone(olena: Any, query: str) -> None:
    assert names(query) == ["Олена Петренко"]


@pytest.mark.parametrize("query", ["0991234560", "4568", "+48 67 1", "99", ""])
def test_another_phone_finds_nobody(olena: Any, query: str) -> None:
    assert names(query) == []


@pytest.mark.parametrize("query", ["olena.p@example.com", "OLENA.P@", "olena"])
def test_email(olena: Any, query: str) -> None:
    assert names(query)[0] == "Олена Петренко"


@pytest.mark.parametrize(
    "query", ["ПЕТРЕНКО", "етрен", "олена петр", "Петренко Олена", "petrenko", "ол", "Olena Pet"]
)
def test_part_of_a_name_in_any_case_order_and_letters(olena: Any, query: str) -> None:
    assert names(query) == ["Олена Петренко"]


@pytest.mark.parametrize("query", ["петренка", "олена бондар", "%", "_", "\\", "п%ко"])
def test_what_does_not_fit_is_not_found(olena: Any, query: str) -> None:
    assert names(query) == []


def test_a_name_in_latin_letters_is_found_by_cyrillic_ones(shop: Tenant) -> None:
    make_customer("Taras Shevchenko")
    assert names("шевченко") == ["Taras Shevchenko"]


def test_apostrophes_and_yo_do_not_matter(shop: Tenant) -> None:
    make_customer("Мар’яна Семёнова")
    for query in ("мар'яна", "маряна", "семенова", "Семёнова"):
        assert names(query) == ["Мар’яна Семёнова"], query


def test_names_that_begin_so_come_first_then_the_alphabet(shop: Tenant) -> None:
    for name in ("Петро Іваненко", "Іванна Юрченко", "Іван Яценко", "Іван Ґудзь"):
        make_customer(name)
    assert names("іван") == ["Іван Ґудзь", "Іван Яценко", "Іванна Юрченко", "Петро Іваненко"]


def test_a_contact_is_found_before_the_index_is_written(shop: Tenant) -> None:
    make_customer("Олена", phone="0671234567", email="olena@example.com", indexed=False)
    assert not CustomerSearch.objects.exists()
    for query in ("067 123 45 67", "olena@example.com", "4567"):
        assert names(query) == ["Олена"], query
    assert names("олена") == []


def test_the_index_follows_the_events(shop: Tenant) -> None:
    olena = make_customer("Олена", indexed=False)
    drain_tenant(shop.pk)
    assert names("олена") == ["Олена"]
    by: dict[str, Any] = {"actor": Actor.system("test"), "now": olena.created_at}
    edit_customer(customer_id=olena.pk, changes={"name": "Ганна"}, **by)
    add_contact(customer_id=olena.pk, kind="phone", value="0671234567", **by)
    drain_tenant(shop.pk)
    assert names("ганна") == names("71234") == ["Ганна"]
    assert names("олена") == []


def test_the_neighbours_customers_are_not_found(shop: Tenant, neighbour: Tenant) -> None:
    make_customer("Олена Наша", phone="0671234567", email="olena@example.com")
    with tenant_scope(neighbour.pk):
        make_customer("Олена Чужа", phone="0671234567", email="olena@example.com")
        assert names("олена") == names("0671234567") == names("olena@") == ["Олена Чужа"]
    assert names("олена") == names("0671234567") == names("olena@") == ["Олена Наша"]


def test_the_number_of_queries_does_not_grow(
    shop: Tenant, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    make_customers([(f"Олена {n}", f"+38067000{n:04}", f"olena{n}@e.com") for n in range(60)])
    for query, count in (("олена", 50), ("067000", 50), ("olena", 50)):
        with django_assert_max_num_queries(7):
            assert len(find_customers(query, 50, viewer=None)) == count
