from django.urls import path

from crm.exports.web import views

app_name = "exports"
urlpatterns = [path("export/<slug:page>/", views.export, name="export")]
