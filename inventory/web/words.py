"""What the refusals of actions say to people, in their language."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.fields.values import ERROR_TEXTS, PREFIX
from crm.shell.formats import number_text
from inventory.actions.catalogue import CatalogueError
from inventory.actions.stock import MAX_QUANTITY, StockError
from inventory.actions.warehouses import WarehouseError
from inventory.selectors.proof import Holder


def say_catalogue_error(error: CatalogueError) -> tuple[str, str]:
    """Return the field that is wrong ("" for the whole form) and the text."""
    facts = error.facts
    if "own" in facts:
        return f"{PREFIX}{facts['own']}", str(ERROR_TEXTS[error.code])
    match error.code:
        case "sku_taken":
            return "sku", _("The SKU %(sku)s is taken by another variant.") % {
                "sku": facts.get("sku", "")
            }
        case "sku_missing":
            return "sku", _("Give the variant a SKU.")
        case "barcode_taken":
            if "sku" not in facts:
                return "barcodes", _("This barcode is taken by another variant.")
            return "barcodes", _("The barcode %(barcode)s belongs to %(sku)s.") % facts
        case "price_negative":
            return "price", _("A price can’t be below zero.")
        case "name_missing":
            return "name", _("Give the product a name.")
        case "no_variants":
            return "", _("Add at least one variant: it carries the SKU and the price.")
        case "stale":
            return "", _("A colleague has changed this meanwhile. Compare and save again.")
    return "", _("It is not there any more.")


def say_stock_error(error: StockError) -> str:
    """Return what is wrong and what can be done."""
    facts = error.facts
    match error.code:
        case "below_reserved":
            return _say_held(facts)
        case "stock_moved":
            return _("The books have moved since: there are %(n)s now. Count again.") % {
                "n": number_text(facts["on_hand"])
            }
        case "no_lines":
            return _("Add at least one line.")
        case "too_many_lines":
            return _("One document holds at most %(n)d lines.") % {"n": facts["limit"]}
        case "quantity_out_of_range":
            return _("A quantity is a whole number from 1 to %(n)s.") % {
                "n": number_text(MAX_QUANTITY)
            }
        case "cost_out_of_range":
            return _("A cost can’t be below zero.")
        case "warehouse_closed":
            return _("This warehouse is closed. Choose another one.")
        case "unknown_warehouse":
            return _("There is no such warehouse any more.")
        case "unknown_variant":
            return _("There is no such product any more.")
        case "token_reused":
            return _("This form was already used for another document. Open a new one.")
    return _("It is not there any more.")


def _say_held(facts: dict[str, Any]) -> str:
    holders: list[Holder] = facts["holders"]
    words = {
        "reserved": number_text(facts["reserved"]),
        "on_hand": number_text(facts["on_hand"]),
        "orders": ", ".join(f"№{holder.number} ({holder.quantity})" for holder in holders),
    }
    if not holders:
        return _("There are only %(on_hand)s.") % words
    return (
        _("Held: %(reserved)s of %(on_hand)s, for %(orders)s. Cancel or change those orders first.")
        % words
    )


def say_warehouse_error(error: WarehouseError) -> tuple[str, str]:
    """Return the field that is wrong ("" for the whole form) and the text."""
    match error.code:
        case "code_taken":
            return "code", _("Another warehouse has this code.")
        case "last_warehouse":
            return "", _("This is the last open warehouse: open another one before you close it.")
        case "has_goods":
            units = error.facts["units"]
            return "", ngettext(
                "%(n)s unit lies there. Write it off or move it before you close it.",
                "%(n)s units lie there. Write them off or move them before you close it.",
                units,
            ) % {"n": number_text(units)}
    return "", _("It is not there any more.")
