"""What an owner or administrator sees to: who signs in how, until when, and through whose eyes."""

from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm.accounts.access import requires, signed_in
from crm.accounts.actions.guarding import set_access_until, set_rules
from crm.accounts.actions.viewing import begin_view_as, end_view_as
from crm.accounts.errors import AccountError, UnknownMember
from crm.accounts.models import Membership, SecurityRules
from crm.accounts.permissions import Permission, Role
from crm.accounts.requests import CompanyRequest
from crm.accounts.selectors import list_members
from crm.accounts.viewing import SESSION_KEY
from crm.accounts.web.security_forms import AccessForm, RulesForm, end_of_day, last_day
from crm.accounts.wording import say_error
from crm.shell.links import company_url
from crm.shell.responses import flash, redirect_for, render_page
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant


@requires(Permission.COMPANY_OWN)
@require_http_methods(["GET", "POST"])
def rules(request: CompanyRequest) -> HttpResponse:
    """What the company asks of its members, and how each of them signs in."""
    kept = SecurityRules.objects.first()
    asked = kept is not None and kept.two_step_required
    form = RulesForm(request.POST or None, initial={"two_step_required": asked})
    if request.method == "POST":
        form = RulesForm(request.POST)
        if form.is_valid():
            set_rules(**form.cleaned_data, **_by(request))
            flash(request, _("Saved."))
            return redirect_for(request, company_url("accounts:security"))
    members = [member for member in list_members() if member.is_active]
    context = {
        "form": form,
        "members": members,
        "without": sum(member.user.two_step_at is None for member in members),
        "mine": request.user.two_step_at is not None,
        "me": request.membership.pk,
    }
    status = 200 if request.method == "GET" else 422
    return render_page(request, "accounts/security.html", context, status=status)


@requires(Permission.MEMBERS_MANAGE)
@require_http_methods(["GET", "POST"])
def access(request: CompanyRequest, member_id: int) -> HttpResponse:
    """Until when a member has access, and when they last signed in."""
    member = Membership.objects.select_related("user").filter(pk=member_id).first()
    if member is None:
        raise Http404
    form = AccessForm(request.POST or None, initial={"access_until": last_day(member.access_until)})
    status = 200
    if request.method == "POST":
        form = AccessForm(request.POST)
        status = 422
        if form.is_valid():
            until = end_of_day(form.cleaned_data["access_until"])
            try:
                set_access_until(member_id=member_id, until=until, **_by(request))
            except UnknownMember:
                raise Http404 from None
            except AccountError as error:
                form.add_error(error.field or None, say_error(error))
            else:
                flash(request, _("Saved."))
                return redirect_for(request, company_url("accounts:members"))
    mine = request.membership
    context = {
        "member": member,
        "form": form,
        "owner": member.role == Role.OWNER,
        "may_view": mine.can(Permission.COMPANY_OWN)
        and member.role != Role.OWNER
        and member.has_access(timezone.now()),
    }
    return render_page(request, "accounts/access.html", context, status=status)


@requires(Permission.COMPANY_OWN)
@require_POST
def view_as(request: CompanyRequest, member_id: int) -> HttpResponse:
    """Look through a member's eyes for half an hour."""
    mine = request.membership
    if not Membership.objects.filter(pk=member_id).exists():
        raise Http404
    try:
        view = begin_view_as(member_id=member_id, owner_id=mine.pk, now=timezone.now())
    except AccountError as error:
        flash(request, say_error(error), level="error")
        return redirect_for(request, company_url("accounts:member-access", member_id=member_id))
    request.session[SESSION_KEY] = {"tenant": mine.tenant_id, "view": view.pk}
    return redirect_for(request, company_url("shell:home"))


@signed_in
@require_POST
@transaction.non_atomic_requests  # the company's scope must be open before its transaction
def back_to_myself(request: HttpRequest) -> HttpResponse:
    """End the look through a member's eyes."""
    tenant = stop_viewing(request)
    if tenant is None:
        return redirect("/")
    return redirect("accounts:members", company=tenant.slug)


def stop_viewing(request: HttpRequest) -> Tenant | None:
    """End what this session looks at, and return the company it was in. Opens its scope."""
    kept = request.session.pop(SESSION_KEY, None)
    tenant = Tenant.objects.filter(pk=kept["tenant"]).first() if kept else None
    if kept is None or tenant is None:
        return None
    with tenant_scope(tenant.pk):
        end_view_as(view_id=kept["view"], now=timezone.now())
    return tenant


def _by(request: CompanyRequest) -> dict[str, Any]:
    return {"actor": request.actor, "now": timezone.now()}
