"""Every page of orders."""

from django.urls import path

from orders.web import board, sample, steps, table

app_name = "orders"

# Lists: the table, the board and what they change in place.
urlpatterns: list = [
    path("orders/", table.table, name="list"),
    path("orders/board/", board.board, name="board"),
    path("orders/board/columns/<int:status_id>/", board.board_column, name="board-column"),
    path("orders/sample/", sample.send_sample, name="sample"),
    path("orders/of-customer/<int:customer_id>/", table.customer_orders, name="customer-orders"),
    path("orders/<int:number>/steps/", steps.step_menu, name="step-menu"),
    path("orders/<int:number>/step/", steps.step, name="step"),
    path("orders/<int:number>/ask/<int:status_id>/", steps.ask, name="ask"),
    path("orders/<int:number>/managers/", steps.assign_menu, name="assign-menu"),
    path("orders/<int:number>/hand-over/", steps.hand_over, name="hand-over"),
]
