"""Addresses of the feed and of webhook endpoints."""

from django.urls import path

from crm.api import converters as converters
from crm.webhooks.api import endpoint_views, feed

urlpatterns = [
    path("events", feed.EventsView.as_view(), name="api-events"),
    path("webhook-endpoints", endpoint_views.EndpointsView.as_view(), name="api-webhooks"),
    path(
        "webhook-endpoints/<id:endpoint_id>",
        endpoint_views.EndpointView.as_view(),
        name="api-webhook",
    ),
    path(
        "webhook-endpoints/<id:endpoint_id>/secret",
        endpoint_views.EndpointSecretView.as_view(),
        name="api-webhook-secret",
    ),
    path(
        "webhook-endpoints/<id:endpoint_id>/test",
        endpoint_views.EndpointTestView.as_view(),
        name="api-webhook-test",
    ),
]
