from decimal import Decimal

import pytest

from crm.audit.models import AuditEntry
from inventory.actions.catalogue import (
    CatalogueError,
    NewVariant,
    add_variants,
    create_product,
    edit_product,
    edit_variant,
    set_on_sale,
)
from inventory.actions.setup import set_up_inventory
from inventory.actions.warehouses import WarehouseError, create_warehouse, edit_warehouse
from inventory.factories import item_of, make_variant, stock_up
from inventory.models import Barcode, Product, StockItem, Variant, Warehouse

from .conftest import ACTOR, NOW


def create(name="Чай", *variants, **fields):
    return create_product(name=name, variants=list(variants), actor=ACTOR, now=NOW, **fields)


def new(sku, price="100", **fields):
    return NewVariant(sku=sku, price=Decimal(price), **fields)


def test_set_up_is_repeatable(store):
    first = set_up_inventory(now=NOW)
    second = set_up_inventory(now=NOW)
    assert first.pk == second.pk
    assert Warehouse.objects.count() == 1


def test_a_product_comes_with_variants_barcodes_and_empty_items(warehouse):
    product = create(
        "Чай",
        new("TEA-100", name="100 г", barcodes=("4820000000017",)),
        new("TEA-250", "230.50", name="250 г", cost=Decimal("120")),
        brand="Карпати",
    )

    rows = product.variants.order_by("id").values_list("sku", "price", "cost")
    assert list(rows) == [
        ("TEA-100", Decimal("100.00"), None),
        ("TEA-250", Decimal("230.50"), Decimal("120.00")),
    ]
    assert Barcode.objects.get().variant.sku == "TEA-100"
    assert StockItem.objects.filter(warehouse=warehouse, on_hand=0).count() == 2
    assert AuditEntry.objects.filter(action="product.created").count() == 1


@pytest.mark.parametrize(
    ("variants", "code"),
    [
        ([], "no_variants"),
        ([new(" ")], "sku_missing"),
        ([new("A"), new("A")], "sku_taken"),
        ([new("TAKEN")], "sku_taken"),
        ([new("A", "-1")], "price_negative"),
        ([new("A", barcodes=("111",))], "barcode_taken"),
    ],
)
def test_a_product_that_can_not_be_leaves_nothing(warehouse, variants, code):
    make_variant("TAKEN", barcodes=["111"])

    with pytest.raises(CatalogueError) as refused:
        create("Кава", *variants)

    assert refused.value.code == code
    assert not Product.objects.filter(name="Кава").exists()
    create("Кава", new("FREE", barcodes=("222",)))


def test_prices_and_costs_keep_their_history(warehouse):
    variant = make_variant("TEA", price=Decimal("100"))

    for price in ("120.00", "120.00", "90"):
        edit_variant(variant_id=variant.pk, changes={"price": Decimal(price)}, actor=ACTOR, now=NOW)

    entries = AuditEntry.objects.filter(action="variant.edited").order_by("id")
    assert [entry.changes for entry in entries] == [
        {"price": ["100.00", "120.00"]},
        {"price": ["120.00", "90"]},
    ]


def test_two_editors_do_not_overwrite_each_other(warehouse):
    variant = make_variant("TEA", price=Decimal("100"))

    def edit(changes, seen):
        return edit_variant(variant_id=variant.pk, changes=changes, seen=seen, actor=ACTOR, now=NOW)

    edit({"price": Decimal("120")}, {"price": Decimal("100"), "name": ""})
    # Another field: both changes live.
    edit({"name": "100 г"}, {"price": Decimal("100"), "name": ""})
    with pytest.raises(CatalogueError) as refused:
        edit({"price": Decimal("90")}, {"price": Decimal("100")})

    assert refused.value.code == "stale"
    assert refused.value.facts["fields"]["price"] == [Decimal("120.00"), Decimal("90")]
    variant.refresh_from_db()
    assert (variant.price, variant.name) == (Decimal("120.00"), "100 г")


