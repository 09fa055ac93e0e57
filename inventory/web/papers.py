"""Papers of the warehouse: the forms that make them, their list and their page."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.shell.links import company_url
from crm.shell.numbers import read_whole
from crm.shell.paging import take_page
from crm.shell.responses import flash, redirect_for, render_page, toast
from inventory.actions import stock as actions
from inventory.actions.stock import CountedLine, ReceiptLine, StockError, TakenLine
from inventory.models import DocumentKind, StockDocument, StockItem, StockMovement, Variant
from inventory.selectors.catalogue import list_warehouses
from inventory.selectors.stock import count_units, get_item, list_documents
from inventory.web.forms import PaperForm, PaperLineForm, rows_of
from inventory.web.present import DOCUMENTS, document_url, may, picture_url, present_movements
from inventory.web.words import say_stock_error

P = Permission


@requires(P.STOCK_RECEIVE)
@require_http_methods(["GET", "POST"])
def receive(request: CompanyRequest) -> HttpResponse:
    """Take goods in."""
    return _paper(request, DocumentKind.RECEIPT)


@requires(P.STOCK_CORRECT)
@require_http_methods(["GET", "POST"])
def write_off(request: CompanyRequest) -> HttpResponse:
    """Take broken or lost goods out of the books."""
    return _paper(request, DocumentKind.WRITE_OFF)


@requires(P.STOCK_CORRECT)
@require_http_methods(["GET", "POST"])
def correct(request: CompanyRequest) -> HttpResponse:
    """Bring the books to what was counted."""
    return _paper(request, DocumentKind.CORRECTION)


@requires(P.STOCK_VIEW)
@require_GET
def documents(request: CompanyRequest) -> HttpResponse:
    """The list of papers, newest first."""
    kind = request.GET.get("kind", "")
    if kind not in DocumentKind.values:
        kind = ""
    page = take_page(list_documents(kind=kind), ("-id",), request.GET)
    totals = count_units(page.rows)
    rows = []
    for document in page.rows:
        glyph, color = DOCUMENTS[DocumentKind(document.kind)]
        lines, units = totals[document.pk]
        rows.append(
            {
                "document": document,
                "url": document_url(document),
                "icon": glyph,
                "color": color,
                "lines": lines,
                "units": units,
            }
        )
    context = {
        "kind": kind,
        "kinds": [(kind.value, kind.label) for kind in _TITLES],
        "rows": rows,
        "page": page,
        "may": may(request),
    }
    return render_page(
        request, "inventory/documents.html", context, fragment="inventory/_documents_table.html"
    )


@requires(P.STOCK_VIEW)
@require_GET
def document(request: CompanyRequest, kind: str, number: int) -> HttpResponse:
    """One paper with its lines, and who was given what came in."""
    shown = (
        StockDocument.objects.select_related("warehouse", "created_by")
        .filter(kind=kind, number=number)
        .first()
    )
    if shown is None:
        raise Http404
    moves = list(
        shown.movements.select_related(
            "stock_item__variant__product", "stock_item__warehouse", "demand", "document"
        ).order_by("id")
    )
    rights = may(request)
    lines = [move for move in moves if move.on_hand_delta]
    glyph, color = DOCUMENTS[DocumentKind(shown.kind)]
    context = {
        "document": shown,
        "icon": glyph,
        "color": color,
        "lines": [
            {"move": move, "picture": picture_url(move.stock_item.variant.product.picture)}
            for move in lines
        ],
        "units": sum(move.on_hand_delta for move in lines),
        "cost": _sum_costs(lines),
        "given": present_movements(
            [move for move in moves if not move.on_hand_delta],
            viewer=request.membership,
        ),
        "undone": StockDocument.objects.filter(token=f"undo-{shown.pk}").first(),
        "can_undo": rights["correct"],
        "may": rights,
    }
    return render_page(
        request, "inventory/document.html", context, panel="inventory/_document_panel.html"
    )


@requires(P.STOCK_CORRECT)
@require_POST
def document_undo(request: CompanyRequest, document_id: int) -> HttpResponse:
    """Write the correction that takes a paper's units back."""
    shown = StockDocument.objects.filter(pk=document_id).first()
    if shown is None:
        raise Http404
    words = {"kind": DocumentKind(shown.kind).label, "number": shown.number}
    text = _("Undone: %(kind)s №%(number)d") % words
    try:
        made = actions.undo_document(
            document_id=document_id,
            comment=text,
            actor=request.actor,
            now=timezone.now(),
        )
    except StockError as error:
        # Undo in a toast wants a plain answer; the button of the page a toast on the next one.
        if request.headers.get("X-Requested-With") == "fetch":
            return toast(HttpResponse(status=204), say_stock_error(error), level="error")
        flash(request, say_stock_error(error), level="error")
        return redirect_for(request, document_url(shown))
    if request.headers.get("X-Requested-With") == "fetch":
        return toast(HttpResponse(status=204), text)
    flash(request, text)
    return redirect_for(request, document_url(made or shown))


