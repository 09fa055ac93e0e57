"""The figures of orders on the customers' pages, told by the floor above through a port."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from crm.accounts.models import Membership
from crm.outbox.drain import drain_tenant
from crm.tenancy.models import Tenant
from customers.factories import make_customer
from customers.models import Address, Customer
from customers.ports import OrderTotals, order_totals
from customers.selectors import CustomerFilter, describe_customers, list_customers
from inventory.factories import make_variant
from orders.actions.place import place_order
from orders.actions.transition import cancel_order
from orders.models import CancelReason, Order
from orders.pipeline import Stage
from tests.orders.conftest import NOW, SYSTEM, order_input, settle


@pytest.fixture
def buyers(shop: Tenant) -> dict[str, Customer]:
    """Olena ordered 300 and 50 UAH, 20 USD, and cancelled 100 UAH; Ihor ordered nothing."""
    make_variant("TEA", product="Чай", on_hand=50, price=Decimal(100), now=NOW)
    olena = make_customer("Олена Петренко", phone="0671234567")
    orders = []
    for quantity in (3, 1, 2, 1):
        placed = place_order(data=order_input(("TEA", quantity)), actor=SYSTEM, now=NOW)
        orders.append(placed.order.pk)
    Order.objects.filter(pk=orders[1]).update(total=Decimal(50))
    Order.objects.filter(pk=orders[2]).update(total=Decimal(20), currency="USD")
    Order.objects.filter(pk__in=orders).update(is_counted=True, duplicate_state="")
    reason = CancelReason.objects.order_by("pk")[0]
    cancel_order(order_id=orders[3], reason_id=reason.pk, actor=SYSTEM, now=NOW)
    return {"olena": olena, "ihor": make_customer("Ігор", phone="0501112233")}


def test_sums_of_different_currencies_are_not_added(buyers: dict[str, Customer]) -> None:
    olena, ihor = buyers["olena"], buyers["ihor"]
    totals = order_totals([olena.pk, ihor.pk], viewer=None)
    assert set(totals) == {olena.pk}
    figures = totals[olena.pk]
    assert figures.sums == {"UAH": Decimal(350), "USD": Decimal(20)}
    assert (figures.count, figures.cancelled) == (4, 1)
    newest = Order.objects.order_by("-placed_at", "-id")[0]
    assert (figures.last_at, figures.last_number) == (newest.placed_at, newest.number)


def test_money_of_an_undecided_repeat_is_not_counted(buyers: dict[str, Customer]) -> None:
    olena = buyers["olena"]
    Order.objects.filter(currency="USD").update(is_counted=False)
    figures = order_totals([olena.pk], viewer=None)[olena.pk]
    assert figures.sums == {"UAH": Decimal(350)}
    assert figures.count == 4


def test_filters_by_orders(buyers: dict[str, Customer]) -> None:
    for wanted, names in (("with", ["Олена Петренко"]), ("without", ["Ігор"])):
        found = list_customers(CustomerFilter(orders=wanted), viewer=None)
        assert [customer.name for customer in found] == names


def test_a_page_of_totals_is_two_queries_more(
    buyers: dict[str, Customer], django_assert_num_queries: Callable[..., Any]
) -> None:
    people = list(buyers.values())
    with django_assert_num_queries(4):
        rows = describe_customers(people, viewer=None)
    assert [row.totals.count for row in rows] == [4, 0]
    assert rows[1].totals == OrderTotals()


def test_the_table_and_the_card_show_them(
    buyers: dict[str, Customer], manager: Membership, client_of: Callable[[Membership], Client]
) -> None:
    desk = client_of(manager)
    for url in ("/shop/customers/", f"/shop/customers/{buyers['olena'].pk}/?part=facts"):
        page = desk.get(url).content.decode().replace("\u00a0", " ")
        assert "350 ₴" in page
        assert "20 $" in page
        assert "370 ₴" not in page
        assert "370 $" not in page


def test_the_address_of_an_agreed_order_is_kept(buyers: dict[str, Customer], shop: Tenant) -> None:
    open_order = Order.objects.filter(stage=Stage.NEW).order_by("pk")[0]
    drain_tenant(shop.pk)
    assert not Address.objects.exists()
    settle(open_order)
    drain_tenant(shop.pk)
    address = Address.objects.get()
    assert (address.customer_id, address.branch) == (buyers["olena"].pk, "Відділення №12")
