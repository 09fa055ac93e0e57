"""Stock: what lies on the shelves. Each row is a count, so importing it twice changes nothing."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import F, OuterRef, Subquery
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from integrations.imports.kinds.base import (
    CHANGE,
    NEW,
    SAME,
    WRONG,
    Columns,
    Field,
    Kind,
    Record,
    Row,
    Setup,
    Verdict,
)
from integrations.imports.models import Trace
from integrations.imports.values import BadValue, read_whole
from inventory.actions.stock import (
    MAX_QUANTITY,
    CountedLine,
    StockError,
    correct_stock,
    move_cell,
    undo_document,
)
from inventory.models import Barcode, StockDocument, StockItem, StockMovement, Variant, Warehouse


class StockKind(Kind):
    name = "stock"
    label = _("Stock")
    text = _("How much of each SKU lies in a warehouse. The books are brought to these figures.")
    icon = "warehouse"
    fields = (
        Field(
            "sku",
            _("SKU"),
            ("sku", "stockcode", "stock code", "article", "item code", "артикул", "код товару",
             "код товара", "код", "code"),
        ),
        Field(
            "barcode",
            pgettext_lazy("a column of an import", "Barcode"),
            ("barcode", "ean", "gtin", "штрихкод", "штрих код"),
        ),
        Field(
            "quantity",
            pgettext_lazy("a column of an import", "On hand"),
            ("on hand", "stock", "quantity", "qty", "в наявності", "залишок", "кількість", "к сть",
             "наявність", "в наличии", "остаток", "количество", "кол во"),
        ),
        Field(
            "warehouse",
            _("Warehouse"),
            ("warehouse", "location", "склад"),
            _("Its code or name. Without it the first warehouse is meant."),
        ),
        Field("cell", _("Cell"), ("cell", "bin", "shelf", "комірка", "полиця", "ячейка", "полка")),
    )  # fmt: skip
    required = (
        (("sku", "barcode"), _("the SKU or the barcode")),
        (("quantity",), _("the quantity")),
    )

    def check(self, setup: Setup, records: Sequence[Record]) -> list[Verdict]:
        return [verdict for _counted, verdict, _row in self._judge(setup, records)]

    def _judge(
        self, setup: Setup, records: Sequence[Record]
    ) -> list[tuple[dict[str, Any], Verdict, Row]]:
        columns = Columns(setup)
        places = _Places()
        rows = [record[0] for record in records]
        goods = _find_goods(columns, rows)
        judged = []
        for row in rows:
            sku = columns.get(row, "sku")
            named = sku or columns.get(row, "barcode")
            verdict = Verdict(CHANGE, named[:64])
            counted: dict[str, Any] = {"cell": " ".join(columns.get(row, "cell").split())[:30]}
            variant_id = goods.get(named)
            if not named:
                verdict.problems.append([row.number, "sku", "missing", ""])
            elif variant_id is None:
                verdict.problems.append([row.number, "sku", "unknown_sku", named[:100]])
            warehouse = places.find(columns.get(row, "warehouse"))
            if warehouse is None:
                verdict.problems.append(
                    [
                        row.number,
                        "warehouse",
                        "unknown_warehouse",
                        columns.get(row, "warehouse")[:100],
                    ]
                )
            text = columns.get(row, "quantity")
            try:
                counted["quantity"] = read_whole(text, setup.options.get("mark", "."))
                if not 0 <= counted["quantity"] <= MAX_QUANTITY:
                    verdict.problems.append([row.number, "quantity", "out_of_range", text[:100]])
            except BadValue as error:
                code = error.code if text else "missing"
                verdict.problems.append([row.number, "quantity", code, text[:100]])
            if verdict.problems:
                verdict.state = WRONG
            counted |= {"variant": variant_id, "warehouse": warehouse}
            judged.append((counted, verdict, row))
        self._compare(judged)
        return judged

    def _compare(self, judged: Sequence[tuple[dict[str, Any], Verdict, Row]]) -> None:
        """Tell the rows that say what the books say already."""
        good = [counted for counted, verdict, _row in judged if verdict.state != WRONG]
        items = {
            (item.variant_id, item.warehouse_id): item
            for item in StockItem.objects.filter(variant_id__in=[c["variant"] for c in good])
        }
        for counted, verdict, row in judged:
            if verdict.state == WRONG:
                continue
            item = items.get((counted["variant"], counted["warehouse"]))
            counted["item"] = item
            if item is not None and counted["quantity"] < item.reserved:
                verdict.state = WRONG
                verdict.problems = [[row.number, "quantity", "below_reserved", str(item.reserved)]]
            elif (item.on_hand if item else 0) == counted["quantity"]:
                if not counted["cell"] or (item is not None and counted["cell"] == item.cell):
                    verdict.state = SAME
            elif item is None or not item.on_hand:
                verdict.state = NEW if counted["quantity"] else CHANGE

    def run(self, setup: Setup, records: Sequence[Record]) -> list[Verdict]:
        judged = self._judge(setup, records)
        papers: dict[int, dict[int, tuple[dict[str, Any], Verdict, Row]]] = defaultdict(dict)
        for counted, verdict, row in judged:
            if verdict.state in {NEW, CHANGE}:
                # Of two rows about one place the later one stands.
                papers[counted["warehouse"]][counted["variant"]] = (counted, verdict, row)
        for warehouse_id, rows in sorted(papers.items()):
            self._write(setup, warehouse_id, list(rows.values()))
        for counted, verdict, _row in judged:
            item = counted.get("item")
            if verdict.state in {NEW, CHANGE} and item is not None and counted["cell"]:
                move_cell(
                    stock_item_id=item.pk, cell=counted["cell"], actor=setup.actor, now=setup.now
                )
        return [verdict for _counted, verdict, _row in judged]

    def _write(
        self,
        setup: Setup,
        warehouse_id: int,
        rows: list[tuple[dict[str, Any], Verdict, Row]],
    ) -> None:
        """One paper for the rows; a row that the stock refuses is left out and says why."""
        while rows:
            try:
                paper = correct_stock(
                    warehouse_id=warehouse_id,
                    lines=[CountedLine(c["variant"], counted=c["quantity"]) for c, _v, _r in rows],
                    comment=setup.run.file_name,
                    actor=setup.actor,
                    now=setup.now,
                )
            except StockError as error:
                place = error.facts.get("row")
                if place is None:
                    raise
                _counted, verdict, row = rows.pop(place)
                verdict.state = WRONG
                verdict.problems = [
                    [row.number, "quantity", error.code, str(error.facts.get("reserved", ""))]
                ]
                continue
            if paper is not None:
                setup.trace("stockdocument", paper.pk).save()
            return

    def undo(self, setup: Setup, traces: Sequence[Trace]) -> list[tuple[Trace, str, str]]:
        stay = []
        for trace in traces:
            if trace.object_type != "stockdocument":
                continue
            if _moved_since(trace.object_id):
                reason = "moved"
            else:
                try:
                    undo_document(document_id=trace.object_id, actor=setup.actor, now=setup.now)
                    continue
                except StockError as error:
                    reason = error.code
            number = StockDocument.objects.values_list("number", flat=True).get(pk=trace.object_id)
            stay.append((trace, f"№{number}", reason))
        return stay


def _moved_since(document_id: int) -> bool:
    """Tell whether goods of the paper have come or gone since: then its figures are built upon."""
    own = StockMovement.objects.filter(document_id=document_id)
    later = StockMovement.objects.filter(
        stock_item_id=OuterRef("stock_item_id"), id__gt=OuterRef("id")
    ).exclude(on_hand_delta=0)
    return own.annotate(later=Subquery(later.values("id")[:1])).filter(later__gt=F("id")).exists()


def _find_goods(columns: Columns, rows: Sequence[Row]) -> dict[str, int]:
    """The variants of the rows by what they are named by there."""
    skus = {columns.get(row, "sku") for row in rows} - {""}
    codes = {columns.get(row, "barcode") for row in rows} - {""}
    found = dict(Barcode.objects.filter(code__in=codes).values_list("code", "variant_id"))
    found.update(Variant.objects.filter(sku__in=skus).values_list("sku", "id"))
    return found


class _Places:
    """The warehouses by code and by name."""

    def __init__(self) -> None:
        self._by_word: dict[str, int] = {}
        self._first: int | None = None
        for place in Warehouse.objects.filter(is_active=True).order_by("-priority", "-id"):
            self._by_word[place.name.casefold()] = place.pk
            self._by_word[place.code.casefold()] = place.pk
            self._first = place.pk

    def find(self, word: str) -> int | None:
        return self._by_word.get(word.casefold()) if word else self._first
