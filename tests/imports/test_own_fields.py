"""Fields of the company's own come in with orders, customers and products, and go back out."""

import pytest

from crm.fields.actions import archive_definition
from crm.fields.models import FieldDefinition, FieldValue
from customers.models import Customer
from inventory.models import Product
from orders.models import Order
from tests.fields.conftest import SYSTEM, make_field


@pytest.fixture(autouse=True)
def _fields(shop):
    make_field("Пакування", "choice", code="wrap", options=["Папір", "Коробка"])
    make_field("Свято", "date", code="day")
    make_field("Розмір", "choices", kind="customer", code="size", options=["S", "M"])
    make_field("Гарантія", "number", kind="product", code="warranty")


ORDERS = """Номер замовлення;Дата;Артикул;Кількість;Ціна;Телефон;Статус;Пакування;свято
A-1;02.03.2026;TEA-1;1;100;0671234567;виконано;коробка;08.03.2026
A-2;02.03.2026;TEA-1;1;100;0671234568;новий;Папір;
A-3;02.03.2026;TEA-1;1;100;0671234569;виконано;Золото;
A-4;02.03.2026;TEA-1;1;100;0671234560;виконано;;
"""


def test_orders_past_and_new_take_them_and_errors_are_named_by_row(desk):
    run = desk.upload("orders", ORDERS)
    assert run.mapping[-2:] == ["custom.wrap", "custom.day"]
    desk.check(run)
    [wrong] = [v for v in desk.verdicts(run) if v["s"] == "wrong"]
    assert wrong["p"] == [[4, "custom.wrap", "unknown_option", "Золото"]]
    desk.run(run)
    found = dict(Order.objects.values_list("external_id", "custom"))
    assert found == {
        "A-1": {"wrap": "korobka", "day": "2026-03-08"},
        "A-2": {"wrap": "papir"},
        "A-4": {},
    }
    assert FieldValue.objects.count() == 3
    again = desk.bring("orders", ORDERS)
    assert (again.counts["same"], again.counts["new"]) == (3, 0)


def test_an_undone_order_takes_its_values_along(desk):
    run = desk.bring("orders", ORDERS.replace("виконано;Золото", "виконано;"))
    assert FieldValue.objects.count() == 3
    assert "order" not in [kind for kind, _label, _why in desk.undo(run)]
    # The new one stays, as cancelled, with what it said.
    assert list(Order.objects.values_list("custom", flat=True)) == [{"wrap": "papir"}]
    assert FieldValue.objects.count() == 1


def test_customers_are_filled_and_nothing_is_replaced(desk):
    first = "Ім'я;Телефон;Розмір\nОлена;0671234567;S\n"
    desk.bring("customers", first)
    assert Customer.objects.get().custom == {"size": ["s"]}
    desk.bring("customers", "Ім'я;Телефон;Розмір\nОлена;0671234567;M\nТарас;0501112233;S, M\n")
    found = dict(Customer.objects.values_list("name", "custom"))
    assert found == {"Олена": {"size": ["s"]}, "Тарас": {"size": ["s", "m"]}}


def test_products_are_changed_and_given_back(desk):
    desk.bring("products", "sku;name;price;Гарантія\nTEA-1;Чай;100;12\n")
    assert Product.objects.get().custom == {"warranty": 12}
    same = desk.bring("products", "sku;Гарантія\nTEA-1;12\n")
    assert same.counts["same"] == 1
    run = desk.bring("products", "sku;Гарантія\nTEA-1;24\n")
    assert Product.objects.get().custom == {"warranty": 24}
    assert desk.undo(run) == []
    assert Product.objects.get().custom == {"warranty": 12}


def test_an_archived_field_is_a_column_no_more(desk, shop):
    file = "sku;Гарантія\nTEA-1;24\n"
    desk.bring("products", "sku;name;price;Гарантія\nTEA-1;Чай;100;12\n")
    desk.check(desk.upload("products", file))
    row = FieldDefinition.objects.get(code="warranty")
    archive_definition(definition_id=row.pk, archived=True, actor=SYSTEM, now=desk.by["now"])
    run = desk.upload("products", file)
    assert run.mapping == ["sku", ""]
    desk.run(desk.check(run))
    assert Product.objects.get().custom == {"warranty": 12}


def test_the_page_offers_the_company_its_fields(desk, client_of, owner):
    run = desk.upload("customers", "Ім'я;Телефон;Розмір\nОлена;0671234567;S\n")
    page = client_of(owner).get(f"/shop/settings/import/{run.pk}/").content.decode()
    assert '<option value="custom.size" selected>Розмір</option>' in page
    assert "Пакування" not in page
