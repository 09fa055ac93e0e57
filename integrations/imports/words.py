"""What imports say to people: refusals of files, problems of rows, what was decided in sight."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm.fields.values import ERROR_TEXTS as CUSTOM_ERRORS
from integrations.imports.kinds.base import CHANGE, NEW, SAME, WRONG, Kind

Text = str | Promise
STATE_WORDS: dict[str, Text] = {
    NEW: pgettext_lazy("records of an import", "new"),
    CHANGE: pgettext_lazy("records of an import", "changed"),
    SAME: pgettext_lazy("records of an import", "unchanged"),
    WRONG: pgettext_lazy("records of an import", "with errors"),
}
FILE_REFUSALS: dict[str, Text] = {
    "empty": gettext_lazy("The file is empty."),
    "too_big": gettext_lazy("The file is larger than 100 MB. Part it and import the parts."),
    "quota": gettext_lazy(
        "The files of imports take 2 GB already. Throw away those that were not brought in."
    ),
    "not_a_table": gettext_lazy("This is no table. Save it as CSV or XLSX."),
    "old_excel": gettext_lazy(
        "This is an old Excel file (.xls), or one with a password. Save it as XLSX or CSV."
    ),
    "protected": gettext_lazy("The file has a password. Save it without one."),
    "broken": gettext_lazy("The file is damaged: it can't be read to its end."),
    "bomb": gettext_lazy("The file unpacks to far more than a table needs. It was not opened."),
    "no_rows": gettext_lazy("There is no row with data in the file."),
    "too_many_rows": gettext_lazy("There are more than a million rows. Part the file."),
    "too_many_columns": gettext_lazy("There are more than 200 columns in the file."),
}
_PROBLEMS: dict[str, Text] = {
    **CUSTOM_ERRORS,
    "missing": gettext_lazy("It is empty."),
    "missing_for_new": gettext_lazy("A new product needs a name."),
    "not_a_number": gettext_lazy("This is no number."),
    "not_whole": gettext_lazy("This must be a whole number."),
    "not_a_date": gettext_lazy("This is no date."),
    "not_yes_or_no": gettext_lazy("This must be yes or no."),
    "in_future": gettext_lazy("This day has not come yet."),
    "out_of_range": gettext_lazy("The number is out of the allowed range."),
    "quantity_out_of_range": gettext_lazy("The number is out of the allowed range."),
    "price_out_of_range": gettext_lazy("The number is out of the allowed range."),
    "discount_out_of_range": gettext_lazy("The discount is larger than the price."),
    "too_many_lines": gettext_lazy("An order can have 5,000 lines at most."),
    "sale_and_return": gettext_lazy(
        "The order holds both sold and returned lines: give the return a number of its own."
    ),
    "unknown_currency": gettext_lazy("There is no such currency."),
    "unknown_status": gettext_lazy("It is not clear which stage this status means."),
    "unknown_language": gettext_lazy("Use uk, ru or en."),
    "unknown_sku": gettext_lazy("There is no such product in the catalogue."),
    "unknown_warehouse": gettext_lazy("There is no such warehouse."),
    "warehouse_closed": gettext_lazy("There is no such warehouse."),
    "other_content": gettext_lazy(
        "An order with this number was imported before with other content. It stays as it is."
    ),
    "no_identity": gettext_lazy("Give a phone, an e-mail or a code, to know the customer by."),
    "not_a_phone": gettext_lazy("This is no phone number."),
    "bad_phone": gettext_lazy("This is no phone number."),
    "not_an_email": gettext_lazy("This is no e-mail address."),
    "bad_email": gettext_lazy("This is no e-mail address."),
    "contact_taken": gettext_lazy("Another customer has it."),
    "too_many_contacts": gettext_lazy("The customer has too many contacts."),
    "sku_taken": gettext_lazy("Another product has this SKU."),
    "barcode_taken": gettext_lazy("Another product has this barcode."),
    "below_reserved": gettext_lazy("More is held for orders than this. Held now:"),
}
# What was decided for the user: said with a count on the preview.
NOTES: dict[str, Text] = {
    "return": gettext_lazy("Returns: they come in as returned, and count in no revenue"),
    "no_customer": gettext_lazy("Without a customer: they go to «Unknown buyer»"),
    "service": gettext_lazy("With lines whose code is no article (postage, fees): kept as text"),
    "no_price": gettext_lazy("With lines of no price"),
    "negative_price": gettext_lazy("With a negative price: taken as a return of that worth"),
    "price_rounded": gettext_lazy("With prices finer than a hundredth: rounded"),
    "bad_phone": gettext_lazy("With a phone that can't be called: left out"),
}
_KEPT: dict[str, Text] = {
    "changed": gettext_lazy("somebody has changed it since"),
    "in_use": gettext_lazy("it has been used since"),
    "moved": gettext_lazy("goods have come or gone since"),
    "below_reserved": gettext_lazy("the units are held for orders"),
    "added_to": gettext_lazy("it was there before; what was added stays"),
}
_THINGS: dict[str, Text] = {
    "order": gettext_lazy("Order"),
    "customer": gettext_lazy("Customer"),
    "product": gettext_lazy("Product"),
    "variant": gettext_lazy("Product"),
    "stockdocument": gettext_lazy("Stock paper"),
}


def problem_text(kind: Kind, problem: list[Any]) -> tuple[str, str]:
    """Return (column, what is wrong) of a problem of a verdict."""
    _row, name, code, value = problem
    field = kind.by_name.get(name.split("/")[-1])
    text = str(_PROBLEMS.get(code) or _("It can't be stored so."))
    if value and code not in {"other_content", "sale_and_return"}:
        text = f"«{value}»: {text}" if code != "below_reserved" else f"{text} {value}"
    return str(field.label) if field else "", text


def kept_words(object_type: str, label: str, why: str) -> tuple[str, str]:
    """Return (what, why it stayed) of a thing that an undo left."""
    return f"{_THINGS.get(object_type, object_type)} {label}", str(_KEPT.get(why, why))


def kept_text(object_type: str, label: str, why: str) -> str:
    """Say what an undo left and why."""
    return ": ".join(kept_words(object_type, label, why))
