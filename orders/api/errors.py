"""How refusals of the orders' actions are told to a developer."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.api.etags import stale
from crm.api.idempotency import answer_race
from crm.api.problems import Problem, translate, value_error, wrong_value
from inventory.actions.reserve import OutOfStock
from orders import errors
from orders.missing import missing_texts
from orders.pipeline import MoveRefused, next_moves
from orders.wording import ERROR_TEXTS

_PAYMENT_CONFLICT = _("The order has a payment with this id and another amount or kind.")

# Fields of the actions that stand elsewhere in the API's bodies.
_POINTERS = {
    "recipient_name": "/recipient/name",
    "recipient_phone": "/recipient/phone",
    "delivery_method": "/delivery/method",
    "delivery_city": "/delivery/city",
    "delivery_branch": "/delivery/branch",
    "delivery_street": "/delivery/street",
    "delivery_price": "/delivery/price",
    "payment_method": "/payment/method",
    "manager": "/manager_id",
    "status": "/status_id",
}


# An import brought the same order in at this moment; of two pushes one waits for the other.
answer_race("orders_order_external")


def pointer_of(field: str) -> str:
    """The place in the body that an action's field name stands for."""
    if not field:
        return ""
    return _POINTERS.get(field, f"/{field}")


@translate(errors.OrderError)
def _refused(error: errors.OrderError) -> Problem:
    return Problem(error.code, **error.details)


@translate(errors.OrderNotFound)
def _not_found(error: errors.OrderNotFound) -> Problem:
    return Problem("not_found")


@translate(errors.StaleOrder)
def _stale(error: errors.StaleOrder) -> Problem:
    return stale(error.details.get("version"))


@translate(errors.InvalidOrder)
def _invalid(error: errors.InvalidOrder) -> Problem:
    text = str(ERROR_TEXTS.get(error.code, ""))
    message = text % error.details if "%(limit)s" in text and "limit" in error.details else ""
    return wrong_value(pointer_of(error.field), error.code, message, **error.details)


@translate(errors.UnknownChannel)
def _unknown_channel(error: errors.UnknownChannel) -> Problem:
    return wrong_value("/channel", "unknown_channel")


@translate(errors.ExternalIdConflict)
def _external_id(error: errors.ExternalIdConflict) -> Problem:
    said = _PAYMENT_CONFLICT if "payment" in error.details else ""
    return Problem(
        error.code,
        str(said),
        errors=[value_error("/external_id", error.code, str(said))],
        number=error.details["number"],
    )


@translate(MoveRefused)
def _move_refused(error: MoveRefused) -> Problem:
    facts: dict[str, Any] = {"allowed": [stage.word for stage in next_moves(error.source)]}
    if error.missing:
        texts = missing_texts(error.missing, error.names)
        facts["missing"] = [
            {"code": word, "message": text} for word, text in zip(error.missing, texts, strict=True)
        ]
    return Problem(error.code, **facts)


@translate(OutOfStock)
def _out_of_stock(error: OutOfStock) -> Problem:
    return Problem(
        "out_of_stock",
        short=[{"line": line, "missing": units} for line, units in sorted(error.short.items())],
    )
