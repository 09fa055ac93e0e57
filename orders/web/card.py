"""The card of an order: the page, the side panel and each of its blocks."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch
from django.utils import timezone
from django.views.decorators.http import require_GET

from crm.accounts.access import requires
from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.audit.reads import note_reads
from crm.shell.links import company_url
from crm.shell.numbers import read_whole
from crm.shell.responses import add_trigger, render_page
from orders.models import Order
from orders.selectors.card import OrderCard, get_order
from orders.selectors.timeline import list_happenings
from orders.web.forms import NoteForm
from orders.web.mending import list_problems
from orders.web.timeline import word_diff, word_happening

BLOCKS = (
    "head",
    "move",
    "alerts",
    "lines",
    "delivery",
    "payments",
    "customer",
    "comments",
    "custom",
    "tags",
    "picking",
    "timeline",
)


def access_card(request: CompanyRequest, number: int) -> OrderCard:
    """Return the order's card for this member; 404 where there is none that they may know of.

    Whoever was let in stays in for this request: what they do to the order may take it out of
    their scope, and they are still answered.
    """
    me: Membership = request.membership
    is_in = getattr(request, "order_let_in", None) == number
    order = get_order(number=number, viewer=None if is_in else me)
    if order is None:
        raise Http404
    request.order_let_in = number  # type: ignore[attr-defined]
    return OrderCard(order, me, timezone.now())


@requires(Permission.ORDERS_VIEW)
@require_GET
def detail(request: CompanyRequest, number: int) -> HttpResponse:
    """The whole card: a page, a side panel, or what an open page fetches again."""
    card = access_card(request, number)
    note_reads(request, "order", [card.order.pk])
    return render_page(
        request,
        "orders/card.html",
        card_context(request, card),
        fragment="orders/card/_card.html",
        panel="orders/card/_panel.html",
    )


def card_context(request: HttpRequest, card: OrderCard, **more: Any) -> dict[str, Any]:
    """What every block of the card may use."""
    return {
        "card": card,
        "order": card.order,
        "messages_url": _messages_url(card.order),
        **timeline_context(card),
        "request_diff": _request_diff(card),
        "problems": list_problems(card),
        "note_form": NoteForm(auto_id=f"o{card.order.number}-note-%s"),
        **more,
    }


def timeline_context(card: OrderCard, before: int | None = None) -> dict[str, Any]:
    happenings, older = list_happenings(card.order, before=before)
    return {
        "entries": [word_happening(happening, card.order) for happening in happenings],
        "older": older,
    }


def _request_diff(card: OrderCard) -> list[Any]:
    request = card.edit_request
    return word_diff(request.diff, currency=card.order.currency) if request else []


def _messages_url(order: Order) -> str:
    try:
        return company_url("messaging:order-messages", number=order.number)
    except NoReverseMatch:
        return ""


def render_block(
    request: HttpRequest, card: OrderCard, block: str, *, status: int = 200, **more: Any
) -> HttpResponse:
    """One block of the card, as the page includes it."""
    return render(
        request,
        f"orders/card/_{block}.html",
        card_context(request, card, **more),
        status=status,
    )


def changed(response: HttpResponse, order: Order) -> HttpResponse:
    """Have the open card fetch the rest of itself again."""
    return add_trigger(response, "blocks:changed", {"number": order.number})


@requires(Permission.ORDERS_VIEW)
@require_GET
def timeline(request: CompanyRequest, number: int) -> HttpResponse:
    """Older entries of the timeline."""
    card = access_card(request, number)
    before = request.GET.get("before", "")
    context = timeline_context(card, read_whole(before))
    return render(
        request, "orders/card/_timeline_rows.html", {"card": card, "order": card.order, **context}
    )
