"""A new order, entered by a manager: keyboard alone, from the phone call to the saved order."""

from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.accounts.access import requires
from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.fields.models import Kind
from crm.fields.selectors import list_definitions
from crm.fields.values import input_of
from crm.fields.web.inputs import make_inputs
from crm.shell.links import company_url
from crm.shell.numbers import read_whole
from crm.shell.responses import flash, redirect_for
from customers.models import ContactKind, ContactPoint
from customers.selectors import get_customer
from orders.actions.place import place_order
from orders.edits import CUSTOM, custom_code
from orders.inputs import BuyerInput, DeliveryInput, OrderInput, PaymentInput
from orders.models import Channel, ChannelKind
from orders.selectors.buyers import last_delivery
from orders.selectors.placing import check_buyer, manager_of_placed
from orders.selectors.tags import list_known_tags
from orders.web.entry import EntryLine, read_lines
from orders.web.order_form import NewOrderForm
from orders.web.totals import count_form
from orders.wording import REFUSALS, error_text

# An action names its inputs; the form has its own names for some.
_FIELDS = {
    "delivery/method": "delivery_method",
    "delivery/price": "delivery_price",
    "payment/method": "payment_method",
    "customer/id": "customer_phone",
    "channel": "channel",
    "discount": "discount",
}


@requires(Permission.ORDERS_CREATE)
@require_http_methods(["GET", "POST"])
def new(request: CompanyRequest) -> HttpResponse:
    """The form of a new order; `?customer=ID` begins with a known customer."""
    me: Membership = request.membership
    channels = _channels(me)
    own = make_inputs(list_definitions(Kind.ORDER), {}, prefix=CUSTOM)
    if request.method == "GET":
        initial = _initial(request, channels)
        form = NewOrderForm(channels=channels, lines=[], own=own, initial=initial)
        return _show(request, form, channels)
    lines = read_lines(request.POST)
    form = NewOrderForm(request.POST, channels=channels, lines=lines, own=own)
    if not form.is_valid():
        return _show(request, form, channels, status=422)
    try:
        placed = place_order(
            data=_input(form, me),
            actor=request.actor,
            now=timezone.now(),
        )
    except REFUSALS as refusal:
        add_refusal(form, refusal)
        return _show(request, form, channels, status=422)
    number = placed.order.number
    flash(request, _("Order №%(number)s is placed") % {"number": placed.order.label})
    return redirect_for(request, company_url("orders:detail", number=number))


def _channels(me: Membership) -> list[Channel]:
    """Where this member may place orders: what they place must be theirs to see."""
    rows = Channel.objects.filter(is_active=True).order_by("id")
    wanted = me.row_scope.channels
    return list(rows.filter(pk__in=wanted) if wanted else rows)


def _initial(request: CompanyRequest, channels: list[Channel]) -> dict[str, Any]:
    by_phone = [row.code for row in channels if row.kind == ChannelKind.PHONE]
    initial: dict[str, Any] = {"channel": (by_phone or [row.code for row in channels] or [""])[0]}
    wanted = read_whole(request.GET.get("customer", ""))
    me: Membership = request.membership
    customer = get_customer(wanted, viewer=me) if wanted is not None else None
    if customer is not None:
        contacts = sorted(customer.contacts.all(), key=lambda c: not c.is_primary)
        initial["customer_id"] = customer.pk
        initial["customer_name"] = customer.name
        for contact in reversed(contacts):
            if contact.kind == ContactKind.PHONE and not me.can(Permission.PHONES_VIEW):
                continue
            key = "customer_phone" if contact.kind == ContactKind.PHONE else "customer_email"
            initial[key] = contact.value
        last = last_delivery(customer_ids=[customer.pk], viewer=me).get(customer.pk)
        if last is not None:
            initial |= last.as_fields()
            if not me.can(Permission.PHONES_VIEW):
                del initial["recipient_phone"]
    return initial


def _show(
    request: CompanyRequest, form: NewOrderForm, channels: list[Channel], *, status: int = 200
) -> HttpResponse:
    code = form["channel"].value()
    currency = next((row.currency for row in channels if row.code == code), "UAH")
    context = {
        "form": form,
        "lines": form.lines,
        "blank": EntryLine(),
        "currency": currency,
        "may_add_products": request.membership.can(Permission.PRODUCTS_EDIT),
        "known_tags": list_known_tags(request.membership),
        "counted": count_form(form.lines, request.POST, currency=currency),
    }
    return render(request, "orders/new.html", context, status=status)


def add_refusal(form: Any, refusal: Exception) -> None:
    """Put what an action refused beside the field it is about."""
    text = error_text(refusal)
    named = getattr(refusal, "field", "")
    field: str | None = _FIELDS.get(named) or input_of(named)
    if named.startswith("lines/"):
        index, cell = [*named.split("/")[1:], "quantity"][:2]
        if index.isdigit() and int(index) < len(form.lines):
            form.lines[int(index)].errors[cell] = text
            text = _("Some lines need another look.")
        field = None
    form.add_error(field if field in form.fields else None, text)


def _phone_of(me: Membership, customer_id: int | None) -> str:
    """The known customer's phone, for whoever may not see it to type it."""
    if customer_id is None or me.can(Permission.PHONES_VIEW):
        return ""
    phones = ContactPoint.objects.filter(customer_id=customer_id, kind=ContactKind.PHONE)
    return phones.order_by("-is_primary", "pk").values_list("value", flat=True).first() or ""


def _input(form: NewOrderForm, me: Membership) -> OrderInput:
    data = form.cleaned_data
    check_buyer(me, data["customer_id"])
    paid: Decimal = data["paid"] or Decimal(0)
    return OrderInput(
        channel_code=data["channel"],
        lines=tuple(line.to_input() for line in form.lines),
        buyer=BuyerInput(
            name=data["customer_name"], phone=data["customer_phone"], email=data["customer_email"]
        ),
        customer_id=data["customer_id"],
        delivery=DeliveryInput(
            method=data["delivery_method"],
            city=data["delivery_city"],
            branch=data["delivery_branch"],
            street=data["delivery_street"],
            price=data["delivery_price"],
            recipient_name=data["recipient_name"] or data["customer_name"],
            recipient_phone=data["recipient_phone"]
            or data["customer_phone"]
            or _phone_of(me, data["customer_id"]),
        ),
        discount=data["discount"],
        payment_method=data["payment_method"],
        payment=PaymentInput(paid, data["payment_method"]) if paid else None,
        customer_comment=data["customer_comment"],
        manager_comment=data["manager_comment"],
        ship_date=data["ship_date"],
        ship_from=data["ship_from"],
        ship_till=data["ship_till"],
        tags=tuple(data["tags"].split(",")),
        custom={custom_code(name): data[name] for name in data if custom_code(name)},
        manager_id=manager_of_placed(me),
    )
