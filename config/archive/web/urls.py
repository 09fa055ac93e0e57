from django.urls import path

from config.archive.web import views

app_name = "archive"
urlpatterns = [path("settings/archive/", views.archives, name="list")]
