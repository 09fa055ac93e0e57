"""Keeping views of the orders' table: saving, changing, ordering, sharing, and the columns."""

from typing import Any

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.accounts.access import requires
from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.shell.links import company_url
from crm.shell.responses import add_trigger, flash, redirect_for, render_page, toast
from crm.shell.sidebar import forget_counts
from crm.views import actions
from crm.views.actions import ViewInput
from crm.views.errors import ViewRefused
from crm.views.models import SavedView, Sharing
from crm.views.selectors import list_roles, may_change, read_kept
from orders.selectors.directory import read_directory
from orders.selectors.views import find_gone
from orders.web.columns import DENSITIES, read_columns
from orders.web.filters import read_id
from orders.web.views_bar import PLACE, WHOLE, clean_query, view_url

_UNDO_SECONDS = 3600
_SALT = "orders.saved-view"
_ERRORS = {
    "required": gettext_lazy("Fill this in."),
    "name_taken": gettext_lazy("You have a view of this name already."),
    "unknown_role": gettext_lazy("Choose a role."),
    "too_many": gettext_lazy("You keep too many views: delete one first."),
    "not_yours": gettext_lazy("This view is kept by somebody else."),
}


@requires(Permission.ORDERS_VIEW)
@require_safe
def manage(request: CompanyRequest) -> HttpResponse:
    """All views of the member: their order, names, sharing; which comes first."""
    return _manage(request)


