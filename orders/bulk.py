"""Work on many orders at once, as jobs: each order is one row with its own outcome."""

from collections.abc import Callable, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.jobs.kinds import JobKind, Outcome, RowRefused, Run, register_job_kind
from crm.shell.links import company_url
from orders.actions.assign import assign_manager
from orders.actions.move import move_order
from orders.actions.notes import change_tags
from orders.models import Order
from orders.wording import REFUSALS, error_text

MOVE = "orders.move"
ASSIGN = "orders.assign"
TAG = "orders.tag"


def connect() -> None:
    """Register the kinds of jobs; called once at start."""
    for name, label, icon, work in (
        (MOVE, gettext_lazy("Move orders"), "arrow-right-left", _move),
        (ASSIGN, gettext_lazy("Give orders to a manager"), "user-round", _assign),
        (TAG, gettext_lazy("Tag orders"), "tag", _tag),
    ):
        register_job_kind(
            JobKind(name, label, list_rows=_rows, run_row=_row_of(work), name_row=_name, icon=icon)
        )


def _rows(params: dict[str, Any]) -> Sequence[int]:
    return params["orders"]


def _name(order_id: int) -> str:
    number = Order.objects.filter(pk=order_id).values_list("number", flat=True).first()
    return f"№{number}" if number else str(order_id)


def _row_of(work: Callable[[int, Run], Order]) -> Callable[[int, Run], Outcome]:
    def run_row(order_id: int, run: Run) -> Outcome:
        number = Order.objects.filter(pk=order_id).values_list("number", flat=True).first()
        if number is None:
            raise RowRefused(_("There is no such order any more."), label=str(order_id))
        label, url = f"№{number}", company_url("orders:detail", number=number)
        try:
            work(order_id, run)
        except REFUSALS as refusal:
            raise RowRefused(error_text(refusal), label=label, url=url) from refusal
        return Outcome(label, url)

    return run_row


def _move(order_id: int, run: Run) -> Order:
    return move_order(
        order_id=order_id,
        status_id=run.params["status"],
        reason_id=run.params.get("reason"),
        actor=run.actor,
        now=run.now,
    )


def _assign(order_id: int, run: Run) -> Order:
    return assign_manager(
        order_id=order_id, manager_id=run.params["manager"], actor=run.actor, now=run.now
    )


def _tag(order_id: int, run: Run) -> Order:
    return change_tags(
        order_id=order_id,
        add=run.params.get("add", ()),
        remove=run.params.get("remove", ()),
        actor=run.actor,
        now=run.now,
    )
