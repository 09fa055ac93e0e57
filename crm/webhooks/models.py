"""The company's feed of events, who is told of them, and what became of each delivery."""

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import Membership
from crm.tenancy.fields import TenantForeignKey
from crm.tenancy.models import TenantModel
from crm.vault.fields import EncryptedJSONField

KEEP = timedelta(days=30)  # how long events and deliveries can be read and sent again


class FeedEvent(TenantModel):
    """One thing that happened, as other programs are told of it.

    Written in the drain's transaction; `sequence` and `data` are given afterwards, in an order
    that no late commit can disturb (actions/publish.py). Without a sequence nobody sees it.
    """

    # The outbox row that it comes from: a cause has a lower number than its consequence.
    source_id = models.BigIntegerField()
    sequence = models.BigIntegerField(null=True)
    type = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    # Code of the sales channel of what it is about; empty: of no channel.
    channel = models.CharField(max_length=40, blank=True, default="")
    # What the outbox knew; then the whole of `data` as it goes out.
    facts = models.JSONField(default=dict)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "sequence"], name="webhooks_event_sequence")
        ]
        indexes = [
            models.Index(
                fields=["tenant", "source_id"],
                condition=Q(sequence__isnull=True),
                name="webhooks_event_new",
            ),
            models.Index(fields=["tenant", "created_at"], name="webhooks_event_age"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.object_type} {self.object_id}"


class EndpointState(models.TextChoices):
    ON = "on", _("Works")
    PAUSED = "paused", _("Paused")
    OFF = "off", _("Switched off")
    REMOVED = "removed", _("Removed")


class WebhookEndpoint(TenantModel):
    """An address of the company's own that is told of chosen events.

    While it works or is paused a delivery is written for each event; switched off or removed it
    misses what happens. `next_at` says when a sender should look at it, `leased_until` that one
    is at it: at most one delivery is under way to an endpoint.
    """

    url = models.CharField(_("address"), max_length=500)
    description = models.CharField(_("name"), max_length=80, blank=True, default="")
    all_events = models.BooleanField(_("every event"), default=False)
    events = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    # {"current": "whsec_…", "previous": "whsec_…"}; both sign until `previous_until`.
    secrets = EncryptedJSONField(default=dict)
    previous_until = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=EndpointState.choices, default=EndpointState.ON)
    # Why it does not work: "by_hand", "failing", "gone".
    reason = models.CharField(max_length=20, blank=True, default="")
    state_since = models.DateTimeField()
    created_by = TenantForeignKey(Membership, models.PROTECT, related_name="+", null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    # --- How it answers -------------------------------------------------------------------------
    next_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    lease = models.BigIntegerField(default=0)  # numbers the leases: a late one is known by it
    failures = models.IntegerField(default=0)  # one after another, since it last took something
    failing_since = models.DateTimeField(null=True)
    open_until = models.DateTimeField(null=True)  # the circuit is open: nothing is sent before
    last_success_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(
                fields=["tenant", "next_at"], condition=Q(state="on"), name="webhooks_endpoint_due"
            )
        ]

    def __str__(self) -> str:
        return self.description or self.url

    def wants(self, event_type: str) -> bool:
        """Tell whether it chose this event."""
        return self.all_events or event_type in self.events


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")
    SKIPPED = "skipped", _("Skipped")


class Delivery(TenantModel):
    """One event for one endpoint. written = delivered + waiting + failed + skipped, always."""

    endpoint = TenantForeignKey(WebhookEndpoint, models.CASCADE, related_name="+", db_index=False)
    event = TenantForeignKey(FeedEvent, models.CASCADE, related_name="+")
    type = models.CharField(max_length=60)
    sequence = models.BigIntegerField()
    # A trial by hand: it goes before all others, even through an open circuit, and once.
    is_test = models.BooleanField(default=False)
    state = models.CharField(
        max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING
    )
    # Steps of the ladder since it was written or sent again by hand.
    attempts = models.SmallIntegerField(default=0)
    next_at = models.DateTimeField()
    last_status = models.SmallIntegerField(null=True)
    # Why the last attempt failed: a stable word ("timeout", "address_not_allowed", …), else empty.
    error = models.CharField(max_length=40, blank=True, default="")
    created_at = models.DateTimeField()  # of the event
    settled_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "endpoint", "event"], name="webhooks_delivery_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["tenant", "endpoint", "sequence"],
                condition=Q(state="waiting"),
                name="webhooks_delivery_due",
            ),
            models.Index(
                fields=["tenant", "endpoint"],
                condition=Q(state="waiting", is_test=True),
                name="webhooks_delivery_test",
            ),
            models.Index(
                fields=["tenant", "endpoint", "-sequence"], name="webhooks_delivery_newest"
            ),
            models.Index(
                fields=["tenant", "endpoint", "state", "-sequence"], name="webhooks_delivery_state"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.state}"


class DeliveryAttempt(TenantModel):
    """One request and its answer. The request's body is the event's: it never changes."""

    delivery = TenantForeignKey(
        Delivery, models.CASCADE, related_name="attempt_rows", db_index=False
    )
    at = models.DateTimeField()
    took_ms = models.IntegerField()
    ok = models.BooleanField()
    status = models.SmallIntegerField(null=True)
    error = models.CharField(max_length=40, blank=True, default="")
    detail = models.CharField(max_length=300, blank=True, default="")
    address = models.CharField(max_length=45, blank=True, default="")  # that was connected to
    answer = models.TextField(blank=True, default="")  # the beginning of the answer's body

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["tenant", "delivery", "id"], name="webhooks_attempt_of")]

    def __str__(self) -> str:
        return f"{self.at}: {self.status or self.error}"
