from django.urls import path

from integrations.imports.web import views

app_name = "imports"
urlpatterns = [
    path("settings/import/", views.imports, name="list"),
    path("settings/import/new/<slug:kind>/", views.upload, name="upload"),
    path("settings/import/<int:import_id>/", views.detail, name="detail"),
    path("settings/import/<int:import_id>/columns/", views.columns, name="columns"),
    path("settings/import/<int:import_id>/layout/", views.layout, name="layout"),
    path("settings/import/<int:import_id>/start/", views.start, name="start"),
    path("settings/import/<int:import_id>/undo/", views.undo, name="undo"),
    path("settings/import/<int:import_id>/discard/", views.discard, name="discard"),
    path("settings/import/<int:import_id>/rows.csv", views.rows_file, name="rows"),
    path("settings/import/<int:import_id>/errors.csv", views.errors_file, name="errors"),
]
