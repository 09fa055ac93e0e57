"""What an action refuses, by a stable code; the edge words it (see customers.web.words)."""

from typing import Any


class CustomerError(Exception):
    """`field` names the input at fault; `facts` holds what a message may need."""

    def __init__(self, code: str, *, field: str = "", **facts: Any) -> None:
        self.code = code
        self.field = field
        self.facts = facts
        super().__init__(code)


class ContactTaken(CustomerError):
    """The phone or e-mail is another customer's."""

    def __init__(self, *, field: str, value: str, owner_id: int, owner_name: str) -> None:
        super().__init__(
            "contact_taken", field=field, value=value, owner_id=owner_id, owner_name=owner_name
        )


class StaleCustomer(CustomerError):
    """A colleague changed the same fields meanwhile: {field: (theirs, mine)}."""

    def __init__(self, fields: dict[str, tuple[Any, Any]]) -> None:
        super().__init__("stale", fields=fields)
