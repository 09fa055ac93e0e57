from django.urls import path

from inventory.web import papers, products, stock, variants, warehouses

app_name = "inventory"
urlpatterns = [
    path("products/", products.products, name="products"),
    path("products/new/", products.new_product, name="product-new"),
    path("products/<int:product_id>/", products.product, name="product"),
    path("products/<int:product_id>/facts/", products.product_facts, name="product-facts"),
    path("products/<int:product_id>/sale/", products.product_sale, name="product-sale"),
    path("products/<int:product_id>/variants/", variants.variant_add, name="variant-add"),
    path("products/variants/<int:variant_id>/", variants.variant_row, name="variant"),
    path("products/variants/<int:variant_id>/edit/", variants.variant_edit, name="variant-edit"),
    path("stock/", stock.stock, name="stock"),
    path("stock/lookup/", stock.lookup, name="lookup"),
    path("stock/items/<int:item_id>/", stock.item, name="item"),
    path("stock/items/<int:item_id>/count/", stock.item_count, name="item-count"),
    path("stock/items/<int:item_id>/cell/", stock.item_cell, name="item-cell"),
    path("stock/receive/", papers.receive, name="receive"),
    path("stock/correct/", papers.correct, name="correct"),
    path("stock/write-off/", papers.write_off, name="write-off"),
    path("stock/documents/", papers.documents, name="documents"),
    path("stock/documents/<int:document_id>/undo/", papers.document_undo, name="document-undo"),
    path("stock/documents/<slug:kind>/<int:number>/", papers.document, name="document"),
    path("settings/warehouses/", warehouses.warehouses, name="warehouses"),
    path("settings/warehouses/new/", warehouses.warehouse_new, name="warehouse-new"),
    path("settings/warehouses/<int:warehouse_id>/", warehouses.warehouse_edit, name="warehouse"),
    path(
        "settings/warehouses/<int:warehouse_id>/open/",
        warehouses.warehouse_open,
        name="warehouse-open",
    ),
]
