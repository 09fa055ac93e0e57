"""Every page of orders."""

from django.urls import path

from orders.web import (
    blocks,
    board,
    bulk,
    card,
    edit,
    moves,
    new,
    notes,
    payments,
    picking,
    picking_lead,
    printing,
    quick_product,
    sample,
    saved_views,
    settings_urls,
    steps,
    suggest,
    table,
    totals,
)
from orders.web import converters as converters

app_name = "orders"

# Lists: the table, the board and what they change in place.
urlpatterns: list = [
    path("orders/", table.table, name="list"),
    path("orders/board/", board.board, name="board"),
    path("orders/board/columns/<int:status_id>/", board.board_column, name="board-column"),
    path("orders/bulk/", bulk.bulk, name="bulk"),
    path("orders/bulk/preview/", bulk.preview, name="bulk-preview"),
    path("orders/bulk/export/", bulk.export, name="bulk-export"),
    path("orders/views/", saved_views.manage, name="views"),
    path("orders/views/new/", saved_views.save, name="view-save"),
    path("orders/views/restore/", saved_views.restore, name="view-restore"),
    path("orders/views/order/", saved_views.order, name="view-order"),
    path("orders/views/first/", saved_views.make_first, name="view-first"),
    path("orders/views/layout/", saved_views.layout, name="view-layout"),
    path("orders/views/<int:view_id>/", saved_views.change, name="view-change"),
    path("orders/views/<int:view_id>/delete/", saved_views.delete, name="view-delete"),
    path("orders/print/", printing.print_orders, name="print"),
    path("orders/bulk/<int:job_id>/", bulk.bulk_report, name="bulk-report"),
    path("orders/sample/", sample.send_sample, name="sample"),
    path("orders/of-customer/<int:customer_id>/", table.customer_orders, name="customer-orders"),
    path("orders/<order:number>/steps/", steps.step_menu, name="step-menu"),
    path("orders/<order:number>/step/", steps.step, name="step"),
    path("orders/<order:number>/ask/<int:status_id>/", steps.ask, name="ask"),
    path("orders/<order:number>/managers/", steps.assign_menu, name="assign-menu"),
    path("orders/<order:number>/hand-over/", steps.hand_over, name="hand-over"),
]

# One order: its form, its card and what is done on it.
urlpatterns += [
    path("orders/new/", new.new, name="new"),
    path("orders/new/customers/", suggest.customers, name="find-customers"),
    path("orders/new/goods/", suggest.goods, name="find-goods"),
    path("orders/new/goods/add/", quick_product.quick_product, name="quick-product"),
    path("orders/new/count/", totals.count, name="count"),
    path("orders/<order:number>/", card.detail, name="detail"),
    path("orders/<order:number>/edit/", edit.edit, name="edit"),
    path("orders/<order:number>/timeline/", card.timeline, name="timeline"),
    path("orders/<order:number>/blocks/<slug:block>/", blocks.block, name="block"),
    path("orders/<order:number>/moves/<slug:stage>/", moves.move, name="move"),
    path("orders/<order:number>/undo/<slug:stage>/", moves.undo, name="undo"),
    path("orders/<order:number>/status/", moves.set_status, name="status"),
    path("orders/<order:number>/assign/", moves.assign, name="assign"),
    path("orders/<order:number>/payments/", payments.payments, name="payments"),
    path(
        "orders/<order:number>/payments/<int:payment_id>/undo/",
        payments.undo,
        name="payment-undo",
    ),
    path("orders/<order:number>/note/", notes.note, name="note"),
    path("orders/<order:number>/tags/", notes.tags, name="tags"),
    path("orders/<order:number>/answered/", notes.answered, name="answered"),
    path("orders/<order:number>/duplicate/", notes.duplicate, name="duplicate"),
    path("orders/<order:number>/mended/<slug:problem>/", notes.mended, name="mended"),
    path("orders/<order:number>/requests/<int:request_id>/", notes.decide, name="decide"),
    path("orders/<order:number>/answer/", notes.answer, name="answer"),
]

# The warehouse: pick lists on a phone, and the lead's table of them.
urlpatterns += [
    path("picking/", picking.picking, name="picking"),
    path("picking/all/", picking_lead.lead, name="picking-lead"),
    path("picking/all/<int:pick_list_id>/", picking_lead.hand_list, name="picking-hand"),
    path("picking/requests/<int:request_id>/", picking_lead.decide_request, name="picking-decide"),
    path("picking/<order:number>/", picking.pick, name="pick"),
    path("picking/<order:number>/take/", picking.take, name="pick-take"),
    path("picking/<order:number>/scan/", picking.scan, name="pick-scan"),
    path("picking/<order:number>/pack/", picking.pack, name="pack"),
    path("picking/<order:number>/items/<int:item_id>/", picking.item, name="pick-item"),
    path(
        "picking/<order:number>/items/<int:item_id>/question/",
        picking.question,
        name="pick-question",
    ),
]

# Settings.
urlpatterns += settings_urls.urlpatterns
