"""The warehouse lead's view: all lists, who has them, and changes that wait for a decision."""

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.shell.numbers import read_whole
from crm.shell.responses import render_page, toast
from orders.actions.edit_requests import decide_edit
from orders.actions.picking import take_pick_list
from orders.selectors import picking as reads
from orders.selectors.visible import visible_lists, visible_requests
from orders.web.timeline import word_diff
from orders.wording import REFUSALS, error_text


@requires(Permission.PICKING_MANAGE)
@require_GET
def lead(request: CompanyRequest) -> HttpResponse:
    return _show(request)


def _show(request: CompanyRequest, *, status: int = 200) -> HttpResponse:
    me = request.membership
    requests = [
        {"request": row, "diff": word_diff(row.diff, currency=row.order.currency)}
        for row in reads.list_edit_requests(viewer=me)
    ]
    context = {
        "rows": reads.list_live_lists(viewer=me),
        "pickers": reads.list_pickers(),
        "requests": requests,
    }
    return render_page(
        request,
        "orders/picking_lead.html",
        context,
        fragment="orders/picking/_lead.html",
        status=status,
    )


@requires(Permission.PICKING_MANAGE)
@require_POST
def hand_list(request: CompanyRequest, pick_list_id: int) -> HttpResponse:
    """Give a list to a picker, or to nobody."""
    if not visible_lists(request.membership).filter(pk=pick_list_id).exists():
        raise Http404
    wanted = request.POST.get("picker", "")
    try:
        take_pick_list(
            pick_list_id=pick_list_id,
            picker_id=read_whole(wanted),
            actor=request.actor,
            now=timezone.now(),
        )
    except REFUSALS as refusal:
        return toast(_show(request, status=409), error_text(refusal), level="warning")
    return _show(request)


@requires(Permission.PICKING_MANAGE)
@require_POST
def decide_request(request: CompanyRequest, request_id: int) -> HttpResponse:
    """Accept or refuse a manager's change."""
    if not visible_requests(request.membership).filter(pk=request_id).exists():
        raise Http404
    accept = request.POST.get("accept") == "yes"
    try:
        decide_edit(
            request_id=request_id,
            accept=accept,
            answer=request.POST.get("answer", ""),
            actor=request.actor,
            now=timezone.now(),
        )
    except REFUSALS as refusal:
        return toast(_show(request, status=409), error_text(refusal), level="warning")
    return toast(_show(request), _("The change is made") if accept else _("The change is refused"))
