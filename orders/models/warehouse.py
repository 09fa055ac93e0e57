"""The warehouse's side of an order: the pick list and the parcel."""

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import Membership
from crm.tenancy.fields import TenantForeignKey
from crm.tenancy.models import TenantModel
from orders.models.order import Order, OrderLine


class PickListState(models.TextChoices):
    OPEN = "open", _("To pick")
    SHORT = "short", _("Question to the manager")
    DONE = "done", _("Picked")
    CANCELLED = "cancelled", _("Cancelled")


# Somebody works through it, or waits for an answer to.
LIVE_LISTS = (PickListState.OPEN, PickListState.SHORT)


class PickList(TenantModel):
    """The checklist that one picker works through for one order."""

    order = TenantForeignKey(Order, models.CASCADE, related_name="pick_lists", db_index=False)
    picker = TenantForeignKey(Membership, models.PROTECT, related_name="+", null=True, blank=True)
    state = models.CharField(
        max_length=10, choices=PickListState.choices, default=PickListState.OPEN
    )
    question = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "order"],
                condition=Q(state__in=["open", "short"]),
                name="orders_pick_list_one_live",
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "order"], name="orders_pick_list_order"),
            models.Index(fields=["tenant", "state", "id"], name="orders_pick_list_state"),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.order_id}"

    @property
    def is_example(self) -> bool:
        """Of an example order; known where the order was read along, as every action does."""
        return "order" in self._state.fields_cache and self.order.is_example

    @property
    def is_live(self) -> bool:
        return self.state in LIVE_LISTS


class PickItem(TenantModel):
    """One line to take from the shelf."""

    pick_list = TenantForeignKey(PickList, models.CASCADE, related_name="items", db_index=False)
    line = TenantForeignKey(OrderLine, models.CASCADE, related_name="+")
    position = models.SmallIntegerField()
    quantity = models.IntegerField()
    picked = models.IntegerField(default=0)
    cell = models.CharField(max_length=30, blank=True, default="")

    class Meta(TenantModel.Meta):
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "pick_list", "position"], name="orders_pick_item_position"
            ),
            models.CheckConstraint(
                condition=Q(picked__gte=0, picked__lte=models.F("quantity")),
                name="orders_pick_item_picked",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.picked}/{self.quantity}"


class Parcel(TenantModel):
    """What is handed to a carrier."""

    order = TenantForeignKey(Order, models.CASCADE, related_name="parcels")
    tracking_number = models.CharField(max_length=60, blank=True, default="")
    weight_g = models.IntegerField(null=True, blank=True)
    length_cm = models.SmallIntegerField(null=True, blank=True)
    width_cm = models.SmallIntegerField(null=True, blank=True)
    height_cm = models.SmallIntegerField(null=True, blank=True)
    packed_at = models.DateTimeField()
    packed_by = models.CharField(max_length=120)

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(fields=["tenant", "tracking_number"], name="orders_parcel_tracking")
        ]

    def __str__(self) -> str:
        return self.tracking_number or f"parcel of {self.order_id}"

    @property
    def weight_kg(self) -> Decimal | None:
        return Decimal(self.weight_g) / 1000 if self.weight_g is not None else None
