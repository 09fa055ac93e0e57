"""Finding an order by whatever a person types."""

import pytest

from crm.tenancy.context import tenant_scope
from customers.models import ContactKind, ContactPoint
from inventory.factories import make_variant
from orders.inputs import BuyerInput, DeliveryInput
from orders.models import Order, OrderSearch, Parcel
from orders.search import find_orders, index_order, index_orders
from tests.orders.conftest import place
from tests.orders.lists import NOW, put, stock


@pytest.fixture(autouse=True)
def _goods(shop):
    stock()


@pytest.fixture
def order():
    """№1 of Kateryna from Lviv; somebody else's №2 stands beside it."""
    placed = place(
        ("TEA", 1),
        now=NOW,
        buyer=BuyerInput(name="Катерина Мар’яненко", phone="+380671234567", email="kate@ukr.net"),
        delivery=DeliveryInput(
            city="Львів", recipient_name="Юрко Гнатюк", recipient_phone="+380995554433"
        ),
        external_number="WOO-7781",
    ).order
    Parcel.objects.create(
        order=placed, tracking_number="20450712345678", packed_at=NOW, packed_by="x"
    )
    other = put(10, name="Степан Бойко", phone="+380501110000")
    index_orders([placed.pk, other.pk])
    return placed


def found(query):
    return [Order.objects.get(pk=pk).number for pk in find_orders(query, viewer=None)]


@pytest.mark.parametrize(
    "query",
    [
        "1",
        "№1",
        "# 1",
        "+380671234567",
        "067 123 45 67",
        "(067) 123-45-67",
        "380671234567",
        "0671234",
        "4567",
        "123 45",
        "0995554433",
        "kate@ukr.net",
        "KATE@UKR",
        "катерина",
        "КАТЕР",
        "мар'яненко катерина",
        "Мар’яненко",
        "kateryna",
        "ка",
        "гнатюк",
        "львів",
        "львів катер",
        "WOO-7781",
        "7781",
        "20450712345678",
        "345678",
    ],
)
def test_each_way_to_name_an_order_finds_it_alone(order, query):
    assert found(query) == [1]


@pytest.mark.parametrize(
    "query", ["", "   ", "к", "999", "0501119999", "катерина бойко", "%", "_", "к%р", "TEA-2", "@"]
)
def test_what_nobody_is_called_finds_nothing(order, query):
    assert found(query) == []


def test_an_article_finds_the_orders_that_hold_it(order):
    make_variant("Cup-1", product="Чашка", on_hand=5, now=NOW)
    place(("Cup-1", 1), now=NOW)

    assert found("Cup-1") == [3]
    assert found("TEA") == found("tea") == [2, 1]


def test_the_number_itself_stands_before_those_that_begin_with_it():
    for _ in range(12):
        put()

    assert found("1") == [1, 12, 11, 10]
    assert found("12") == [12]


def test_a_customers_second_phone_finds_their_orders_before_they_are_indexed(order):
    ContactPoint.objects.create(
        customer_id=order.customer_id,
        kind=ContactKind.PHONE,
        value="+380730001122",
        digits="380730001122",
        reversed="380730001122"[::-1],
    )

    assert found("073 000 11 22") == [1]
    assert found("1122") == [1]


def test_the_text_is_written_anew_and_not_twice(order):
    order.recipient_name = "Остап Вишня"
    order.save(update_fields=["recipient_name"])
    index_order(order.pk)

    assert found("вишня") == [1]
    assert found("гнатюк") == []
    assert OrderSearch.objects.filter(order=order).count() == 1


def test_many_orders_are_indexed_by_four_statements(django_assert_num_queries):
    ids = [put(name=f"Покупець {n}").pk for n in range(5)]

    with django_assert_num_queries(4):
        index_orders(ids)

    assert OrderSearch.objects.filter(order_id__in=ids).count() == 5


def test_the_neighbours_orders_are_not_found(order, neighbour):
    with tenant_scope(neighbour.pk):
        stock()
        theirs = put(name="Катерина Чужа", phone="+380671234567")
        index_order(theirs.pk)
        assert find_orders("катерина", viewer=None) == [theirs.pk]
        assert find_orders("0671234567", viewer=None) == [theirs.pk]

    assert found("катерина") == found("0671234567") == [1]
