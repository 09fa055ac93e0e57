"""How refusals about goods and stock are told to a developer."""

from typing import Any

from crm.api.codes import VALUES
from crm.api.etags import stale
from crm.api.problems import Problem, translate, value_error, wrong_value
from crm.fields.values import pointer_of
from inventory.actions.catalogue import CatalogueError
from inventory.actions.stock import StockError

_CONFLICTS = {"below_reserved", "stock_moved", "warehouse_closed", "token_reused"}
_FIELDS = {"sku_missing": "sku", "price_negative": "price", "sku_taken": "sku"}


@translate(CatalogueError)
def _catalogue(error: CatalogueError) -> Problem:
    code, facts = error.code, error.facts
    if "own" in facts:
        return wrong_value(f"/{pointer_of(facts['own'])}", code)
    if code == "stale":
        return stale()
    if code == "not_found":
        return Problem("not_found")
    place = f"/variants/{facts['row']}" if "row" in facts else ""
    if code in {"sku_taken", "barcode_taken"}:
        field = "sku" if code == "sku_taken" else "barcodes"
        shown = {name: facts[name] for name in ("sku", "barcode") if name in facts}
        return Problem(code, errors=[value_error(f"{place}/{field}", code)], **shown)
    if code == "name_missing":
        return wrong_value("/name", code)
    if code == "no_variants":
        return wrong_value("/variants", code)
    return wrong_value(f"{place}/{_FIELDS[code]}" if code in _FIELDS else place, code)


@translate(StockError)
def _stock(error: StockError) -> Problem:
    return stock_problem(error, f"/lines/{error.facts['row']}" if "row" in error.facts else "")


def stock_problem(error: StockError, pointer: str) -> Problem:
    """The problem of a refused paper; `pointer` is the line at fault."""
    code, facts = error.code, error.facts
    if code == "not_found":
        return Problem("not_found")
    if code in _CONFLICTS:
        shown: dict[str, Any] = {n: facts[n] for n in ("on_hand", "reserved") if n in facts}
        if "holders" in facts:
            shown["holders"] = [
                {"number": holder.number, "quantity": holder.quantity}
                for holder in facts["holders"]
            ]
        errors = [value_error(pointer, code)] if pointer and code in VALUES else []
        return Problem(code, errors=errors, **shown)
    if code == "unknown_warehouse":
        return wrong_value("/warehouse", code)
    if code in {"no_lines", "too_many_lines"}:
        return wrong_value("/lines", code)
    return wrong_value(pointer, code)
