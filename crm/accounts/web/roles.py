"""Settings: the roles, what each may do, and the rows that one member is shown."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.accounts.access import requires
from crm.accounts.actions.roles import create_role, delete_role, edit_role, set_member_scope
from crm.accounts.errors import AccountError, UnknownRole
from crm.accounts.models import CompanyRole, Membership
from crm.accounts.permissions import Permission, Role
from crm.accounts.requests import CompanyRequest
from crm.accounts.roles import GRANTABLE, find_role
from crm.accounts.scopes import EVERYTHING
from crm.accounts.selectors import list_roles
from crm.accounts.web.role_forms import MemberRowsForm, RoleForm
from crm.accounts.wording import say_error
from crm.shell.links import company_url
from crm.shell.responses import flash, redirect_for, render_page


@requires(Permission.MEMBERS_MANAGE)
@require_safe
def roles(request: CompanyRequest) -> HttpResponse:
    """The roles, what each may do, and who holds it. Two queries."""
    return render_page(request, "accounts/roles.html", {"rows": list_roles()})


@requires(Permission.MEMBERS_MANAGE)
@require_http_methods(["GET", "POST"])
def new(request: CompanyRequest) -> HttpResponse:
    """Make a role; `?from=manager` or `?from=own:5` begins with a copy of that one."""
    me: Membership = request.membership
    source = find_role(request.GET.get("from", ""))
    given = {right for right in (source.permissions if source else ()) if right in GRANTABLE}
    form = RoleForm(
        request.POST or None,
        scope=source.own.row_scope if source and source.own else EVERYTHING,
        # What the reader lacks is not copied: nobody gives what they do not have.
        permissions={right for right in given if me.can(right)} if not request.POST else (),
        me=me,
        initial={"name": _("%(role)s, copy") % {"role": source.name} if source else ""},
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = create_role(
                name=form.cleaned_data["name"],
                permissions=form.permissions,
                scope=form.scope,
                **_by(request),
            )
        except AccountError as error:
            form.add_error(error.field or None, say_error(error))
        else:
            flash(request, _("Role “%(name)s” is made") % {"name": made.name})
            return redirect_for(request, company_url("accounts:roles"))
    return _show(request, form)


@requires(Permission.MEMBERS_MANAGE)
@require_http_methods(["GET", "POST"])
def edit(request: CompanyRequest, role_id: int) -> HttpResponse:
    """Change a role: what its holders may do changes with the press."""
    role = _get(role_id)
    me: Membership = request.membership
    form = RoleForm(
        request.POST or None,
        scope=role.row_scope,
        permissions=role.permissions,
        me=me,
        initial={"name": role.name},
    )
    if request.method == "POST" and form.is_valid():
        try:
            edit_role(
                role_id=role_id,
                name=form.cleaned_data["name"],
                permissions=form.permissions,
                scope=form.scope,
                **_by(request),
            )
        except AccountError as error:
            form.add_error(error.field or None, say_error(error))
        else:
            flash(request, _("Saved."))
            return redirect_for(request, company_url("accounts:roles"))
    return _show(request, form, role)


@requires(Permission.MEMBERS_MANAGE)
@require_POST
def delete(request: CompanyRequest, role_id: int) -> HttpResponse:
    """Delete a role that nobody holds."""
    name = _get(role_id).name
    try:
        delete_role(role_id=role_id, **_by(request))
    except UnknownRole:
        raise Http404 from None
    except AccountError as error:
        flash(request, say_error(error), level="error")
    else:
        flash(request, _("Role “%(name)s” is deleted") % {"name": name})
    return redirect_for(request, company_url("accounts:roles"))


@requires(Permission.MEMBERS_MANAGE)
@require_http_methods(["GET", "POST"])
def member_rows(request: CompanyRequest, member_id: int) -> HttpResponse:
    """Which orders one member is shown: as their role says, or otherwise."""
    member = Membership.objects.select_related("own_role").filter(pk=member_id).first()
    if member is None:
        raise Http404
    form = MemberRowsForm(
        request.POST or None,
        scope=member.row_scope,
        initial={"own": member.own_scope is not None},
    )
    if request.method == "POST" and form.is_valid():
        try:
            set_member_scope(
                member_id=member_id,
                scope=form.scope if form.cleaned_data["own"] else None,
                **_by(request),
            )
        except AccountError as error:
            form.add_error(None, say_error(error))
        else:
            flash(request, _("Saved."))
            return redirect_for(request, company_url("accounts:members"))
    context = {"form": form, "member": member, "owner": member.role == Role.OWNER}
    status = 422 if request.method == "POST" else 200
    return render_page(request, "accounts/member_rows.html", context, status=status)


def _show(request: HttpRequest, form: RoleForm, role: CompanyRole | None = None) -> HttpResponse:
    holders = []
    if role is not None:
        rows = Membership.objects.filter(own_role=role).order_by("display_name")
        holders = [member.display_name for member in rows]
    context = {"form": form, "role": role, "holders": holders}
    status = 422 if request.method == "POST" else 200
    return render_page(request, "accounts/role.html", context, status=status)


def _get(role_id: int) -> CompanyRole:
    role = CompanyRole.objects.filter(pk=role_id).first()
    if role is None:
        raise Http404
    return role


def _by(request: CompanyRequest) -> dict[str, Any]:
    return {"actor": request.actor, "now": timezone.now()}
