"""Asking the warehouse: a manager's change of an order that is being picked."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from crm.audit.actor import Actor
from crm.audit.record import record
from orders import events
from orders.actions._common import lock_order, save_order
from orders.actions.edit import describe_edit, edit_order
from orders.edits import OrderEdit
from orders.errors import InvalidOrder, NotPending, OrderClosed, OrderNotFound, RequestPending
from orders.models import EditRequest, EditRequestState, Order


@transaction.atomic
def request_edit(
    *,
    order_id: int,
    edit: OrderEdit,
    reason: str,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> EditRequest:
    """Ask for a change of a locked order. One request of an order waits at a time."""
    order = lock_order(order_id, expected_version=expected_version)
    if not order.is_locked:
        raise OrderClosed(stage=order.stage_word)
    if order.edit_requests.filter(state=EditRequestState.PENDING).exists():
        raise RequestPending
    changes = describe_edit(order, edit)
    if not changes:
        raise InvalidOrder("nothing_changed", field="")
    request = EditRequest.objects.create(
        order_id=order.id,
        requested_by_id=actor.member_id,
        changes=edit.to_json(),
        diff=[{"field": name, "before": b, "after": a} for name, (b, a) in changes.items()],
        order_version=order.version,
        reason=reason.strip()[:300],
        created_at=now,
    )
    save_order(order, [], now=now)
    record(
        events.EDIT_REQUESTED,
        order,
        actor=actor,
        now=now,
        changes=changes,
        details={"request_id": request.id},
        reason=reason,
    )
    return request


@transaction.atomic
def decide_edit(
    *, request_id: int, accept: bool, answer: str, actor: Actor, now: datetime
) -> EditRequest:
    """Accept (the change is made at once) or refuse a request. The first decision stands.

    Refused by who asked, it is taken back.
    """
    order_id = EditRequest.objects.filter(id=request_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise OrderNotFound
    order: Order = lock_order(order_id)
    request = EditRequest.objects.get(id=request_id)
    wanted = EditRequestState.ACCEPTED if accept else EditRequestState.REFUSED
    if request.state == wanted:
        return request
    if request.state != EditRequestState.PENDING:
        raise NotPending
    is_withdrawn = (
        not accept and actor.member_id is not None and actor.member_id == request.requested_by_id
    )
    request.state = wanted
    request.decided_by_id = actor.member_id
    request.decided_at = now
    request.answer = answer.strip()[:300]
    request.save(update_fields=["state", "decided_by", "decided_at", "answer"])
    if accept:
        order = edit_order(
            order_id=order_id,
            edit=OrderEdit.from_json(request.changes),
            actor=actor,
            now=now,
            allowed_by_warehouse=True,
        )
    else:
        save_order(order, [], now=now)
    record(
        events.EDIT_DECIDED,
        order,
        actor=actor,
        now=now,
        details={
            "request_id": request.id,
            "accepted": accept,
            **({"withdrawn": True} if is_withdrawn else {}),
        },
        reason=answer,
    )
    return request


def close_requests(*, order: Order, actor: Actor, now: datetime) -> None:
    """Refuse what still waits when a locked order leaves the warehouse's hands.

    Nobody may accept it later over what was changed since; who asked is told.
    """
    for request in order.edit_requests.filter(state=EditRequestState.PENDING):
        request.state = EditRequestState.REFUSED
        request.decided_at = now
        request.answer = _("The order has left the warehouse’s hands")
        request.save(update_fields=["state", "decided_at", "answer"])
        record(
            events.EDIT_DECIDED,
            order,
            actor=actor,
            now=now,
            details={"request_id": request.id, "accepted": False},
            reason=request.answer,
        )
