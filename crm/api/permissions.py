"""A view says what it needs of its caller, for each method; what it does not say is denied."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from crm.api.callers import Caller
from crm.api.problems import Problem


class DeclaredPermission(BasePermission):
    """Reads the view's `access` ({"get": Scope.ORDERS_READ}) and, for members, `member_needs`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        method = (request.method or "").lower()
        method = "get" if method == "head" else method
        if not hasattr(view, method):
            return True  # the answer is 405, whoever asks
        caller: Any = request.user
        if not isinstance(caller, Caller):
            return False  # nobody: DRF answers 401
        scope = getattr(view, "access", {}).get(method)
        if scope is None:
            return False
        if not caller.may(scope, getattr(view, "member_needs", {}).get(method)):
            if caller.membership is None:
                raise Problem("missing_scope", scope=str(scope))
            raise Problem("forbidden")
        return True
