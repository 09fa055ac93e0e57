from django.urls import path

from crm.api.web import keys

app_name = "apikeys"
urlpatterns = [
    path("settings/api-keys/", keys.list_all, name="list"),
    path("settings/api-keys/new/", keys.create, name="new"),
    path("settings/api-keys/<int:pk>/rotate/", keys.rotate, name="rotate"),
    path("settings/api-keys/<int:pk>/revoke/", keys.revoke, name="revoke"),
]
