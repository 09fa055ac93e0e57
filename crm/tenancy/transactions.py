"""Running an action in the transaction that its caller has open."""

import inspect
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import transaction

_Params = ParamSpec("_Params")
_Result = TypeVar("_Result")


def joined(action: Callable[_Params, _Result]) -> Callable[_Params, _Result]:
    """Return an atomic action without its savepoint: two statements less.

    For a caller that lets every error roll the whole transaction back, as the endpoints of the
    API do. Whoever catches an error and goes on calls the action itself.
    """
    assert transaction.get_connection().in_atomic_block, "there is no transaction to join"
    return inspect.unwrap(action)
