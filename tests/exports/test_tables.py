"""What stands in each file: the rows that its list finds, typed, in pieces of any size."""

import io
import zipfile
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from crm.accounts.permissions import Permission
from crm.audit.actor import Actor
from crm.exports.registry import Column, MoreColumns, add_columns, get_table
from crm.jobs.run import run_job
from crm.views.models import ListChoice
from customers.actions.contacts import add_contact
from customers.actions.notes import add_note, add_tag
from customers.actions.profile import create_customer
from inventory.actions.catalogue import edit_product
from inventory.actions.stock import ReceiptLine, receive_goods
from inventory.actions.warehouses import create_warehouse
from inventory.factories import make_variant
from inventory.models import Barcode, Variant, Warehouse
from orders.actions.payments import record_payment, record_refund
from orders.inputs import PaymentInput
from orders.models import Order
from tests.exports.conftest import read_file
from tests.exports.test_rights import OWN, small_pieces, with_rights
from tests.fields.conftest import make_field
from tests.orders.conftest import place
from tests.orders.lists import put, stock


@pytest.fixture
def by(owner):
    return {"actor": Actor.member(owner), "now": timezone.now()}


# --- Orders --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_pieces_of_any_size_make_the_same_file(taker, analyst, monkeypatch, kind):
    stock()
    for ago in range(7):
        put(ago)
    sitting = taker(analyst)
    whole = sitting.take("orders", "orders", kind=kind)
    assert [row["№"] for row in whole] == [str(number) for number in range(1, 8)]
    small_pieces(monkeypatch, "orders", 3)
    job = sitting.ask("orders", "orders", kind=kind)
    turns = 0
    while run_job(job_id=job.pk, seconds=0):
        turns += 1
        put(turns)  # comes in while the file is made: not of it
    sitting.run(job)
    assert (turns, job.done, job.total) == (2, 7, 7)
    assert read_file(sitting.fetch(job)) == whole


def test_the_columns_of_the_list_in_its_order(taker, analyst):
    stock()
    put(20)
    sitting = taker(analyst)
    sitting.client.post("/shop/orders/views/layout/", {"columns": ["total", "customer"]})
    row = sitting.take("orders", "orders", columns="shown")[0]
    assert list(row) == ["№", "Total", "Currency", "Customer"]
    assert "Delivery" in sitting.take("orders", "orders", columns="all")[0]


def test_lines_have_the_orders_sums_once(taker, analyst):
    stock(cost=60)
    make_variant("CUP", product="Чашка", on_hand=5, price=Decimal(30))
    order = place(("TEA", 2), ("CUP", 1)).order
    Order.objects.filter(pk=order.pk).update(discount=Decimal(5), delivery_price=Decimal(70))
    order.refresh_from_db()
    first, second = taker(analyst).take("orders", "order_lines")
    assert [first["SKU"], second["SKU"]] == ["TEA", "CUP"]
    assert [first["№"], second["№"]] == [str(order.number)] * 2
    assert (first["Quantity"], first["Price"], first["Sum"]) == ("2", "100.00", "200.00")
    assert (first["Cost"], second["Cost"]) == ("120.00", "")
    assert (first["Discount of the order"], second["Discount of the order"]) == ("5.00", "")
    assert (first["Delivery price"], second["Delivery price"]) == ("70.00", "")
    assert (first["Total"], second["Total"]) == (str(order.total), "")


def test_payments_add_up_and_go_by_days(taker, analyst, by):
    stock()
    order, other = put(20), put(10)
    today = timezone.localdate()

    def pay(target, amount, record=record_payment, days=0):
        paid_at = timezone.now() - timedelta(days=days)
        payment = PaymentInput(amount=Decimal(amount), method="card", paid_at=paid_at)
        record(order_id=target.pk, payment=payment, **by)

    pay(order, 100, days=3)
    pay(order, 40, record_refund, days=1)
    pay(other, 100)
    sitting = taker(analyst)
    rows = sitting.take("orders", "payments")
    assert [row["Amount"] for row in rows] == ["100.00", "-40.00", "100.00"]
    assert [row["№"] for row in rows] == ["1", "1", "2"]
    days = {"since": today - timedelta(days=2), "till": today - timedelta(days=1)}
    assert [row["Amount"] for row in sitting.take("orders", "payments", **days)] == ["-40.00"]
    page = sitting.client.get(
        f"/shop/export/orders/?payments-since={days['since']}&payments-till={days['till']}"
    ).text
    assert "1 payment<" in page
    assert "3 payments<" in sitting.client.get("/shop/export/orders/").text
    wrong = sitting.client.post(
        "/shop/export/orders/",
        {"table": "payments", "payments-since": "2026-02-30", "payments-format": "csv"},
    )
    assert wrong.status_code == 422
    assert "payments-since" in wrong.text
    analyst.own_scope = OWN
    analyst.save(update_fields=["own_scope"])
    Order.objects.filter(pk=order.pk).update(manager=analyst)
    assert [row["№"] for row in sitting.take("orders", "payments")] == ["1", "1"]


