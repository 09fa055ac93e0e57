"""Settings: teams, who leads them and who is in them."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.accounts.access import requires
from crm.accounts.actions.teams import create_team, delete_team, edit_team
from crm.accounts.errors import AccountError, UnknownTeam
from crm.accounts.models import Membership, Team
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.accounts.selectors import list_teams
from crm.accounts.web.role_forms import TeamForm
from crm.accounts.wording import say_error
from crm.shell.links import company_url
from crm.shell.responses import flash, redirect_for, render_page


@requires(Permission.MEMBERS_MANAGE)
@require_safe
def teams(request: CompanyRequest) -> HttpResponse:
    """The teams with their people. Two queries."""
    return render_page(request, "accounts/teams.html", {"teams": list_teams()})


@requires(Permission.MEMBERS_MANAGE)
@require_http_methods(["GET", "POST"])
def new(request: CompanyRequest) -> HttpResponse:
    form = TeamForm(request.POST or None, people=_people())
    if request.method == "POST" and form.is_valid():
        try:
            made = create_team(**_read(form), **_by(request))
        except AccountError as error:
            form.add_error(error.field or None, say_error(error))
        else:
            flash(request, _("Team “%(name)s” is made") % {"name": made.name})
            return redirect_for(request, company_url("accounts:teams"))
    return _show(request, form)


@requires(Permission.MEMBERS_MANAGE)
@require_http_methods(["GET", "POST"])
def edit(request: CompanyRequest, team_id: int) -> HttpResponse:
    team = _get(team_id)
    form = TeamForm(request.POST or None, people=_people(team), team=team)
    if request.method == "POST" and form.is_valid():
        try:
            edit_team(team_id=team_id, **_read(form), **_by(request))
        except AccountError as error:
            form.add_error(error.field or None, say_error(error))
        else:
            flash(request, _("Saved."))
            return redirect_for(request, company_url("accounts:teams"))
    return _show(request, form, team)


@requires(Permission.MEMBERS_MANAGE)
@require_POST
def delete(request: CompanyRequest, team_id: int) -> HttpResponse:
    name = _get(team_id).name
    try:
        delete_team(team_id=team_id, **_by(request))
    except UnknownTeam:
        raise Http404 from None
    except AccountError as error:
        flash(request, say_error(error), level="error")
    else:
        flash(request, _("Team “%(name)s” is deleted") % {"name": name})
    return redirect_for(request, company_url("accounts:teams"))


def _read(form: TeamForm) -> dict[str, Any]:
    data = form.cleaned_data
    return {"name": data["name"], "lead_id": data["lead"], "member_ids": data["members"]}


def _people(team: Team | None = None) -> list[Membership]:
    """Who can be in it: those who work here, and whoever was in it when they left."""
    inside: set[int | None] = set()
    if team is not None:
        inside = {team.lead_id, *(place.member_id for place in team.places.all())}
    rows = Membership.objects.order_by("display_name", "pk")
    return [member for member in rows if member.is_active or member.pk in inside]


def _show(request: HttpRequest, form: TeamForm, team: Team | None = None) -> HttpResponse:
    status = 422 if request.method == "POST" else 200
    return render_page(request, "accounts/team.html", {"form": form, "team": team}, status=status)


def _get(team_id: int) -> Team:
    team = Team.objects.prefetch_related("places").filter(pk=team_id).first()
    if team is None:
        raise Http404
    return team


def _by(request: CompanyRequest) -> dict[str, Any]:
    return {"actor": request.actor, "now": timezone.now()}
