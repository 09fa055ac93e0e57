"""Moves and managers changed from a list: menus fetched for a row, and one press or one drag.

An answer for the script of the lists is JSON: {"ok": true}, {"ask": address of a small form} or,
with 409, {"text": why not, "card": address of the order}.
"""

from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.accounts.access import requires
from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.shell.links import company_url
from crm.shell.responses import add_trigger, toast
from orders.actions.assign import assign_manager
from orders.actions.move import move_order
from orders.guards import (
    check_rules,
    may_follow,
    missing_by_rules,
    missing_for,
)
from orders.missing import missing_texts
from orders.models import CancelReason, Order, Parcel, Status
from orders.pipeline import MOVES, Stage, check_move
from orders.selectors.directory import Directory, read_directory
from orders.selectors.visible import visible_orders
from orders.web import filters as f
from orders.web.forms import CancelForm, ShipForm
from orders.wording import REFUSALS, error_text

# Moves after which the order can be put back where it was.
REVERSIBLE = {
    (Stage.NEW, Stage.AGREED),
    (Stage.AGREED, Stage.NEW),
    (Stage.AGREED, Stage.PICKING),
}


@dataclass(frozen=True, slots=True)
class Step:
    """A status that the order may go to: by a press, by a small form, or not yet."""

    status: Status
    missing: list[str] = field(default_factory=list)
    ask_url: str = ""


def _get(request: CompanyRequest, number: int) -> Order:
    mine = visible_orders(request.membership)
    order = mine.select_related("status", "manager").filter(number=number).first()
    if order is None:
        raise Http404
    return order


def may_enter(me: Membership, stage: Stage) -> bool:
    """Whether the member may move orders there."""
    return me.can(Permission.ORDERS_CANCEL if stage == Stage.CANCELLED else Permission.ORDERS_MOVE)


@requires(Permission.ORDERS_MOVE)
@require_GET
def step_menu(request: CompanyRequest, number: int) -> HttpResponse:
    """Where this order may go now, and what is missing for the rest."""
    order = _get(request, number)
    steps = list_steps(order, read_directory(), request.membership)
    return render(request, "orders/_step_menu.html", {"order": order, "steps": steps})


def list_steps(order: Order, directory: Directory, me: Membership) -> list[Step]:
    """The company's other statuses of this stage, then those of the stages that can follow."""
    stage = Stage(order.stage)
    steps = [
        Step(status, _rules(order, status, directory))
        for status in directory.statuses_of(stage)
        if status.pk != order.status_id and may_follow(order.status, status)
    ]
    for target in sorted(MOVES[stage], key=lambda t: (t < stage, t)):
        if not may_enter(me, target):
            continue
        lacks = missing_texts(missing_for(order, target), {})
        for status in directory.statuses_of(target):
            if may_follow(order.status, status):
                missing = lacks + _rules(order, status, directory)
                ask = "" if missing else _ask_url(order, status)
                steps.append(Step(status, missing, ask))
    return steps


def _rules(order: Order, status: Status, directory: Directory) -> list[str]:
    """What the company asks for before the status, and the order lacks. A tracking number is
    asked for by the move itself."""
    codes = missing_by_rules(order, status)
    asked = {"has_tracking_number"} if status.stage == Stage.SHIPPED else set()
    codes = [code for code in codes if code not in asked]
    return missing_texts(codes, directory.own_names(codes))


def _ask_url(order: Order, status: Status) -> str:
    """The form that the move needs first, if it needs one."""
    if status.stage == Stage.CANCELLED or (
        status.stage == Stage.SHIPPED and not _is_tracked(order)
    ):
        return company_url("orders:ask", number=order.number, status_id=status.pk)
    if status.stage == Stage.RETURNED:  # which goods came back is asked on the card
        return company_url("orders:detail", number=order.number)
    return ""


def _is_tracked(order: Order) -> bool:
    return Parcel.objects.filter(order_id=order.pk).exclude(tracking_number="").exists()


@requires(Permission.ORDERS_VIEW)
@require_POST
def step(request: CompanyRequest, number: int) -> HttpResponse:
    """Move an order to a status, from wherever a list shows it. Also takes such a move back."""
    order = _get(request, number)
    status = _read_status(request)
    if not may_enter(request.membership, Stage(status.stage)):
        raise PermissionDenied
    try:
        if status.stage != order.stage:
            # Said before a form is shown, so that nobody fills one in for nothing.
            source, target = Stage(order.stage), Stage(status.stage)
            check_move(source, target, missing_for(order, target))
            ask = _ask_url(order, status)
            if not (ask and status.stage == Stage.SHIPPED):
                check_rules(order, status)
            if ask:
                return JsonResponse({"ask": ask})
        moved = _move(request, order, status)
    except REFUSALS as refusal:
        card = company_url("orders:detail", number=number)
        return JsonResponse({"text": error_text(refusal), "card": card}, status=409)
    response = JsonResponse({"ok": True, "version": moved.version})
    return _say(request, response, before=order, after=moved)