def test_barcodes_are_replaced_as_a_list(warehouse):
    variant = make_variant("TEA", barcodes=["111", "222"])
    make_variant("CUP", barcodes=["999"])

    def set_to(*codes):
        edit_variant(variant_id=variant.pk, changes={"barcodes": list(codes)}, actor=ACTOR, now=NOW)

    set_to("222", " 333 ", "222")
    assert sorted(variant.barcodes.values_list("code", flat=True)) == ["222", "333"]
    with pytest.raises(CatalogueError) as refused:
        set_to("999")
    assert refused.value.facts == {"barcode": "999", "sku": "CUP"}


def test_a_sku_is_taken_once(warehouse):
    tea, cup = make_variant("TEA"), make_variant("CUP")
    with pytest.raises(CatalogueError, match="sku_taken"):
        edit_variant(variant_id=cup.pk, changes={"sku": "TEA"}, actor=ACTOR, now=NOW)
    edit_variant(variant_id=tea.pk, changes={"sku": "TEA-1"}, actor=ACTOR, now=NOW)
    edit_variant(variant_id=cup.pk, changes={"sku": "TEA"}, actor=ACTOR, now=NOW)
    assert Variant.objects.get(pk=cup.pk).sku == "TEA"


def test_off_sale_and_back(warehouse):
    product = make_variant("TEA").product
    for on_sale in (False, False, True):
        set_on_sale(product_id=product.pk, on_sale=on_sale, actor=ACTOR, now=NOW)
        product.refresh_from_db()
        assert product.is_active is on_sale
    assert AuditEntry.objects.filter(action="product.edited").count() == 2


def test_products_stand_in_the_order_of_the_alphabet(warehouse):
    names = ["Яблуко", "Їжачок", "Іграшка", "Чай", "Ґудзик", "Єнот", "Груша", "Екран", "абрикос"]
    for name in names:
        make_variant(product=name)
    ordered = list(Product.objects.order_by("sort_key").values_list("name", flat=True))
    assert ordered == [
        "абрикос", "Груша", "Ґудзик", "Екран", "Єнот", "Іграшка", "Їжачок", "Чай", "Яблуко",
    ]  # fmt: skip
    edit_product(
        product_id=Product.objects.get(name="Чай").pk,
        changes={"name": "Ананасовий чай"},
        actor=ACTOR,
        now=NOW,
    )
    assert Product.objects.order_by("sort_key")[1].name == "Ананасовий чай"


def test_variants_are_added_to_a_product(warehouse):
    product = make_variant("TEA").product
    add_variants(product_id=product.pk, variants=[new("TEA-2")], actor=ACTOR, now=NOW)
    assert list(product.variants.order_by("id").values_list("sku", flat=True)) == ["TEA", "TEA-2"]


def test_every_variant_has_an_item_in_every_warehouse(warehouse):
    old = make_variant("OLD")
    second = create_warehouse(name="Львів", code="lviv", actor=ACTOR, now=NOW)
    young = make_variant("YOUNG")
    for variant in (old, young):
        assert item_of(variant, second).on_hand == 0
        assert StockItem.objects.filter(variant=variant).count() == 2


def test_a_warehouse_with_goods_or_the_last_one_stays_open(warehouse):
    def close(place):
        return edit_warehouse(
            warehouse_id=place.pk, changes={"is_active": False}, actor=ACTOR, now=NOW
        )

    with pytest.raises(WarehouseError, match="last_warehouse"):
        close(warehouse)
    second = create_warehouse(name="Львів", code="lviv", actor=ACTOR, now=NOW)
    stock_up([(make_variant("TEA"), 1)], warehouse=second)
    with pytest.raises(WarehouseError) as refused:
        close(second)
    assert (refused.value.code, refused.value.facts) == ("has_goods", {"units": 1})
    assert close(warehouse).is_active is False


def test_a_warehouse_code_is_taken_once(warehouse):
    create_warehouse(name="Львів", code="lviv", actor=ACTOR, now=NOW)
    with pytest.raises(WarehouseError, match="code_taken"):
        create_warehouse(name="Другий", code="lviv", actor=ACTOR, now=NOW)
    assert Warehouse.objects.count() == 2
