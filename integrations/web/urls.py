from django.urls import path

from integrations.web import views

app_name = "integrations"
urlpatterns = [
    path("settings/connections/", views.connections, name="connections"),
    path("settings/connections/woocommerce/new/", views.connect, name="connect-woocommerce"),
    path("settings/connections/<int:pk>/", views.connection, name="connection"),
    path("settings/connections/<int:pk>/edit/", views.edit, name="connection-edit"),
    path("settings/connections/<int:pk>/secret/", views.change_secret, name="connection-secret"),
    path("settings/connections/<int:pk>/active/", views.switch, name="connection-active"),
    path("settings/connections/<int:pk>/trial/", views.trial, name="connection-trial"),
    path("settings/connections/<int:pk>/replay/", views.replay_all, name="replay-failed"),
    path("settings/deliveries/<int:pk>/", views.delivery, name="delivery"),
    path("settings/deliveries/<int:pk>/replay/", views.replay, name="delivery-replay"),
]
