"""Every address of the service."""

from django.urls import include, path

from integrations.ingress.views import receive

urlpatterns: list = [
    path("in/<slug:company>/<slug:token>/", receive, name="inbound"),
    path("api/v1/", include("orders.api.urls")),
    path("api/v1/", include("customers.api.urls")),
    path("api/v1/", include("inventory.api.urls")),
    path("api/v1/", include("crm.webhooks.api.urls")),
    path("api/", include("crm.api.urls")),
    path("", include("crm.ops.web.urls")),
    path("", include("crm.accounts.web.urls")),
    path("<slug:company>/jobs/", include("crm.jobs.web.urls")),
    path("<slug:company>/settings/fields/", include("crm.fields.web.urls")),
    path("<slug:company>/settings/failures/", include("crm.outbox.web.urls")),
    path("<slug:company>/", include("crm.exports.web.urls")),
    path("<slug:company>/", include("config.archive.web.urls")),
    path("<slug:company>/", include("crm.api.web.urls")),
    path("<slug:company>/", include("crm.webhooks.web.urls")),
    path("<slug:company>/", include("customers.web.urls")),
    path("<slug:company>/", include("messaging.web.urls")),
    path("<slug:company>/", include("integrations.web.urls")),
    path("<slug:company>/", include("integrations.imports.web.urls")),
    path("<slug:company>/", include("integrations.onboarding.web.urls")),
    path("<slug:company>/", include("inventory.web.urls")),
    path("<slug:company>/", include("orders.web.urls")),
    # Last: its `/<company>/` would take a one-word address for a company.
    path("", include("crm.shell.urls")),
]

handler400 = "crm.shell.errors.bad_request"
handler403 = "crm.shell.errors.permission_denied"
handler404 = "crm.shell.errors.not_found"
handler500 = "crm.shell.errors.server_error"
