from django.urls import path

from messaging.web import views
from orders.web import converters as converters

app_name = "messaging"
urlpatterns = [
    path("settings/messages/", views.choices, name="settings"),
    path("settings/messages/log/", views.log, name="log"),
    path("settings/messages/log/<int:message_id>/", views.message, name="message"),
    path("settings/messages/log/<int:message_id>/replay/", views.replay, name="replay"),
    path("settings/messages/log/<int:message_id>/stop/", views.stop, name="stop"),
    path("orders/<order:number>/messages/", views.order_messages, name="order-messages"),
]
