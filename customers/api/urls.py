"""Addresses of the customers' API."""

from django.urls import path

from crm.api import converters as converters
from customers.api import errors as errors
from customers.api import views

urlpatterns = [
    path("customers", views.CustomersView.as_view(), name="api-customers"),
    path("customers/<id:customer_id>", views.CustomerView.as_view(), name="api-customer"),
]
