"""Addresses of the API of goods and stock."""

from django.urls import path

from crm.api import converters as converters
from inventory.api import catalogue_views, stock_views
from inventory.api import errors as errors

urlpatterns = [
    path("products", catalogue_views.ProductsView.as_view(), name="api-products"),
    path("products/bulk", catalogue_views.ProductsBulkView.as_view(), name="api-products-bulk"),
    path("products/<id:product_id>", catalogue_views.ProductView.as_view(), name="api-product"),
    path("variants", catalogue_views.VariantsView.as_view(), name="api-variants"),
    path("variants/<id:variant_id>", catalogue_views.VariantView.as_view(), name="api-variant"),
    path("stock", stock_views.StockView.as_view(), name="api-stock"),
    path("stock/receipts", stock_views.ReceiptsView.as_view(), name="api-stock-receipts"),
    path("stock/corrections", stock_views.CorrectionsView.as_view(), name="api-stock-corrections"),
    path("stock/bulk", stock_views.StockBulkView.as_view(), name="api-stock-bulk"),
    path("warehouses", stock_views.WarehousesView.as_view(), name="api-warehouses"),
]
