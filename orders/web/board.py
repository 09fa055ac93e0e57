"""The board of orders."""

import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from crm.accounts.access import requires
from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.shell.responses import render_page
from orders.models import Status
from orders.pipeline import MOVES, Stage
from orders.selectors.board import Column, read_board, read_column
from orders.selectors.counts import has_any_order
from orders.selectors.directory import read_directory
from orders.web import filters as f
from orders.web.markup import Markup
from orders.web.steps import may_enter
from orders.web.table import Quick, choices, connect_url, kept, permissions, quick, say_count, told


@requires(Permission.ORDERS_VIEW)
@require_GET
def board(request: CompanyRequest) -> HttpResponse:
    """The board. At most thirteen queries of its own however many orders."""
    now = timezone.now()
    me: Membership = request.membership
    directory = read_directory()
    filters = f.read_filters(request.GET, directory=directory, me=me, today=timezone.localdate(now))
    unfolded = frozenset(f.read_id(v) for v in request.GET.getlist("unfold")) - {0}
    columns = read_board(
        filters,
        viewer=me,
        directory=directory,
        now=now,
        unfolded=unfolded,
        sizes=_sizes(request),
    )
    may = permissions(me)
    markup = Markup(may)
    pressed = [*quick(request)[:-1], _by_wait(request)]  # the cards show their problems
    context = {
        "columns": [_present(request, column, unfolded, markup) for column in columns],
        "moves": _moves(me),
        "filters": filters,
        "quick": pressed,
        "chips": f.make_chips(request, filters, directory=directory, me=me, told=told(pressed)),
        "choices": choices(request, filters, directory),
        "clear_url": f.clear_address(request.GET),
        "kept": [*kept(request), *(("unfold", str(pk)) for pk in unfolded)],
        "hidden": f.carried(request.GET),
        "any": any(c.rows for c in columns) or not filters.is_empty or has_any_order(me),
        "connect_url": connect_url(me),
        "may": may,
        "currency": request.company.currency,
    }
    return render_page(request, "orders/board.html", context, fragment="orders/_board_screen.html")


def _sizes(request: HttpRequest) -> dict[int, int]:
    """How many cards of each column the page shows already: n=12:60."""
    sizes = {}
    for value in request.GET.getlist("n"):
        status, _colon, size = value.partition(":")
        sizes[f.read_id(status)] = f.read_id(size)
    return sizes


def _present(
    request: HttpRequest, column: Column, unfolded: frozenset[int], markup: Markup
) -> dict[str, Any]:
    pk = column.status.pk
    others = [str(other) for other in sorted(unfolded - {pk})]
    folding = others if pk in unfolded else [*others, str(pk)]
    return {
        "column": column,
        "cards": [markup.card(row) for row in column.rows],
        "status": column.status,
        "count": say_count(column.total.count) if column.total else "",
        "fold_url": f.address(request.GET, unfold=folding or None),
        "more_query": f.address(request.GET, n=None, unfold=None, after=column.older),
    }


def _by_wait(request: HttpRequest) -> Quick:
    """Who waits longest stands on top, instead of who came last."""
    url, is_on = f.toggled(request.GET, "sort", "waiting")
    return Quick("sort", _("Longest waiting"), "hourglass", url, is_on)


def _moves(me: Membership) -> str:
    """Which stages a card may be dragged to from each, for the script; the server decides."""
    allowed = {
        int(source): [int(target) for target in sorted(MOVES[source]) if may_enter(me, target)]
        + ([int(source)] if me.can(Permission.ORDERS_MOVE) else [])
        for source in Stage
    }
    return json.dumps(allowed, separators=(",", ":"))


@requires(Permission.ORDERS_VIEW)
@require_GET
def board_column(request: CompanyRequest, status_id: int) -> HttpResponse:
    """More cards of one column. Eight queries of its own."""
    now = timezone.now()
    me: Membership = request.membership
    directory = read_directory()
    status: Status | None = directory.statuses.get(status_id)
    if status is None:
        raise Http404
    filters = f.read_filters(request.GET, directory=directory, me=me, today=timezone.localdate(now))
    after = request.GET.get("after", "")
    column = read_column(
        filters, viewer=me, status=status, directory=directory, now=now, after=after
    )
    context = {"item": _present(request, column, frozenset(), Markup(permissions(me)))}
    return render(request, "orders/_board_more.html", context)