def _sum_costs(lines: list[StockMovement]) -> list[tuple[Decimal, str]] | None:
    """What the lines cost, by currency; None where no cost was given."""
    sums: dict[str, Decimal] = {}
    for move in lines:
        if move.unit_cost is not None:
            currency = move.stock_item.variant.currency
            sums[currency] = sums.get(currency, Decimal(0)) + move.unit_cost * move.on_hand_delta
    return [(amount, currency) for currency, amount in sums.items()] or None


# --- Making a paper ------------------------------------------------------------------------------

_TITLES = {
    DocumentKind.RECEIPT: lambda: _("Receive goods"),
    DocumentKind.WRITE_OFF: lambda: _("Write off"),
    DocumentKind.CORRECTION: lambda: _("Correct stock"),
}


def _paper(request: CompanyRequest, kind: DocumentKind) -> HttpResponse:
    warehouses = list_warehouses()
    if not warehouses:
        raise PermissionDenied
    costs = may(request)["costs"]
    if request.method == "GET":
        first = _line_of_item(request, kind, costs)
        place = first.item.warehouse_id if first else warehouses[0].pk
        head = PaperForm(
            initial={"token": uuid4().hex, "warehouse": place}, kind=kind, warehouses=warehouses
        )
        return _show_paper(request, kind, head, [first] if first else [])
    head = PaperForm(request.POST, kind=kind, warehouses=warehouses)
    rows = [
        PaperLineForm(request.POST, kind=kind, costs=costs, row=row, prefix=f"l{row}")
        for row in rows_of(request.POST)
    ]
    if request.POST.get("refresh"):
        return _show_paper(request, kind, head, rows, moved=True)
    valid = [head.is_valid(), *[row.is_valid() for row in rows]]
    if not all(valid):
        return _show_paper(request, kind, head, rows, status=422)
    try:
        made = _write(request, kind, head.cleaned_data, rows)
    except StockError as error:
        _put_error(error, head, rows)
        return _show_paper(request, kind, head, rows, status=422)
    if made is None:
        flash(request, _("The books agree with the shelf: nothing to change"), level="info")
        return redirect_for(request, company_url("inventory:stock"))
    undo = company_url("inventory:document-undo", document_id=made.pk)
    can_undo = request.membership.can(P.STOCK_CORRECT)
    text = _("%(kind)s №%(number)d is written")
    flash(
        request,
        text % {"kind": DocumentKind(made.kind).label, "number": made.number},
        undo_url=undo if can_undo else "",
    )
    return redirect_for(request, document_url(made))


