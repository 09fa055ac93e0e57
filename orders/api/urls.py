"""Addresses of the orders' API."""

from django.urls import path

from crm.api import converters as converters
from orders.api import errors as errors
from orders.api import setup_views, views

urlpatterns = [
    path("orders", views.OrdersView.as_view(), name="api-orders"),
    path("orders/bulk", views.OrdersBulkView.as_view(), name="api-orders-bulk"),
    path("orders/<id:order_id>", views.OrderView.as_view(), name="api-order"),
    path("orders/<id:order_id>/moves", views.OrderMovesView.as_view(), name="api-order-moves"),
    path(
        "orders/<id:order_id>/payments",
        views.OrderPaymentsView.as_view(),
        name="api-order-payments",
    ),
    path("orders/<id:order_id>/notes", views.OrderNotesView.as_view(), name="api-order-notes"),
    path("channels", setup_views.ChannelsView.as_view(), name="api-channels"),
    path("statuses", setup_views.StatusesView.as_view(), name="api-statuses"),
    path("cancel-reasons", setup_views.CancelReasonsView.as_view(), name="api-cancel-reasons"),
]
