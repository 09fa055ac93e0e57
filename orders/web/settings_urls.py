"""Addresses of the orders' settings."""

from django.urls import path

from orders.web import (
    settings,
    settings_calendar,
    settings_people,
    settings_reasons,
    settings_statuses,
)

urlpatterns: list = [
    path("settings/orders/", settings.minutes, name="settings"),
    path("settings/orders/rates/", settings.rate, name="settings-rate"),
    path("settings/orders/numbers/", settings.numbers, name="settings-numbers"),
    path("settings/statuses/", settings_statuses.statuses, name="settings-statuses"),
    path("settings/statuses/order/", settings_statuses.order, name="settings-status-order"),
    path("settings/statuses/moves/", settings_statuses.moves, name="settings-moves"),
    path(
        "settings/statuses/new/<slug:stage>/",
        settings_statuses.status_new,
        name="settings-status-new",
    ),
    path(
        "settings/statuses/<int:status_id>/", settings_statuses.status_edit, name="settings-status"
    ),
    path(
        "settings/statuses/<int:status_id>/archive/",
        settings_statuses.archive,
        name="settings-status-archive",
    ),
    path(
        "settings/statuses/<int:status_id>/<slug:verb>/",
        settings_statuses.status_do,
        name="settings-status-do",
    ),
    path("settings/channels/", settings.channels, name="settings-channels"),
    path("settings/channels/new/", settings.channel_new, name="settings-channel-new"),
    path("settings/channels/<int:channel_id>/", settings.channel_edit, name="settings-channel"),
    path("settings/reasons/", settings_reasons.reasons, name="settings-reasons"),
    path("settings/reasons/<slug:kind>/", settings_reasons.reasons, name="settings-reason-list"),
    path(
        "settings/reasons/<slug:kind>/order/",
        settings_reasons.reason_order,
        name="settings-reason-order",
    ),
    path(
        "settings/reasons/<slug:kind>/<int:reason_id>/<slug:verb>/",
        settings_reasons.reason_do,
        name="settings-reason-do",
    ),
    path("settings/calendar/", settings_calendar.calendar, name="settings-calendar"),
    path("settings/calendar/holidays/", settings_calendar.holiday, name="settings-holiday"),
    path(
        "settings/calendar/holidays/year/",
        settings_calendar.holidays_of_year,
        name="settings-holidays-year",
    ),
    path(
        "settings/calendar/holidays/<int:holiday_id>/remove/",
        settings_calendar.holiday_remove,
        name="settings-holiday-remove",
    ),
    path("settings/skills/", settings_people.skills, name="settings-skills"),
    path("settings/skills/new/", settings_people.skill_new, name="settings-skill-new"),
    path(
        "settings/skills/<int:skill_id>/<slug:verb>/",
        settings_people.skill_do,
        name="settings-skill-do",
    ),
    path("settings/tags/", settings_people.tags, name="settings-tags"),
]
