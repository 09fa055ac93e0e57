"""Letters to customers: which are written, and what became of each."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.tenancy.fields import TenantForeignKey
from crm.tenancy.models import TenantModel
from customers.models import Customer
from orders.models import Order


class NoticeKind(models.TextChoices):
    AGREED = "agreed", _("Order agreed")
    SHIPPED = "shipped", _("Order shipped")
    PAYMENT_REMINDER = "payment_reminder", _("Payment reminder")


class MessageState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    SKIPPED = "skipped", _("Skipped")
    FAILED = "failed", _("Not sent")


LIVE = (MessageState.WAITING, MessageState.SENDING)


class NoticeSettings(TenantModel):
    """What a company tells its customers by itself; one row a company, made when first saved."""

    tell_agreed = models.BooleanField(_("when the order is agreed"), default=True)
    tell_shipped = models.BooleanField(_("when the parcel is sent"), default=True)
    remind_payment = models.BooleanField(_("a reminder while it is not paid"), default=True)
    remind_after_hours = models.PositiveSmallIntegerField(
        _("Remind after, hours"), default=3, validators=[MaxValueValidator(240)]
    )
    reply_to = models.EmailField(_("Answers go to"), blank=True, default="")
    # How to pay: an account, a card, a link. Stands in every letter that asks for money.
    payment_details = models.TextField(_("How to pay"), max_length=1000, blank=True, default="")
    signature = models.CharField(_("Signature"), max_length=300, blank=True, default="")

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant"], name="messaging_settings_one")]

    def __str__(self) -> str:
        return f"messages of {self.tenant_id}"

    def is_on(self, kind: str) -> bool:
        return {
            NoticeKind.AGREED: self.tell_agreed,
            NoticeKind.SHIPPED: self.tell_shipped,
            NoticeKind.PAYMENT_REMINDER: self.remind_payment,
        }[NoticeKind(kind)]


class OutgoingMessage(TenantModel):
    """One letter to one customer about one order. Written once for each event; its text is made
    when it is sent, with what is true then, and kept."""

    order = TenantForeignKey(Order, models.CASCADE, related_name="+", db_index=False)
    customer = TenantForeignKey(Customer, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=NoticeKind.choices)
    channel = models.CharField(max_length=10, default="email")
    # What caused it: the same event again writes no second letter.
    event_key = models.CharField(max_length=120)
    to = models.CharField(max_length=254, blank=True, default="")
    language = models.CharField(max_length=5, blank=True, default="")
    subject = models.CharField(max_length=250, blank=True, default="")
    body = models.TextField(blank=True, default="")
    state = models.CharField(
        max_length=10, choices=MessageState.choices, default=MessageState.WAITING
    )
    # Why it was skipped or failed: a stable code, or the mail server's own words.
    error = models.CharField(max_length=500, blank=True, default="")
    attempts = models.SmallIntegerField(default=0)
    # When it is due. While it is being sent: when the sender is given up for dead.
    next_at = models.DateTimeField()
    # The same over all attempts, so that a mail server drops what it has already taken.
    message_id = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "kind", "event_key"], name="messaging_message_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["tenant", "next_at", "id"],
                condition=Q(state__in=["waiting", "sending"]),
                name="messaging_message_due",
            ),
            models.Index(fields=["tenant", "order", "id"], name="messaging_message_order"),
            models.Index(fields=["tenant", "-id"], name="messaging_message_newest"),
            models.Index(fields=["tenant", "state", "-id"], name="messaging_message_state"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    @property
    def can_be_sent_again(self) -> bool:
        return self.state in {MessageState.FAILED, MessageState.SKIPPED}


class MessageAttempt(TenantModel):
    """One try to send a letter."""

    message = TenantForeignKey(
        OutgoingMessage, models.CASCADE, related_name="attempt_rows", db_index=False
    )
    number = models.SmallIntegerField()
    at = models.DateTimeField()
    took_ms = models.IntegerField()
    ok = models.BooleanField()
    error = models.CharField(max_length=500, blank=True, default="")

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["tenant", "message", "id"], name="messaging_attempt_of")]

    def __str__(self) -> str:
        return f"{self.number}: {self.ok}"
