"""Picking on a phone: my lists, one list line by line, scans, a short pick in two taps."""

from typing import Any

from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.accounts.access import requires
from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.shell.links import company_url
from crm.shell.numbers import read_whole
from crm.shell.responses import add_trigger, flash, redirect_for, render_page, toast
from orders.actions.picking import ask_manager, set_picked, take_pick_list
from orders.actions.transition import pack_order
from orders.errors import NotPending
from orders.models import PickList, PickListState
from orders.scan import spellings
from orders.selectors import picking as reads
from orders.web.forms import ParcelForm
from orders.web.moves import read_parcel
from orders.wording import REFUSALS, error_text

_TICKS_KNOWN = 7 * 24 * 3600  # seconds


@requires(Permission.PICKING_WORK)
@require_GET
def picking(request: CompanyRequest) -> HttpResponse:
    """My lists and the free ones."""
    viewer: Membership = request.membership
    me = viewer.pk
    rows = reads.list_live_lists(viewer=viewer)
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    context = {
        "mine": [row for row in rows if row.pick_list.picker_id == me],
        "free": [row for row in rows if row.pick_list.picker_id is None],
        "done_today": reads.count_picked_since(picker_id=me, since=midnight),
        "manages": viewer.can(Permission.PICKING_MANAGE),
        "requests": len(reads.list_edit_requests(viewer=viewer)) if _manages(request) else 0,
    }
    return render_page(
        request, "orders/picking.html", context, fragment="orders/picking/_lists.html"
    )


def _manages(request: CompanyRequest) -> bool:
    return request.membership.can(Permission.PICKING_MANAGE)


def _list_of(request: CompanyRequest, number: int, *, working: bool = True) -> PickList:
    """Return the order's list; somebody else's is only for the lead to work on."""
    me: Membership = request.membership
    is_in = getattr(request, "order_let_in", None) == number
    pick_list = reads.get_live_list(number=number, viewer=None if is_in else me)
    if pick_list is None:
        raise Http404
    # Whoever was let in is answered, though packing may take the order out of their scope.
    request.order_let_in = number  # type: ignore[attr-defined]
    if working and not _may_work(request, pick_list):
        raise PermissionDenied
    return pick_list


def _may_work(request: CompanyRequest, pick_list: PickList) -> bool:
    me = request.membership.pk
    return pick_list.picker_id in {None, me} or _manages(request)


@requires(Permission.PICKING_WORK)
@require_GET
def pick(request: CompanyRequest, number: int) -> HttpResponse:
    """One list as a checklist."""
    pick_list = _list_of(request, number, working=False)
    context = _context(request, pick_list)
    return render_page(request, "orders/pick.html", context, fragment="orders/picking/_pick.html")


def _context(request: CompanyRequest, pick_list: PickList, **more: Any) -> dict[str, Any]:
    rows = reads.list_items(pick_list)
    picked = sum(row.item.picked for row in rows)
    total = sum(row.item.quantity for row in rows)
    pending = pick_list.order.edit_requests.filter(state="pending").exists()
    return {
        "pick_list": pick_list,
        "number": pick_list.order.number,
        "order_label": pick_list.order.label,
        "rows": rows,
        "picked": picked,
        "total": total,
        "is_full": picked == total,
        "may_work": _may_work(request, pick_list) and pick_list.is_live,
        "is_asked": pick_list.state == PickListState.SHORT,
        "change_waits": pending,
        "manages": _manages(request),
        "me": request.membership.pk,
        **more,
    }


def _answer(
    request: CompanyRequest, number: int, *, status: int = 200, **more: Any
) -> HttpResponse:
    fresh = _list_of(request, number, working=False)
    return render(
        request, "orders/picking/_pick.html", _context(request, fresh, **more), status=status
    )


def _refused(request: CompanyRequest, number: int, refusal: Exception) -> HttpResponse:
    return toast(_answer(request, number, status=409), error_text(refusal), level="warning")


@requires(Permission.PICKING_WORK)
@require_POST
def item(request: CompanyRequest, number: int, item_id: int) -> HttpResponse:
    """Say how many units of a line are in the basket. The phone sends the count, not "one
    more", so a press sent twice over a bad connection counts once."""
    pick_list = _list_of(request, number)
    units = read_whole(request.POST.get("picked", ""))
    tick = _tick_key(request, pick_list)
    if tick and cache.get(tick):
        return _answer(request, number)
    try:
        set_picked(
            pick_list_id=pick_list.pk,
            item_id=item_id,
            picked=-1 if units is None else units,
            actor=request.actor,
            now=timezone.now(),
        )
    except REFUSALS as refusal:
        return _refused(request, number, refusal)
    if tick:
        transaction.on_commit(lambda: cache.set(tick, 1, _TICKS_KNOWN), robust=True)
    return _answer(request, number)


