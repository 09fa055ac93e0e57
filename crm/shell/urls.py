from django.conf import settings
from django.urls import path

from crm.shell.web import health, hints, live, notice_choices, views

app_name = "shell"
urlpatterns = []

if settings.DEBUG:
    from crm.shell.web import styleguide

    urlpatterns += [path("styleguide/", styleguide.styleguide, name="styleguide")]

urlpatterns += [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("preferences/", views.preferences, name="preferences"),
    path("preferences/session/", views.session, name="session"),
    path("<slug:company>/", views.home, name="home"),
    path("<slug:company>/hints/", hints.hints, name="hints"),
    path("<slug:company>/palette/", views.palette, name="palette"),
    path("<slug:company>/sidebar/", views.sidebar_counts, name="sidebar-counts"),
    path("<slug:company>/events/", live.events, name="events"),
    path("<slug:company>/presence/", live.presence_view, name="presence"),
    path("<slug:company>/notifications/", views.notifications, name="notifications"),
    path("<slug:company>/notifications/choices/", notice_choices.choices, name="notice-choices"),
    path("<slug:company>/notifications/read/", views.read_notifications, name="read-notifications"),
    path(
        "<slug:company>/notifications/<int:note_id>/",
        views.open_notification,
        name="open-notification",
    ),
]
