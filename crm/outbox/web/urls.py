from django.urls import path

from crm.outbox.web import views

app_name = "outbox"
urlpatterns = [
    path("", views.failures, name="failures"),
    path("retry/", views.retry_all, name="retry-all"),
    path("<int:event_id>/retry/", views.retry, name="retry"),
]
