"""The members of a company: who works here, as what, and when."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.accounts.access import requires
from crm.accounts.actions.invitations import invite, revoke_invitation
from crm.accounts.actions.members import (
    change_role,
    deactivate_member,
    reactivate_member,
    set_working_hours,
)
from crm.accounts.errors import AccountError, InvitationGone, UnknownMember
from crm.accounts.models import ALL_DAYS, Membership
from crm.accounts.permissions import ROLES, SUPPORT_LABEL, SUPPORT_ROLE, Permission, Role
from crm.accounts.requests import CompanyRequest
from crm.accounts.roles import role_key
from crm.accounts.selectors import RoleRow, list_invitations, list_members, list_roles
from crm.accounts.tasks import invitation_link, send_after_commit, send_invitation
from crm.accounts.web.forms import DAYS, HoursForm, InviteForm
from crm.accounts.web.security_forms import end_of_day
from crm.accounts.wording import say_error
from crm.shell.links import company_url
from crm.shell.responses import (
    flash,
    redirect_for,
    render_page,
    toast,
    wants_fragment,
)


@requires(Permission.MEMBERS_MANAGE)
@require_safe
def members(request: CompanyRequest) -> HttpResponse:
    """All members and the invitations that are out."""
    return _show(request)


@requires(Permission.MEMBERS_MANAGE)
@require_http_methods(["GET", "POST"])
def new_invitation(request: CompanyRequest) -> HttpResponse:
    """Invite somebody by e-mail; the link is also shown, once."""
    form = InviteForm(request.POST or None, roles=_roles(request))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                data = form.cleaned_data
                until = end_of_day(data.pop("access_until"))
                invitation, token = invite(**data, access_until=until, **_by(request))
            except AccountError as error:
                form.add_error(error.field or None, say_error(error))
            else:
                company = request.company
                send_after_commit(send_invitation, company.pk, token)
                context = {
                    "form": InviteForm(roles=_roles(request)),
                    "link": invitation_link(company, token),
                    "invited": invitation,
                    "roles": _about(),
                }
                return render_page(request, "accounts/invite.html", context)
    context = {"form": form, "roles": _about()}
    return render_page(request, "accounts/invite.html", context, status=status)


@requires(Permission.MEMBERS_MANAGE)
@require_POST
def withdraw_invitation(request: CompanyRequest, invitation_id: int) -> HttpResponse:
    try:
        invitation = revoke_invitation(invitation_id=invitation_id, **_by(request))
    except InvitationGone:
        raise Http404 from None
    text = _("The link for %(email)s no longer works.") % {"email": invitation.email}
    return _answer(request, text)


@requires(Permission.MEMBERS_MANAGE)
@require_POST
def role(request: CompanyRequest, member_id: int) -> HttpResponse:
    """Give a member another role."""
    held = _get(member_id)
    before = role_key(held.role, held.own_role_id)
    wanted = request.GET.get("undo") or request.POST.get("role", "")
    return _do(
        request,
        lambda: change_role(member_id=member_id, role=wanted, **_by(request)),
        _("%(name)s: %(role)s."),
        undo_url=f"{company_url('accounts:member-role', member_id=member_id)}?undo={before}",
    )


@requires(Permission.MEMBERS_MANAGE)
@require_POST
def deactivate(request: CompanyRequest, member_id: int) -> HttpResponse:
    return _do(
        request,
        lambda: deactivate_member(member_id=member_id, **_by(request)),
        _("%(name)s no longer has access."),
        undo_url=company_url("accounts:member-reactivate", member_id=member_id),
    )


@requires(Permission.MEMBERS_MANAGE)
@require_POST
def reactivate(request: CompanyRequest, member_id: int) -> HttpResponse:
    return _do(
        request,
        lambda: reactivate_member(member_id=member_id, **_by(request)),
        _("%(name)s has access again."),
        undo_url=company_url("accounts:member-deactivate", member_id=member_id),
    )


@requires(Permission.MEMBERS_MANAGE)
@require_http_methods(["GET", "POST"])
def hours(request: CompanyRequest, member_id: int) -> HttpResponse:
    """When a member works, and whether new orders are given to them."""
    member = _get(member_id)
    if request.method == "POST":
        form = HoursForm(request.POST)
        if form.is_valid():
            data = form.cleaned_data
            set_working_hours(
                member_id=member_id,
                takes_orders=data["takes_orders"],
                work_days=form.bits,
                work_start=data["work_start"],
                work_end=data["work_end"],
                **_by(request),
            )
            flash(request, _("Saved."))
            return redirect_for(request, company_url("accounts:members"))
        status = 422
    else:
        status = 200
        form = HoursForm(
            initial={
                "takes_orders": member.takes_orders,
                "days": [day for day, _name in DAYS if member.work_days & (1 << day)],
                "work_start": member.work_start,
                "work_end": member.work_end,
            }
        )
    context = {"form": form, "member": member}
    return render_page(request, "accounts/hours.html", context, status=status)


def _do(
    request: CompanyRequest, work: Callable[[], Membership], text: str, *, undo_url: str = ""
) -> HttpResponse:
    try:
        member = work()
    except UnknownMember:
        raise Http404 from None
    except AccountError as error:
        return _answer(request, error=say_error(error))
    words = {"name": member.display_name, "role": member.get_role_display()}
    return _answer(request, text % words, undo_url=undo_url)


def _answer(
    request: CompanyRequest, text: str = "", *, error: str = "", undo_url: str = ""
) -> HttpResponse:
    level = "error" if error else "success"
    if not wants_fragment(request):
        flash(request, error or text, level=level, undo_url=undo_url)
        return redirect_for(request, company_url("accounts:members"))
    # The list goes back in any case: a refused change must not stay in its field.
    return toast(_show(request), error or text, level=level, undo_url=undo_url)


def _show(request: CompanyRequest) -> HttpResponse:
    everybody = list_members()
    mine = request.membership
    given = _roles(request)
    rows: list[dict[str, Any]] = [
        {
            "member": member,
            "me": member.pk == mine.pk,
            "days": _days(member),
            "role": role_key(member.role, member.own_role_id),
            "roles": [(SUPPORT_ROLE, SUPPORT_LABEL)]
            if member.role == SUPPORT_ROLE
            else given
            if member.role != Role.OWNER or mine.role == Role.OWNER
            else [],
        }
        for member in everybody
    ]
    context = {
        "rows": [row for row in rows if row["member"].is_active],
        "former": [row for row in rows if not row["member"].is_active],
        "invitations": list_invitations(now=timezone.now()),
    }
    return render_page(request, "accounts/members.html", context, fragment="accounts/_members.html")


def _get(member_id: int) -> Membership:
    member = Membership.objects.select_related("user").filter(pk=member_id).first()
    if member is None:
        raise Http404
    return member


def _by(request: CompanyRequest) -> dict[str, Any]:
    return {"actor": request.actor, "now": timezone.now()}


def _roles(request: CompanyRequest) -> list[tuple[str, Any]]:
    """The roles that this member may give: owners alone make owners, nobody gives what they lack.

    Two queries."""
    me: Membership = request.membership
    return [
        (row.key, row.name)
        for row in list_roles()
        if (row.key != Role.OWNER or me.role == Role.OWNER) and _holds(me, row)
    ]


def _holds(me: Membership, row: RoleRow) -> bool:
    rights = row.own.permissions if row.own else ROLES[row.key]
    return all(me.can(right) for right in rights)


def _about() -> list[dict[str, Any]]:
    """Each role with what it may do, for who chooses one."""
    whole: dict[str, list[str]] = {
        Role.OWNER: [_("Everything, and makes others owners")],
        Role.ADMIN: [_("Everything but what is the owners’")],
    }
    return [
        {
            "label": row.name,
            "permissions": whole.get(row.key) or row.permissions,
        }
        for row in list_roles()
    ]


def _days(member: Membership) -> str:
    """Return the working days in words: `Mon–Fri, Sun`, `every day`; empty where there are none."""
    if member.work_days == ALL_DAYS:
        return _("every day")
    runs: list[list[str]] = []
    for day, name in DAYS:
        if not member.work_days & (1 << day):
            continue
        if day and member.work_days & (1 << (day - 1)):
            runs[-1].append(str(name))
        else:
            runs.append([str(name)])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(run) for run in runs)
