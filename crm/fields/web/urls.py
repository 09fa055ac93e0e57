from django.urls import path

from crm.fields.web import settings

app_name = "fields"
urlpatterns = [
    path("", settings.fields, name="list"),
    path("<slug:kind>/new/", settings.new, name="new"),
    path("<slug:kind>/order/", settings.order, name="order"),
    path("<int:definition_id>/", settings.edit, name="edit"),
    path("<int:definition_id>/<slug:verb>/", settings.do, name="do"),
]
