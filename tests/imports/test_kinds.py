"""Customers, products and stock out of files: what is known is not doubled, and the way back."""

from decimal import Decimal

from django.utils import timezone

from customers.actions.contacts import add_contact
from customers.actions.profile import create_customer
from customers.models import ContactPoint, Customer
from inventory.actions.catalogue import edit_variant
from inventory.actions.reserve import Want, reserve_lines
from inventory.actions.stock import ReceiptLine, receive_goods
from inventory.actions.warehouses import create_warehouse
from inventory.factories import item_of, make_variant, stock_up
from inventory.models import Demand, Product, StockMovement, Variant, Warehouse
from inventory.selectors.books import check_books
from tests.imports.test_reading import make_book

CUSTOMERS = (
    "Код;Прізвище;Ім'я;Телефон;E-mail;Теги\n"
    "17;Шевченко;Олена;067 123 45 67;olena@example.com;vip, опт\n"
    "18;Коваль;Іван;;ivan@example.com;\n"
    "19;Без;Контактів;;;\n"
    "20;Поганий;Телефон;123;;\n"
    ";Ніхто;Ніяк;;;\n"
)


def states(run):
    return {name: run.counts[name] for name in ("new", "change", "same", "wrong")}


class TestCustomers:
    def test_they_come_in_with_what_the_file_says(self, desk):
        run = desk.bring("customers", CUSTOMERS)
        assert states(run) == {"new": 3, "change": 0, "same": 0, "wrong": 2}
        olena = Customer.objects.get(name="Шевченко Олена")
        assert set(olena.contacts.values_list("value", flat=True)) == {
            "+380671234567", "olena@example.com",
        }  # fmt: skip
        assert set(olena.tags.values_list("name", flat=True)) == {"vip", "опт"}
        told = [v["p"][0][2] for v in desk.verdicts(run) if v["s"] == "wrong"]
        assert told == ["not_a_phone", "no_identity"]

    def test_again_changes_nothing(self, desk):
        desk.bring("customers", CUSTOMERS)
        again = desk.check(desk.upload("customers", CUSTOMERS))
        assert states(again) == {"new": 0, "change": 0, "same": 3, "wrong": 2}
        desk.run(again)
        assert Customer.objects.count() == 3

    def test_a_known_customer_gets_what_was_lacking_and_keeps_the_rest(self, desk):
        known = create_customer(name="Олена", phone="0671234567", **desk.by)
        run = desk.bring("customers", CUSTOMERS)
        assert states(run)["change"] == 1
        known.refresh_from_db()
        assert known.name == "Олена"
        assert known.contacts.filter(value="olena@example.com").exists()
        stay = desk.undo(run)
        assert [(kind, why) for kind, _label, why in stay] == [("customer", "added_to")]
        assert list(Customer.objects.all()) == [known]

    def test_who_came_in_is_taken_back_unless_dealt_with(self, desk):
        run = desk.bring("customers", CUSTOMERS.replace("Теги", "Примітка"))
        olena = Customer.objects.get(name="Шевченко Олена")
        assert olena.notes.get().text == "vip, опт"
        ivan = Customer.objects.get(name="Коваль Іван")
        later = {**desk.by, "now": timezone.now()}
        add_contact(customer_id=ivan.pk, kind="phone", value="0501112233", **later)
        assert desk.undo(run) == [("customer", "Коваль Іван", "changed")]
        assert list(Customer.objects.all()) == [ivan]

    def test_a_code_brings_an_order_to_its_customer(self, desk):
        desk.bring("customers", CUSTOMERS)
        desk.bring("orders", "order,sku,qty,price,customer id\n1,TEA,1,10,19\n")
        assert Customer.objects.get(name="Без Контактів").orders.count() == 1

    def test_one_contact_in_two_rows_is_one_customer(self, desk):
        text = "Ім'я,Телефон,E-mail\nОлена,0671234567,\nОлена Ш.,+380671234567,o@example.com\n"
        desk.bring("customers", text)
        assert Customer.objects.count() == 1
        assert ContactPoint.objects.count() == 2


PRODUCTS = (
    "Артикул\tНазва\tЦіна\tСобівартість\tШтрихкод\tКатегорія\n"
    "TEA\tЧай\t1 149,50\t60\t4820000000017\tНапої\n"
    "CUP\tЧашка\t200\t\t\tПосуд\n"
    "BAD\tПоганий\tбагато\t\t\t\n"
    "NEW\t\t10\t\t\t\n"
)