def _manage(request: CompanyRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    me = _me(request)
    kept, directory = read_kept(me, PLACE), read_directory()
    rows = [
        {
            "view": view,
            "url": view_url(view),
            "may_change": may_change(me, view),
            "owner": directory.members.get(view.owner_id),
            "is_mine": view.owner_id == me.pk,
            "gone": bool(find_gone(QueryDict(view.query), directory)),
            "is_first": view.pk == kept.choice.default_id,
            "sharing": "private" if view.sharing == Sharing.PRIVATE else (view.role or "all"),
        }
        for view in kept.views
    ]
    context = {"rows": rows, "roles": list_roles(), "first": kept.choice.default_id, **more}
    if request.method == "POST":
        return render(request, "orders/_views_manage.html", context, status=status)
    return render_page(
        request,
        "orders/views.html",
        context,
        fragment="orders/_views_manage.html",
        panel="orders/_views_panel.html",
    )


@requires(Permission.ORDERS_VIEW)
@require_POST
def save(request: CompanyRequest) -> HttpResponse:
    """Keep the filters, the order and the columns of the list as a new view."""
    columns, density = _shown(request)
    data = _input(
        request,
        query=clean_query(QueryDict(request.POST.get("query", ""))),
        columns=columns,
        density=density,
    )
    try:
        view = actions.save_view(place=PLACE, data=data, member=_me(request), now=timezone.now())
    except ViewRefused as refusal:
        context = {
            "error": _ERRORS[refusal.code],
            "typed": request.POST,
            "query": request.POST.get("query", ""),
            "roles": list_roles(),
        }
        return render(request, "orders/_view_save_form.html", context, status=422)
    forget_counts(request)
    flash(request, _("View «%(name)s» is kept") % {"name": view.name})
    return redirect_for(request, view_url(view))


def _shown(request: CompanyRequest) -> tuple[tuple[str, ...], str]:
    """The columns and the density that the list is shown with now."""
    kept = read_kept(_me(request), PLACE)
    view = kept.find(read_id(request.POST.get("view")))
    columns = (view.columns if view else []) or kept.choice.columns
    density = (view.density if view else "") or kept.choice.density
    return tuple(read_columns(columns, read_directory().own)) if columns else (), density


@requires(Permission.ORDERS_VIEW)
@require_POST
def change(request: CompanyRequest, view_id: int) -> HttpResponse:
    """Change the name and the sharing of a view, or with `query` what it shows."""
    view = _access(request, view_id)
    me, now = _me(request), timezone.now()
    if "query" in request.POST:
        data = ViewInput(
            name=view.name,
            sharing=view.sharing,
            role=view.role,
            query=clean_query(QueryDict(request.POST["query"])),
        )
        actions.change_view(view_id=view.pk, data=data, member=me, now=now)
        view.refresh_from_db()
        forget_counts(request)
        flash(request, _("View «%(name)s» is kept") % {"name": view.name})
        return redirect_for(request, view_url(view))
    try:
        actions.change_view(view_id=view.pk, data=_input(request), member=me, now=now)
    except ViewRefused as refusal:
        return _manage(request, status=422, wrong=view.pk, error=_ERRORS[refusal.code])
    forget_counts(request)
    return add_trigger(_manage(request), "k:refresh")


@requires(Permission.ORDERS_VIEW)
@require_POST
def delete(request: CompanyRequest, view_id: int) -> HttpResponse:
    """Delete a view; the toast keeps it again."""
    view = _access(request, view_id)
    kept = {
        "name": view.name,
        "sharing": view.sharing,
        "role": view.role,
        "query": view.query,
        "columns": list(view.columns),
        "density": view.density,
    }
    actions.delete_view(view_id=view.pk, member=_me(request), now=timezone.now())
    forget_counts(request)
    undo = f"{company_url('orders:view-restore')}?kept={signing.dumps(kept, salt=_SALT)}"
    response = add_trigger(_manage(request), "k:refresh")
    return toast(response, _("View «%(name)s» is deleted") % {"name": view.name}, undo_url=undo)


@requires(Permission.ORDERS_VIEW)
@require_POST
def restore(request: CompanyRequest) -> HttpResponse:
    """Keep a deleted view again, as it was: what a toast's Undo asks for."""
    try:
        kept = signing.loads(request.GET.get("kept", ""), salt=_SALT, max_age=_UNDO_SECONDS)
    except signing.BadSignature:
        return toast(HttpResponse(status=204), _("It is too late to undo this."), level="warning")
    data = ViewInput(**{**kept, "columns": tuple(kept["columns"])})
    try:
        actions.save_view(place=PLACE, data=data, member=_me(request), now=timezone.now())
    except ViewRefused as refusal:
        return toast(HttpResponse(status=204), str(_ERRORS[refusal.code]), level="warning")
    forget_counts(request)
    return add_trigger(HttpResponse(status=204), "panel:reload")


@requires(Permission.ORDERS_VIEW)
@require_POST
def order(request: CompanyRequest) -> HttpResponse:
    """Put the views into the order of `ids`."""
    ids = [pk for pk in map(read_id, request.POST.get("ids", "").split(",")) if pk]
    actions.order_views(place=PLACE, view_ids=ids, member=_me(request))
    forget_counts(request)
    return add_trigger(HttpResponse(status=204), "k:refresh")


@requires(Permission.ORDERS_VIEW)
@require_POST
def make_first(request: CompanyRequest) -> HttpResponse:
    """Choose the view that the list begins with; `view=all` is the whole list."""
    wanted = request.POST.get("view", "")
    view_id = None if wanted == WHOLE else read_id(wanted)
    try:
        actions.set_default_view(place=PLACE, view_id=view_id, member=_me(request))
    except ViewRefused as refusal:
        raise Http404 from refusal
    return _manage(request)


@requires(Permission.ORDERS_VIEW)
@require_http_methods(["POST"])
def layout(request: CompanyRequest) -> HttpResponse:
    """Keep columns and density: in the view that the list stands in, else for the member."""
    me = _me(request)
    usual = request.POST.get("usual") == "1"
    wanted = request.POST.getlist("columns")
    columns = [] if usual else read_columns(wanted, read_directory().own)
    density = request.POST.get("density", "")
    density = density if density in DENSITIES else ""
    view_id = read_id(request.POST.get("view"))
    if view_id:
        view = _access(request, view_id)
        data = ViewInput(
            name=view.name,
            sharing=view.sharing,
            role=view.role,
            columns=tuple(columns),
            density=density,
        )
        actions.change_view(view_id=view.pk, data=data, member=me, now=timezone.now())
    else:
        actions.set_layout(place=PLACE, columns=columns, density=density, member=me)
    return add_trigger(HttpResponse(status=204), "k:refresh")


def _input(request: HttpRequest, **more: Any) -> ViewInput:
    """`sharing` is "private", "all" or the key of a role."""
    sharing = request.POST.get("sharing", Sharing.PRIVATE)
    if sharing in {Sharing.PRIVATE, Sharing.ALL}:
        return ViewInput(name=request.POST.get("name", ""), sharing=sharing, **more)
    return ViewInput(name=request.POST.get("name", ""), sharing=Sharing.ROLE, role=sharing, **more)


def _access(request: CompanyRequest, view_id: int) -> SavedView:
    """A view that the member may change; 404 for any other, so that its existence is not told."""
    view = SavedView.objects.filter(pk=view_id, place=PLACE).first()
    if view is None or not may_change(_me(request), view):
        raise Http404
    return view


def _me(request: CompanyRequest) -> Membership:
    return request.membership
