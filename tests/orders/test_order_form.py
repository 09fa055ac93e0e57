"""The form of a whole order: what is typed is read, counted, kept when wrong, and stored."""

from decimal import Decimal
from html import unescape
from re import findall

import pytest
from django.utils import timezone

from crm.outbox.drain import drain_tenant
from customers.models import Customer
from inventory.actions.reserve import OutOfStock
from inventory.factories import item_of, make_variant
from orders.actions.edit import edit_order
from orders.edits import OrderEdit
from orders.models import Channel, EditRequest, Order, StockPolicy
from orders.web.entry import EntryLine, read_discount, read_money
from tests.orders.conftest import SYSTEM
from tests.orders.test_card import picking


@pytest.fixture
def desk(client_of, manager):
    client = client_of(manager)
    client.cookies["kram_language"] = "en"
    return client


@pytest.fixture
def cup(shop):
    return make_variant("CUP-1", product="Чашка", on_hand=5, price=Decimal("310.00"))


def row(variant=None, quantity="1", price="310", discount="", line_id="", name=""):
    return {
        "line_id": line_id,
        "line_variant": str(variant.pk) if variant else "",
        "line_sku": variant.sku if variant else "",
        "line_name": name or (variant.title if variant else ""),
        "line_quantity": quantity,
        "line_price": price,
        "line_discount": discount,
    }


def form(*rows, **fields):
    """What a browser sends: each cell of the rows under one name, in their order."""
    data: dict = {"channel": "phone", "customer_phone": "067 123 45 67", **fields}
    for name in row():
        data[name] = [one[name] for one in rows]
    return data


def text(response):
    return response.content.decode()


@pytest.mark.parametrize(
    ("typed", "read"),
    [("1 249,50", "1249.50"), ("1249.5", "1249.50"), ("1'000", "1000"), ("", None), ("x", None)],
)
def test_money_is_read_as_people_type_it(typed, read):
    assert read_money(typed) == (Decimal(read) if read else None)


@pytest.mark.parametrize(
    ("typed", "read"),
    [("", "0"), ("10%", "31.05"), ("12,5 %", "38.81"), ("40", "40"), ("110%", None), ("a", None)],
)
def test_discount_is_an_amount_or_a_share(typed, read):
    of = Decimal("310.50")
    assert read_discount(typed, of) == (Decimal(read) if read is not None else None)


def test_lacking_counts_what_is_held_for_this_order_as_there():
    line = EntryLine(quantity="7", price="1", available=2, held=3)
    line.check()
    assert line.lacking == 2


def test_order_is_placed_with_a_new_customer(desk, cup, manager):
    data = form(
        row(cup, "2", "300,00", "10%"),
        row(None, "1", "50", name="Пакування"),
        customer_name="Олена Коваленко",
        discount="5%",
        delivery_price="70",
        delivery_method="np_branch",
        delivery_city="Львів",
        delivery_branch="№1",
        payment_method="card",
        paid="100",
        tags="подарунок, vip",
    )
    answer = desk.post("/shop/orders/new/", data)
    assert answer.status_code == 303, text(answer)
    order = Order.objects.select_related("channel", "customer").get()
    assert answer["Location"] == f"/shop/orders/{order.number}/"
    # 2 x 300 - 60 + 50 = 590; - 29.50 + 70
    assert (order.total, order.discount, order.paid) == (
        Decimal("630.50"),
        Decimal("29.50"),
        Decimal(100),
    )
    assert (order.channel.code, order.customer.name) == ("phone", "Олена Коваленко")
    assert (order.recipient_name, order.recipient_phone) == ("Олена Коваленко", "+380671234567")
    assert sorted(order.tags.values_list("name", flat=True)) == ["vip", "подарунок"]
    assert item_of(cup).reserved == 2
    assert order.transitions.get().actor_id == manager.pk


def test_chosen_customer_is_kept(desk, cup):
    desk.post("/shop/orders/new/", form(row(cup), customer_name="Олена"))
    customer = Customer.objects.get()
    again = form(row(cup, "2"), customer_id=customer.pk, customer_phone="", customer_name="")
    assert desk.post("/shop/orders/new/", again).status_code == 303
    assert list(Order.objects.values_list("customer_id", flat=True)) == [customer.pk] * 2


def test_wrong_cells_stand_in_their_row_and_nothing_is_stored(desk, cup):
    data = form(
        row(cup, "0", "дорого"), row(cup, "1", "10", "11"), customer_phone="12", discount="120%"
    )
    answer = desk.post("/shop/orders/new/", data)
    assert answer.status_code == 422
    html = unescape(text(answer))
    for words in (
        "Quantity: from 1 to 10000.",
        "Type a price.",
        "The discount is bigger than the price.",
        "This is no phone number: check its digits.",
        'value="дорого"',
    ):
        assert words in html
    assert Order.objects.count() == 0


def test_order_needs_goods_and_somebody(desk, cup):
    answer = desk.post("/shop/orders/new/", form(customer_phone=""))
    assert answer.status_code == 422
    html = unescape(text(answer))
    assert "Add at least one line." in html
    assert "Whose order is it?" in html
    assert Order.objects.count() == 0


