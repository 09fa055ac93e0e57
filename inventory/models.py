"""Catalogue and stock: products, variants, warehouses, the ledger and what is held for whom."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import Membership
from crm.tenancy.fields import TenantForeignKey
from crm.tenancy.models import TenantModel
from inventory.fields import SortKeyField


class Product(TenantModel):
    """A catalogue entry; what is sold are its variants."""

    name = models.CharField(_("name"), max_length=250)
    sort_key = SortKeyField()
    brand = models.CharField(_("brand"), max_length=100, blank=True, default="")
    category = models.CharField(_("category"), max_length=100, blank=True, default="")
    description = models.TextField(_("description"), blank=True, default="")
    # A file under static/ or media/, drawn or uploaded; empty where there is none.
    picture = models.CharField(max_length=200, blank=True, default="")
    is_active = models.BooleanField(_("on sale"), default=True)
    # The company's own fields by their codes (docs/fields.md); found by through their rows.
    custom = models.JSONField(default=dict, blank=True, db_default={})
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(fields=["tenant", "sort_key", "id"], name="inventory_product_order"),
            models.Index(fields=["tenant", "category"], name="inventory_product_category"),
        ]

    def __str__(self) -> str:
        return self.name


class Variant(TenantModel):
    """The sellable form of a product: it has the SKU, the price, the cost and the weight."""

    product = TenantForeignKey(Product, models.CASCADE, related_name="variants")
    sku = models.CharField(_("SKU"), max_length=64)
    name = models.CharField(_("option"), max_length=150, blank=True, default="")
    price = models.DecimalField(_("price"), max_digits=14, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3, default="UAH")
    cost = models.DecimalField(_("cost"), max_digits=14, decimal_places=2, null=True, blank=True)
    tax_rate = models.DecimalField(_("tax, %"), max_digits=5, decimal_places=2, default=0)
    weight_g = models.IntegerField(_("weight, g"), null=True, blank=True)
    is_active = models.BooleanField(_("on sale"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "sku"], name="inventory_variant_sku"),
            models.CheckConstraint(condition=Q(price__gte=0), name="inventory_variant_price"),
        ]

    def __str__(self) -> str:
        return self.sku

    @property
    def title(self) -> str:
        """The product's name with the option; needs `product` loaded."""
        return f"{self.product.name}, {self.name}" if self.name else self.product.name


class Barcode(TenantModel):
    """A code that a scanner reads off a variant."""

    variant = TenantForeignKey(Variant, models.CASCADE, related_name="barcodes")
    code = models.CharField(_("barcode"), max_length=64)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="inventory_barcode_code")
        ]

    def __str__(self) -> str:
        return self.code


class ProductSearch(TenantModel):
    """The text by which goods are found; small, so read under plain row-level security."""

    variant = TenantForeignKey(Variant, models.CASCADE, related_name="+", db_index=False)
    doc = models.TextField()

    class Meta(TenantModel.Meta):
        db_table = "inventory_search"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "variant"], name="inventory_search_one")
        ]

    def __str__(self) -> str:
        return self.doc[:40]


class Warehouse(TenantModel):
    """A place where goods lie. Orders are filled from the one with the lowest priority number."""

    name = models.CharField(_("name"), max_length=100)
    code = models.CharField(_("code"), max_length=20)
    priority = models.SmallIntegerField(_("priority"), default=10)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="inventory_warehouse_code")
        ]

    def __str__(self) -> str:
        return self.name


class StockItem(TenantModel):
    """One variant in one warehouse. The CHECKs are the last line against selling twice."""

    variant = TenantForeignKey(Variant, models.PROTECT, related_name="stock", db_index=False)
    warehouse = TenantForeignKey(Warehouse, models.PROTECT, related_name="+")
    on_hand = models.IntegerField(default=0)
    reserved = models.IntegerField(default=0)
    # What lay there when its books began: on_hand is this and the sum of the movements. Given at
    # the item's birth and never changed.
    opening = models.IntegerField(default=0, db_default=0)
    cell = models.CharField(_("cell"), max_length=30, blank=True, default="")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "variant", "warehouse"], name="inventory_stock_place"
            ),
            models.CheckConstraint(
                condition=Q(reserved__gte=0, reserved__lte=F("on_hand")),
                name="inventory_stock_reserved_within_on_hand",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant_id}@{self.warehouse_id}: {self.on_hand}"

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


