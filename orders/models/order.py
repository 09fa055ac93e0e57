"""Order, its lines, tags and search text."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import Membership
from crm.tenancy.fields import TenantForeignKey
from crm.tenancy.models import TenantModel
from customers.models import Customer
from inventory.models import Demand, Variant
from orders.models.setup import CancelReason, Channel, Status
from orders.pipeline import BEFORE_SHIPPED, LOCKED, OPEN, Stage
from orders.totals import due_of


class DeliveryMethod(models.TextChoices):
    NOVA_POSHTA_BRANCH = "np_branch", _("Nova Poshta, branch")
    NOVA_POSHTA_LOCKER = "np_locker", _("Nova Poshta, parcel locker")
    NOVA_POSHTA_COURIER = "np_courier", _("Nova Poshta, courier")
    UKRPOSHTA = "ukrposhta", _("Ukrposhta")
    MEEST = "meest", _("Meest")
    COURIER = "courier", _("Own courier")
    PICKUP = "pickup", _("Pick-up")


class PaymentMethod(models.TextChoices):
    CASH_ON_DELIVERY = "cod", _("Cash on delivery")
    CARD = "card", _("Card online")
    TRANSFER = "transfer", _("Bank transfer")
    CASH = "cash", _("Cash")


class DuplicateState(models.TextChoices):
    NONE = "", _("No")
    SUSPECTED = "suspected", _("Perhaps a repeat")
    CONFIRMED = "confirmed", _("A repeat")
    REJECTED = "rejected", _("Not a repeat")


def _money(**options: Any) -> models.DecimalField:
    options.setdefault("default", Decimal(0))
    return models.DecimalField(max_digits=14, decimal_places=2, **options)


class Order(TenantModel):
    """What a customer asked for, at what price, from which channel.

    total = lines_total - discount + delivery_price + tax, all in `currency`;
    total_base is total in the company's currency at `rate`, the rate of the day it was placed.
    """

    # From one on, without gaps; an example's are below zero, so that it leaves none.
    number = models.BigIntegerField()
    # What stands before the number where people read it; a number once given keeps it.
    prefix = models.CharField(max_length=8, blank=True, default="", db_default="")
    channel = TenantForeignKey(Channel, models.PROTECT, related_name="+", db_index=False)
    external_id = models.CharField(max_length=100, blank=True, default="")
    external_number = models.CharField(max_length=100, blank=True, default="")
    # SHA-256 of what was pushed: the same external id with other content is a conflict.
    intake_hash = models.CharField(max_length=64, blank=True, default="", editable=False)
    # What was wanted, whatever the order of lines: finds a buyer's repeated order.
    basket_hash = models.CharField(max_length=32, blank=True, default="", editable=False)

    status = TenantForeignKey(Status, models.PROTECT, related_name="+", db_index=False)
    stage = models.SmallIntegerField(default=Stage.NEW)
    status_since = models.DateTimeField()

    customer = TenantForeignKey(Customer, models.PROTECT, related_name="orders", db_index=False)
    demand = TenantForeignKey(Demand, models.PROTECT, related_name="+")
    manager = TenantForeignKey(
        Membership, models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )

    currency = models.CharField(max_length=3)
    rate = models.DecimalField(max_digits=18, decimal_places=8, default=Decimal(1))
    lines_total = _money()
    discount = _money()
    delivery_price = _money()
    prices_include_tax = models.BooleanField(default=True)
    tax = _money()
    total = _money()
    total_base = _money()
    paid = _money()
    refunded = _money()
    # What the units that came back had cost: no longer owed, and no revenue.
    returned_total = _money(db_default=Decimal(0))
    payment_method = models.CharField(
        max_length=10, choices=PaymentMethod.choices, blank=True, default=""
    )

    recipient_name = models.CharField(max_length=200, blank=True, default="")
    recipient_phone = models.CharField(max_length=20, blank=True, default="")
    delivery_method = models.CharField(
        max_length=12, choices=DeliveryMethod.choices, blank=True, default=""
    )
    delivery_city = models.CharField(max_length=120, blank=True, default="")
    delivery_branch = models.CharField(max_length=200, blank=True, default="")
    delivery_street = models.CharField(max_length=300, blank=True, default="")
    customer_comment = models.TextField(max_length=2000, blank=True, default="")
    manager_comment = models.TextField(max_length=2000, blank=True, default="")
    ship_date = models.DateField(null=True, blank=True)
    ship_from = models.TimeField(null=True, blank=True)
    ship_till = models.TimeField(null=True, blank=True)

    # utm_source, utm_medium, utm_campaign, utm_content, utm_term, gclid, fbclid, landing_page
    attribution = models.JSONField(default=dict, blank=True)
    # Stable codes of what a person must mend: see orders.problems.
    problems = models.JSONField(default=list, blank=True)
    has_problems = models.BooleanField(default=False)
    # The company's own fields by their codes (docs/fields.md); found by through their rows.
    custom = models.JSONField(default=dict, blank=True, db_default={})
    # Some line waits for stock.
    is_short = models.BooleanField(default=False)
    duplicate_of = TenantForeignKey("self", models.PROTECT, related_name="+", null=True, blank=True)
    duplicate_state = models.CharField(
        max_length=10, choices=DuplicateState.choices, blank=True, default=""
    )
    # Counted in revenue: false while a suspected repeat is undecided, and for repeats.
    is_counted = models.BooleanField(default=True)
    cancel_reason = TenantForeignKey(
        CancelReason, models.PROTECT, related_name="+", null=True, blank=True
    )

    placed_at = models.DateTimeField()
    respond_by = models.DateTimeField(null=True, blank=True)
    responded_at = models.DateTimeField(null=True, blank=True)
    next_alarm_at = models.DateTimeField(null=True, blank=True)
    alarms = models.SmallIntegerField(default=0)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    # Grows by one with each change: the ETag, and the guard against a colleague's overwrite.
    version = models.IntegerField(default=1)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="orders_order_number"),
            models.UniqueConstraint(
                fields=["tenant", "channel", "external_id"],
                condition=~Q(external_id=""),
                name="orders_order_external",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-placed_at", "-id"], name="orders_order_newest"),
            models.Index(
                fields=["tenant", "stage", "-placed_at", "-id"], name="orders_order_stage"
            ),
            models.Index(
                fields=["tenant", "status", "-placed_at", "-id"], name="orders_order_status"
            ),
            models.Index(
                fields=["tenant", "customer", "-placed_at", "-id"], name="orders_order_customer"
            ),
            models.Index(
                fields=["tenant", "manager", "-placed_at", "-id"], name="orders_order_manager"
            ),
            models.Index(
                fields=["tenant", "channel", "-placed_at", "-id"], name="orders_order_channel"
            ),
            models.Index(
                fields=["tenant", "ship_date"],
                condition=Q(stage=Stage.AGREED),
                name="orders_order_to_pick",
            ),
            # Not written at intake: an order has no day of shipment before it is agreed.
            models.Index(
                fields=["tenant", "ship_date", "id"],
                condition=Q(ship_date__isnull=False),
                name="orders_order_ship",
            ),
            # What changed since: a program that keeps a copy of the orders asks for it often.
            models.Index(fields=["tenant", "updated_at", "id"], name="orders_order_changed"),
            models.Index(
                fields=["tenant", "next_alarm_at"],
                condition=Q(next_alarm_at__isnull=False),
                name="orders_order_alarm",
            ),
            models.Index(
                fields=["tenant", "-placed_at", "-id"],
                condition=Q(has_problems=True) | Q(is_short=True) | Q(duplicate_state="suspected"),
                name="orders_order_trouble",
            ),
            # Few among many, and not written at intake: nothing is paid yet.
            models.Index(
                fields=["tenant", "-placed_at", "-id"],
                condition=Q(paid__gt=F("refunded"), paid__lt=F("refunded") + F("total")),
                name="orders_order_part_paid",
            ),
        ]

    def __str__(self) -> str:
        return f"№{self.label}"

    @property
    def awaits_answer(self) -> bool:
        """The customer has not had the first answer that was promised them."""
        return self.stage == Stage.NEW and self.responded_at is None and self.respond_by is not None

    def is_answer_late(self, now: datetime) -> bool:
        """The customer waits for a first answer longer than promised."""
        return self.awaits_answer and self.respond_by is not None and self.respond_by < now

    @property
    def label(self) -> str:
        """The number as people read it."""
        return f"{self.prefix}{self.number}"

    @property
    def is_example(self) -> bool:
        """Part of the example that a new company may fill itself with: numbers below zero."""
        return isinstance(self.number, int) and self.number < 0

    @property
    def stage_word(self) -> str:
        return Stage(self.stage).word

    @property
    def due(self) -> Decimal:
        """What the customer still has to pay; below zero what is theirs."""
        return due_of(self.stage, self.total, self.paid, self.refunded, self.returned_total)

    @property
    def is_open(self) -> bool:
        return self.stage in OPEN

    @property
    def is_locked(self) -> bool:
        return self.stage in LOCKED

    @property
    def can_be_cancelled(self) -> bool:
        return self.stage in BEFORE_SHIPPED


class OrderLine(TenantModel):
    """One line: a variant or free text, at a price. total = quantity * price - discount."""

    order = TenantForeignKey(Order, models.CASCADE, related_name="lines", db_index=False)
    position = models.SmallIntegerField()
    variant = TenantForeignKey(Variant, models.PROTECT, related_name="+", null=True, blank=True)
    sku = models.CharField(max_length=64, blank=True, default="")
    name = models.CharField(max_length=400)
    quantity = models.IntegerField()
    price = _money()
    discount = _money()
    tax_rate = models.DecimalField(max_digits=5, decimal_places=2, default=Decimal(0))
    total = _money()
    # What one unit cost the company when the order was placed; empty where unknown.
    unit_cost = _money(null=True, default=None)
    returned = models.IntegerField(default=0)

    class Meta(TenantModel.Meta):
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="orders_line_quantity"),
            models.CheckConstraint(
                condition=Q(returned__gte=0, returned__lte=models.F("quantity")),
                name="orders_line_returned",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "order", "position"], name="orders_line_order"),
            models.Index(fields=["tenant", "sku"], name="orders_line_sku"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.name}"


class OrderTag(TenantModel):
    """A label on an order."""

    order = TenantForeignKey(Order, models.CASCADE, related_name="tags", db_index=False)
    name = models.CharField(max_length=40)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "order", "name"], name="orders_tag_once")
        ]
        indexes = [models.Index(fields=["tenant", "name", "order"], name="orders_tag_name")]

    def __str__(self) -> str:
        return self.name


class OrderSearch(TenantModel):
    """The text by which an order is found, kept by a subscriber.

    Read only through the database function order_search() (docs/search.md).
    """

    order = TenantForeignKey(Order, models.CASCADE, related_name="+", db_index=False)
    doc = models.TextField()

    class Meta(TenantModel.Meta):
        db_table = "orders_search"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "order"], name="orders_search_one")
        ]
        indexes = [GinIndex("tenant", OpClass("doc", "gin_trgm_ops"), name="orders_search_doc")]

    def __str__(self) -> str:
        return self.doc[:40]
