"""Letters to customers: the company's choices, the log, and an order's letters."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.shell.links import company_url
from crm.shell.paging import take_page
from crm.shell.responses import flash, redirect_for, render_page, toast
from messaging.actions.configure import save_notice_settings
from messaging.actions.queue import MessageNotFound, send_again, stop_message
from messaging.models import MessageState, NoticeKind, OutgoingMessage
from messaging.notices import read_settings
from messaging.selectors import count_by_state, list_messages, list_order_messages
from messaging.web.forms import NoticeForm
from messaging.web.words import KIND_ICONS, LOOKS, say_reason
from orders.selectors.visible import visible_orders

P = Permission


@requires(P.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def choices(request: CompanyRequest) -> HttpResponse:
    """Which letters customers get, and what stands in them."""
    shown = read_settings()
    if request.method == "GET":
        return _show_choices(request, NoticeForm(instance=shown))
    form = NoticeForm(request.POST, instance=shown)
    if not form.is_valid():
        return _show_choices(request, form, status=422)
    save_notice_settings(
        changes=form.changes(),
        actor=request.actor,
        now=timezone.now(),
    )
    flash(request, _("Saved"))
    return redirect_for(request, company_url("messaging:settings"))


@requires(P.SETTINGS_MANAGE)
@require_GET
def log(request: CompanyRequest) -> HttpResponse:
    """Every letter with its state. Three queries however many rows."""
    wanted = {name: request.GET.get(name, "") for name in ("state", "kind")}
    page = take_page(list_messages(**wanted), ("-id",), request.GET)
    counts = count_by_state()
    states = [
        {"value": value, "label": label, "count": counts.get(value, 0)}
        for value, label in MessageState.choices
    ]
    context = {
        "page": page,
        "rows": [_row(message) for message in page.rows],
        "wanted": wanted,
        "states": [
            state for state in states if state["count"] or state["value"] == wanted["state"]
        ],
        "kinds": NoticeKind.choices,
        "kind_label": dict(NoticeKind.choices).get(wanted["kind"], ""),
        "total": sum(counts.values()),
    }
    return render_page(request, "messaging/log.html", context, fragment="messaging/_log.html")


@requires(P.SETTINGS_MANAGE)
@require_GET
def message(request: CompanyRequest, message_id: int) -> HttpResponse:
    """One letter: its text, its attempts and what can be done with it."""
    shown = list_messages().filter(pk=message_id).first()
    if shown is None:
        raise Http404
    return render_page(
        request,
        "messaging/message.html",
        _describe(shown),
        fragment="messaging/_message.html",
        panel="messaging/_message_panel.html",
    )


@requires(P.SETTINGS_MANAGE)
@require_POST
def replay(request: CompanyRequest, message_id: int) -> HttpResponse:
    """Send a failed or skipped letter again."""
    return _change(request, message_id, send_again, _("The letter is in the queue again"))


@requires(P.SETTINGS_MANAGE)
@require_POST
def stop(request: CompanyRequest, message_id: int) -> HttpResponse:
    """Take a waiting letter back; Undo puts it into the queue again."""
    undo = company_url("messaging:replay", message_id=message_id)
    return _change(request, message_id, stop_message, _("The letter will not be sent"), undo)


@requires(P.ORDERS_VIEW)
@require_GET
def order_messages(request: CompanyRequest, number: int) -> HttpResponse:
    """The letters about one order, as a fragment for its card. Three queries."""
    mine = visible_orders(request.membership)
    order_id = mine.filter(number=number).values_list("pk", flat=True).first()
    if order_id is None:
        raise Http404
    context = {
        "number": number,
        "rows": [_row(message) for message in list_order_messages(order_id)],
        "may_open": request.membership.can(P.SETTINGS_MANAGE),
    }
    return render(request, "messaging/_order_messages.html", context)


# --- Parts ---------------------------------------------------------------------------------------


def _change(
    request: CompanyRequest, message_id: int, action: Any, text: str, undo_url: str = ""
) -> HttpResponse:
    try:
        action(
            message_id=message_id,
            actor=request.actor,
            now=timezone.now(),
        )
    except MessageNotFound as error:
        raise Http404 from error
    shown = list_messages().get(pk=message_id)
    response = render(request, "messaging/_message.html", _describe(shown))
    return toast(response, text, undo_url=undo_url)


def _show_choices(request: HttpRequest, form: NoticeForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "counts": count_by_state()}
    return render_page(request, "messaging/settings.html", context, status=status)


def _row(message: OutgoingMessage) -> dict[str, Any]:
    color, icon = LOOKS[message.state]
    return {
        "message": message,
        "state": message.get_state_display(),
        "color": color,
        "icon": icon,
        "kind_icon": KIND_ICONS[message.kind],
        "reason": say_reason(message),
    }


def _describe(message: OutgoingMessage) -> dict[str, Any]:
    return {"row": _row(message), "attempts": list(message.attempt_rows.order_by("id"))}