class Demand(TenantModel):
    """Somebody who wants goods: an order, as far as the warehouse needs to know it."""

    kind = models.CharField(max_length=20, default="order")
    number = models.BigIntegerField()
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "kind", "number"], name="inventory_demand_number"
            )
        ]

    def __str__(self) -> str:
        return f"№{self.number}"


class ReservationState(models.TextChoices):
    HELD = "held", _("Held")
    WAITING = "waiting", _("Waiting for stock")
    RELEASED = "released", _("Released")
    CONSUMED = "consumed", _("Shipped")


class Reservation(TenantModel):
    """Stock held for one line of a demand, or a wish that waits for stock (a backorder).

    Whoever changes one holds the locks of all stock items of its variant (docs/stock.md).
    """

    demand = TenantForeignKey(Demand, models.PROTECT, related_name="reservations")
    line = models.BigIntegerField()  # id of the demand's line, in the app that owns it
    variant = TenantForeignKey(Variant, models.PROTECT, related_name="+", db_index=False)
    stock_item = TenantForeignKey(
        StockItem, models.PROTECT, related_name="+", null=True, db_index=False
    )
    quantity = models.IntegerField()
    state = models.CharField(max_length=10, choices=ReservationState.choices)
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="inventory_reservation_qty"),
            models.CheckConstraint(
                condition=Q(state__in=["held", "consumed"], stock_item__isnull=False)
                | Q(state__in=["waiting", "released"]),
                name="inventory_reservation_place",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "stock_item", "state"], name="inventory_reservation_item"
            ),
            models.Index(
                fields=["tenant", "variant", "state", "id"], name="inventory_reservation_wait"
            ),
            models.Index(
                fields=["tenant", "variant"],
                name="inventory_reservation_waiting",
                condition=Q(state="waiting"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.quantity}"


class DocumentKind(models.TextChoices):
    RECEIPT = "receipt", _("Receipt")
    CORRECTION = "correction", _("Correction")
    WRITE_OFF = "write_off", _("Write-off")
    RETURN = "return", _("Return")


class StockDocument(TenantModel):
    """A paper of the warehouse: why a handful of movements were made."""

    kind = models.CharField(max_length=12, choices=DocumentKind.choices)
    number = models.BigIntegerField()
    warehouse = TenantForeignKey(Warehouse, models.PROTECT, related_name="+")
    comment = models.CharField(_("comment"), max_length=300, blank=True, default="")
    created_at = models.DateTimeField()
    created_by = TenantForeignKey(Membership, models.PROTECT, related_name="+", null=True)
    # Given by the form or the caller: the same token again is the same document.
    token = models.CharField(max_length=64, blank=True, default="")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "kind", "number"], name="inventory_document_number"
            ),
            models.UniqueConstraint(
                fields=["tenant", "token"],
                condition=~Q(token=""),
                name="inventory_document_token",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "-id"], name="inventory_document_newest")]

    def __str__(self) -> str:
        return f"{self.kind} №{self.number}"


class MovementKind(models.TextChoices):
    RECEIPT = "receipt", _("Receipt")
    CORRECTION = "correction", _("Correction")
    WRITE_OFF = "write_off", _("Write-off")
    RESERVE = "reserve", _("Held")
    RELEASE = "release", _("Released")
    SHIPMENT = "shipment", _("Shipped")
    RETURN = "return", _("Returned")


class StockMovement(TenantModel):
    """One row of the ledger, append-only (the application's login can't change or delete it).

    on_hand of an item is its opening and the sum of its on_hand deltas, reserved the sum of its
    reserved ones.
    """

    stock_item = TenantForeignKey(
        StockItem, models.PROTECT, related_name="movements", db_index=False
    )
    kind = models.CharField(max_length=12, choices=MovementKind.choices)
    on_hand_delta = models.IntegerField(default=0)
    reserved_delta = models.IntegerField(default=0)
    demand = TenantForeignKey(Demand, models.PROTECT, related_name="+", null=True)
    document = TenantForeignKey(StockDocument, models.PROTECT, related_name="movements", null=True)
    unit_cost = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=12)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=120)

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(fields=["tenant", "stock_item", "-id"], name="inventory_movement_item")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.on_hand_delta:+d}/{self.reserved_delta:+d}"
