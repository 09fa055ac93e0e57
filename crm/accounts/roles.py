"""Roles as people see them: the grid of rights by area, and the name by which one is chosen."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import CompanyRole
from crm.accounts.permissions import OWN_ROLE, ROLES, Permission, Role

_P = Permission
# The grid of rights. A right that stands in no area can't be given: a test looks for it.
AREAS: list[tuple[str | Promise, tuple[Permission, ...]]] = [
    (
        _("Orders"),
        (
            _P.ORDERS_VIEW,
            _P.ORDERS_CREATE,
            _P.ORDERS_EDIT,
            _P.ORDERS_MOVE,
            _P.ORDERS_CANCEL,
            _P.ORDERS_ASSIGN,
            _P.PAYMENTS_RECORD,
        ),
    ),
    (_("Customers"), (_P.CUSTOMERS_VIEW, _P.CUSTOMERS_EDIT, _P.PHONES_VIEW)),
    (
        _("Goods and stock"),
        (
            _P.PRODUCTS_VIEW,
            _P.PRODUCTS_EDIT,
            _P.COSTS_VIEW,
            _P.STOCK_VIEW,
            _P.STOCK_RECEIVE,
            _P.STOCK_CORRECT,
        ),
    ),
    (_("Warehouse"), (_P.PICKING_WORK, _P.PICKING_MANAGE)),
    (_("Numbers and data"), (_P.ANALYTICS_VIEW, _P.DATA_EXPORT, _P.DATA_IMPORT)),
    (
        _("Company"),
        (_P.SETTINGS_MANAGE, _P.CONNECTIONS_MANAGE, _P.MEMBERS_MANAGE, _P.AUDIT_VIEW),
    ),
]
# What a role of the company's own may hold: all but being an owner.
GRANTABLE = frozenset(permission for _label, rights in AREAS for permission in rights)


@dataclass(frozen=True, slots=True)
class ChosenRole:
    """A built-in role, or one of the company's own."""

    role: str
    own: CompanyRole | None = None

    @property
    def key(self) -> str:
        return role_key(self.role, self.own.pk if self.own else None)

    @property
    def name(self) -> str:
        return self.own.name if self.own else str(Role(self.role).label)

    @property
    def label(self) -> str:
        """How the audit log keeps it: the code of a built-in role, the name of an own one."""
        return self.own.name if self.own else str(self.role)

    def held(self) -> dict[str, Any]:
        """The fields of a membership that holds it."""
        own = self.own
        return {
            "role": OWN_ROLE if own else self.role,
            "own_role": own,
            "granted": list(own.permissions) if own else None,
            "role_scope": own.scope if own else None,
        }

    @property
    def permissions(self) -> frozenset[str]:
        return frozenset(self.own.permissions) if self.own else frozenset(ROLES[self.role])


def role_key(role: str, own_role_id: int | None) -> str:
    """Return what a form calls a role: `manager`, or `own:5`."""
    return f"{OWN_ROLE}:{own_role_id}" if own_role_id is not None else str(role)


def find_role(key: str) -> ChosenRole | None:
    """Return the role that a form names. One query for the company's own, none for others."""
    if key in Role.values:
        return ChosenRole(key)
    word, _colon, number = key.partition(":")
    if word != OWN_ROLE or not number.isdecimal() or len(number) > 18:
        return None
    own = CompanyRole.objects.filter(pk=int(number)).first()
    return ChosenRole(OWN_ROLE, own) if own else None
