"""Products and variants are made and edited; a colleague's change is never overwritten."""

from decimal import Decimal

from inventory.models import Product, Variant

HX = {"HX-Request": "true"}


def test_a_new_product_with_two_variants(page, shop):
    data = {
        "name": "Мед",
        "category": "Їжа",
        "rows": ["0", "3"],
        "v0-sku": "HONEY-1",
        "v0-price": "1 249,50",
        "v0-cost": "900",
        "v0-barcodes": "111, 222",
        "v0-is_active": "on",
        "v3-sku": "HONEY-3",
        "v3-name": "3 кг",
        "v3-price": "3000.00",
        "v3-is_active": "on",
    }
    response = page.post("products/new/", data, status=303)
    product = Product.objects.get()
    assert response["Location"] == f"/shop/products/{product.pk}/"
    variants = list(product.variants.order_by("id").values_list("sku", "price", "cost", "currency"))
    assert variants == [
        ("HONEY-1", Decimal("1249.50"), Decimal("900.00"), "UAH"),
        ("HONEY-3", Decimal("3000.00"), None, "UAH"),
    ]
    html = page.post("products/new/", data, status=422).content.decode()
    assert "The SKU HONEY-1 is taken by another variant." in html
    assert 'value="3 кг"' in html  # what was typed is kept
    assert Product.objects.count() == 1


def variant_data(variant, **typed):
    """The form of a variant as a browser sends it back."""
    prefix = f"v{variant.pk}"
    seen = {
        "sku": variant.sku,
        "name": variant.name,
        "price": str(variant.price),
        "cost": "" if variant.cost is None else str(variant.cost),
        "barcodes": ", ".join(variant.barcodes.values_list("code", flat=True)),
        "weight_g": "",
        "is_active": "True" if variant.is_active else "False",
    }
    data = {f"initial-{prefix}-{name}": value for name, value in seen.items()}
    data |= {f"{prefix}-{name}": value for name, value in (seen | typed).items()}
    return {name: value for name, value in data.items() if value != "False"}


def test_a_price_is_edited_in_its_row(page, tea):
    form = page.get(f"products/variants/{tea.pk}/edit/", headers=HX)
    assert f'name="initial-v{tea.pk}-price"' in form
    response = page.post(
        f"products/variants/{tea.pk}/edit/", variant_data(tea, price="120,5"), headers=HX
    )
    assert "120.50" in response.content.decode()
    tea.refresh_from_db()
    assert tea.price == Decimal("120.50")
    assert "Changes of prices" in page.get(f"products/{tea.product_id}/")


def test_a_colleagues_price_is_compared_not_overwritten(page, tea):
    mine = variant_data(tea, price="90")
    other_field = variant_data(tea, name="100 г")
    path = f"products/variants/{tea.pk}/edit/"
    page.post(path, variant_data(tea, price="120"), headers=HX)

    html = page.post(path, mine, status=409, headers=HX).content.decode()
    assert "A colleague has changed this meanwhile" in html
    assert "120.00" in html
    tea.refresh_from_db()
    assert tea.price == Decimal("120.00")
    # Another field of the same variant: both changes live.
    page.post(path, other_field, headers=HX)
    tea.refresh_from_db()
    assert (tea.name, tea.price) == ("100 г", Decimal("120.00"))
    # Having seen the comparison, the second editor may insist.
    again = mine | {f"initial-v{tea.pk}-price": "120.00", f"initial-v{tea.pk}-name": "100 г"}
    again[f"v{tea.pk}-name"] = "100 г"
    page.post(path, again, headers=HX)
    tea.refresh_from_db()
    assert tea.price == Decimal("90.00")


def test_a_cost_typed_by_one_who_may_not_see_costs_is_ignored(page, tea, warehouse_lead):
    lead = page.of(warehouse_lead)
    path = f"products/variants/{tea.pk}/edit/"
    lead.post(path, variant_data(tea, cost="1", price="101"), headers=HX)
    tea.refresh_from_db()
    assert (tea.price, tea.cost) == (Decimal("101.00"), Decimal("40.00"))


def test_off_sale_can_be_undone(page, tea):
    path = f"products/{tea.product_id}/sale/"
    response = page.post(f"{path}?on=0", {}, headers=HX)
    assert f"/shop/{path}?on=1" in response["HX-Trigger"]
    assert not Product.objects.get().is_active
    page.post(f"{path}?on=1", {}, headers=HX)
    assert Product.objects.get().is_active


def test_facts_of_a_product_are_edited(page, tea):
    path = f"products/{tea.product_id}/facts/"
    name = tea.product.name
    data = {"initial-name": name, "name": "Чай", "brand": "Карпати", "initial-brand": ""}
    data |= {"category": "", "initial-category": "", "description": "", "initial-description": ""}
    page.post(path, data, headers=HX)
    product = Product.objects.get()
    assert (product.name, product.brand) == ("Чай", "Карпати")
    page.post(path, data | {"name": "Кава"}, status=409, headers=HX)
    page.post(path, data | {"name": ""}, status=422, headers=HX)
    assert Product.objects.get().name == "Чай"


def test_a_variant_is_added_in_place(page, tea):
    path = f"products/{tea.product_id}/variants/"
    page.get(path, headers=HX)
    new = {"new-sku": "TEA-2", "new-price": "50", "new-is_active": "on"}
    html = page.post(path, new, headers=HX).content.decode()
    assert "TEA-2" in html
    assert Variant.objects.filter(sku="TEA-2", product=tea.product).exists()
    html = page.post(path, new, status=422, headers=HX).content.decode()
    assert "The SKU TEA-2 is taken" in html
