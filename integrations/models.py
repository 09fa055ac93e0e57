"""Connections to outside systems and the raw deliveries that came through them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.tenancy.fields import TenantForeignKey
from crm.tenancy.models import TenantModel
from crm.vault.fields import EncryptedJSONField
from orders.models import Channel


class ConnectionKind(models.TextChoices):
    WOOCOMMERCE = "woocommerce", "WooCommerce"


class Connection(TenantModel):
    """A configured link to one outside system."""

    kind = models.CharField(max_length=20, choices=ConnectionKind.choices)
    name = models.CharField(_("name"), max_length=80)
    channel = TenantForeignKey(Channel, models.PROTECT, related_name="+")
    # Unguessable part of the connection's address; no proof of identity by itself.
    token = models.CharField(max_length=40)
    settings = models.JSONField(default=dict)
    secrets = EncryptedJSONField(default=dict)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_delivery_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "token"], name="integrations_token")
        ]

    def __str__(self) -> str:
        return self.name


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    HANDLED = "handled", _("Handled")
    FAILED = "failed", _("Failed")


class InboundDelivery(TenantModel):
    """What an outside system sent, kept raw before it is understood.

    received = handled + waiting + failed, always: a delivery is one row in one state.
    """

    connection = TenantForeignKey(Connection, models.CASCADE, related_name="+", db_index=False)
    # The vendor's own id of the delivery, or the body's hash where there is none. The same
    # key with another body is an error, not a repeat.
    dedupe_key = models.CharField(max_length=160)
    body_hash = models.CharField(max_length=64)
    topic = models.CharField(max_length=60)
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    state = models.CharField(
        max_length=8, choices=DeliveryState.choices, default=DeliveryState.WAITING
    )
    # What came of it: "created", "updated", "unchanged", "older", "ignored", ...
    outcome = models.CharField(max_length=20, blank=True, default="")
    error = models.CharField(max_length=500, blank=True, default="")
    attempts = models.SmallIntegerField(default=0)
    repeats = models.IntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    object_id = models.BigIntegerField(null=True)
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "connection", "dedupe_key"], name="integrations_delivery_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["tenant", "connection", "state", "-id"], name="integrations_delivery_state"
            ),
            models.Index(
                fields=["tenant", "next_at"],
                condition=models.Q(state="waiting"),
                name="integrations_delivery_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.dedupe_key}"


class ExternalLink(TenantModel):
    """Which of our objects an outside object became, and which version of it we hold."""

    connection = TenantForeignKey(Connection, models.CASCADE, related_name="+", db_index=False)
    object_type = models.CharField(max_length=20)
    external_id = models.CharField(max_length=100)
    # Empty while the first delivery about it is being handled.
    object_id = models.BigIntegerField(null=True)
    # The newest version handled, as the vendor states it (a UTC time for WooCommerce), and
    # what it said: a later version changes only what differs from it, so that a manager's own
    # edits stay.
    version = models.CharField(max_length=40, blank=True, default="")
    snapshot = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "connection", "object_type", "external_id"],
                name="integrations_link_external",
            )
        ]

    def __str__(self) -> str:
        return f"{self.object_type} {self.external_id}"
