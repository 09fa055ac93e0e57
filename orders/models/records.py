"""What is written down about an order: moves, payments, returns, notes, requests to edit."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import Membership
from crm.tenancy.fields import TenantForeignKey
from crm.tenancy.models import TenantModel
from orders.models.order import Order, OrderLine, PaymentMethod
from orders.models.setup import Status


class OrderTransition(TenantModel):
    """One move of an order, append-only: who or what, when, from, to and why."""

    order = TenantForeignKey(Order, models.CASCADE, related_name="transitions", db_index=False)
    from_status = TenantForeignKey(Status, models.PROTECT, related_name="+", null=True)
    to_status = TenantForeignKey(Status, models.PROTECT, related_name="+")
    from_stage = models.SmallIntegerField(null=True)
    to_stage = models.SmallIntegerField()
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=12)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=120)
    reason = models.CharField(max_length=500, blank=True, default="")

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["tenant", "order", "id"], name="orders_transition_order")]

    def __str__(self) -> str:
        return f"{self.from_stage} -> {self.to_stage}"


class PaymentKind(models.TextChoices):
    PAYMENT = "payment", _("Payment")
    REFUND = "refund", _("Refund")


class Payment(TenantModel):
    """Money that came for an order or went back, in the order's currency. Append-only:
    a mistake is mended by a row against it."""

    order = TenantForeignKey(Order, models.PROTECT, related_name="payments")
    kind = models.CharField(max_length=8, choices=PaymentKind.choices)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    method = models.CharField(max_length=10, choices=PaymentMethod.choices)
    paid_at = models.DateTimeField()
    external_id = models.CharField(max_length=100, blank=True, default="")
    comment = models.CharField(max_length=300, blank=True, default="")
    recorded_by = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="orders_payment_amount"),
            models.UniqueConstraint(
                fields=["tenant", "order", "external_id"],
                condition=~Q(external_id=""),
                name="orders_payment_external",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"


class ReturnLine(TenantModel):
    """Goods that came back: to the shelf or written off."""

    line = TenantForeignKey(OrderLine, models.PROTECT, related_name="returns")
    quantity = models.IntegerField()
    restocked = models.BooleanField()
    reason = models.CharField(max_length=300, blank=True, default="")
    at = models.DateTimeField()
    recorded_by = models.CharField(max_length=120)

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="orders_return_quantity")
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.line_id}"


# So much of a note stands in the audit log.
KEPT_OF_NOTE = 300


class OrderNote(TenantModel):
    """An internal note in the order's timeline."""

    order = TenantForeignKey(Order, models.CASCADE, related_name="notes")
    author = TenantForeignKey(Membership, models.PROTECT, related_name="+", null=True)
    text = models.TextField(max_length=4000)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.text[:40]


class EditRequestState(models.TextChoices):
    PENDING = "pending", _("Waiting for the warehouse")
    ACCEPTED = "accepted", _("Accepted")
    REFUSED = "refused", _("Refused")


class EditRequest(TenantModel):
    """A manager's wish to change an order that the warehouse already has."""

    order = TenantForeignKey(Order, models.CASCADE, related_name="edit_requests")
    requested_by = TenantForeignKey(Membership, models.PROTECT, related_name="+", null=True)
    # The input of the edit as it will be applied, and its diff for people.
    changes = models.JSONField()
    diff = models.JSONField(default=list)
    order_version = models.IntegerField()
    reason = models.CharField(max_length=300, blank=True, default="")
    state = models.CharField(
        max_length=10, choices=EditRequestState.choices, default=EditRequestState.PENDING
    )
    created_at = models.DateTimeField()
    decided_by = TenantForeignKey(Membership, models.PROTECT, related_name="+", null=True)
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=300, blank=True, default="")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "order"],
                condition=Q(state="pending"),
                name="orders_edit_request_one_pending",
            )
        ]

    def __str__(self) -> str:
        return f"{self.state} for {self.order_id}"
