"""API keys and the answers kept for repeated requests."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import Membership
from crm.tenancy.fields import TenantForeignKey
from crm.tenancy.models import TenantModel


class Scope(models.TextChoices):
    ORDERS_READ = "orders:read", _("Read orders")
    ORDERS_WRITE = "orders:write", _("Create and change orders")
    CUSTOMERS_READ = "customers:read", _("Read customers")
    CUSTOMERS_WRITE = "customers:write", _("Change customers")
    PRODUCTS_READ = "products:read", _("Read products")
    PRODUCTS_WRITE = "products:write", _("Change products")
    STOCK_READ = "stock:read", _("Read stock")
    STOCK_WRITE = "stock:write", _("Receive and correct stock")
    EVENTS_READ = "events:read", _("Read what happened")
    WEBHOOKS_WRITE = "webhooks:write", _("Manage webhooks")


class ApiKey(TenantModel):
    """A key of one company, shown once and kept as a hash."""

    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(max_length=24)  # what a person recognises it by
    key_hash = models.CharField(max_length=64)  # SHA-256: the key holds 192 bits of chance
    scopes = ArrayField(models.CharField(max_length=24), default=list)
    # Code of the one sales channel that the key may push to; empty: any.
    channel_code = models.CharField(max_length=40, blank=True, default="")
    created_by = TenantForeignKey(Membership, models.PROTECT, related_name="+", null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "key_hash"], name="api_key_hash")]

    def __str__(self) -> str:
        return self.name


class IdempotencyRecord(TenantModel):
    """A POST that was done, and its answer, for whoever sends it again."""

    # "key:<api key id>" or "member:<id>": keys of two senders never meet.
    sender = models.CharField(max_length=40)
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64)
    # Empty while a bulk request works its rows off (crm/api/bulk.py).
    status = models.SmallIntegerField(null=True)
    # Text, not JSON: the answer is given again byte for byte.
    body = models.TextField(null=True)  # noqa: DJ001 - no answer yet is not an empty one
    headers = models.JSONField(default=dict)
    started_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "sender", "key"], name="api_idempotency_key")
        ]
        indexes = [models.Index(fields=["tenant", "created_at"], name="api_idempotency_age")]

    def __str__(self) -> str:
        return self.key
