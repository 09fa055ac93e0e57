"""What a member wants to be told of in the bell and by mail."""

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.accounts.access import ANY_MEMBER, requires
from crm.accounts.models import Membership
from crm.accounts.requests import CompanyRequest
from crm.audit.changes import StaleSettings
from crm.shell import actions, selectors
from crm.shell.links import company_url
from crm.shell.notices import list_choosable
from crm.shell.responses import flash, redirect_for, render_page


@requires(ANY_MEMBER)
@require_http_methods(["GET", "POST"])
def choices(request: CompanyRequest) -> HttpResponse:
    """A row for each kind that the member may come to hear of. One query."""
    me: Membership = request.membership
    kinds = [kind for kind in list_choosable() if me.can(kind.permission)]
    present = selectors.read_choices(member_id=me.pk)
    mark, error, code = selectors.choices_stamp(present), "", 200
    if request.method == "POST":
        present = {
            kind.name: (f"bell-{kind.name}" in request.POST, f"mail-{kind.name}" in request.POST)
            for kind in kinds
        }
        try:
            actions.choose_notices(
                member=me,
                choices=present,
                actor=request.actor,
                now=timezone.now(),
                expected=request.POST.get("stamp", ""),
            )
        except StaleSettings:
            error, code = _("This was just saved in another tab: look again and save."), 409
        else:
            flash(request, _("Saved."))
            return redirect_for(request, company_url("shell:notice-choices"))
    rows = [
        {"kind": kind, "bell": bell, "mail": mail}
        for kind in kinds
        for bell, mail in [present.get(kind.name, selectors.USUAL_CHOICE)]
    ]
    context = {"rows": rows, "stamp": mark, "error": error, "email": me.user.email}
    return render_page(request, "shell/notice_choices.html", context, status=code)
