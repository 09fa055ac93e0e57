"""Refusals of the orders' actions: a stable code each; words are made at the edge."""

from typing import Any


class OrderError(Exception):
    """Base of the refusals. `field` names the input at fault ("lines/0/quantity")."""

    code = "order_error"

    def __init__(self, message: str = "", *, field: str = "", **details: Any) -> None:
        self.field = field
        self.details = details
        super().__init__(message or self.code)


class UnknownChannel(OrderError):
    code = "unknown_channel"


class InvalidOrder(OrderError):
    """A value that can't be stored and that no person could mend later."""

    code = "invalid"

    def __init__(self, code: str, *, field: str, **details: Any) -> None:
        self.code = code
        super().__init__(code, field=field, **details)


class ExternalIdConflict(OrderError):
    """The channel has an order with this external id and other content."""

    code = "external_id_conflict"


class OrderNotFound(OrderError):
    code = "order_not_found"


class StaleOrder(OrderError):
    """Somebody changed the order after it was read; `details["version"]` is the present one."""

    code = "stale_order"


class OrderLocked(OrderError):
    """The warehouse has the order: ask for the change instead of making it."""

    code = "order_locked"


class OrderClosed(OrderError):
    """The goods have left or the order is cancelled: its content stays as it is."""

    code = "order_closed"


class RequestPending(OrderError):
    """An edit request of this order already waits for the warehouse."""

    code = "edit_request_pending"


class NotPending(OrderError):
    """What was to be decided has been decided already."""

    code = "not_pending"