def _tick_key(request: HttpRequest, pick_list: PickList) -> str:
    """The name of a press. One that comes late a second time must not undo what was counted
    since; where the cache has forgotten it, the count that it says is set once more."""
    tick = request.POST.get("tick", "")
    if not tick.isalnum() or len(tick) > 40 or not tick.isascii():
        return ""
    return f"pick-tick:{pick_list.tenant_id}:{pick_list.pk}:{tick}"


@requires(Permission.PICKING_WORK)
@require_POST
def scan(request: CompanyRequest, number: int) -> HttpResponse:
    """A scanned code ticks one unit of its line; a wrong one is refused loudly."""
    pick_list = _list_of(request, number)
    code = request.POST.get("code", "")
    rows = reads.list_items(pick_list)
    found = reads.find_scanned(rows, spellings(code))
    if found is None:
        return _bad_scan(request, number, _("%(code)s is not on this list") % {"code": code[:40]})
    if not found.left:
        name = {"name": found.item.line.name}
        return _bad_scan(request, number, _("%(name)s is complete: put it back") % name)
    try:
        set_picked(
            pick_list_id=pick_list.pk,
            item_id=found.item.pk,
            picked=found.item.picked + 1,
            actor=request.actor,
            now=timezone.now(),
        )
    except REFUSALS as refusal:
        return _bad_scan(request, number, error_text(refusal))
    response = _answer(request, number, scanned=found.item.pk)
    return add_trigger(response, "scan:good", {"item": found.item.pk})


def _bad_scan(request: CompanyRequest, number: int, text: str) -> HttpResponse:
    response = _answer(request, number, status=422, alarm=text)
    return add_trigger(response, "scan:bad", {"text": text})


@requires(Permission.PICKING_WORK)
@require_POST
def question(request: CompanyRequest, number: int, item_id: int) -> HttpResponse:
    """A short pick: the list waits until the manager has answered."""
    pick_list = _list_of(request, number)
    row = next((r for r in reads.list_items(pick_list) if r.item.pk == item_id), None)
    if row is None:
        raise Http404
    why = request.POST.get("why", "").strip() or _("Not in its place")
    text = _("%(why)s: %(name)s, there are %(picked)s of %(quantity)s") % {
        "why": why,
        "name": row.item.line.name[:150],
        "picked": row.item.picked,
        "quantity": row.item.quantity,
    }
    try:
        ask_manager(
            pick_list_id=pick_list.pk,
            question=text,
            actor=request.actor,
            now=timezone.now(),
        )
    except REFUSALS as refusal:
        return _refused(request, number, refusal)
    return toast(_answer(request, number), _("The manager is asked"))


@requires(Permission.PICKING_WORK)
@require_POST
def take(request: CompanyRequest, number: int) -> HttpResponse:
    """Take a free list; a lead may take anybody's."""
    pick_list = _list_of(request, number)
    try:
        take_pick_list(
            pick_list_id=pick_list.pk,
            picker_id=request.membership.pk,
            actor=request.actor,
            now=timezone.now(),
            only_free=not _manages(request),
        )
    except NotPending:
        flash(request, _("A colleague has taken this list."), level="warning")
    return redirect_for(request, company_url("orders:pick", number=number))


@requires(Permission.PICKING_WORK)
@require_http_methods(["GET", "POST"])
def pack(request: CompanyRequest, number: int) -> HttpResponse:
    """Weight and size of the parcel, if they are known; then it is packed."""
    pick_list = _list_of(request, number)
    context = _context(request, pick_list)
    if request.method == "GET":
        if not pick_list.is_live:
            return redirect_for(request, company_url("orders:pick", number=number))
        return render(request, "orders/pack.html", {**context, "form": ParcelForm()})
    form = ParcelForm(request.POST)
    if form.is_valid():
        try:
            pack_order(
                order_id=pick_list.order_id,
                parcel=read_parcel(form),
                actor=request.actor,
                now=timezone.now(),
            )
        except REFUSALS as refusal:
            form.add_error(None, error_text(refusal))
        else:
            flash(request, _("№%(number)s is packed") % {"number": pick_list.order.label})
            return redirect_for(request, company_url("orders:picking"))
    return render(request, "orders/pack.html", {**context, "form": form}, status=422)
