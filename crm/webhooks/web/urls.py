from django.urls import path

from crm.webhooks.web import deliveries, endpoints

app_name = "webhooks"
urlpatterns = [
    path("settings/webhooks/", endpoints.list_all, name="list"),
    path("settings/webhooks/new/", endpoints.create, name="new"),
    path("settings/webhooks/events/", endpoints.events, name="events"),
    path("settings/webhooks/<int:endpoint_id>/", deliveries.endpoint, name="endpoint"),
    path("settings/webhooks/<int:endpoint_id>/edit/", endpoints.edit, name="edit"),
    path("settings/webhooks/<int:endpoint_id>/secret/", endpoints.rotate, name="secret"),
    path("settings/webhooks/<int:endpoint_id>/test/", endpoints.test, name="test"),
    path("settings/webhooks/<int:endpoint_id>/pause/", endpoints.pause, name="pause"),
    path("settings/webhooks/<int:endpoint_id>/resume/", endpoints.resume, name="resume"),
    path("settings/webhooks/<int:endpoint_id>/remove/", endpoints.remove, name="remove"),
    path("settings/webhooks/<int:endpoint_id>/replay/", deliveries.replay_many, name="replay-span"),
    path("settings/webhooks/deliveries/<int:delivery_id>/", deliveries.show, name="delivery"),
    path(
        "settings/webhooks/deliveries/<int:delivery_id>/replay/",
        deliveries.replay_one,
        name="replay",
    ),
]
