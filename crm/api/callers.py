"""Who calls the API: a key or a signed-in member, and what each may do."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rest_framework.request import Request

from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.api.models import Scope
from crm.api.problems import Problem
from crm.audit.actor import Actor
from crm.tenancy.models import Tenant

if TYPE_CHECKING:
    from crm.api.idempotency import Repeat

# What a member needs for a scope, where the view does not ask for something more exact.
PERMISSION_OF_SCOPE: dict[str, Permission] = {
    Scope.ORDERS_READ: Permission.ORDERS_VIEW,
    Scope.ORDERS_WRITE: Permission.ORDERS_EDIT,
    Scope.CUSTOMERS_READ: Permission.CUSTOMERS_VIEW,
    Scope.CUSTOMERS_WRITE: Permission.CUSTOMERS_EDIT,
    Scope.PRODUCTS_READ: Permission.PRODUCTS_VIEW,
    Scope.PRODUCTS_WRITE: Permission.PRODUCTS_EDIT,
    Scope.STOCK_READ: Permission.STOCK_VIEW,
    Scope.STOCK_WRITE: Permission.STOCK_CORRECT,
    Scope.EVENTS_READ: Permission.CONNECTIONS_MANAGE,
    Scope.WEBHOOKS_WRITE: Permission.CONNECTIONS_MANAGE,
}


@dataclass(slots=True)
class Caller:
    """A key or a member. `sender` keeps the Idempotency-Keys of two callers apart."""

    actor: Actor
    sender: str
    scopes: frozenset[str] = frozenset()
    membership: Membership | None = None
    # The one sales channel of a key; empty: any.
    channel_code: str = ""
    repeat: "Repeat | None" = None

    is_authenticated = True

    def may(self, scope: str, permission: str | None = None) -> bool:
        """Tell whether the caller has a scope; a member: its permission, or the one given."""
        if self.membership is None:
            return scope in self.scopes
        return self.membership.can(permission or PERMISSION_OF_SCOPE[scope])

    def require(self, permission: Permission) -> None:
        """Refuse a member without a permission that only this request's content asks for."""
        if self.membership is not None and not self.membership.can(permission):
            raise Problem("forbidden")

    @property
    def sees_costs(self) -> bool:
        """What goods cost is for those who keep the catalogue, not for a storefront's key."""
        if self.membership is None:
            return Scope.PRODUCTS_WRITE in self.scopes
        return self.membership.can(Permission.COSTS_VIEW)


def company_of(request: Request) -> Tenant:
    """The company of an authenticated request."""
    return request._request.company  # type: ignore[attr-defined]