class TestProducts:
    def test_they_come_in(self, desk):
        run = desk.bring("products", PRODUCTS)
        assert states(run) == {"new": 2, "change": 0, "same": 0, "wrong": 2}
        tea = Variant.objects.select_related("product").get(sku="TEA")
        assert (tea.price, tea.cost, tea.product.category) == (
            Decimal("1149.50"), Decimal("60.00"), "Напої",
        )  # fmt: skip
        assert tea.barcodes.get().code == "4820000000017"
        told = [v["p"][0][1:3] for v in desk.verdicts(run) if v["s"] == "wrong"]
        assert told == [["price", "not_a_number"], ["name", "missing_for_new"]]

    def test_a_known_sku_is_changed_and_put_back(self, desk):
        desk.bring("products", PRODUCTS)
        run = desk.bring("products", "SKU,Price,Name\nTEA,99.00,Чай зелений\nCUP,200,Чашка\n")
        assert states(run) == {"new": 0, "change": 1, "same": 1, "wrong": 0}
        tea = Variant.objects.select_related("product").get(sku="TEA")
        assert (tea.price, tea.product.name) == (Decimal("99.00"), "Чай зелений")
        assert desk.undo(run) == []
        tea = Variant.objects.select_related("product").get(sku="TEA")
        assert (tea.price, tea.product.name) == (Decimal("1149.50"), "Чай")

    def test_a_price_that_a_colleague_changed_since_stays(self, desk):
        desk.bring("products", PRODUCTS)
        run = desk.bring("products", "SKU,Price\nTEA,99.00\nCUP,210\n")
        tea = Variant.objects.get(sku="TEA")
        edit_variant(variant_id=tea.pk, changes={"price": Decimal("95.00")}, **desk.by)
        assert desk.undo(run) == [("variant", "TEA", "changed")]
        prices = dict(Variant.objects.values_list("sku", "price"))
        assert (prices["TEA"], prices["CUP"]) == (Decimal("95.00"), Decimal("200.00"))

    def test_goods_that_were_used_stay(self, desk):
        run = desk.bring("products", PRODUCTS)
        stock_up([(Variant.objects.get(sku="CUP"), 5)])
        assert desk.undo(run) == [("product", "Чашка", "in_use")]
        assert list(Product.objects.values_list("name", flat=True)) == ["Чашка"]

    def test_a_barcode_of_another_product_is_told(self, desk):
        desk.bring("products", PRODUCTS)
        run = desk.bring("products", "SKU,Name,EAN\nPOT,Чайник,4820000000017\nJAR,Банка,1\n")
        assert states(run)["wrong"] == 1
        assert set(Variant.objects.values_list("sku", flat=True)) == {"TEA", "CUP", "JAR"}


class TestStock:
    def test_the_books_are_brought_to_the_file(self, desk):
        tea, cup = make_variant("TEA", product="Чай"), make_variant("CUP", product="Чашка")
        stock_up([(cup, 4)])
        text = "Артикул;Залишок;Комірка\nTEA;12;A-1\nCUP;4;\nNO;1;\nTEA ;x;\n"
        run = desk.bring("stock", text)
        assert states(run) == {"new": 1, "change": 0, "same": 1, "wrong": 2}
        assert (item_of(tea).on_hand, item_of(tea).cell, item_of(cup).on_hand) == (12, "A-1", 4)
        assert not check_books().faults
        before = StockMovement.objects.count()
        again = desk.bring("stock", text)
        assert states(again)["same"] == 2
        assert StockMovement.objects.count() == before

    def test_a_count_is_undone_by_a_movement_against_it(self, desk):
        tea = make_variant("TEA", product="Чай")
        stock_up([(tea, 3)])
        run = desk.bring("stock", "sku,qty\nTEA,10\n")
        assert item_of(tea).on_hand == 10
        moves = StockMovement.objects.count()
        assert desk.undo(run) == []
        assert item_of(tea).on_hand == 3
        assert StockMovement.objects.count() == moves + 1

    def test_what_moved_since_is_left_and_named(self, desk):
        tea, place = make_variant("TEA", product="Чай"), Warehouse.objects.get()
        run = desk.bring("stock", "sku,qty\nTEA,10\n")
        receive_goods(warehouse_id=place.pk, lines=[ReceiptLine(tea.pk, 5)], **desk.by)
        ((kind, _label, why),) = desk.undo(run)
        assert (kind, why, item_of(tea).on_hand) == ("stockdocument", "moved", 15)

    def test_held_units_are_not_counted_away(self, desk):
        tea, cup = make_variant("TEA", product="Чай"), make_variant("CUP", product="Чашка")
        stock_up([(tea, 5), (cup, 5)])
        demand = Demand.objects.create(number=1, created_at=desk.by["now"])
        reserve_lines(demand_id=demand.pk, wants=[Want(1, tea.pk, 4)], **desk.by)
        run = desk.bring("stock", "sku,qty\nTEA,3\nCUP,3\n")
        assert states(run) == {"new": 0, "change": 1, "same": 0, "wrong": 1}
        assert (item_of(tea).on_hand, item_of(cup).on_hand) == (5, 3)

    def test_another_warehouse_by_name_or_code(self, desk):
        tea = make_variant("TEA", product="Чай")
        place = create_warehouse(name="Львів", code="lviv", **desk.by)
        run = desk.bring("stock", "sku,qty,warehouse\nTEA,7,львів\nTEA,7,LVIV\nTEA,1,Одеса\n")
        assert states(run)["wrong"] == 1
        assert tea.stock.get(warehouse=place).on_hand == 7


def test_a_spreadsheet_goes_the_same_way(desk):
    tea = make_variant("TEA", product="Чай")
    names = ("Артикул", "Залишок", "TEA")
    cells = [
        (1, ['<c r="A1" t="s"><v>0</v></c>', '<c r="B1" t="s"><v>1</v></c>']),
        (2, ['<c r="A2" t="s"><v>2</v></c>', '<c r="B2"><v>8</v></c>']),
    ]
    run = desk.upload("stock", make_book(cells, strings=names).getvalue(), name="залишки.xlsx")
    assert (run.layout["format"], run.layout["sheet"]) == ("xlsx", "Товари")
    assert states(desk.run(desk.check(run)))["new"] == 1
    assert item_of(tea).on_hand == 8
