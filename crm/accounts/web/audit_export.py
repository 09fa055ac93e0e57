"""The audit log as a file, with the words of its page."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm.accounts.permissions import Permission
from crm.accounts.web.audit_log import read_filters, show_entries
from crm.audit.models import AuditEntry
from crm.audit.selectors import find_entries
from crm.audit.texts import Line
from crm.exports.jobs import offer_table
from crm.exports.registry import Asker, Column, Page, Selection, Table, register_page


@dataclass(slots=True)
class EntryExport:
    line: Line
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def changes(self) -> str:
        told = (f"{c['label']}: {c['before']} → {c['after']}" for c in self.line.text.changes)
        return "\n".join(told)


def connect() -> None:
    """Register the page and its table; called once at start."""
    register_page(Page("audit", _("Audit log"), "accounts:audit"))
    offer_table(
        Table(
            name="audit",
            page="audit",
            label=_("Audit log"),
            help=_("Who did what, and when, with what was there before and after."),
            permission=Permission.AUDIT_VIEW,
            find=find_log,
            read=read_log,
            columns=COLUMNS,
            count=lambda n: ngettext("%(count)s entry", "%(count)s entries", n),
            job_label=_("Export the audit log"),
        )
    )


def find_log(selection: Selection, _asker: Asker) -> QuerySet[AuditEntry]:
    """What the page of the log finds. Queries only where something is looked for by name."""
    _form, wanted = read_filters(QueryDict(selection.get("query") or ""))
    return find_entries(wanted)


def read_log(_selection: Selection, ids: Sequence[int], asker: Asker) -> list[EntryExport]:
    """Return the entries in the order of the ids. A query for each kind of object, and one."""
    found = AuditEntry.objects.in_bulk(list(ids))
    entries = [found[pk] for pk in ids if pk in found]
    return [EntryExport(line) for line in show_entries(entries, asker.member)]


COLUMNS = (
    Column("at", _("When"), lambda r: r.line.entry.at),
    Column("who", _("Who"), lambda r: r.line.entry.actor_label),
    Column("action", _("Action"), lambda r: r.line.text.title),
    Column("object", _("What"), lambda r: r.line.object.label if r.line.object else ""),
    Column("text", _("Details"), lambda r: r.line.text.text),
    Column("changes", _("Before and after"), lambda r: r.changes),
    Column("reason", _("Reason"), lambda r: r.line.entry.reason),
)
