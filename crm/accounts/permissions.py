"""What a member may do, and the roles as sets of it. Deny by default: a role has what it lists."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Permission(models.TextChoices):
    ORDERS_VIEW = "orders.view", _("See orders")
    ORDERS_CREATE = "orders.create", _("Create orders")
    ORDERS_EDIT = "orders.edit", _("Edit orders")
    ORDERS_MOVE = "orders.move", _("Move orders along the pipeline")
    ORDERS_CANCEL = "orders.cancel", _("Cancel orders")
    ORDERS_ASSIGN = "orders.assign", _("Assign managers")
    PAYMENTS_RECORD = "payments.record", _("Record payments")
    CUSTOMERS_VIEW = "customers.view", _("See customers")
    CUSTOMERS_EDIT = "customers.edit", _("Edit customers")
    PHONES_VIEW = "phones.view", _("See whole phone numbers")
    PRODUCTS_VIEW = "products.view", _("See products")
    PRODUCTS_EDIT = "products.edit", _("Edit products and prices")
    COSTS_VIEW = "costs.view", _("See cost and margin")
    STOCK_VIEW = "stock.view", _("See stock")
    STOCK_RECEIVE = "stock.receive", _("Receive goods")
    STOCK_CORRECT = "stock.correct", _("Correct stock")
    PICKING_WORK = "picking.work", _("Pick and pack orders")
    PICKING_MANAGE = "picking.manage", _("Assign pick lists and answer edit requests")
    ANALYTICS_VIEW = "analytics.view", _("See the numbers")
    DATA_EXPORT = "data.export", _("Export data")
    DATA_IMPORT = "data.import", _("Import data")
    SETTINGS_MANAGE = "settings.manage", _("Change settings")
    CONNECTIONS_MANAGE = "connections.manage", _("Manage connections and API keys")
    MEMBERS_MANAGE = "members.manage", _("Manage members")
    AUDIT_VIEW = "audit.view", _("See the audit log")
    COMPANY_OWN = "company.own", _("Own the company")


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Administrator")
    MANAGER = "manager", _("Manager")
    WAREHOUSE_LEAD = "warehouse_lead", _("Warehouse lead")
    PICKER = "picker", _("Picker")
    ANALYST = "analyst", _("Analyst")


# Rights that show the whole company: a member with a narrow scope of rows has none of them,
# whatever their role lists.
WHOLE_COMPANY = frozenset(
    {
        Permission.ANALYTICS_VIEW,
        Permission.DATA_IMPORT,
        Permission.SETTINGS_MANAGE,
        Permission.CONNECTIONS_MANAGE,
        Permission.MEMBERS_MANAGE,
        Permission.AUDIT_VIEW,
        Permission.COMPANY_OWN,
    }
)
# What Membership.role says where a role of the company's own holds (models.CompanyRole).
OWN_ROLE = "own"

# And where somebody of the service looks in for a while (crm.ops): they change nothing.
SUPPORT_ROLE = "support"
SUPPORT_LABEL = _("Support of the service")

_P = Permission
_MANAGER = frozenset(
    {
        _P.ORDERS_VIEW,
        _P.ORDERS_CREATE,
        _P.ORDERS_EDIT,
        _P.ORDERS_MOVE,
        _P.ORDERS_CANCEL,
        _P.ORDERS_ASSIGN,
        _P.PAYMENTS_RECORD,
        _P.CUSTOMERS_VIEW,
        _P.CUSTOMERS_EDIT,
        _P.PHONES_VIEW,
        _P.PRODUCTS_VIEW,
        _P.STOCK_VIEW,
    }
)
_PICKER = frozenset({_P.PICKING_WORK, _P.PRODUCTS_VIEW, _P.STOCK_VIEW})
_ADMIN = frozenset(set(Permission) - {_P.COMPANY_OWN})

ROLES: dict[str, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.ADMIN: _ADMIN,
    Role.MANAGER: _MANAGER,
    Role.WAREHOUSE_LEAD: _PICKER
    | {
        _P.ORDERS_VIEW,
        _P.ORDERS_MOVE,
        _P.PHONES_VIEW,
        _P.PRODUCTS_EDIT,
        _P.STOCK_RECEIVE,
        _P.STOCK_CORRECT,
        _P.PICKING_MANAGE,
    },
    Role.PICKER: _PICKER,
    SUPPORT_ROLE: frozenset(
        {
            _P.ORDERS_VIEW,
            _P.CUSTOMERS_VIEW,
            _P.PRODUCTS_VIEW,
            _P.STOCK_VIEW,
            _P.ANALYTICS_VIEW,
            _P.AUDIT_VIEW,
        }
    ),
    Role.ANALYST: frozenset(
        {
            _P.ORDERS_VIEW,
            _P.CUSTOMERS_VIEW,
            _P.PRODUCTS_VIEW,
            _P.STOCK_VIEW,
            _P.COSTS_VIEW,
            _P.ANALYTICS_VIEW,
            _P.PHONES_VIEW,
            _P.DATA_EXPORT,
        }
    ),
}
