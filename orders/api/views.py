"""Endpoints of orders."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from crm.accounts.permissions import Permission
from crm.api.bulk import BulkView, RowAnswer
from crm.api.callers import company_of
from crm.api.fields import check
from crm.api.models import Scope
from crm.api.paging import DEFAULT_LIMIT, Page, cut_page, read_page
from crm.api.params import keep_fields
from crm.api.problems import Problem, wrong_value
from crm.api.schema import bulk_of, documented, page_of
from crm.api.views import ApiView, answer, page_answer
from crm.audit.reads import Via, note_reads
from crm.tenancy.transactions import joined
from orders.actions.assign import assign_manager
from orders.actions.edit import edit_order
from orders.actions.move import move_order
from orders.actions.notes import add_note, set_tags
from orders.actions.payments import record_payment, record_refund
from orders.actions.place import place_order
from orders.api import examples, inputs, outputs, params, placing, reading
from orders.api.answering import answer_order, write_one
from orders.api.changing import read_edit, read_parcel, read_returned
from orders.inputs import PaymentInput
from orders.models import Status
from orders.pipeline import Stage

TAG = "Orders"
OrderPage = page_of(outputs.OrderOut, "Order")
OrderBulkResult = bulk_of(outputs.OrderOut, "Order")


class OrdersView(ApiView):
    access = {"get": Scope.ORDERS_READ, "post": Scope.ORDERS_WRITE}
    member_needs = {"post": Permission.ORDERS_CREATE}
    takes = {"get": params.LIST}

    @documented(
        operation="list_orders",
        summary="List orders",
        answers={200: OrderPage},
        tag=TAG,
    )
    def get(self, request: Request) -> HttpResponse:
        wanted = self.read_params()
        page = self._read_page(request, wanted)
        note_reads(request._request, "order", [row["id"] for row in page.rows], via=Via.API)
        written = reading.write_orders(
            page.rows,
            company_currency=company_of(request).currency,
            expand=wanted.get("expand", ()),
            viewer=self.caller.membership,
        )
        return page_answer(page, written, names=wanted.get("fields"))

    def _read_page(self, request: Request, wanted: dict[str, Any]) -> Page:
        limit = wanted.get("limit", DEFAULT_LIMIT)
        newest = reading.read_newest(wanted, limit + 1, self.caller)
        if newest is not None:
            return cut_page(request._request, newest, limit, params.ORDERINGS[0])
        rows = reading.filter_orders(
            reading.orders_of(self.caller), wanted, viewer=self.caller.membership
        )
        keys = rows.values("id", wanted.get("ordering", params.ORDERINGS[0].name).lstrip("-"))
        page = read_page(request._request, keys, wanted, params.ORDERINGS)
        return replace(page, rows=reading.read_rows([row["id"] for row in page.rows]))

    @documented(
        operation="create_order",
        summary="Place an order",
        about=(
            "Sent again with the same `external_id` in the same channel, or with the same"
            " Idempotency-Key, it is the same order. What a person can mend is stored and flagged"
            " in `problems`: `unknown_sku`, `zero_price`, `no_contact`, `bad_phone`,"
            " `bad_email`, `no_rate`."
        ),
        body=inputs.OrderIn,
        answers={200: outputs.OrderOut, 201: outputs.OrderOut},
        examples=examples.CREATE,
        tag=TAG,
    )
    def post(self, request: Request) -> HttpResponse:
        self.read_params()
        return placing.answer_placed(
            self.caller,
            self.read(inputs.OrderIn),
            company_currency=company_of(request).currency,
            path=request._request.path,
            now=timezone.now(),
        )


class OrderView(ApiView):
    access = {"get": Scope.ORDERS_READ, "patch": Scope.ORDERS_WRITE}
    takes = {"get": params.SHOWN}

    @documented(
        operation="get_order",
        summary="Read an order",
        about="Without `expand` it comes with its lines.",
        path_id="order_id",
        answers={200: outputs.OrderOut},
        examples=examples.READ,
        tag=TAG,
    )
    def get(self, request: Request, order_id: int) -> HttpResponse:
        wanted = self.read_params()
        row = reading.find_order(order_id, self.caller)
        note_reads(request._request, "order", [order_id], via=Via.API)
        expand = wanted.get("expand", ("lines",))
        order = write_one(row, self.caller, request, expand)
        return answer(keep_fields(order, wanted.get("fields")), version=row["version"])

    @documented(
        operation="change_order",
        summary="Change an order",
        about="Send the ETag in `If-Match`: then nobody's change is overwritten unseen.",
        body=inputs.OrderPatchIn,
        path_id="order_id",
        conditional=True,
        answers={200: outputs.OrderOut},
        examples=examples.PATCH,
        tag=TAG,
    )
    def patch(self, request: Request, order_id: int) -> HttpResponse:
        self.read_params()
        data = self.read(inputs.OrderPatchIn)
        row = reading.find_order(order_id, self.caller)
        inputs.check_currency(data, row["currency"])
        actor, now = self.caller.actor, timezone.now()
        # The first action checks the version under the lock, which holds for the others too.
        edit_order(
            order_id=order_id,
            edit=read_edit(data),
            expected_version=self.expected_version(),
            actor=actor,
            now=now,
        )
        if "manager_id" in data:
            self.caller.require(Permission.ORDERS_ASSIGN)
            assign_manager(order_id=order_id, manager_id=data["manager_id"], actor=actor, now=now)
        if "tags" in data:
            set_tags(order_id=order_id, names=data["tags"], actor=actor, now=now)
        return answer_order(request, order_id, self.caller, {})


class OrderMovesView(ApiView):
    access = {"post": Scope.ORDERS_WRITE}
    member_needs = {"post": Permission.ORDERS_MOVE}
    takes = {"post": params.SHOWN}

    @documented(
        operation="move_order",
        summary="Move an order along the pipeline",
        about="Cancelling is a move too. A move that was done already changes nothing.",
        body=inputs.MoveIn,
        path_id="order_id",
        conditional=True,
        answers={200: outputs.OrderOut},
        examples=examples.MOVE,
        tag=TAG,
    )
    def post(self, request: Request, order_id: int) -> HttpResponse:
        wanted = self.read_params()
        data = self.read(inputs.MoveIn)
        reading.check_visible(order_id, self.caller)
        if ("to" in data) == ("status_id" in data):
            raise wrong_value("/to", "required" if "to" not in data else "invalid")
        target = Stage.from_word(data["to"]) if "to" in data else None
        if self._cancels(target, data.get("status_id")):
            self.caller.require(Permission.ORDERS_CANCEL)
        returned = data.get("returned")
        moved = joined(move_order)(
            order_id=order_id,
            target=target,
            status_id=data.get("status_id"),
            reason_id=data.get("reason_id"),
            comment=data.get("comment", ""),
            tracking_number=data.get("tracking_number", ""),
            parcel=read_parcel(data),
            returned=[read_returned(line) for line in returned] if returned is not None else None,
            expected_version=self.expected_version(),
            actor=self.caller.actor,
            now=timezone.now(),
        )
        names = wanted.get("fields")
        if names and outputs.MOVED_NAMES.issuperset(names):
            return answer(keep_fields(outputs.moved_json(moved), names), version=moved.version)
        return answer_order(request, order_id, self.caller, wanted)

    def _cancels(self, target: Stage | None, status_id: int | None) -> bool:
        if self.caller.membership is None:
            return False
        if status_id is not None:
            return Status.objects.filter(id=status_id, stage=Stage.CANCELLED).exists()
        return target == Stage.CANCELLED


class OrderPaymentsView(ApiView):
    access = {"post": Scope.ORDERS_WRITE}
    member_needs = {"post": Permission.PAYMENTS_RECORD}

    @documented(
        operation="record_payment",
        summary="Record a payment or a refund",
        body=inputs.PaymentIn,
        path_id="order_id",
        answers={201: outputs.PaymentOut},
        examples=examples.PAYMENT,
        tag=TAG,
    )
    def post(self, request: Request, order_id: int) -> HttpResponse:
        self.read_params()
        data = self.read(inputs.PaymentIn)
        rows = reading.orders_of(self.caller).filter(id=order_id)
        currency = rows.values_list("currency", flat=True).first()
        if currency is None:
            raise Problem("not_found")
        if data["amount"].get("currency", currency) != currency:
            raise wrong_value("/amount/currency", "currency_mismatch")
        act = record_refund if data.get("kind") == "refund" else record_payment
        payment = act(
            order_id=order_id,
            payment=PaymentInput(
                amount=data["amount"]["amount"],
                method=data["method"],
                paid_at=data.get("paid_at"),
                external_id=data.get("external_id", ""),
                comment=data.get("comment", ""),
            ),
            actor=self.caller.actor,
            now=timezone.now(),
        )
        return answer(outputs.payment_json(payment, currency), status=201)


class OrderNotesView(ApiView):
    access = {"post": Scope.ORDERS_WRITE}

    @documented(
        operation="add_note",
        summary="Write a note into the order's timeline",
        body=inputs.NoteIn,
        path_id="order_id",
        answers={201: outputs.NoteOut},
        examples=examples.NOTE,
        tag=TAG,
    )
    def post(self, request: Request, order_id: int) -> HttpResponse:
        self.read_params()
        data = self.read(inputs.NoteIn)
        reading.check_visible(order_id, self.caller)
        note = add_note(
            order_id=order_id, text=data["text"], actor=self.caller.actor, now=timezone.now()
        )
        author = self.caller.actor.label if note.author_id else None
        return answer(outputs.note_json(note, author), status=201)


class OrdersBulkView(BulkView):
    access = {"post": Scope.ORDERS_WRITE}
    member_needs = {"post": Permission.ORDERS_CREATE}
    rows_name = "orders"

    def do_row(self, raw: Any, now: datetime) -> RowAnswer:
        data = check(inputs.OrderIn, raw)
        placed = place_order(
            data=placing.read_placing(self.caller, data), actor=self.caller.actor, now=now
        )
        currency = company_of(self.request).currency
        order = placing.write_placed(placed, currency, data.get("tags", ()), self.caller)
        return RowAnswer(201 if placed.created else 200, order)

    @documented(
        operation="create_orders",
        summary="Place up to 500 orders",
        about="Row by row: one bad row harms no other. The answer is 200, each row has its own.",
        body=inputs.OrdersBulkIn,
        answers={200: OrderBulkResult},
        examples=examples.BULK,
        tag=TAG,
    )
    def post(self, request: Request) -> HttpResponse:
        return super().post(request)
