from django.urls import path

from crm.ops.web import metrics, platform

app_name = "ops"
urlpatterns = [
    path("metrics", metrics.metrics, name="metrics"),
    path("platform/", platform.companies, name="companies"),
    path("platform/health/", platform.health, name="health"),
    path("platform/log/", platform.log, name="log"),
    path("platform/companies/<int:tenant_id>/", platform.company, name="company"),
    path("platform/companies/<int:tenant_id>/suspend/", platform.suspend, name="suspend"),
    path("platform/companies/<int:tenant_id>/reopen/", platform.reopen, name="reopen"),
    path("platform/companies/<int:tenant_id>/support/", platform.support, name="support"),
    path(
        "platform/companies/<int:tenant_id>/support/end/", platform.support_end, name="support-end"
    ),
    path("platform/companies/<int:tenant_id>/measure/", platform.measure, name="measure"),
]
