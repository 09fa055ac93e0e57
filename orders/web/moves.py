"""Moves of an order from its card: at once, or after a small form; undone where they can be."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.shell.links import company_url
from crm.shell.numbers import read_whole
from crm.shell.responses import toast
from orders.actions.assign import assign_manager
from orders.actions.move import move_order
from orders.actions.transition import ParcelInput, ReturnInput, change_status
from orders.models import CancelReason, Order, ReturnReason
from orders.pipeline import Stage
from orders.selectors.card import OrderCard
from orders.selectors.moves import ASKING
from orders.web.card import access_card, card_context, changed, render_block
from orders.web.forms import CancelForm, ParcelForm, ReasonForm, ShipForm
from orders.wording import MOVE_TEXTS, REFUSALS, error_text

# What takes a move back, where something does: stage entered -> stage to go back to.
UNDONE_BY = {Stage.AGREED: Stage.NEW, Stage.PICKING: Stage.AGREED}


def _stage(word: str) -> Stage:
    try:
        return Stage.from_word(word)
    except KeyError:
        raise Http404 from None


@requires(Permission.ORDERS_VIEW)
@require_http_methods(["GET", "POST"])
def move(request: CompanyRequest, number: int, stage: str) -> HttpResponse:
    """GET: the form of a move that asks something. POST: the move itself."""
    target = _stage(stage)
    card = access_card(request, number)
    needed = Permission.ORDERS_CANCEL if target == Stage.CANCELLED else Permission.ORDERS_MOVE
    if not card.can(needed):
        raise PermissionDenied
    if request.method == "GET":
        if target not in ASKING:
            raise Http404
        return _form(request, card, target)
    return _move(request, card, target)


def _move(request: CompanyRequest, card: OrderCard, target: Stage) -> HttpResponse:
    arguments: dict[str, Any] = {}
    form = _make_form(card, target, request.POST)
    if form is not None and not form.is_valid():
        return _form(request, card, target, form=form, status=422)
    if target == Stage.CANCELLED:
        arguments = {
            "reason_id": int(form.cleaned_data["reason"]),
            "comment": form.cleaned_data["comment"],
        }
    elif target == Stage.SHIPPED:
        arguments = {"tracking_number": form.cleaned_data["tracking_number"]}
    elif target == Stage.PACKED:
        arguments = {"parcel": read_parcel(form)}
    elif target == Stage.RETURNED:
        arguments = {"comment": form.cleaned_data["reason"], "returned": _returned(request, card)}
    source = Stage(card.order.stage)
    try:
        order = move_order(
            order_id=card.order.pk,
            target=target,
            actor=request.actor,
            now=card.now,
            **arguments,
        )
    except REFUSALS as refusal:
        if target in ASKING:
            error = error_text(refusal)
            return _form(request, card, target, form=form, status=422, error=error)
        fresh = access_card(request, card.order.number)
        response = changed(render_block(request, fresh, "head", status=409), fresh.order)
        return toast(response, error_text(refusal), level="warning")
    return _moved(request, order, source, target)


def _moved(request: CompanyRequest, order: Order, source: Stage, target: Stage) -> HttpResponse:
    fresh = access_card(request, order.number)
    # A small form gives its place back; a button gives back the head it stands in.
    block = "move" if target in ASKING else "head"
    response = changed(render_block(request, fresh, block), fresh.order)
    undo = ""
    back = UNDONE_BY.get(target)
    if back is not None and back == source:
        undo = company_url("orders:undo", number=order.number, stage=back.word)
    stayed = target == Stage.RETURNED and fresh.order.stage != target
    status = _("A part came back") if stayed else fresh.order.status.name
    text = _("№%(number)s: %(status)s") % {"number": order.label, "status": status}
    return toast(response, text, undo_url=undo)


def read_parcel(form: Any) -> ParcelInput:
    """The parcel that a valid ParcelForm describes."""
    data = form.cleaned_data
    return ParcelInput(
        tracking_number=data["tracking_number"],
        weight_g=form.weight_g,
        length_cm=data["length_cm"],
        width_cm=data["width_cm"],
        height_cm=data["height_cm"],
    )


def _returned(request: HttpRequest, card: OrderCard) -> list[ReturnInput]:
    rows = []
    for row in card.lines:
        text = request.POST.get(f"quantity-{row.line.pk}", "").strip()
        # What can't be read is refused as out of range, not passed over.
        quantity = read_whole(text or "0")
        quantity = -1 if quantity is None else quantity
        restock = request.POST.get(f"restock-{row.line.pk}") != "no"
        rows.append(ReturnInput(row.line.pk, quantity, restock))
    return [row for row in rows if row.quantity]


def _make_form(card: OrderCard, target: Stage, data: Any = None) -> Any:
    ids = f"o{card.order.number}-{target.word}-%s"
    if target == Stage.CANCELLED:
        rows = CancelReason.objects.filter(is_active=True).order_by("position", "id")
        return CancelForm(data, reasons=[(row.pk, row.name) for row in rows], auto_id=ids)
    if target == Stage.SHIPPED:
        known = next((p.tracking_number for p in card.parcels if p.tracking_number), "")
        return ShipForm(data, initial={"tracking_number": known}, auto_id=ids)
    if target == Stage.PACKED:
        return ParcelForm(data, auto_id=ids)
    if target == Stage.RETURNED:
        form = ReasonForm(data, auto_id=ids)
        form.fields["reason"].widget.attrs["list"] = f"o{card.order.number}-why"
        return form
    return None


def _form(
    request: HttpRequest,
    card: OrderCard,
    target: Stage,
    *,
    form: Any = None,
    status: int = 200,
    error: str = "",
) -> HttpResponse:
    form = form or _make_form(card, target)
    first = next(iter(form.errors), next(iter(form.fields)))
    if first in form.fields:
        form.fields[first].widget.attrs["autofocus"] = True
    typed = {name: request.POST[name] for name in request.POST}
    context = card_context(
        request,
        card,
        form=form,
        form_error=error,
        target=target,
        word=target.word,
        move_label=MOVE_TEXTS[target],
        returns=_return_rows(card, typed) if target == Stage.RETURNED else [],
        return_reasons=_return_reasons() if target == Stage.RETURNED else [],
    )
    return render(request, f"orders/card/_move_{target.word}.html", context, status=status)


def _return_reasons() -> list[str]:
    """What the company offers to choose from; something else may be typed. One query."""
    rows = ReturnReason.objects.filter(is_active=True).order_by("position", "id")
    return list(rows.values_list("name", flat=True))


def _return_rows(card: OrderCard, typed: dict[str, str]) -> list[dict[str, Any]]:
    rows = []
    for row in card.lines:
        left = row.line.quantity - row.line.returned
        if left:
            name = f"quantity-{row.line.pk}"
            rows.append(
                {
                    "line": row.line,
                    "left": left,
                    "value": typed.get(name, str(left)),
                    "scrap": typed.get(f"restock-{row.line.pk}") == "no",
                }
            )
    return rows


@requires(Permission.ORDERS_MOVE)
@require_POST
def undo(request: CompanyRequest, number: int, stage: str) -> HttpResponse:
    """Take the last move back: agreed -> new, picking -> agreed."""
    target = _stage(stage)
    card = access_card(request, number)
    if UNDONE_BY.get(Stage(card.order.stage)) != target:
        response = changed(HttpResponse(status=204), card.order)
        return toast(response, _("The order has moved on since."), level="warning")
    try:
        move_order(
            order_id=card.order.pk,
            target=target,
            actor=request.actor,
            now=card.now,
            comment=_("Undone"),
        )
    except REFUSALS as refusal:
        response = changed(HttpResponse(status=204), card.order)
        return toast(response, error_text(refusal), level="warning")
    return changed(HttpResponse(status=204), card.order)


@requires(Permission.ORDERS_MOVE)
@require_POST
def set_status(request: CompanyRequest, number: int) -> HttpResponse:
    """Another of the company's statuses inside the present stage."""
    card = access_card(request, number)
    wanted = request.POST.get("status", "")
    response_status, warning = 200, ""
    try:
        change_status(
            order_id=card.order.pk,
            status_id=read_whole(wanted) or 0,
            actor=request.actor,
            now=card.now,
        )
    except REFUSALS as refusal:
        response_status, warning = 409, error_text(refusal)
    fresh = access_card(request, number)
    response = changed(render_block(request, fresh, "head", status=response_status), fresh.order)
    return toast(response, warning, level="warning") if warning else response


@requires(Permission.ORDERS_ASSIGN)
@require_POST
def assign(request: CompanyRequest, number: int) -> HttpResponse:
    """Give the order to a manager; the toast gives it back."""
    card = access_card(request, number)
    before = card.order.manager_id
    is_undo = "back" in request.GET
    wanted = request.GET["back"] if is_undo else request.POST.get("manager", "")
    try:
        order = assign_manager(
            order_id=card.order.pk,
            manager_id=read_whole(wanted),
            actor=request.actor,
            now=card.now,
        )
    except REFUSALS as refusal:
        fresh = access_card(request, number)
        response = changed(render_block(request, fresh, "head", status=409), fresh.order)
        return toast(response, error_text(refusal), level="warning")
    if is_undo:
        return changed(HttpResponse(status=204), order)
    fresh = access_card(request, number)
    response = changed(render_block(request, fresh, "head"), fresh.order)
    if order.manager_id == before:
        return response
    undo_url = company_url("orders:assign", number=number) + f"?back={before or ''}"
    name = fresh.order.manager.display_name if fresh.order.manager else _("nobody")
    return toast(response, _("The order is with %(name)s") % {"name": name}, undo_url=undo_url)
