"""Money of an order: payments and refunds recorded on its card."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.shell.links import company_url
from crm.shell.responses import toast
from orders.actions.payments import record_payment, record_refund
from orders.inputs import PaymentInput
from orders.models import PaymentKind, PaymentMethod
from orders.selectors.card import OrderCard
from orders.web.card import access_card, changed, render_block
from orders.web.forms import PaymentForm, money_input
from orders.wording import REFUSALS, error_text


@requires(Permission.ORDERS_VIEW)
@require_http_methods(["GET", "POST"])
def payments(request: CompanyRequest, number: int) -> HttpResponse:
    """GET: the form, filled with what is due (or, for a refund, with what was paid)."""
    card = access_card(request, number)
    if not card.can(Permission.PAYMENTS_RECORD):
        raise PermissionDenied
    if request.method == "GET":
        kind = "refund" if request.GET.get("kind") == "refund" else "payment"
        return _show(request, card, _fresh_form(card, kind))
    form = PaymentForm(request.POST, auto_id=f"o{number}-pay-%s")
    if not form.is_valid():
        return _show(request, card, form, status=422)
    data = form.cleaned_data
    is_refund = data["kind"] == PaymentKind.REFUND
    record = record_refund if is_refund else record_payment
    try:
        row = record(
            order_id=card.order.pk,
            payment=PaymentInput(
                amount=data["amount"],
                method=data["method"],
                paid_at=form.paid_at(card.now),
                comment=data["comment"],
            ),
            actor=request.actor,
            now=card.now,
        )
    except REFUSALS as refusal:
        named = getattr(refusal, "field", "")
        form.add_error(named if named in form.fields else None, error_text(refusal))
        return _show(request, card, form, status=422)
    back = company_url("orders:payment-undo", number=number, payment_id=row.pk) if row.pk else ""
    said = _("Refund recorded") if is_refund else _("Payment recorded")
    fresh = access_card(request, number)
    response = changed(render_block(request, fresh, "payments"), fresh.order)
    return toast(response, said, undo_url=back)


@requires(Permission.ORDERS_VIEW)
@require_POST
def undo(request: CompanyRequest, number: int, payment_id: int) -> HttpResponse:
    """Take a mistaken entry back by its opposite: the ledger of money only grows."""
    card = access_card(request, number)
    if not card.can(Permission.PAYMENTS_RECORD):
        raise PermissionDenied
    row = card.order.payments.filter(pk=payment_id).first()
    if row is None:
        raise Http404
    record = record_payment if row.kind == PaymentKind.REFUND else record_refund
    opposite = PaymentInput(
        amount=row.amount,
        method=row.method,
        paid_at=card.now,
        external_id=f"undo:{row.pk}",
        comment=_("Entered by mistake"),
    )
    try:
        record(order_id=card.order.pk, payment=opposite, actor=request.actor, now=card.now)
    except REFUSALS as refusal:
        response = changed(HttpResponse(status=204), card.order)
        return toast(response, error_text(refusal), level="warning")
    return changed(HttpResponse(status=204), card.order)


def _fresh_form(card: OrderCard, kind: str) -> PaymentForm:
    order = card.order
    # Given back is what is too much; where nothing is, what could be.
    amount = (card.overpaid or card.paid_left) if kind == "refund" else max(order.due, Decimal(0))
    methods = PaymentMethod.values
    initial: dict[str, Any] = {
        "kind": kind,
        "amount": money_input(amount) if amount else "",
        "method": order.payment_method if order.payment_method in methods else "transfer",
        "paid_on": timezone.localdate(card.now),
    }
    return PaymentForm(initial=initial, auto_id=f"o{order.number}-pay-%s")


def _show(
    request: HttpRequest, card: OrderCard, form: PaymentForm, *, status: int = 200
) -> HttpResponse:
    wrong = next((name for name in form.errors if name in form.fields), "amount")
    form.fields[wrong].widget.attrs["autofocus"] = True
    kind = form["kind"].value()
    return render_block(
        request, card, "payments_form", status=status, form=form, is_refund=kind == "refund"
    )
