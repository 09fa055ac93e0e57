"""The platform's log in words."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from crm.ops.models import PlatformEntry

_WORDS = {
    "companies.viewed": (_("Looked at the list of companies"), "building-2"),
    "company.viewed": (_("Looked at a company"), "building-2"),
    "company.suspended": (_("Suspended a company"), "circle-pause"),
    "company.reopened": (_("Opened a company again"), "circle-play"),
    "support.opened": (_("Went in to look, for an hour"), "life-buoy"),
    "support.closed": (_("Went out again"), "life-buoy"),
    "health.viewed": (_("Looked at the health of the service"), "activity"),
    "staff.granted": (_("Somebody was let into these pages"), "user-check"),
    "staff.revoked": (_("Somebody was shut out of these pages"), "user-x"),
    "two_step.cleared": (_("The second step of somebody who lost it was turned off"), "shield-off"),
    "backup.made": (_("A backup was made"), "archive"),
}


@dataclass(frozen=True, slots=True)
class Worded:
    entry: PlatformEntry
    text: str
    icon: str


def word_entry(entry: PlatformEntry) -> Worded:
    text, icon = _WORDS.get(entry.action, (entry.action, "activity"))
    return Worded(entry, str(text), icon)
