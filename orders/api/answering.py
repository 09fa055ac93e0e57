"""How the endpoints of orders answer: an order as the caller asked for it."""

from collections.abc import Collection, Mapping
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from crm.api.callers import Caller, company_of
from crm.api.params import keep_fields
from crm.api.problems import Problem
from crm.api.views import answer
from orders.api import reading


def write_one(
    row: dict[str, Any], caller: Caller, request: Request, expand: Collection[str]
) -> dict[str, Any]:
    currency = company_of(request).currency
    return reading.write_orders(
        [row], company_currency=currency, expand=expand, viewer=caller.membership
    )[0]


def answer_order(
    request: Request, order_id: int, caller: Caller, wanted: Mapping[str, Any]
) -> HttpResponse:
    """The order as it is after a write; with its lines, unless the caller wants other things.

    The write may have taken it out of the caller's scope; they are still told what they did.
    """
    row = reading.read_row(order_id)
    if row is None:
        raise Problem("not_found")
    names = wanted.get("fields")
    usual = () if names and "lines" not in names else ("lines",)
    order = write_one(row, caller, request, wanted.get("expand", usual))
    return answer(keep_fields(order, names), version=row["version"])
