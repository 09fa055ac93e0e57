"""How refusals of the customers' actions are told to a developer."""

from crm.api.etags import stale
from crm.api.problems import Problem, translate, value_error, wrong_value
from customers.errors import ContactTaken, CustomerError, StaleCustomer

# Codes of the actions that the API spells in its own words.
_CODES = {
    "empty": "required",
    "bad_language": "invalid_choice",
    "name_too_long": "max_length",
    "too_many_contacts": "max_length",
    "too_long": "max_length",
    "too_many_tags": "max_length",
    "last_contact": "required",
}


@translate(CustomerError)
def _refused(error: CustomerError) -> Problem:
    if error.code in {"not_found", "contact_not_found"}:
        return Problem("not_found")
    code = _CODES.get(error.code, error.code)
    field = "tags" if error.field == "tag" else error.field
    return wrong_value(f"/{field}" if field else "", code)


@translate(ContactTaken)
def _taken(error: ContactTaken) -> Problem:
    return Problem(
        "contact_taken",
        errors=[value_error(f"/{error.field}", "contact_taken")],
        customer_id=str(error.facts["owner_id"]),
    )


@translate(StaleCustomer)
def _stale(error: StaleCustomer) -> Problem:
    return stale()