def _read_status(request: HttpRequest) -> Status:
    wanted = f.read_id(request.POST.get("status") or request.GET.get("status"))
    status = Status.objects.filter(pk=wanted, is_active=True).first()
    if status is None:
        raise Http404
    return status


def _move(request: CompanyRequest, order: Order, status: Status, **arguments: Any) -> Order:
    version = f.read_id(request.POST.get("version"))
    return move_order(
        order_id=order.pk,
        status_id=status.pk,
        actor=request.actor,
        now=timezone.now(),
        expected_version=version or None,
        **arguments,
    )


def _say(
    request: HttpRequest, response: HttpResponse, *, before: Order, after: Order
) -> HttpResponse:
    """Tell of the move by a toast, which takes it back where that can be."""
    source, target = Stage(before.stage), Stage(after.stage)
    undo = ""
    if (source == target or (source, target) in REVERSIBLE) and "undo" not in request.GET:
        undo = (
            company_url("orders:step", number=after.number) + f"?status={before.status_id}&undo=1"
        )
    text = _("№%(number)s: %(status)s") % {"number": after.label, "status": after.status.title}
    return toast(response, text, undo_url=undo)


@requires(Permission.ORDERS_VIEW)
@require_http_methods(["GET", "POST"])
def ask(request: CompanyRequest, number: int, status_id: int) -> HttpResponse:
    """The small form of a move that needs a reason or a tracking number, in the side panel."""
    order = _get(request, number)
    status = Status.objects.filter(pk=status_id, is_active=True).first()
    if status is None or status.stage not in {Stage.CANCELLED, Stage.SHIPPED}:
        raise Http404
    if not may_enter(request.membership, Stage(status.stage)):
        raise PermissionDenied
    form = _make_form(status, request.POST if request.method == "POST" else None)
    error = ""
    if request.method == "POST" and form.is_valid():
        arguments: dict[str, Any] = {
            "tracking_number": form.cleaned_data.get("tracking_number", "")
        }
        if status.stage == Stage.CANCELLED:
            arguments = {
                "reason_id": int(form.cleaned_data["reason"]),
                "comment": form.cleaned_data["comment"],
            }
        try:
            moved = _move(request, order, status, **arguments)
        except REFUSALS as refusal:
            error = error_text(refusal)
        else:
            response = _say(request, HttpResponse(status=204), before=order, after=moved)
            return add_trigger(add_trigger(response, "panel:close"), "k:refresh")
    context = {"order": order, "status": status, "form": form, "error": error}
    bad = request.method == "POST"
    template = "orders/_ask_form.html" if bad else "orders/_ask_panel.html"
    return render(request, template, context, status=422 if bad else 200)


def _arguments(status: Status, data: dict[str, Any]) -> dict[str, Any]:
    if status.stage == Stage.CANCELLED:
        return {"reason_id": int(data["reason"]), "comment": data["comment"]}
    return {"tracking_number": data["tracking_number"]}


def _make_form(status: Status, data: Any) -> Any:
    if status.stage == Stage.CANCELLED:
        reasons = CancelReason.objects.filter(is_active=True).order_by("position", "id")
        return CancelForm(data, reasons=[(r.pk, r.name) for r in reasons], auto_id="ask-%s")
    return ShipForm(data, auto_id="ask-%s")


@requires(Permission.ORDERS_ASSIGN)
@require_GET
def assign_menu(request: CompanyRequest, number: int) -> HttpResponse:
    """Who can be given this order."""
    me: Membership = request.membership
    managers = sorted(read_directory().managers, key=lambda m: m.pk != me.pk)
    context = {"order": _get(request, number), "managers": managers, "me": me}
    return render(request, "orders/_assign_menu.html", context)


@requires(Permission.ORDERS_ASSIGN)
@require_POST
def hand_over(request: CompanyRequest, number: int) -> HttpResponse:
    """Give the order to a manager, or to nobody; the toast gives it back."""
    order = _get(request, number)
    wanted = f.read_id(request.POST.get("manager", request.GET.get("manager")))
    try:
        given = assign_manager(
            order_id=order.pk,
            manager_id=wanted or None,
            actor=request.actor,
            now=timezone.now(),
        )
    except REFUSALS as refusal:
        card = company_url("orders:detail", number=number)
        return JsonResponse({"text": error_text(refusal), "card": card}, status=409)
    response = JsonResponse({"ok": True, "version": given.version})
    if given.manager_id == order.manager_id or "undo" in request.GET:
        return response
    undo = (
        company_url("orders:hand-over", number=number) + f"?manager={order.manager_id or ''}&undo=1"
    )
    name = given.manager.display_name if given.manager else _("nobody")
    text = _("№%(number)s is with %(name)s now") % {"number": number, "name": name}
    return toast(response, text, undo_url=undo)