def _write(
    request: CompanyRequest, kind: DocumentKind, head: dict[str, Any], rows: list[PaperLineForm]
) -> StockDocument | None:
    common: dict[str, Any] = {
        "warehouse_id": head["warehouse"].pk,
        "comment": head["comment"],
        "token": head["token"],
        "actor": request.actor,
        "now": timezone.now(),
    }
    data = [row.cleaned_data for row in rows]
    if kind == DocumentKind.RECEIPT:
        lines = [ReceiptLine(d["variant"], d["quantity"], d.get("unit_cost")) for d in data]
        return actions.receive_goods(lines=lines, **common)
    if kind == DocumentKind.WRITE_OFF:
        return actions.write_off(
            lines=[TakenLine(d["variant"], d["quantity"]) for d in data], **common
        )
    return actions.correct_stock(
        lines=[CountedLine(d["variant"], counted=d["quantity"], seen=d.get("seen")) for d in data],
        **common,
    )


def _put_error(error: StockError, head: PaperForm, rows: list[PaperLineForm]) -> None:
    text = say_stock_error(error)
    place = error.facts.get("row")
    if place is not None:
        rows[place].add_error("quantity", text)
        if error.code == "stock_moved":
            _set(rows[place], "seen", error.facts["on_hand"])
    elif error.code in {"unknown_warehouse", "warehouse_closed"}:
        head.add_error("warehouse", text)
    else:
        head.add_error(None, text)


def _show_paper(
    request: CompanyRequest,
    kind: DocumentKind,
    head: PaperForm,
    rows: list[PaperLineForm],
    *,
    status: int = 200,
    moved: bool = False,
) -> HttpResponse:
    """The form. `moved`: another warehouse was chosen, its figures stand beside the lines."""
    costs = may(request)["costs"]
    _load_goods(head, rows)
    for row in rows if moved else ():
        here = row.here.on_hand if row.here else 0  # type: ignore[attr-defined]
        _set(row, "seen", here)
    context = {
        "kind": kind.value,
        "title": _TITLES[kind](),
        "head": head,
        "rows": rows,
        "blank": PaperLineForm(kind=kind, costs=costs, row="__n__", prefix="l__n__"),
        "costs": costs and kind == DocumentKind.RECEIPT,
        "currency": request.company.currency,
        "may": may(request),
    }
    return render_page(request, "inventory/paper.html", context, status=status)


def _load_goods(head: PaperForm, rows: list[PaperLineForm]) -> None:
    """Give each line its variant and what the chosen warehouse has of it. Two queries."""
    ids = {row: _int(row["variant"].value()) for row in rows}
    variants = {
        v.pk: v
        for v in Variant.objects.select_related("product").filter(pk__in=filter(None, ids.values()))
    }
    place = _int(head["warehouse"].value())
    items = StockItem.objects.filter(variant_id__in=variants, warehouse_id=place)
    here = {item.variant_id: item for item in items}
    for row in rows:
        variant = variants.get(ids[row] or 0)
        row.goods = variant  # type: ignore[attr-defined]
        row.picture = picture_url(variant.product.picture) if variant else ""  # type: ignore[attr-defined]
        row.here = here.get(variant.pk) if variant else None  # type: ignore[attr-defined]
    rows[:] = [row for row in rows if row.goods]  # type: ignore[attr-defined]


def _line_of_item(request: HttpRequest, kind: DocumentKind, costs: bool) -> PaperLineForm | None:
    """The first line, where the form was opened from the page of an item."""
    item = get_item(item_id=_int(request.GET.get("item")) or 0)
    if item is None:
        return None
    initial = {"variant": item.variant_id, "seen": item.on_hand}
    initial["quantity"] = item.on_hand if kind == DocumentKind.CORRECTION else 1
    line = PaperLineForm(initial=initial, kind=kind, costs=costs, row="0", prefix="l0")
    line.item = item
    return line


def _set(row: PaperLineForm, name: str, value: int) -> None:
    """Change what a sent line says before it is shown again."""
    row.data = row.data.copy()  # type: ignore[attr-defined]
    row.data[row.add_prefix(name)] = str(value)  # type: ignore[index]


def _int(value: Any) -> int | None:
    return read_whole(str(value or ""))
