"""Settings: skills and who has them; tags and their colours."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.audit.changes import StaleSettings
from crm.shell.links import company_url
from crm.shell.responses import flash, redirect_for, render_page
from orders.actions import configure_people, configure_tags
from orders.errors import OrderError
from orders.models import MemberSkill, Skill
from orders.selectors.directory import read_directory
from orders.selectors.tags import list_tags
from orders.web.settings_forms import HUE_NAMES
from orders.web.settings_more_forms import SkillForm, TagForm
from orders.wording import error_text

P = Permission


def _who(request: CompanyRequest) -> dict[str, Any]:
    return {"actor": request.actor, "now": timezone.now()}


# --- Skills ----------------------------------------------------------------------------------


@requires(P.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def skills(request: CompanyRequest) -> HttpResponse:
    """The grid of members and skills; a POST saves it. Five queries."""
    if request.method == "GET":
        return _skills(request)
    rows = list(Skill.objects.order_by("name"))
    people = read_directory().managers
    wanted = {
        row.pk: {who.pk for who in people if f"{row.pk}-{who.pk}" in request.POST} for row in rows
    }
    mark = request.POST.get("stamp", "")
    try:
        configure_people.set_skills(wanted=wanted, expected=mark, **_who(request))
    except StaleSettings:
        text = _("A colleague has just saved this page: look again and save.")
        return _skills(request, ticked=wanted, error=text, status=409)
    except OrderError as refusal:
        return _skills(request, ticked=wanted, error=error_text(refusal), status=422)
    flash(request, _("Saved"))
    return redirect_for(request, company_url("orders:settings-skills"))


def _skills(
    request: HttpRequest,
    *,
    form: SkillForm | None = None,
    ticked: dict[int, set[int]] | None = None,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    rows = list(Skill.objects.order_by("name"))
    if ticked is None:
        ticked = {row.pk: set() for row in rows}
        for skill_id, member_id in MemberSkill.objects.values_list("skill_id", "member_id"):
            ticked[skill_id].add(member_id)
    grid = [
        {
            "who": who,
            "cells": [{"skill": row, "on": who.pk in ticked.get(row.pk, ())} for row in rows],
        }
        for who in read_directory().managers
    ]
    context = {
        "skills": rows,
        "grid": grid,
        "form": form or SkillForm(),
        "error": error,
        "stamp": configure_people.skills_stamp(),
    }
    return render_page(request, "orders/settings/skills.html", context, status=status)


@requires(P.SETTINGS_MANAGE)
@require_POST
def skill_new(request: CompanyRequest) -> HttpResponse:
    form = SkillForm(request.POST)
    if form.is_valid():
        try:
            configure_people.add_skill(name=form.cleaned_data["name"], **_who(request))
        except OrderError as refusal:
            form.add_error("name", error_text(refusal))
        else:
            return redirect_for(request, company_url("orders:settings-skills"))
    return _skills(request, form=form, status=422)


@requires(P.SETTINGS_MANAGE)
@require_POST
def skill_do(request: CompanyRequest, skill_id: int, verb: str) -> HttpResponse:
    """rename, remove."""
    if not Skill.objects.filter(pk=skill_id).exists():
        raise Http404
    try:
        if verb == "rename":
            name = request.POST.get("name", "")[:40]
            configure_people.rename_skill(skill_id=skill_id, name=name, **_who(request))
        elif verb == "remove":
            configure_people.remove_skill(skill_id=skill_id, **_who(request))
        else:
            raise Http404
    except OrderError as refusal:
        return _skills(request, error=error_text(refusal), status=409)
    return redirect_for(request, company_url("orders:settings-skills"))


# --- Tags ------------------------------------------------------------------------------------


@requires(P.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def tags(request: CompanyRequest) -> HttpResponse:
    """The tags with their colours and how many orders have each. Two queries.

    A POST with `name` changes that tag; with `merge`, into one that is there already.
    """
    if request.method == "GET":
        return _tags(request)
    name = request.POST.get("name", "")
    form = TagForm(request.POST)
    if not form.is_valid():
        return _tags(request, name=name, form=form, status=422)
    data = form.cleaned_data
    try:
        moved = configure_tags.change_tag(name=name, **data, **_who(request))
    except OrderError as refusal:
        form.add_error("to", error_text(refusal))
        return _tags(
            request, name=name, form=form, may_merge=refusal.code == "tag_there", status=422
        )
    text = _("Saved: %(name)s") % {"name": data["to"]}
    if moved:
        text = ngettext("%(n)s order changed", "%(n)s orders changed", moved) % {"n": moved}
    flash(request, text)
    return redirect_for(request, company_url("orders:settings-tags"))


def _tags(
    request: HttpRequest,
    *,
    name: str = "",
    form: TagForm | None = None,
    may_merge: bool = False,
    status: int = 200,
) -> HttpResponse:
    rows = list_tags()
    there = {row.name: row.orders for row in rows}
    context = {
        "rows": [
            {
                "tag": row,
                "form": form if form is not None and row.name == name else None,
                "to": request.POST.get("to", "") if row.name == name else row.name,
                "color": request.POST.get("color", "") if row.name == name else row.color,
            }
            for row in rows
        ],
        "may_merge": may_merge,
        "other_count": there.get(request.POST.get("to", ""), 0),
        "hues": HUE_NAMES.items(),
    }
    return render_page(request, "orders/settings/tags.html", context, status=status)
