"""Editing a whole order; while the warehouse has it, the same form asks for the change."""

import json
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.shell.links import company_url
from crm.shell.responses import flash, redirect_for
from orders.errors import OrderError
from orders.models import EditRequest
from orders.selectors.card import OrderCard
from orders.selectors.snapshot import (
    LINE,
    NEW_LINE,
    plain,
    plain_line,
    read_field,
    read_snapshot,
)
from orders.web.card import access_card
from orders.web.entry import EntryLine, lines_of, read_lines
from orders.web.fields import editable, keep_editable, own_inputs
from orders.web.forms import money_input
from orders.web.new import add_refusal
from orders.web.order_form import ContentForm
from orders.web.saving import Overtaken, Wish, read_choice, read_wish, save_wish
from orders.web.totals import count_form
from orders.wording import error_text

FIELDS = list(ContentForm.base_fields)


@requires(Permission.ORDERS_EDIT)
@require_http_methods(["GET", "POST"])
def edit(request: CompanyRequest, number: int) -> HttpResponse:
    card = access_card(request, number)
    if not card.can_change_content:
        raise PermissionDenied
    if request.method == "GET":
        return _show(request, card, _fresh(card))
    if "yours" in request.POST:
        return _save(request, card, read_choice(request.POST), _fresh(card))
    lines = read_lines(request.POST)
    _keep_held(card, lines)
    form = ContentForm(request.POST, lines=lines, own=own_inputs(card))
    keep_editable(form, _names(card))
    if not form.is_valid():
        return _show(request, card, form, status=422)
    return _save(request, card, _wish(request, form), form)


def _names(card: OrderCard) -> list[str]:
    return [*editable(card, FIELDS), *own_inputs(card)]


def _fresh(card: OrderCard) -> ContentForm:
    order = card.order
    held = {row.line.pk: row.held for row in card.lines}
    names = _names(card)
    initial = {name: read_field(order, name) for name in names}
    initial["discount"] = money_input(order.discount) if order.discount else ""
    initial["delivery_price"] = order.delivery_price or None
    form = ContentForm(initial=initial, lines=lines_of(order, held), own=own_inputs(card))
    return keep_editable(form, names)


def _keep_held(card: OrderCard, lines: list[EntryLine]) -> None:
    held = {row.line.pk: row.held for row in card.lines}
    for line in lines:
        line.held = held.get(line.id or 0, 0)


def _wish(request: HttpRequest, form: ContentForm) -> Wish:
    yours: dict[str, Any] = {n: plain(n, form.cleaned_data[n]) for n in form.fields}
    rank = []
    for index, line in enumerate(form.lines):
        name = f"{LINE}{line.id}" if line.id else f"{NEW_LINE}{index}"
        yours[name] = plain_line(line.to_edit())
        rank.append(name)
    return read_wish(request.POST, yours, rank)


def _save(request: CompanyRequest, card: OrderCard, wish: Wish, form: ContentForm) -> HttpResponse:
    actor = request.actor
    reason = request.POST.get("reason", "")
    number = card.order.number
    try:
        saved = save_wish(
            card.order, wish, actor=actor, now=card.now, ask=card.must_ask, reason=reason
        )
    except Overtaken as overtaken:
        context = {"card": card, "order": card.order, "overtaken": overtaken, "reason": reason}
        return render(request, "orders/edit_compare.html", context, status=409)
    except OrderError as refusal:
        # As the order is now: the warehouse may have taken it meanwhile.
        card = access_card(request, number)
        if not card.can_change_content:
            flash(request, error_text(refusal), level="warning")
            return redirect_for(request, company_url("orders:detail", number=number))
        if form.is_bound:
            add_refusal(form, refusal)
            return _show(request, card, form, status=422)
        return _show(request, card, form, status=422, error=error_text(refusal))
    asked = isinstance(saved, EditRequest)
    flash(request, _("The warehouse is asked for the change") if asked else _("Saved"))
    return redirect_for(request, company_url("orders:detail", number=number))


def _show(
    request: HttpRequest,
    card: OrderCard,
    form: ContentForm,
    *,
    status: int = 200,
    error: str = "",
) -> HttpResponse:
    order = card.order
    if form.is_bound:
        base, version = request.POST.get("base", ""), request.POST.get("version", "")
        typed: Mapping[str, Any] = request.POST
    else:
        snapshot = read_snapshot(order, _names(card), with_lines=True)
        base, version = json.dumps(snapshot, ensure_ascii=False), str(order.version)
        typed = {
            "discount": money_input(order.discount),
            "delivery_price": money_input(order.delivery_price),
        }
    context = {
        "card": card,
        "order": order,
        "form": form,
        "form_error": error,
        "lines": form.lines,
        "blank": EntryLine(),
        "currency": order.currency,
        "base": base,
        "version": version,
        "reason": request.POST.get("reason", ""),
        "may_add_products": card.membership.can(Permission.PRODUCTS_EDIT),
        "counted": count_form(form.lines, typed, currency=order.currency, order=order),
    }
    return render(request, "orders/edit.html", context, status=status)