def test_channel_that_refuses_short_goods_says_so(desk, cup):
    Channel.objects.filter(code="phone").update(stock_policy=StockPolicy.REJECT)
    answer = desk.post("/shop/orders/new/", form(row(cup, "6")))
    assert answer.status_code == 422
    assert "Some goods are not in stock." in text(answer)
    assert Order.objects.count() == 0
    assert OutOfStock.code == "out_of_stock"


def test_count_answers_what_the_page_shows(desk, cup):
    data = form(row(cup, "7", "100"), discount="10%", delivery_price="50")
    answer = desk.post("/shop/orders/new/count/", data).json()
    assert answer["currency"] == "UAH"
    assert answer["lines"] == [{"total": "₴700.00", "lacking": 2, "available": 5}]
    assert "₴680.00" in answer["sums"]


def test_goods_are_found_by_code_and_by_name_and_marked_when_exact(desk, cup):
    exact = text(desk.get("/shop/orders/new/goods/?q=cup-1"))
    assert "data-exact" in exact
    by_name = text(desk.get("/shop/orders/new/goods/?q=чаш"))
    assert f'data-id="{cup.pk}"' in by_name
    assert "data-exact" not in by_name


def test_what_is_not_in_the_catalogue_can_always_be_a_line(desk, cup):
    for query in ("чаш", "самовар"):
        assert "data-free-line" in text(desk.get(f"/shop/orders/new/goods/?q={query}"))
    assert "data-free-line" not in text(desk.get("/shop/orders/new/goods/?q=cup-1"))
    desk.post("/shop/orders/new/", form(row(name="Самовар")))
    assert Order.objects.get().lines.get().name == "Самовар"


def test_customer_is_found_by_any_spelling_with_the_last_address(desk, cup, shop):
    place = {"delivery_method": "np_branch", "delivery_city": "Львів", "delivery_branch": "№1"}
    desk.post("/shop/orders/new/", form(row(cup), customer_name="Олена", **place))
    drain_tenant(shop.pk)
    for query in ("0671234567", "+38 067 123-45-67", "олен"):
        html = text(desk.get("/shop/orders/new/customers/", {"q": query}))
        assert 'data-phone="+380671234567"' in html
        assert 'data-city="Львів"' in html


def hidden(html):
    pairs = findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html)
    fixed = {"base", "version", "number"}
    return {name: unescape(value) for name, value in pairs if name in fixed}


def edited(order, *rows, seen, **fields):
    data = form(*rows, **seen, **fields)
    data |= {name: data.get(name, "") for name in ("recipient_name", "recipient_phone")}
    return data


@pytest.fixture
def order(desk, cup):
    desk.post("/shop/orders/new/", form(row(cup, "2"), customer_name="Олена"))
    return Order.objects.get()


def test_edit_changes_lines_stock_and_total(desk, cup, order):
    page = text(desk.get(f"/shop/orders/{order.number}/edit/"))
    line = order.lines.get()
    data = edited(
        order,
        row(cup, "3", "310", line_id=str(line.pk)),
        row(None, "1", "40", name="Пакування"),
        seen=hidden(page),
        recipient_name="Олена",
        recipient_phone="0671234567",
        delivery_price="60",
    )
    answer = desk.post(f"/shop/orders/{order.number}/edit/", data)
    assert answer.status_code == 303, text(answer)
    order.refresh_from_db()
    assert order.total == Decimal(1030)
    assert item_of(cup).reserved == 3
    assert [(x.name, x.quantity) for x in order.lines.all()] == [("Чашка", 3), ("Пакування", 1)]


def test_edit_over_a_colleague_is_compared_first(desk, cup, order):
    page = text(desk.get(f"/shop/orders/{order.number}/edit/"))
    line = order.lines.get()
    edit = OrderEdit({"delivery_city": "Одеса"})
    edit_order(order_id=order.pk, edit=edit, actor=SYSTEM, now=timezone.now())
    mine = edited(
        order,
        row(cup, "4", "310", line_id=str(line.pk)),
        seen=hidden(page),
        recipient_name="Олена",
        recipient_phone="0671234567",
        delivery_city="Львів",
    )
    answer = desk.post(f"/shop/orders/{order.number}/edit/", mine)
    assert answer.status_code == 409
    assert "Одеса" in text(answer)
    order.refresh_from_db()
    assert (order.delivery_city, item_of(cup).reserved) == ("Одеса", 2)


def test_edit_of_a_picked_order_becomes_a_request(desk, cup, order):
    picking(order)
    page = text(desk.get(f"/shop/orders/{order.number}/edit/"))
    assert "Ask the warehouse" in page
    line = order.lines.get()
    data = edited(
        order,
        row(cup, "1", "310", line_id=str(line.pk)),
        seen=hidden(page),
        recipient_name="Олена",
        recipient_phone="0671234567",
        delivery_method="pickup",
        payment_method="cod",
        ship_date=str(order.ship_date),
        reason="Менше",
    )
    assert desk.post(f"/shop/orders/{order.number}/edit/", data).status_code == 303
    request = EditRequest.objects.get(order=order)
    assert [change["field"] for change in request.diff] == ["lines"]
    assert item_of(cup).reserved == 2


def test_analyst_and_picker_place_nothing(client_of, analyst, picker, cup):
    for member in (analyst, picker):
        assert client_of(member).post("/shop/orders/new/", form(row(cup))).status_code == 403
    assert Order.objects.count() == 0
