"""What an order lacks for a move, in words. The words are stable codes; those of the company's own
fields are `custom.` and the field's code."""

from collections.abc import Collection, Iterable, Mapping

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.fields.models import Kind
from crm.fields.selectors import definitions_by_code
from orders.edits import custom_code

MISSING_TEXTS = {
    "delivery_method": _("choose how it is delivered"),
    "delivery_address": _("fill in the city and the branch or address"),
    "recipient": _("fill in the recipient's name and phone"),
    "ship_date": _("set the day of shipment"),
    "payment_method": _("choose how it is paid"),
    "problems": _("mend the problems of the order"),
    "duplicate": _("decide whether it is a repeat"),
    "stock": _("some goods are not in stock yet"),
    "payment": _("it is not paid"),
    "lines": _("not every line is picked"),
    "parcel": _("there is no parcel"),
    "reason": _("choose a reason"),
    "question": _("the manager has not answered the picker's question"),
    "edit_request": _("a change of the order waits for the warehouse"),
    "has_recipient_name": _("fill in the recipient’s name"),
    "has_recipient_phone": _("fill in the recipient’s phone"),
    "has_delivery_method": _("choose how it is delivered"),
    "has_delivery_city": _("fill in the city"),
    "has_delivery_branch": _("fill in the branch or locker"),
    "has_delivery_street": _("fill in the address"),
    "has_payment_method": _("choose how it is paid"),
    "has_ship_date": _("set the day of shipment"),
    "has_ship_interval": _("set the hours of shipment"),
    "has_manager": _("give it to a manager"),
    "has_manager_comment": _("write our comment"),
    "is_paid": _("it is not paid"),
    "is_answered": _("nobody has talked to the customer"),
    "has_tracking_number": _("fill in the tracking number"),
    "has_tags": _("put a tag on it"),
}


def own_names(codes: Collection[str]) -> dict[str, str]:
    """The names of the company's own fields among the codes. One query where there are any."""
    wanted = {custom_code(code) for code in codes} - {""}
    if not wanted:
        return {}
    fields = definitions_by_code(Kind.ORDER)
    return {code: fields[code].name for code in wanted if code in fields}


def missing_texts(codes: Iterable[str], names: Mapping[str, str]) -> list[str]:
    """Each code in words; `names` are those of the own fields. No query: the transaction in which
    a move was refused may be over."""
    return [_text(code, names) for code in codes]


def _text(code: str, names: Mapping[str, str]) -> str:
    own = custom_code(code)
    if own in names:
        return gettext("fill in “%(field)s”") % {"field": names[own]}
    return str(MISSING_TEXTS.get(code, own or code))
