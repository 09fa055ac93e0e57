"""What a form of the catalogue makes of what was typed, and where it says what is wrong with it."""

from collections.abc import Sequence
from typing import Any

from crm.fields.values import show_value
from crm.fields.web.inputs import CustomField
from inventory.actions.catalogue import (
    CatalogueError,
    NewVariant,
)
from inventory.web.forms import VariantForm
from inventory.web.words import say_catalogue_error


def as_new(form: VariantForm, currency: str) -> NewVariant:
    data = form.cleaned_data
    return NewVariant(
        sku=data["sku"],
        name=data["name"],
        price=data["price"],
        currency=currency,
        cost=data.get("cost"),
        weight_g=data["weight_g"],
        barcodes=tuple(data["barcodes"]),
    )


def put_error(error: CatalogueError, form: Any, rows: Sequence[VariantForm] = ()) -> int:
    """Set the text beside the field that it is about, in the row that it is about.

    Returns the status of the answer: 409 where a colleague was first, else 422.
    """
    field, text = say_catalogue_error(error)
    target = form
    if rows and field != "name":
        row = error.facts.get("row")
        if row is None and error.code == "barcode_taken":
            codes = error.facts.get("barcode")
            row = next((n for n, r in enumerate(rows) if codes in r.cleaned_data["barcodes"]), 0)
        target = rows[row] if row is not None else form
    target.add_error(field if field in target.fields else None, text)
    return 409 if error.code == "stale" else 422


def compare(error: CatalogueError, form: Any) -> list[dict[str, Any]] | None:
    """Rows of the comparison after a conflict: what stands there now, what was typed."""
    if error.code != "stale":
        return None
    form.see_again({name: theirs for name, (theirs, _mine) in error.facts["fields"].items()})

    def show(name: str, value: Any) -> Any:
        field = form.fields[name]
        return show_value(field.definition, value) if isinstance(field, CustomField) else value

    return [
        {
            "label": form.fields[name].label,
            "theirs": show(name, theirs),
            "mine": show(name, mine),
        }
        for name, (theirs, mine) in error.facts["fields"].items()
    ]
