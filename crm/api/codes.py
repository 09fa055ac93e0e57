"""Every stable error code of the API, once: the documentation is made from this list.

A problem's `code` comes from PROBLEMS, the `code` of one wrong value from VALUES (or from
PROBLEMS, where the value is the whole trouble). Titles are for people; codes never change.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Text: TypeAlias = "str | _StrPromise"


@dataclass(frozen=True, slots=True)
class Code:
    """A kind of problem: its HTTP status, its title, and what a developer does about it."""

    code: str
    status: int
    title: Text
    advice: Text

    @property
    def advice_parts(self) -> list[str]:
        """The advice, part by part: every second one is code."""
        return str(self.advice).split("`")


_ALL = [
    # --- The request cannot be read ---------------------------------------------------------
    Code(
        "bad_request",
        400,
        _("The request cannot be understood."),
        _("Check the address, the headers and the parameters against this documentation."),
    ),
    Code(
        "malformed_json",
        400,
        _("The body is not valid JSON."),
        _("Send UTF-8 JSON without NUL characters, lone surrogates, NaN or Infinity."),
    ),
    Code(
        "invalid_parameter",
        400,
        _("A parameter of the address is wrong."),
        _("`errors` names the parameter. Unknown parameters are refused, not ignored."),
    ),
    Code(
        "invalid_cursor",
        400,
        _("The cursor does not fit this list."),
        _("Take `next` or `previous` as they were given; with another `ordering` begin anew."),
    ),
    Code(
        "invalid_header",
        400,
        _("A header has a wrong value."),
        _("`Idempotency-Key`: 1 to 255 visible ASCII characters. `If-Match`: an ETag or *."),
    ),
    # --- Who asks ---------------------------------------------------------------------------
    Code(
        "not_authenticated",
        401,
        _("There is no key in the request."),
        _("Send `Authorization: Bearer <key>`."),
    ),
    Code(
        "invalid_key",
        401,
        _("There is no such key."),
        _("Compare the key with the one that was shown when it was made."),
    ),
    Code("key_revoked", 401, _("The key has been revoked."), _("Ask the company for a new key.")),
    Code("key_expired", 401, _("The key has expired."), _("Use the key that replaced it.")),
    Code(
        "missing_scope",
        403,
        _("The key may not do this."),
        _("`scope` names what is missing; the company can make a key that has it."),
    ),
    Code(
        "forbidden",
        403,
        _("This is not allowed."),
        _("The member's role does not allow it, or the address is closed."),
    ),
    Code(
        "company_suspended",
        403,
        _("The company is suspended."),
        _("Nothing is read or written until it is open again; its owner knows why. Ask later."),
    ),
    Code(
        "csrf_failed",
        403,
        _("The browser session could not be proven."),
        _("Send the `X-CSRFToken` header with a browser session; keys do not need it."),
    ),
    Code(
        "wrong_channel",
        403,
        _("The key belongs to another sales channel."),
        _("Leave `channel` out, or use a key of that channel."),
    ),
    # --- What is asked for ------------------------------------------------------------------
    Code(
        "not_found",
        404,
        _("There is nothing at this address."),
        _("The id is unknown in this company, or the address is not part of the API."),
    ),
    Code(
        "method_not_allowed",
        405,
        _("The address does not take this method."),
        _("The `Allow` header lists those that it takes."),
    ),
    Code(
        "not_acceptable",
        406,
        _("The answer cannot be given in the wanted form."),
        _("Accept `application/json`."),
    ),
    Code(
        "unsupported_media_type",
        415,
        _("The body's media type is not taken."),
        _("Send `Content-Type: application/json`."),
    ),
    Code(
        "body_too_large",
        413,
        _("The body is too large."),
        _("At most 1 MiB; for the bulk addresses 5 MiB and 500 rows."),
    ),
    Code(
        "validation_error",
        422,
        _("Some values are wrong."),
        _("`errors` lists each with a JSON Pointer into the body. Nothing was stored."),
    ),
    # --- The state of things ----------------------------------------------------------------
    Code(
        "stale",
        412,
        _("It has changed since you read it."),
        _("Read it again, decide again, send the new ETag in `If-Match`."),
    ),
    Code(
        "idempotency_conflict",
        409,
        _("This Idempotency-Key was used for another request."),
        _("Use a new key for a new request; repeat a request byte for byte."),
    ),
    Code(
        "idempotency_in_progress",
        409,
        _("The same request is being worked on."),
        _("Send it again after `Retry-After` seconds: you will get the answer of the first."),
    ),
    Code(
        "external_id_conflict",
        409,
        _("The channel has an order with this external id and other content."),
        _("`number` is that order. Change it with PATCH; new orders need their own id."),
    ),
    Code(
        "out_of_stock",
        409,
        _("Some goods are not in stock."),
        _("`short` lists the lines and the units missing. The order was not stored."),
    ),
    Code(
        "order_locked",
        409,
        _("The warehouse is working on the order."),
        _("Comments and tags can still be changed; the rest is agreed with the warehouse."),
    ),
    Code(
        "order_closed",
        409,
        _("The goods have left or the order is cancelled: its content stays."),
        _("Comments and tags can still be changed; use a return or a refund for the rest."),
    ),
    Code(
        "move_not_allowed",
        409,
        _("The order cannot go there from where it is."),
        _("`allowed` lists the stages that can follow."),
    ),
    Code(
        "move_not_ready",
        409,
        _("Something is missing for this move."),
        _(
            "`missing` lists stable words, `custom.` and a code for a field of the company’s own:"
            " fill those in and try again."
        ),
    ),
    Code(
        "edit_request_pending",
        409,
        _("A change of the order already waits for the warehouse."),
        _("Wait for the decision."),
    ),
    Code("not_pending", 409, _("This has been decided already."), _("Read the order again.")),
    Code(
        "below_reserved",
        409,
        _("More is promised to orders than would remain."),
        _("`on_hand` and `reserved` say how it stands; free the orders first."),
    ),
    Code(
        "stock_moved",
        409,
        _("The stock has moved since it was counted."),
        _("Read it again and count again; `on_hand` is the present figure."),
    ),
    Code(
        "warehouse_closed",
        409,
        _("The warehouse is closed."),
        _("Use one whose `is_active` is true."),
    ),
    Code(
        "token_reused",
        409,
        _("The document's token was used for another document."),
        _("Use a new `token` for a new document."),
    ),
    Code("sku_taken", 409, _("The SKU is taken."), _("A SKU is unique in the company.")),
    Code(
        "barcode_taken",
        409,
        _("The barcode belongs to another variant."),
        _("A barcode is unique in the company."),
    ),
    Code(
        "contact_taken",
        409,
        _("The phone or e-mail belongs to another customer."),
        _("`customer_id` is that customer."),
    ),
    Code(
        "too_many_webhooks",
        409,
        _("There are as many webhooks as a company can have."),
        _("Remove one that is not needed: 50 is the most."),
    ),
    Code(
        "webhook_not_on",
        409,
        _("The webhook does not work now."),
        _("Let it work again first: PATCH with `state` of `on`."),
    ),
    # --- Limits and faults ------------------------------------------------------------------
    Code(
        "rate_limited",
        429,
        _("Too many requests."),
        _("Wait for `Retry-After` seconds. The `RateLimit` header says what is left."),
    ),
    Code(
        "internal_error",
        500,
        _("Something broke on our side. Nothing was changed."),
        _("Repeat the request with the same Idempotency-Key; tell us the `X-Request-ID`."),
    ),
    Code(
        "unavailable",
        503,
        _("The service is busy or starting."),
        _("Repeat the request after `Retry-After` seconds with the same Idempotency-Key."),
    ),
]

PROBLEMS: dict[str, Code] = {code.code: code for code in _ALL}

# Codes of single values: `errors[].code`. Messages come with the error.
VALUES: dict[str, Text] = {
    "required": _("Is missing."),
    "null": _("May not be null."),
    "blank": _("May not be empty."),
    "invalid": _("Has the wrong form."),
    "invalid_choice": _("Is not one of the listed values."),
    "not_a_list": _("Must be a list."),
    "not_an_object": _("Must be an object."),
    "unknown_field": _("Is not a field here."),
    "unknown_parameter": _("Is not a parameter here."),
    "empty": _("The list may not be empty."),
    "max_length": _("Is too long."),
    "min_length": _("Is too short."),
    "max_value": _("Is too great."),
    "min_value": _("Is too small."),
    "make_aware": _("Needs an offset: 2026-03-02T09:00:00+02:00."),
    "out_of_range": _("Is outside what can be stored."),
    "currency_mismatch": _("All money of an order has one currency."),
    "unknown_channel": _("There is no such sales channel, or it is switched off."),
    "unknown_currency": _("Is not a currency we know."),
    "unknown_customer": _("There is no such customer."),
    "unknown_status": _("There is no such status."),
    "unknown_line": _("The order has no such line."),
    "unknown_variant": _("There is no such variant."),
    "unknown_sku": _("There is no variant with this SKU."),
    "unknown_warehouse": _("There is no such warehouse."),
    "unknown_member": _("There is no such member."),
    "unknown_reason": _("There is no such reason."),
    "unknown_product": _("There is no such product."),
    "unknown_payment_method": _("Is not a payment method."),
    "unknown_delivery_method": _("Is not a delivery method."),
    "no_lines": _("At least one line is needed."),
    "too_many_lines": _("There are too many lines."),
    "line_without_goods": _("A line needs a SKU, a variant or a name."),
    "quantity_out_of_range": _("The quantity is absurd or more than there is."),
    "price_out_of_range": _("The price is negative or absurd."),
    "discount_out_of_range": _("The discount is negative or more than the price."),
    "amount_out_of_range": _("The amount is negative, zero or absurd."),
    "cost_out_of_range": _("The cost is negative or absurd."),
    "interval_reversed": _("The interval ends before it begins."),
    "bad_phone": _("Is not a phone number that can be called."),
    "bad_email": _("Is not an e-mail address."),
    "refund_exceeds_paid": _("More than was paid cannot be given back."),
    "below_reserved": _("More is promised to orders than would remain."),
    "stock_moved": _("The stock has moved since it was counted."),
    "nothing_returned": _("No unit of the order is left to return."),
    "no_variants": _("A product needs at least one variant."),
    "sku_missing": _("A variant needs a SKU."),
    "name_missing": _("A name is needed."),
    "price_negative": _("The price is negative."),
    "sku_taken": _("The SKU is taken."),
    "barcode_taken": _("The barcode belongs to another variant."),
    "contact_taken": _("The phone or e-mail belongs to another customer."),
    "external_id_conflict": _("The channel has an order with this id and other content."),
    "wrong_channel": _("The key belongs to another sales channel."),
    "https_only": _("The address must begin with https://."),
    "wrong_type": _("Is not of the field's type."),
    "bad_number": _("Is too great, or has more than four digits after the point."),
    "bad_date": _("Is not a day such as 2026-03-31."),
    "bad_link": _("Must begin with https:// or http://."),
    "too_many_fields": _("Asks for more than 20 fields at once."),
    "unknown_option": _("The field has no such option."),
    "port_not_allowed": _("Only the ports 443 and 8443 are called."),
    "address_not_allowed": _("Addresses inside private networks are not called."),
}


def value_text(code: str) -> str:
    """The words for a value's code, in the reader's language."""
    return str(VALUES.get(code) or VALUES["invalid"])
