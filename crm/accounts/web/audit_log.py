"""The company's audit log: who did what, to what, and when; and who read personal data."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from crm.accounts.access import requires
from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.accounts.selectors import list_members
from crm.accounts.web.log_filters import LogFilterForm
from crm.audit.actor import ActorKind
from crm.audit.models import AuditEntry
from crm.audit.reads import Via
from crm.audit.selectors import Cursor, Wanted, list_entries, list_reads
from crm.audit.texts import Line, list_actions, name_objects, tell
from crm.shell.responses import render_page

OBJECTS = [
    ("order", _("Orders")),
    ("customer", _("Customers")),
    ("product", _("Products")),
    ("variant", _("Variants")),
    ("stockdocument", _("Stock papers")),
    ("warehouse", _("Warehouses")),
    ("membership", _("Members")),
    ("invitation", _("Invitations")),
    ("companyrole", _("Roles")),
    ("team", _("Teams")),
    ("status", _("Statuses")),
    ("channel", _("Sales channels")),
    ("apikey", _("API keys")),
    ("connection", _("Connections")),
    ("job", _("Background work")),
    ("tenant", _("Company")),
]
# Fields of changes that tell what goods cost the company.
COSTS = frozenset({"cost", "unit_cost"})
READ_OBJECTS = [("customer", _("Customers")), ("order", _("Orders"))]
VIA = {
    Via.PAGE: (_("Opened"), "eye"),
    Via.API: (_("Read by API"), "code"),
    Via.EXPORT: (_("Exported"), "download"),
}


class AuditFilterForm(LogFilterForm):
    action = forms.ChoiceField(label=_("Action"), required=False)
    field_order = ("member", "object", "action", "find", "since", "till")

    def __init__(self, data: Any, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["action"].choices = [("", _("Every action")), *list_actions()]  # type: ignore[attr-defined]


@requires(Permission.AUDIT_VIEW)
@require_safe
def audit_log(request: CompanyRequest) -> HttpResponse:
    """A page of the log. The filters and the place are in the address."""
    form, wanted = read_filters(request.GET)
    entries, after = list_entries(wanted, after=_after(request))
    context = {
        "form": form,
        "lines": show_entries(entries, request.membership),
        "after": after,
        "may_export": request.membership.can(Permission.DATA_EXPORT),
        **_place(request, form),
    }
    return render_page(request, "audit/log.html", context, fragment="audit/_log.html")


@requires(Permission.COMPANY_OWN)
@require_safe
def read_log(request: CompanyRequest) -> HttpResponse:
    """Who opened or took away the personal data of customers. For owners: it is about everybody."""
    form = LogFilterForm(request.GET, members=_members(), objects=READ_OBJECTS)
    form.is_valid()
    wanted = form.wanted()
    reader = _reader(request.GET.get("key", ""))
    if reader is None and wanted.member_id is not None:
        reader = (ActorKind.MEMBER.value, wanted.member_id)
    reads, after = list_reads(wanted, reader=reader, after=_after(request))
    named = name_objects((read.object_type, read.object_id) for read in reads)
    context = {
        "form": form,
        "lines": [
            {
                "read": read,
                "object": named.get((read.object_type, read.object_id)),
                "how": VIA[Via(read.via)],
            }
            for read in reads
        ],
        "after": after,
        **_place(request, form),
    }
    return render_page(request, "audit/reads.html", context, fragment="audit/_reads.html")


def read_filters(query: QueryDict) -> tuple[AuditFilterForm, Wanted]:
    """What the address asks of the log. A query, and a few where something is typed."""
    form = AuditFilterForm(query, members=_members(), objects=OBJECTS)
    form.is_valid()
    wanted = form.wanted(query.get("id", ""), action=form.cleaned_data.get("action") or "")
    return form, wanted


def show_entries(entries: list[AuditEntry], member: Membership) -> list[Line]:
    """The entries in words, without what the member may not know."""
    if not member.can(Permission.COSTS_VIEW):
        for entry in entries:
            entry.changes = {k: v for k, v in entry.changes.items() if k not in COSTS}
    return tell(entries)


def _members() -> list[tuple[str, str]]:
    return [(str(member.pk), member.display_name) for member in list_members()]


def _reader(key_id: str) -> tuple[str, int] | None:
    if key_id.isdecimal() and len(key_id) < 19:
        return ActorKind.API_KEY.value, int(key_id)
    return None


def _after(request: HttpRequest) -> Cursor | None:
    return Cursor.parse(request.GET.get("after", ""))


def _place(request: HttpRequest, form: forms.Form) -> dict[str, Any]:
    names = (*form.fields, "id", "key")
    return {
        "filtered": any(request.GET.get(name) for name in names),
        "later": bool(request.GET.get("after")),
    }
