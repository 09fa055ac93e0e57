"""The two foreign keys of a tenant table: to its tenant, and to another row of the same tenant."""

from typing import Any

from django.db import models
from django.db.models.sql.where import WhereNode

from crm.tenancy.context import peek_tenant_id


class TenantField(models.ForeignKey):
    """The column that names the owner of a row; filled from the scope, never edited."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("to", "tenancy.Tenant")
        kwargs.setdefault("on_delete", models.PROTECT)
        kwargs.setdefault("editable", False)
        kwargs.setdefault("db_index", False)
        kwargs.setdefault("related_name", "+")
        kwargs.setdefault("default", peek_tenant_id)
        super().__init__(*args, **kwargs)


class TenantForeignKey(models.ForeignKey):
    """A reference that the database checks as (tenant_id, x_id) -> (tenant_id, id).

    For Django it is a usual foreign key to `id`; joins and related look-ups carry the tenant.
    """

    def get_joining_fields(self, reverse_join: bool = False):
        own = self.model._meta.get_field("tenant")
        other = self.related_model._meta.get_field("tenant")
        first = (other, own) if reverse_join else (own, other)
        return (first, *super().get_joining_fields(reverse_join))

    def get_extra_restriction(self, alias, related_alias):
        # exclude() across a to-many relation trims the first join and with it the tenant's
        # equality; Django then asks for the restriction with alias None.
        tenant_id = peek_tenant_id()
        if alias is None and tenant_id is not None:
            field = self.model._meta.get_field("tenant")
            exact = field.get_lookup("exact")
            return WhereNode([exact(field.get_col(related_alias), tenant_id)])
        return super().get_extra_restriction(alias, related_alias)

    def get_extra_descriptor_filter(self, instance):
        return {"tenant_id": instance.tenant_id}
