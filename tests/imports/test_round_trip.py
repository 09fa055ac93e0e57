"""What was exported comes in again: the columns are understood in every language, the same rows
are known again where they came from, and make the same things in another company."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone, translation

from crm.accounts.models import Membership
from crm.audit.actor import Actor
from crm.exports.registry import Asker, columns_for, get_table
from crm.tables.csv import CsvTable
from crm.tables.xlsx import XlsxTable
from crm.tenancy.context import tenant_scope
from customers.actions.contacts import add_contact
from customers.actions.notes import add_note, add_tag
from customers.actions.profile import create_customer
from customers.models import Customer
from inventory.actions.catalogue import edit_variant
from inventory.actions.stock import move_cell
from inventory.factories import item_of, make_variant
from inventory.models import Barcode, Product, StockItem, Variant
from orders.inputs import BuyerInput
from orders.models import Order, OrderTag
from orders.pipeline import Stage
from tests.exports.conftest import read_file
from tests.imports.conftest import Desk
from tests.orders.conftest import place
from tests.orders.lists import in_stage

LANGUAGES = [code for code, _name in settings.LANGUAGES]
WRITERS = {"csv": CsvTable, "xlsx": XlsxTable}


def write(member: Membership, name: str, kind: str = "csv", language: str = "en") -> bytes:
    """The file of a table as the job writes it for who reads this language."""
    with translation.override(language):
        return _write(member, name, kind)


def _write(member: Membership, name: str, kind: str) -> bytes:
    table, asker = get_table(name), Asker(member, timezone.now())
    ids = sorted(table.find({"query": "sale=all"}, asker).values_list("id", flat=True))
    columns = columns_for(table, asker)
    parts: dict[int, bytes] = {}
    writer = WRITERS[kind](parts.__setitem__)
    writer.begin([str(column.header) for column in columns])
    rows = table.read({"query": ""}, ids, asker)
    writer.add([column.value(row) for column in columns] for row in rows)
    writer.end()
    return b"".join(parts[place] for place in sorted(parts))


def states(run) -> dict[str, int]:
    return {
        name: run.counts[name] for name in ("new", "change", "same", "wrong") if run.counts[name]
    }


@contextmanager
def next_door(neighbour: Any, member: Membership) -> Iterator[Desk]:
    with tenant_scope(neighbour.pk):
        yield Desk(member)


@pytest.fixture
def by(owner):
    return {"actor": Actor.member(owner), "now": timezone.now()}


@pytest.fixture
def people(by):
    olena = create_customer(name="Шевченко Олена", phone="0671234567", language="uk", **by)
    add_contact(customer_id=olena.pk, kind="phone", value="0501112233", **by)
    add_contact(customer_id=olena.pk, kind="email", value="o@example.com", **by)
    add_tag(customer_id=olena.pk, name="VIP", **by)
    add_note(customer_id=olena.pk, text='=дзвонити;\n"після 18"', **by)
    create_customer(name="Іван", email="ivan@example.com", **by)


@pytest.fixture
def goods(by):
    red = make_variant(
        "CUP-R", product="Чашка; «велика»", on_hand=7, price=Decimal("30.50"), cost=Decimal(12)
    )
    Product.objects.filter(pk=red.product_id).update(
        brand="Глина", category="Посуд", description="=з ручкою\nі блюдцем"
    )
    Variant.objects.filter(pk=red.pk).update(name="червона", weight_g=350, tax_rate=Decimal(20))
    blue = Variant.objects.create(product=red.product, sku="CUP-B", name="синя", price=31)
    for code in ("4820000000017", "4820000000024"):
        Barcode.objects.create(variant=red, code=code)
    edit_variant(variant_id=blue.pk, changes={"is_active": False}, **by)
    make_variant("007", product="Ложка", on_hand=0)
    move_cell(stock_item_id=item_of(red).pk, cell="A-01", **by)


@pytest.fixture
def sales(goods):
    buyer = BuyerInput(name="Олена", phone="+380671234567", email="o@example.com")
    for number, stage in enumerate((Stage.DELIVERED, Stage.CANCELLED, Stage.NEW, Stage.AGREED)):
        order = place(("CUP-R", 1 + number), ("007", 2), buyer=buyer).order
        Order.objects.filter(pk=order.pk).update(
            delivery_city="Київ", delivery_branch=f"Відділення №{number}",
            customer_comment="подзвонити", manager_comment="'так", prefix="A-", **in_stage(stage),
        )  # fmt: skip
        for tag in ("VIP", "подарунок, стрічка"):
            OrderTag.objects.create(order=order, name=tag)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", WRITERS)
class TestColumnsAreUnderstood:
    """The words of each heading, in each language."""

    def mapping(self, desk, name, table, language, kind):
        run = desk.upload(name, write(desk.member, table, kind, language))
        return [field for field in run.mapping if field]

    def test_customers(self, desk, people, language, kind):
        assert self.mapping(desk, "customers", "customers", language, kind) == [
            "name", "phone", "email", "language", "tags", "note",
        ]  # fmt: skip

    def test_products(self, desk, goods, language, kind):
        assert self.mapping(desk, "products", "products", language, kind) == [
            "sku", "name", "option", "brand", "category", "price", "currency", "cost", "tax_rate",
            "weight_g", "barcodes", "is_active", "description",
        ]  # fmt: skip

    def test_stock(self, desk, goods, language, kind):
        assert self.mapping(desk, "stock", "stock", language, kind) == [
            "sku", "barcode", "warehouse", "cell", "quantity",
        ]  # fmt: skip

    def test_orders(self, desk, sales, language, kind):
        assert self.mapping(desk, "orders", "order_lines", language, kind) == [
            "number", "date", "status", "stage", "sku", "item", "quantity", "price",
            "line_discount", "discount", "delivery_price", "currency", "customer", "phone",
            "email", "city", "branch", "street", "comment", "note", "tags",
        ]  # fmt: skip


@pytest.mark.parametrize("kind", WRITERS)
class TestRowsComeBack:
    def test_customers(self, desk, people, neighbour, neighbour_owner, kind):
        file = write(desk.member, "customers", kind)
        assert states(desk.check(desk.upload("customers", file))) == {"same": 2}
        with next_door(neighbour, neighbour_owner) as other:
            assert states(other.bring("customers", file)) == {"new": 2}
            assert same_columns(
                write(other.member, "customers", kind), file,
                "Name", "Phone", "E-mail", "Language", "Tags", "Note",
            )  # fmt: skip
            assert states(other.bring("customers", file)) == {"same": 2}
            assert Customer.objects.count() == 2

    def test_products(self, desk, goods, neighbour, neighbour_owner, kind):
        file = write(desk.member, "products", kind)
        assert states(desk.check(desk.upload("products", file))) == {"same": 3}
        with next_door(neighbour, neighbour_owner) as other:
            assert states(other.bring("products", file)) == {"new": 3}
            assert read_file(write(other.member, "products", kind)) == read_file(file)
            assert Product.objects.count() == 2  # variants of one product stay together
            again = other.upload("products", file)
            assert states(other.check(again)) == {"same": 3}

    def test_stock(self, desk, goods, neighbour, neighbour_owner, kind):
        file, catalogue = write(desk.member, "stock", kind), write(desk.member, "products", kind)
        assert states(desk.check(desk.upload("stock", file))) == {"same": 3}
        with next_door(neighbour, neighbour_owner) as other:
            other.bring("products", catalogue)
            assert states(other.bring("stock", file)) == {"new": 1, "same": 2}
            item = StockItem.objects.get(variant__sku="CUP-R")
            assert (item.on_hand, item.cell) == (7, "A-01")
            assert states(other.bring("stock", file)) == {"same": 3}

    def test_orders(self, desk, sales, neighbour, neighbour_owner, kind):
        file = write(desk.member, "order_lines", kind)
        with next_door(neighbour, neighbour_owner) as other:
            assert states(other.bring("orders", file, settled=False)) == {"new": 4}
            assert same_columns(
                write(other.member, "order_lines", kind), file,
                "Order date", "SKU", "Product", "Quantity", "Price", "Discount of the line", "Sum",
                "Discount of the order", "Delivery price", "Total", "Currency", "Customer",
                "Phone", "E-mail", "City", "Branch or locker", "Customer’s comment",
                "Manager's note", "Tags",
            )  # fmt: skip
            found = dict(Order.objects.values_list("external_number", "stage"))
            # What was worked on is to be worked on; what is over keeps its end.
            assert sorted(found.values()) == [
                Stage.NEW, Stage.NEW, Stage.DELIVERED, Stage.CANCELLED,
            ]  # fmt: skip
            assert set(found) == {row["№"] for row in read_file(file)}
            assert states(other.bring("orders", file, settled=False)) == {"same": 4}


def test_an_order_on_its_way_stays_out(desk, sales):
    Order.objects.update(**in_stage(Stage.SHIPPED))
    run = desk.check(desk.upload("orders", write(desk.member, "order_lines")))
    assert states(run) == {"wrong": 4}
    assert {v["p"][0][2] for v in desk.verdicts(run)} == {"unknown_status"}


def same_columns(made: bytes, given: bytes, *names: str) -> bool:
    """The two files say the same in these columns; pytest shows where not."""
    first, second = (
        sorted(tuple(row[name] for name in names) for row in read_file(file))
        for file in (made, given)
    )
    assert first == second
    return True


def test_variants_of_one_product_go_together_when_taken_back(desk):
    text = "SKU;Name;Variant;Price\nA;Чашка;;1\nB;Чашка;синя;2\nC;Тарілка;;3\nD;Чашка;;4\n"
    run = desk.bring("products", text)
    told = sorted(
        sorted(product.variants.values_list("sku", flat=True)) for product in Product.objects.all()
    )
    assert told == [["A", "B"], ["C"], ["D"]]  # without an option of its own it is another product
    assert desk.undo(run) == []
    assert not Product.objects.exists()
