"""Tenant, the base of every tenant table, and the per-tenant counters."""

from collections.abc import Collection, Iterable
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.tenancy.context import NoTenant, current_tenant_id
from crm.tenancy.fields import TenantField


class Tenant(models.Model):
    """A company that sells online and pays for the service. The only global table of ours."""

    slug = models.CharField(
        _("address"),
        max_length=40,
        unique=True,
        validators=[
            RegexValidator(
                r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$",
                _("Use lower-case Latin letters, digits and hyphens."),
            )
        ],
    )
    name = models.CharField(_("name"), max_length=120)
    currency = models.CharField(_("currency"), max_length=3, default="UAH")
    time_zone = models.CharField(_("time zone"), max_length=64, default="Europe/Kyiv")
    language = models.CharField(_("language"), max_length=5, default="uk")
    active = models.BooleanField(default=True)
    # By who runs the service: pages and the API say why, work for it stands still.
    suspended_at = models.DateTimeField(null=True, blank=True)
    suspended_reason = models.CharField(max_length=300, blank=True, default="", db_default="")
    # Filled with the example of a shop: every page says so (integrations/onboarding).
    has_example = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class TenantQuerySet(models.QuerySet):
    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any):
        tenant_id = current_tenant_id()
        rows = list(objs)
        for row in rows:
            if row.tenant_id is None:
                row.tenant_id = tenant_id
            elif row.tenant_id != tenant_id:
                raise NoTenant("A row of another tenant was given to bulk_create().")
        return super().bulk_create(rows, *args, **kwargs)


class TenantManager(models.Manager.from_queryset(TenantQuerySet)):
    """Every query begins inside the tenant in scope; outside a scope it raises NoTenant."""

    def get_queryset(self) -> TenantQuerySet:
        return super().get_queryset().filter(tenant_id=current_tenant_id())

    def none(self) -> TenantQuerySet:
        """The empty queryset needs no tenant: forms name it when they are defined."""
        return super().get_queryset().none()


class TenantModel(models.Model):
    """Base of every table whose rows belong to one tenant.

    The engine gives the table PRIMARY KEY (tenant_id, id), composite foreign keys and forced
    row-level security. `id` is unique only inside a tenant.
    """

    tenant = TenantField()
    objects = TenantManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        # `tenant` is not editable, so forms exclude it; unique constraints need it.
        super().validate_constraints(exclude=set(exclude or ()) - {"tenant"})

    def _get_unique_checks(self, exclude=None, include_meta_constraints=False):
        return super()._get_unique_checks(set(exclude or ()) - {"tenant"}, include_meta_constraints)


class CompanyProfile(TenantModel):
    """What stands on the company's papers; no row until something is filled in."""

    legal_name = models.CharField(_("legal name"), max_length=200, blank=True, default="")
    tax_id = models.CharField(_("tax id"), max_length=12, blank=True, default="")
    iban = models.CharField("IBAN", max_length=34, blank=True, default="")
    address = models.CharField(_("address"), max_length=300, blank=True, default="")
    phone = models.CharField(_("phone"), max_length=20, blank=True, default="")
    email = models.EmailField(_("e-mail"), blank=True, default="")
    # Languages in which things have names, besides the company's own.
    languages = ArrayField(models.CharField(max_length=5), default=list, blank=True)
    # Drawn anew from what was uploaded: a PNG of at most 512 × 512.
    logo = models.BinaryField(null=True, blank=True)
    logo_hash = models.CharField(max_length=32, blank=True, default="")

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant"], name="tenancy_profile_one")]

    def __str__(self) -> str:
        return self.legal_name or f"profile of {self.tenant_id}"


class Counter(TenantModel):
    """The last number given out for one kind of document. Gap-free: it rolls back with it."""

    kind = models.CharField(max_length=32)
    last = models.BigIntegerField(default=0)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "kind"], name="tenancy_counter_kind")
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.last}"


def take_numbers(kind: str, count: int = 1) -> int:
    """Draw `count` numbers and return the first. Call it late: the row stays locked to commit."""
    rows = Counter.objects.raw(
        "INSERT INTO tenancy_counter (tenant_id, kind, last) VALUES (%s, %s, %s)"
        " ON CONFLICT (tenant_id, kind) DO UPDATE SET last = tenancy_counter.last + %s"
        " RETURNING id, tenant_id, kind, last",
        [current_tenant_id(), kind, count, count],
    )
    return rows[0].last - count + 1
