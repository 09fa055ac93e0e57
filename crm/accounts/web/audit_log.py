"""The company's audit log: who did what, to what, and when."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.selectors import list_members
from crm.audit.selectors import Cursor, Wanted, list_entries
from crm.audit.texts import tell
from crm.shell.responses import render_page

OBJECTS = (
    ("order", _("Orders")),
    ("customer", _("Customers")),
    ("product", _("Products")),
    ("variant", _("Variants")),
    ("stockdocument", _("Stock papers")),
    ("warehouse", _("Warehouses")),
    ("membership", _("Members")),
    ("invitation", _("Invitations")),
    ("apikey", _("API keys")),
    ("connection", _("Connections")),
    ("tenant", _("Company")),
)


class FilterForm(forms.Form):
    member = forms.TypedChoiceField(label=_("Who"), required=False, coerce=int, empty_value=None)
    object = forms.ChoiceField(label=_("What"), required=False)
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    till = forms.DateField(
        label=_("Till"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )

    def __init__(self, data: Any, members: list[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["member"].choices = [("", _("Everybody")), *members]  # type: ignore[attr-defined]
        self.fields["object"].choices = [("", _("Everything")), *OBJECTS]  # type: ignore[attr-defined]


@requires(Permission.AUDIT_VIEW)
@require_safe
def audit_log(request: HttpRequest) -> HttpResponse:
    """A page of the log. The filters and the place are in the address."""
    members = [(str(member.pk), member.display_name) for member in list_members()]
    form = FilterForm(request.GET, members)
    form.is_valid()  # a wrong filter stands beside its field; the others still count
    entries, after = list_entries(
        _wanted(form.cleaned_data, request.GET.get("id", "")),
        after=Cursor.parse(request.GET.get("after", "")),
    )
    context = {
        "form": form,
        "lines": tell(entries),
        "after": after,
        "filtered": any(request.GET.get(name) for name in (*form.fields, "id")),
        "later": bool(request.GET.get("after")),
    }
    return render_page(request, "audit/log.html", context, fragment="audit/_log.html")


def _wanted(data: dict[str, Any], object_id: str) -> Wanted:
    till = data.get("till")
    return Wanted(
        member_id=data.get("member"),
        object_type=data.get("object") or "",
        object_id=int(object_id) if object_id.isdecimal() and len(object_id) < 19 else None,
        since=_midnight(data.get("since")),
        till=_midnight(till + timedelta(days=1)) if till else None,
    )


def _midnight(day: date | None) -> datetime | None:
    if day is None:
        return None
    return datetime.combine(day, time(), timezone.get_current_timezone())
