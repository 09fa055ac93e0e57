"""Blocks of the card that are edited in place: what was typed survives, nothing is overwritten."""

import json
from typing import Any

from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.fields.values import input_of
from crm.shell.links import company_url
from crm.shell.responses import toast
from orders.actions.transition import agree_order
from orders.errors import OrderError
from orders.models import EditRequest
from orders.pipeline import Stage
from orders.selectors.card import OrderCard
from orders.selectors.days import next_ship_day
from orders.selectors.snapshot import plain, read_field, read_snapshot
from orders.web.card import BLOCKS, access_card, changed, render_block
from orders.web.fields import editable, keep_editable, own_inputs
from orders.web.forms import CommentsForm, DeliveryForm, OwnFieldsForm
from orders.web.saving import Overtaken, Wish, read_choice, read_wish, save_wish
from orders.wording import REFUSALS, error_text

FORMS: dict[str, type[Form]] = {
    "delivery": DeliveryForm,
    "comments": CommentsForm,
    "custom": OwnFieldsForm,
}
# What may be changed whatever the warehouse is doing.
FREE = {"comments", "custom"}


@requires(Permission.ORDERS_VIEW)
@require_http_methods(["GET", "POST"])
def block(request: CompanyRequest, number: int, block: str) -> HttpResponse:
    """A block of the card; with `?edit=1` its form; a POST saves the form."""
    if block not in BLOCKS:
        raise Http404
    card = access_card(request, number)
    if request.method == "GET" and not request.GET.get("edit"):
        return render_block(request, card, block)
    if block not in FORMS:
        raise Http404
    if not (card.can_edit and (block in FREE or card.can_change_content)):
        raise PermissionDenied
    if not _names(card, block):
        raise Http404
    if request.method == "GET":
        return _show(request, card, block)
    return _save(request, card, block)


def _names(card: OrderCard, block: str) -> list[str]:
    if block == "custom":
        return list(own_inputs(card))
    return editable(card, FORMS[block].base_fields)


def _make(
    card: OrderCard, block: str, data: Any = None, *, focus: str = "", agreeing: bool = False
) -> Form:
    names = _names(card, block)
    initial = {name: read_field(card.order, name) for name in names}
    if agreeing and block == "delivery" and initial["ship_date"] is None:
        initial["ship_date"] = next_ship_day(card.now)
    more: dict[str, Any] = {"own": own_inputs(card)} if block == "custom" else {}
    form = FORMS[block](data, initial=initial, auto_id=f"o{card.order.number}-%s", **more)
    keep_editable(form, names)
    lacking = [lack.field for move in card.moves for lack in move.missing]
    wrong = next(iter(form.errors), "")
    target = next(
        (name for name in (wrong, focus, *lacking) if name in names), _last_resort(block, names)
    )
    form.fields[target].widget.attrs["autofocus"] = True
    return form


def _last_resort(block: str, names: list[str]) -> str:
    return "manager_comment" if block == "comments" else names[0]


def _show(
    request: HttpRequest,
    card: OrderCard,
    block: str,
    *,
    form: Form | None = None,
    status: int = 200,
    error: str = "",
) -> HttpResponse:
    """The block's form: with the order's values, or with what was typed and what is wrong."""
    typed = form is not None and form.is_bound
    agreeing = _is_agreeing(request, card)
    focus = request.GET.get("focus", "")
    values = read_snapshot(card.order, _names(card, block))
    return render_block(
        request,
        card,
        f"{block}_form",
        status=status,
        form=form or _make(card, block, focus=focus, agreeing=agreeing),
        form_error=error,
        base=request.POST.get("base", "") if typed else json.dumps(values, ensure_ascii=False),
        version=request.POST.get("version", "") if typed else card.order.version,
        agreeing=agreeing,
        reason=request.POST.get("reason", ""),
    )


def _is_agreeing(request: HttpRequest, card: OrderCard) -> bool:
    wanted = request.POST.get("agree") or request.GET.get("agree")
    may = card.order.stage == Stage.NEW and card.can(Permission.ORDERS_MOVE)
    return bool(wanted) and may


def _save(request: CompanyRequest, card: OrderCard, block: str) -> HttpResponse:
    if "yours" in request.POST:
        return _write(request, card, block, read_choice(request.POST), _make(card, block))
    form = _make(card, block, request.POST)
    if not form.is_valid():
        return _show(request, card, block, form=form, status=422)
    yours = {name: plain(name, value) for name, value in form.cleaned_data.items()}
    return _write(request, card, block, read_wish(request.POST, yours), form)


def _write(
    request: CompanyRequest, card: OrderCard, block: str, wish: Wish, form: Form
) -> HttpResponse:
    actor = request.actor
    ask = card.must_ask and block not in FREE
    reason = request.POST.get("reason", "")
    try:
        saved = save_wish(card.order, wish, actor=actor, now=card.now, ask=ask, reason=reason)
    except Overtaken as overtaken:
        return _compare(request, card, block, overtaken)
    except OrderError as refusal:
        # As the order is now: the warehouse may have taken it meanwhile.
        card = access_card(request, card.order.number)
        if form.is_bound and (field := input_of(refusal.field)) in form.fields:
            form.add_error(field, error_text(refusal))
            return _show(request, card, block, form=form, status=422)
        return _show(request, card, block, form=form, status=422, error=error_text(refusal))
    if _is_agreeing(request, card):
        return _agree(request, card, block)
    fresh = access_card(request, card.order.number)
    asked = isinstance(saved, EditRequest)
    response = changed(render_block(request, fresh, block), fresh.order)
    return toast(response, _("The warehouse is asked for the change") if asked else _("Saved"))


def _agree(request: CompanyRequest, card: OrderCard, block: str) -> HttpResponse:
    """The form was saved; the same press agrees the order, if nothing else is missing."""
    number = card.order.number
    try:
        agree_order(
            order_id=card.order.pk,
            actor=request.actor,
            now=card.now,
        )
    except REFUSALS as refusal:
        fresh = access_card(request, number)
        response = _show(request, fresh, block, status=422, error=error_text(refusal))
        return changed(response, fresh.order)
    fresh = access_card(request, number)
    return toast(
        changed(render_block(request, fresh, block), fresh.order),
        _("№%(number)s is agreed") % {"number": fresh.order.label},
        undo_url=company_url("orders:undo", number=number, stage="new"),
    )


def _compare(
    request: CompanyRequest, card: OrderCard, block: str, overtaken: Overtaken
) -> HttpResponse:
    fresh = access_card(request, card.order.number)
    return render_block(
        request,
        fresh,
        "compare",
        status=409,
        overtaken=overtaken,
        compared=block,
        save_url=company_url("orders:block", number=card.order.number, block=block),
        agreeing=_is_agreeing(request, card),
        reason=request.POST.get("reason", ""),
    )
