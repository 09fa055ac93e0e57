import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.actions.catalogue import edit_product, edit_variant, set_on_sale
from inventory.factories import make_variant
from inventory.selectors import find_variants

from .conftest import ACTOR, NOW


@pytest.fixture
def goods(warehouse):
    return {
        "TEA-100": make_variant(
            "TEA-100", product="Чай «Карпатський» трав'яний", barcodes=["4820000000017"], on_hand=4
        ),
        "TEA-10": make_variant("TEA-10", product="Зелений чай", brand="Ґудзик"),
        "CUP-1": make_variant("CUP-1", product="Чашка 100% порцеляна", name="Їжачок"),
        "X_1": make_variant("X_1", product="Ложка"),
    }


def found(query, **kwargs):
    return [variant.sku for variant in find_variants(query, **kwargs)]


@pytest.mark.parametrize(
    ("query", "skus"),
    [
        ("TEA-10", ["TEA-10", "TEA-100"]),  # the exact SKU first
        ("tea", ["TEA-10", "TEA-100"]),  # its beginning, in any case
        ("4820000000017", ["TEA-100"]),
        ("КАРПАТ", ["TEA-100"]),
        ("чай", ["TEA-100", "TEA-10"]),  # names that begin so come first
        ("травʼяний", ["TEA-100"]),  # any apostrophe
        ("чай тра", ["TEA-100"]),  # every word must occur
        ("їжачок", ["CUP-1"]),
        ("гудзик", ["TEA-10"]),
        ("100%", ["CUP-1"]),  # wildcards mean themselves
        ("x_1", ["X_1"]),
        ("немає такого", []),
        ("   ", []),
    ],
)
def test_goods_are_found(goods, query, skus):
    assert found(query) == skus


def test_what_is_found_tells_its_stock_in_three_queries(goods):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        (variant,) = find_variants("карпатський")
        facts = (variant.on_hand, variant.available, variant.title)
    assert facts == (4, 4, "Чай «Карпатський» трав'яний")
    assert len(queries) == 3


def test_search_follows_changes_of_names_skus_and_barcodes(goods):
    tea = goods["TEA-100"]
    edit_product(product_id=tea.product_id, changes={"name": "Липовий цвіт"}, actor=ACTOR, now=NOW)
    edit_variant(
        variant_id=tea.pk,
        changes={"sku": "LINDEN", "barcodes": ["777"]},
        actor=ACTOR,
        now=NOW,
    )
    assert found("карпат") == found("4820000000017") == []
    assert found("липовий") == found("777") == found("lind") == ["LINDEN"]


def test_goods_off_sale_are_found_only_on_demand(goods):
    set_on_sale(product_id=goods["CUP-1"].product_id, on_sale=False, actor=ACTOR, now=NOW)
    assert found("CUP-1") == []
    assert found("CUP-1", only_active=False) == ["CUP-1"]


def test_the_limit_holds(goods):
    assert len(found("чай", limit=1)) == 1
