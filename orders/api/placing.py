"""Placing an order by the API: what is asked, and the answer, kept with the order itself."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.http import HttpResponse

from crm.api import idempotency
from crm.api.callers import Caller
from crm.api.problems import Problem, wrong_value
from crm.api.views import text_answer, write_json
from crm.tenancy.batch import Cte
from crm.tenancy.transactions import joined
from orders.actions.place import NUMBER, PlacedOrder, place_order
from orders.api import inputs, outputs, reading
from orders.inputs import OrderInput
from orders.selectors.placing import check_buyer, manager_of_placed
from orders.selectors.visible import can_see_order


def answer_placed(
    caller: Caller, data: dict[str, Any], *, company_currency: str, path: str, now: datetime
) -> HttpResponse:
    """Place the order of a validated OrderIn in the request's transaction, and answer.

    The answer is written before the order is stored, all but its number: so it is kept for the
    Idempotency-Key by the same statement, and nothing is left to do while the number is locked.
    """
    tags = data.get("tags", ())
    text = ("", "")

    def beside(placed: PlacedOrder) -> list[Cte]:
        nonlocal text
        text = _around_number(write_placed(placed, company_currency, tags, caller))
        if caller.repeat is None:
            return []
        return [
            idempotency.answer_beside(
                caller.repeat,
                status=201,
                body=(text[0], NUMBER, text[1]),
                version=placed.order.version,
                location=f"{path}/{placed.order.id}",
                now=now,
            )
        ]

    placed = joined(place_order)(
        data=read_placing(caller, data), actor=caller.actor, now=now, beside=beside
    )
    order = placed.order
    if not placed.created:
        known = write_placed(placed, company_currency, tags, caller)
        headers = {"Idempotent-Replayed": "true"}
        return text_answer(write_json(known), version=order.version, headers=headers)
    if caller.repeat is not None:
        caller.repeat.is_kept = True
    return text_answer(
        str(order.number).join(text),
        status=201,
        version=order.version,
        headers={"Location": f"{path}/{order.id}"},
    )


def _around_number(order: dict[str, Any]) -> tuple[str, str]:
    """The JSON of an order before and after its number, which stands before any text of people."""
    head, tail = write_json(order).split(f'"{NUMBER}"', 1)
    return head, tail


def choose_channel(caller: Caller, data: dict[str, Any]) -> str:
    """The channel of the order: the body's, or the key's."""
    said = data.get("channel", "")
    if caller.channel_code and said not in {"", caller.channel_code}:
        raise Problem("wrong_channel", channel=caller.channel_code)
    chosen = said or caller.channel_code
    if not chosen:
        raise wrong_value("/channel", "required")
    return chosen


def read_placing(caller: Caller, data: dict[str, Any]) -> OrderInput:
    """What is to be placed. A member with a narrow scope places into it, for whom they know."""
    wanted = inputs.read_order(data, choose_channel(caller, data))
    check_buyer(caller.membership, wanted.customer_id)
    return replace(wanted, manager_id=manager_of_placed(caller.membership))


def write_placed(
    placed: PlacedOrder, company_currency: str, tags: Collection[str], caller: Caller
) -> dict[str, Any]:
    """A placed order as JSON values; what is in memory is not read again."""
    order = placed.order
    if not placed.created:
        if not can_see_order(caller.membership, order):
            # As for the same id with other content: nothing is told of what stands there.
            raise Problem("external_id_conflict")
        row = reading.find_order(order.id, caller)
        return reading.write_orders(
            [row],
            company_currency=company_currency,
            expand=("lines",),
            viewer=caller.membership,
        )[0]
    row = reading.row_of(order, sorted({" ".join(tag.split()) for tag in tags} - {""}))
    written = outputs.order_json(row, company_currency)
    written["lines"] = [
        outputs.line_json(line, order.currency, placed.short.get(line.id, 0))
        for line in placed.lines
    ]
    return written
