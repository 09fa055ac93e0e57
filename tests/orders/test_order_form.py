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
from inventory.models import Variant
from orders.actions.edit import edit_order
from orders.edits import EditLine, OrderEdit
from orders.models import Channel, EditRequest, Order, StockPolicy
from orders.web.entry import EntryLine, read_discount, read_money
from tests.orders.conftest import SYSTEM, place
from tests.orders.pages import hidden, picking, text


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


def shown(html):
    """What the form says that it showed."""
    return {k: v for k, v in hidden(html).items() if k in {"base", "version", "number"}}


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
        seen=shown(page),
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


def test_the_form_counts_the_tax_on_top_of_prices(desk, cup):
    placed = place(("CUP-1", 2), channel_code="site", prices_include_tax=False, tax=Decimal(130))
    order = placed.order
    order.lines.update(tax_rate=20)
    url = f"/shop/orders/{order.number}/edit/"
    assert "750" in text(desk.get(url)).partition("data-total>")[2][:40]
    line = row(cup, "1", "310", line_id=str(order.lines.get().pk))
    answer = desk.post("/shop/orders/new/count/", {**form(line), "number": str(order.number)})
    sums = answer.json()["sums"]  # 310 + 130 - 62 of the cup that went
    assert "378" in sums
    assert "68" in sums


def test_edit_over_a_colleague_is_compared_first(desk, cup, order):
    page = text(desk.get(f"/shop/orders/{order.number}/edit/"))
    line = order.lines.get()
    edit = OrderEdit({"delivery_city": "Одеса"})
    edit_order(order_id=order.pk, edit=edit, actor=SYSTEM, now=timezone.now())
    mine = edited(
        order,
        row(cup, "4", "310", line_id=str(line.pk)),
        seen=shown(page),
        recipient_name="Олена",
        recipient_phone="0671234567",
        delivery_city="Львів",
    )
    answer = desk.post(f"/shop/orders/{order.number}/edit/", mine)
    assert answer.status_code == 409
    assert "Одеса" in text(answer)
    order.refresh_from_db()
    assert (order.delivery_city, item_of(cup).reserved) == ("Одеса", 2)


def test_the_comparison_names_the_goods_where_a_colleague_put_others_in(desk, cup, order):
    jug = make_variant("JUG-1", product="Глечик", on_hand=5, price=Decimal(310), now=timezone.now())
    page = text(desk.get(f"/shop/orders/{order.number}/edit/"))
    line = order.lines.get()
    mine = edited(order, row(cup, "4", "310", line_id=str(line.pk)), seen=shown(page))

    def compared(variant_id: int, quantity: int) -> str:
        other = EditLine(quantity, Decimal(310), id=line.pk, variant_id=variant_id)
        edit = OrderEdit({}, (other,))
        edit_order(order_id=order.pk, edit=edit, actor=SYSTEM, now=timezone.now())
        answer = desk.post(f"/shop/orders/{order.number}/edit/", mine)
        assert answer.status_code == 409
        return text(answer)

    assert "Чашка CUP-1 ·" not in compared(cup.pk, 3)
    swapped = compared(jug.pk, 3)
    assert "Глечик JUG-1 · 3 × " in swapped
    assert "Чашка CUP-1 · 4 × " in swapped


def test_edit_of_a_picked_order_becomes_a_request(desk, cup, order):
    picking(order)
    page = text(desk.get(f"/shop/orders/{order.number}/edit/"))
    assert "Ask the warehouse" in page
    line = order.lines.get()
    data = edited(
        order,
        row(cup, "1", "310", line_id=str(line.pk)),
        seen=shown(page),
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


class TestQuickProduct:
    ADD = "/shop/orders/new/goods/add/"

    @pytest.fixture
    def lead(self, client_of, owner):
        client = client_of(owner)
        client.cookies["kram_language"] = "en"
        return client

    def test_it_is_offered_to_those_who_may_and_only_where_nothing_is_exact(self, lead, desk, cup):
        assert "data-new-product" in text(lead.get("/shop/orders/new/goods/", {"q": "САМОВАР-3"}))
        assert "data-new-product" not in text(lead.get("/shop/orders/new/goods/", {"q": "CUP-1"}))
        asked = text(desk.get("/shop/orders/new/goods/", {"q": "САМОВАР-3"}))
        assert "data-free-line" in asked
        assert "data-new-product" not in asked
        assert 'id="quick-product"' in text(lead.get("/shop/orders/new/"))
        assert 'id="quick-product"' not in text(desk.get("/shop/orders/new/"))
        assert desk.post(self.ADD, {"quick-name": "Самовар"}).status_code == 403

    @pytest.mark.parametrize(
        ("typed", "field"), [("САМОВАР-3", "sku"), ("Самовар мідний 3 л", "name")]
    )
    def test_what_was_typed_begins_it(self, lead, typed, field):
        page = text(lead.get(self.ADD, {"q": typed}))
        (tag,) = findall(rf'<input[^>]*name="quick-{field}"[^>]*>', page)
        assert typed in unescape(tag)

    def test_it_is_made_with_its_stock_and_comes_back_as_goods(self, lead, shop):
        data = {"quick-name": "Самовар", "quick-sku": "SAM-3", "quick-price": "4 200,50"}
        answer = lead.post(self.ADD, data)
        assert answer.status_code == 201, text(answer)
        made = Variant.objects.select_related("product").get(sku="SAM-3")
        assert (made.product.name, made.price) == ("Самовар", Decimal("4200.50"))
        assert (made.currency, item_of(made).on_hand) == ("UAH", 0)
        assert f'data-id="{made.pk}"' in text(answer)
        assert 'data-price="4200.50"' in text(answer)

    def test_wrong_values_stand_beside_their_fields_and_nothing_is_made(self, lead, cup):
        data = {"quick-name": "Самовар", "quick-sku": "CUP-1", "quick-price": "-1"}
        answer = lead.post(self.ADD, data)
        assert answer.status_code == 422
        assert 'value="Самовар"' in text(answer)
        answer = lead.post(self.ADD, {**data, "quick-price": "1"})
        assert answer.status_code == 422
        assert "CUP-1" in text(answer)
        assert Variant.objects.count() == 1
