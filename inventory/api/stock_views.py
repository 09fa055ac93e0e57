"""Endpoints of stock: what lies where, receipts, corrections, counts, warehouses."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request

from crm.accounts.permissions import Permission
from crm.api.bulk import BulkView, RowAnswer
from crm.api.fields import IdField, IntField, MoneyIn, Strict, TextField, check, many
from crm.api.models import Scope
from crm.api.paging import both_ways, paging_params, read_number, read_page
from crm.api.params import Param
from crm.api.problems import Problem, value_error, wrong_value
from crm.api.schema import bulk_of, documented, page_of
from crm.api.views import ApiView, answer, page_answer
from inventory.actions.stock import (
    CountedLine,
    ReceiptLine,
    StockError,
    correct_stock,
    receive_goods,
)
from inventory.api import examples
from inventory.api.errors import stock_problem
from inventory.models import DocumentKind, StockDocument, StockItem, Variant, Warehouse

TAG = "Stock"
MAX_LINES = 500


class ReceiptLineIn(Strict):
    """Goods by `sku` or `variant_id`."""

    sku = TextField(required=False, max_length=64)
    variant_id = IdField(required=False)
    quantity = IntField(min_value=1)
    unit_cost = MoneyIn(required=False, help_text="Moves the cost to the weighted average.")


class ReceiptIn(Strict):
    warehouse = TextField(max_length=20, help_text="Code of the warehouse.")
    lines = many(ReceiptLineIn, max_length=MAX_LINES)
    comment = TextField(required=False, max_length=300)
    token = TextField(
        required=False, max_length=64, help_text="Your number of the paper: sent again, the same."
    )


class CountedLineIn(Strict):
    """Either `counted`, what really lies there, or `delta`, by how much the books are wrong."""

    sku = TextField(required=False, max_length=64)
    variant_id = IdField(required=False)
    counted = IntField(required=False)
    delta = IntField(required=False, min_value=-(2**31))
    seen = IntField(required=False, help_text="on_hand when it was counted; else 409.")


class CorrectionIn(Strict):
    warehouse = TextField(max_length=20, help_text="Code of the warehouse.")
    lines = many(CountedLineIn, max_length=MAX_LINES)
    comment = TextField(required=False, max_length=300)
    token = TextField(required=False, max_length=64)


class StockCountIn(Strict):
    """What lies of a SKU in a warehouse."""

    sku = TextField(max_length=64)
    warehouse = TextField(max_length=20)
    on_hand = IntField()
    seen = IntField(required=False, help_text="on_hand when it was counted; else 409.")


class StockBulkIn(Strict):
    counts = many(StockCountIn, max_length=500)


class StockItemOut(serializers.Serializer):
    id = serializers.CharField()
    variant_id = serializers.CharField()
    sku = serializers.CharField()
    warehouse = serializers.CharField()
    on_hand = serializers.IntegerField()
    reserved = serializers.IntegerField()
    available = serializers.IntegerField(help_text="on_hand - reserved")
    cell = serializers.CharField()


class StockDocumentOut(serializers.Serializer):
    id = serializers.CharField()
    kind = serializers.ChoiceField(choices=DocumentKind.values)
    number = serializers.IntegerField()
    warehouse = serializers.CharField()
    comment = serializers.CharField()
    token = serializers.CharField()
    created_at = serializers.DateTimeField()


class UnchangedOut(serializers.Serializer):
    changed = serializers.BooleanField()


class WarehouseOut(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()
    priority = serializers.IntegerField(help_text="Orders are filled from the lowest.")
    is_active = serializers.BooleanField()


class WarehousesOut(serializers.Serializer):
    results = WarehouseOut(many=True)


ROW = (
    "id",
    "variant_id",
    "variant__sku",
    "warehouse__code",
    "on_hand",
    "reserved",
    "cell",
)
ORDERINGS = list(reversed(both_ways("id", read_number)))
LIST = (
    Param("sku", "text", "SKUs, with commas between them.", example="T-KAR-100"),
    Param("warehouse", "text", "Code of the warehouse."),
    *paging_params(ORDERINGS),
)
StockPage = page_of(StockItemOut, "StockItem")
StockBulkResult = bulk_of(StockItemOut, "StockItem")


class StockView(ApiView):
    access = {"get": Scope.STOCK_READ}
    takes = {"get": LIST}

    @documented(
        operation="list_stock",
        summary="What lies where",
        answers={200: StockPage},
        tag=TAG,
    )
    def get(self, request: Request) -> HttpResponse:
        wanted = self.read_params()
        rows = StockItem.objects.all()
        if "sku" in wanted:
            variants = Variant.objects.filter(sku__in=wanted["sku"].split(",")[:200])
            rows = rows.filter(variant_id__in=variants.values("id"))
        if "warehouse" in wanted:
            rows = rows.filter(warehouse__code=wanted["warehouse"])
        page = read_page(request._request, rows.values(*ROW), wanted, ORDERINGS)
        return page_answer(page, [item_json(row) for row in page.rows])


class ReceiptsView(ApiView):
    access = {"post": Scope.STOCK_WRITE}
    member_needs = {"post": Permission.STOCK_RECEIVE}

    @documented(
        operation="receive_goods",
        summary="Take goods in",
        about="Those who wait for the goods get them, the oldest first.",
        body=ReceiptIn,
        answers={201: StockDocumentOut},
        examples=examples.RECEIPT,
        tag=TAG,
    )
    def post(self, request: Request) -> HttpResponse:
        self.read_params()
        data = self.read(ReceiptIn)
        variants = find_variants(data["lines"])
        document = receive_goods(
            warehouse_id=find_warehouse(data["warehouse"]),
            lines=[
                ReceiptLine(
                    variant_id=variant_id,
                    quantity=line["quantity"],
                    unit_cost=line["unit_cost"]["amount"] if "unit_cost" in line else None,
                )
                for variant_id, line in zip(variants, data["lines"], strict=True)
            ],
            comment=data.get("comment", ""),
            token=data.get("token", ""),
            actor=self.caller.actor,
            now=timezone.now(),
        )
        return answer(document_json(document, data["warehouse"]), status=201)


class CorrectionsView(ApiView):
    access = {"post": Scope.STOCK_WRITE}

    @documented(
        operation="correct_stock",
        summary="Bring the books to what was counted",
        about="Where nothing differs no paper is written and the answer is 200.",
        body=CorrectionIn,
        answers={200: UnchangedOut, 201: StockDocumentOut},
        examples=examples.CORRECTION,
        tag=TAG,
    )
    def post(self, request: Request) -> HttpResponse:
        self.read_params()
        data = self.read(CorrectionIn)
        for place, line in enumerate(data["lines"]):
            if ("counted" in line) == ("delta" in line):
                raise wrong_value(f"/lines/{place}/counted", "required")
        variants = find_variants(data["lines"])
        document = correct_stock(
            warehouse_id=find_warehouse(data["warehouse"]),
            lines=[
                CountedLine(
                    variant_id=variant_id,
                    counted=line.get("counted"),
                    delta=line.get("delta"),
                    seen=line.get("seen"),
                )
                for variant_id, line in zip(variants, data["lines"], strict=True)
            ],
            comment=data.get("comment", ""),
            token=data.get("token", ""),
            actor=self.caller.actor,
            now=timezone.now(),
        )
        if document is None:
            return answer({"changed": False})
        return answer(document_json(document, data["warehouse"]), status=201)


class StockBulkView(BulkView):
    access = {"post": Scope.STOCK_WRITE}
    rows_name = "counts"

    @documented(
        operation="count_stock",
        summary="Set up to 500 absolute counts",
        about="Row by row: one bad row harms no other. What is held for orders stays held.",
        body=StockBulkIn,
        answers={200: StockBulkResult},
        examples=examples.COUNTS,
        tag=TAG,
    )
    def post(self, request: Request) -> HttpResponse:
        return super().post(request)

    def do_row(self, raw: Any, now: datetime) -> RowAnswer:
        data = check(StockCountIn, raw)
        variant_id = Variant.objects.filter(sku=data["sku"]).values_list("id", flat=True).first()
        if variant_id is None:
            raise wrong_value("/sku", "unknown_sku")
        warehouse_id = find_warehouse(data["warehouse"])
        try:
            correct_stock(
                warehouse_id=warehouse_id,
                lines=[CountedLine(variant_id, counted=data["on_hand"], seen=data.get("seen"))],
                actor=self.caller.actor,
                now=now,
            )
        except StockError as error:
            raise stock_problem(error, "/on_hand") from error
        rows = StockItem.objects.filter(variant_id=variant_id, warehouse_id=warehouse_id)
        return RowAnswer(200, item_json(rows.values(*ROW).get()))


class WarehousesView(ApiView):
    access = {"get": Scope.STOCK_READ}

    @documented(
        operation="list_warehouses",
        summary="List warehouses",
        answers={200: WarehousesOut},
        tag=TAG,
    )
    def get(self, request: Request) -> HttpResponse:
        self.read_params()
        rows = Warehouse.objects.order_by("priority", "id")
        return answer({"results": list(rows.values("code", "name", "priority", "is_active"))})


def item_json(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "variant_id": str(row["variant_id"]),
        "sku": row["variant__sku"],
        "warehouse": row["warehouse__code"],
        "on_hand": row["on_hand"],
        "reserved": row["reserved"],
        "available": row["on_hand"] - row["reserved"],
        "cell": row["cell"],
    }


def document_json(document: StockDocument, warehouse: str) -> dict[str, Any]:
    return {
        "id": str(document.pk),
        "kind": str(document.kind),
        "number": document.number,
        "warehouse": warehouse,
        "comment": document.comment,
        "token": document.token,
        "created_at": document.created_at.isoformat(),
    }


def find_warehouse(code: str) -> int:
    found = Warehouse.objects.filter(code=code).values_list("id", flat=True).first()
    if found is None:
        raise wrong_value("/warehouse", "unknown_warehouse")
    return found


def find_variants(lines: Sequence[dict[str, Any]]) -> list[int]:
    """Return the variants' ids of the lines, by SKU or id; all unknown ones refused at once."""
    by_sku = dict(
        Variant.objects.filter(sku__in=[line["sku"] for line in lines if line.get("sku")])
        .values_list("sku", "id")
    )  # fmt: skip
    ids = [line["variant_id"] for line in lines if "variant_id" in line]
    known = set(Variant.objects.filter(id__in=ids).values_list("id", flat=True)) if ids else set()
    found: list[int] = []
    errors = []
    for place, line in enumerate(lines):
        if "variant_id" in line:
            if line["variant_id"] not in known:
                errors.append(value_error(f"/lines/{place}/variant_id", "unknown_variant"))
            found.append(line["variant_id"])
        elif line.get("sku"):
            if line["sku"] not in by_sku:
                errors.append(value_error(f"/lines/{place}/sku", "unknown_sku"))
            found.append(by_sku.get(line["sku"], 0))
        else:
            errors.append(value_error(f"/lines/{place}/sku", "required"))
    if errors:
        raise Problem("validation_error", errors=errors)
    return found