def test_xlsx_has_dates_of_the_companys_time_and_numbers(taker, analyst):
    stock()
    put(20, ship_date=date(2026, 3, 4))
    sitting = taker(analyst)
    data = sitting.fetch(sitting.run(sitting.ask("orders", "orders", kind="xlsx")))
    row = read_file(data)[0]
    assert (row["Placed"], row["Ship on"]) == ("2026-03-02 10:40:00", "2026-03-04")
    sheet = zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml").decode()
    assert '<c r="V2" s="2"><v>100.00</v></c>' in sheet


# --- Customers -----------------------------------------------------------------------------------


def test_customers_with_all_their_contacts(shop, taker, analyst, by):
    olena = create_customer(name="Олена", phone="0671234567", email="o@example.com", **by)
    add_contact(customer_id=olena.pk, kind="phone", value="0501112233", **by)
    add_tag(customer_id=olena.pk, name="VIP", **by)
    add_tag(customer_id=olena.pk, name="опт", **by)
    add_note(customer_id=olena.pk, text="=дзвонити", **by)
    create_customer(name="Іван", phone="0671234568", **by)
    rows = taker(analyst).take("customers", "customers")
    assert [row["Name"] for row in rows] == ["Олена", "Іван"]
    row = rows[0]
    assert row["Phone"] == "+380671234567, +380501112233"
    assert (row["E-mail"], row["Tags"], row["Note"]) == ("o@example.com", "VIP, опт", "'=дзвонити")
    assert [r["Name"] for r in taker(analyst).take("customers", "customers", query="tag=VIP")] == [
        "Олена"
    ]
    masked = taker(with_rights(shop, Permission.PHONES_VIEW)).take("customers", "customers")
    assert "1234567" not in masked[0]["Phone"].replace("\u00a0", "").replace(" ", "")
    analyst.own_scope = OWN
    analyst.save(update_fields=["own_scope"])
    answer = taker(analyst).client.get("/shop/export/customers/")
    assert "0 customers" in answer.text


# --- Goods ---------------------------------------------------------------------------------------


def test_products_have_a_row_for_each_variant(shop, taker, analyst):
    red = make_variant("CUP-R", product="Чашка", price=Decimal("30.50"), cost=Decimal(12))
    Variant.objects.create(product=red.product, sku="CUP-B", name="синя", price=31)
    Barcode.objects.create(variant=red, code="4820000000017")
    Barcode.objects.create(variant=red, code="4820000000024")
    off = make_variant("OLD", product="Старе")
    edit_product(
        product_id=off.product_id, changes={"is_active": False},
        actor=Actor.system(), now=timezone.now(),
    )  # fmt: skip
    rows = taker(analyst).take("products", "products")
    assert [(row["SKU"], row["Variant"]) for row in rows] == [("CUP-R", ""), ("CUP-B", "синя")]
    assert (rows[0]["Price"], rows[0]["Cost"]) == ("30.50", "12.00")
    assert rows[0]["Barcodes"] == "4820000000017, 4820000000024"
    everything = taker(analyst).take("products", "products", query="sale=all")
    assert [row["SKU"] for row in everything] == ["CUP-R", "CUP-B", "OLD"]
    assert (
        "Cost"
        not in taker(with_rights(shop, Permission.COSTS_VIEW)).take("products", "products")[0]
    )


def test_stock_has_a_row_for_each_shelf(shop, taker, analyst, by):
    tea = make_variant("TEA", product="Чай", on_hand=10, cost=Decimal(60))
    place(("TEA", 3))
    make_variant("NONE", product="Немає")
    second = create_warehouse(name="Другий", code="two", **by)
    receive_goods(warehouse_id=second.pk, lines=[ReceiptLine(tea.pk, 4)], **by)
    rows = taker(analyst).take("stock", "stock")
    first = Warehouse.objects.order_by("priority", "id").first().name
    seen = [(r["SKU"], r["Warehouse"], r["On hand"], r["Held"], r["Available"]) for r in rows]
    assert seen == [
        ("TEA", first, "10", "3", "7"),
        ("TEA", "Другий", "4", "0", "4"),
        ("NONE", first, "0", "0", "0"),
        ("NONE", "Другий", "0", "0", "0"),
    ]
    there = taker(analyst).take("stock", "stock", query=f"warehouse={second.pk}&q=tea")
    assert [(r["Warehouse"], r["On hand"]) for r in there] == [("Другий", "4")]
    assert rows[0]["Cost"] == "60.00"
    assert "Cost" not in taker(with_rights(shop, Permission.COSTS_VIEW)).take("stock", "stock")[0]


