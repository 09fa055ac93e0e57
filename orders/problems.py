"""What can be wrong with a stored order that a person can mend. Codes are stable."""

from django.utils.translation import gettext_lazy as _

UNKNOWN_SKU = "unknown_sku"
ZERO_PRICE = "zero_price"
NO_CONTACT = "no_contact"
BAD_PHONE = "bad_phone"
BAD_EMAIL = "bad_email"
NO_RATE = "no_rate"
CANCELLED_OUTSIDE = "cancelled_outside"
CHANGED_OUTSIDE = "changed_outside"
TOTAL_DIFFERS = "total_differs"

TEXTS = {
    UNKNOWN_SKU: _("A line has an article that is not in the catalogue."),
    ZERO_PRICE: _("A line has no price."),
    NO_CONTACT: _("There is neither a phone nor an e-mail."),
    BAD_PHONE: _("The phone can't be called: check its digits."),
    BAD_EMAIL: _("The e-mail can't be written to: it stands in our comment as it was given."),
    NO_RATE: _("There is no exchange rate for the order's currency."),
    CANCELLED_OUTSIDE: _("The source cancelled this order after it had been shipped."),
    CHANGED_OUTSIDE: _("The source changed this order after the warehouse had taken it."),
    TOTAL_DIFFERS: _("The total is not the one that the source counted."),
}
