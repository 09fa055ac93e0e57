"""Small marks on an order: notes, tags, the first answer, a repeat, problems, questions."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.shell.responses import toast
from orders.actions.edit_requests import decide_edit
from orders.actions.flag import clear_problem
from orders.actions.notes import add_note, decide_duplicate, mark_answered, set_tags
from orders.actions.picking import answer_picker
from orders.selectors.card import OrderCard
from orders.selectors.tags import list_known_tags
from orders.web.card import access_card, changed, render_block
from orders.web.forms import NoteForm
from orders.wording import REFUSALS, error_text


def _do(
    request: CompanyRequest,
    card: OrderCard,
    block: str,
    action: Callable[..., Any],
    **arguments: Any,
) -> HttpResponse:
    """Run one action and answer with the block, or with the block and what refused it."""
    actor = request.actor
    number = card.order.number
    try:
        action(actor=actor, now=card.now, **arguments)
    except REFUSALS as refusal:
        fresh = access_card(request, number)
        response = changed(render_block(request, fresh, block, status=409), fresh.order)
        return toast(response, error_text(refusal), level="warning")
    fresh = access_card(request, number)
    return changed(render_block(request, fresh, block), fresh.order)


@requires(Permission.ORDERS_VIEW)
@require_POST
def note(request: CompanyRequest, number: int) -> HttpResponse:
    """Write a note for colleagues; whoever sees the order may."""
    card = access_card(request, number)
    form = NoteForm(request.POST, auto_id=f"o{number}-note-%s")
    if not form.is_valid():
        return render_block(request, card, "timeline", status=422, note_form=form)
    return _do(
        request,
        card,
        "timeline",
        add_note,
        order_id=card.order.pk,
        text=form.cleaned_data["text"],
    )


@requires(Permission.ORDERS_EDIT)
@require_http_methods(["GET", "POST"])
def tags(request: CompanyRequest, number: int) -> HttpResponse:
    """GET: the tags with their form. POST: exactly these tags."""
    card = access_card(request, number)
    if request.method == "GET":
        known_tags = list_known_tags(request.membership)
        return render_block(request, card, "tags", editing=True, known_tags=known_tags)
    names = [name for text in request.POST.getlist("tags") for name in text.split(",")]
    return _do(request, card, "tags", set_tags, order_id=card.order.pk, names=names)


@requires(Permission.ORDERS_EDIT)
@require_POST
def answered(request: CompanyRequest, number: int) -> HttpResponse:
    """«I have answered»: the first-response clock stops."""
    card = access_card(request, number)
    return _do(request, card, "head", mark_answered, order_id=card.order.pk)


@requires(Permission.ORDERS_EDIT)
@require_POST
def duplicate(request: CompanyRequest, number: int) -> HttpResponse:
    """Decide whether the order repeats another one."""
    card = access_card(request, number)
    return _do(
        request,
        card,
        "alerts",
        decide_duplicate,
        order_id=card.order.pk,
        is_duplicate=request.POST.get("is_duplicate") == "yes",
    )


@requires(Permission.ORDERS_EDIT)
@require_POST
def mended(request: CompanyRequest, number: int, problem: str) -> HttpResponse:
    """Say that a problem has been dealt with."""
    card = access_card(request, number)
    return _do(request, card, "alerts", clear_problem, order_id=card.order.pk, problem=problem)


@requires(Permission.ORDERS_VIEW)
@require_POST
def decide(request: CompanyRequest, number: int, request_id: int) -> HttpResponse:
    """The warehouse accepts or refuses a manager's change; who asked may take it back."""
    card = access_card(request, number)
    asked = card.order.edit_requests.filter(pk=request_id).first()
    if asked is None:
        raise Http404
    accept = request.POST.get("accept") == "yes"
    takes_back = not accept and asked.requested_by_id == request.membership.pk
    if not (takes_back or card.can(Permission.PICKING_MANAGE)):
        raise PermissionDenied
    response = _do(
        request,
        card,
        "alerts",
        decide_edit,
        request_id=request_id,
        accept=accept,
        answer=request.POST.get("answer", ""),
    )
    if response.status_code == 200:
        said = _("The request is taken back") if takes_back else _("The change is refused")
        toast(response, _("The change is made") if accept else said)
    return response


@requires(Permission.ORDERS_EDIT)
@require_POST
def answer(request: CompanyRequest, number: int) -> HttpResponse:
    """Answer the picker's question; the list can be worked on again."""
    card = access_card(request, number)
    if card.pick_list is None:
        raise Http404
    return _do(
        request,
        card,
        "alerts",
        answer_picker,
        pick_list_id=card.pick_list.pk,
        answer=request.POST.get("answer", ""),
    )