def test_movements_tell_the_ledger_and_hide_what_the_scope_hides(taker, analyst, by):
    tea = make_variant("TEA", product="Чай", on_hand=10)
    make_variant("CUP", product="Чашка", on_hand=5)
    order = place(("TEA", 3)).order
    receive_goods(
        warehouse_id=Warehouse.objects.first().pk,
        lines=[ReceiptLine(tea.pk, 4, unit_cost=Decimal(55))], comment="від Петра", **by,
    )  # fmt: skip
    rows = taker(analyst).take("stock", "movements", query="q=TEA")
    assert [(r["On hand, change"], r["Held, change"], r["Order"]) for r in rows] == [
        ("10", "0", ""), ("0", "3", str(order.number)), ("4", "0", ""),
    ]  # fmt: skip
    assert (rows[2]["Cost"], rows[2]["Comment"]) == ("55.00", "від Петра")
    assert rows[2]["Document"].startswith("Receipt №")
    assert len(taker(analyst).take("stock", "movements")) == 4
    tomorrow = timezone.localdate() + timedelta(days=1)
    answer = taker(analyst).client.get(f"/shop/export/stock/?movements-since={tomorrow}")
    assert "0 movements" in answer.text
    analyst.own_scope = OWN
    analyst.save(update_fields=["own_scope"])
    assert [r["Order"] for r in taker(analyst).take("stock", "movements", query="q=TEA")] == [
        "", "", "",
    ]  # fmt: skip


# --- Audit ---------------------------------------------------------------------------------------


def test_the_audit_log_is_told_in_words(shop, taker, owner, by):
    variant = make_variant("TEA", product="Чай")
    edit_product(product_id=variant.product_id, changes={"name": "Чай зелений"}, **by)
    rows = taker(owner).take("audit", "audit", query="object=product")
    told = [row for row in rows if "Чай зелений" in row["Before and after"]]
    assert [(row["Who"], row["What"]) for row in told] == [(owner.display_name, "Чай зелений")]
    assert "Чай → Чай зелений" in told[0]["Before and after"]
    narrow = with_rights(shop, own_scope=OWN)
    assert taker(narrow).client.get("/shop/export/audit/").status_code == 404


# --- More columns --------------------------------------------------------------------------------


def test_another_part_may_add_columns(taker, analyst, monkeypatch):
    stock()
    put(20)
    table = get_table("orders")
    monkeypatch.setattr(table, "more", [])
    loaded = []

    def load(rows):
        loaded.append(len(rows))
        for row in rows:
            row.extra["colour"] = f"колір {row.order.number}"

    add_columns(
        "orders",
        MoreColumns(
            lambda _asker: [
                Column("field.colour", "Colour", lambda row: row.extra["colour"]),
                Column("field.secret", "Secret", lambda _row: "x", Permission.AUDIT_VIEW),
            ],
            load,
        ),
    )
    row = taker(analyst).take("orders", "orders")[0]
    assert row["Colour"] == "колір 1"
    assert "Secret" not in row
    assert loaded == [1]


def test_a_page_asks_a_constant_number_of_queries(taker, analyst, django_assert_max_num_queries):
    stock()
    for ago in range(12):
        put(ago)
    client = taker(analyst).client
    client.get("/shop/export/orders/")
    with django_assert_max_num_queries(20):
        client.get("/shop/export/orders/?stage=new&panel=1")


def test_own_fields_are_columns_of_orders_and_their_lines(shop, owner, taker):
    make_field("Пакування", "choice", code="wrap", options=["Папір", "Коробка"])
    make_field("Вага", "number", code="weight")
    make_field("Свято", "date", code="day")
    make_variant("TEA", product="Чай", on_hand=5)
    custom = {"wrap": "korobka", "weight": 1.5, "day": "2026-03-08"}
    place(("TEA", 1), custom=custom)
    hand = taker(owner)
    for table in ("orders", "order_lines"):
        [row] = hand.take("orders", table)
        assert (row["Пакування"], row["Вага"], row["Свято"]) == ("Коробка", "1.5", "2026-03-08")
    columns = {"member": owner, "place": "orders"}
    ListChoice.objects.create(**columns, columns=["number", "custom.weight"])
    [row] = hand.take("orders", "orders", columns="shown")
    assert list(row) == ["№", "Вага"]
