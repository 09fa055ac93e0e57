"""What this app tells the shell, the settings and the audit log."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from crm.accounts.permissions import Permission
from crm.accounts.web.settings import SettingsPage, register_settings_page
from crm.audit.models import AuditEntry
from crm.audit.texts import (
    AuditObject,
    AuditText,
    list_changes,
    register_audit_object,
    register_audit_text,
)
from crm.shell.links import company_url
from crm.shell.live.topics import register_topic
from crm.shell.notices import Notice, register_notification
from crm.webhooks.models import EndpointState, WebhookEndpoint

_WORDS: dict[str, tuple[str | Promise, str]] = {
    "webhook.created": (_("Webhook made"), "webhook"),
    "webhook.changed": (_("Webhook changed"), "webhook"),
    "webhook.secret_rotated": (_("Webhook got a new secret"), "refresh-cw"),
    "webhook.paused": (_("Webhook paused"), "circle-pause"),
    "webhook.resumed": (_("Webhook works again"), "play"),
    "webhook.switched_off": (_("Webhook switched off"), "circle-x"),
    "webhook.removed": (_("Webhook removed"), "trash-2"),
    "webhook.test": (_("Test of the webhook sent"), "send"),
    "webhook.replayed": (_("Events sent to the webhook again"), "refresh-cw"),
    "job.finished": (_("Background work finished"), "list-checks"),
}
_LABELS: dict[str, str | Promise] = {
    "url": _("Address"),
    "name": pgettext_lazy("of a thing", "Name"),
    "events": _("Events"),
    "state": _("State"),
}


def connect() -> None:
    """Called once from config/wiring.py."""
    register_topic("webhooks", Permission.CONNECTIONS_MANAGE)
    register_settings_page(
        SettingsPage(
            "webhooks",
            _("Webhooks"),
            _("Programs of yours that are told of events at once"),
            "webhook",
            "webhooks:list",
            Permission.CONNECTIONS_MANAGE,
            "outside",
            words="events endpoints deliveries api",
        )
    )
    register_notification("webhook.stopped", _word_stopped)
    for action in _WORDS:
        register_audit_text(action, _tell)
    register_audit_object("webhookendpoint", _find_endpoints)


def _tell(entry: AuditEntry) -> AuditText:
    title, icon = _WORDS[entry.action]
    return AuditText(str(title), icon, changes=list_changes(entry, _LABELS))


def _find_endpoints(ids: Iterable[int]) -> Mapping[int, AuditObject]:
    return {
        row.pk: AuditObject(
            str(row),
            company_url("webhooks:endpoint", endpoint_id=row.pk)
            if row.state != EndpointState.REMOVED
            else "",
        )
        for row in WebhookEndpoint.objects.filter(pk__in=ids)
    }


def _word_stopped(params: dict[str, Any]) -> Notice:
    if params.get("reason") == "gone":
        text = gettext("The webhook «%(name)s» was switched off: its address is gone")
    else:
        text = gettext("The webhook «%(name)s» is paused: it has taken nothing for three days")
    return Notice(text % params, "webhook", "red")
