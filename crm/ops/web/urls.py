from django.urls import path

from crm.ops.web import metrics

app_name = "ops"
urlpatterns = [
    path("metrics", metrics.metrics, name="metrics"),
]
