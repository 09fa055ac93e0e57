"""Customer and what hangs on one: contact points, addresses, tags, notes, the search text."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Collate
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import Membership
from crm.tenancy.fields import TenantForeignKey
from crm.tenancy.models import TenantModel


class Customer(TenantModel):
    """One buyer with one profile, whichever channels they used."""

    name = models.CharField(_("name"), max_length=200)
    # The database's order of Ukrainian letters is not the alphabet's: see customers.names.
    sort_name = models.CharField(max_length=400, editable=False, default="")
    language = models.CharField(_("language"), max_length=5, blank=True, default="")
    is_blocked = models.BooleanField(_("do not sell to"), default=False)
    # The company's own fields by their codes (docs/fields.md); found by through their rows.
    custom = models.JSONField(default=dict, blank=True, db_default={})
    # Who made them by hand; empty where an order, an import or a key did.
    created_by = TenantForeignKey(
        Membership, models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(fields=["tenant", "sort_name", "id"], name="customers_customer_sort"),
            models.Index(fields=["tenant", "-created_at", "-id"], name="customers_customer_new"),
            models.Index(
                fields=["tenant", "-created_at", "-id"],
                condition=models.Q(is_blocked=True),
                name="customers_customer_blocked",
            ),
            # Not written at intake: an order's customer is nobody's.
            models.Index(
                fields=["tenant", "created_by"],
                condition=models.Q(created_by__isnull=False),
                name="customers_customer_maker",
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(_("No name"))


class ContactKind(models.TextChoices):
    PHONE = "phone", _("Phone")
    EMAIL = "email", _("E-mail")


class ContactPoint(TenantModel):
    """A way to reach a customer. One value belongs to one customer of the company.

    `value` is normalised (E.164 for a phone, lower case for an e-mail); `reversed` holds the
    phone's digits backwards, so that "ends with" is a range of an index too.
    """

    customer = TenantForeignKey(Customer, models.CASCADE, related_name="contacts")
    kind = models.CharField(max_length=10, choices=ContactKind.choices)
    value = models.CharField(max_length=254)
    digits = models.CharField(max_length=20, blank=True, default="")
    reversed = models.CharField(max_length=20, blank=True, default="")
    is_primary = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "kind", "value"], name="customers_contact_value"
            )
        ]
        indexes = [
            models.Index("tenant", Collate("digits", "C"), name="customers_contact_digits"),
            models.Index("tenant", Collate("reversed", "C"), name="customers_contact_reversed"),
            models.Index("tenant", "kind", Collate("value", "C"), name="customers_contact_begins"),
        ]

    def __str__(self) -> str:
        return self.value


class Address(TenantModel):
    """Where a customer has had things sent; offered again in the next order."""

    customer = TenantForeignKey(Customer, models.CASCADE, related_name="addresses")
    delivery_method = models.CharField(max_length=20)
    city = models.CharField(max_length=120, blank=True, default="")
    branch = models.CharField(max_length=200, blank=True, default="")
    street = models.CharField(max_length=300, blank=True, default="")
    used_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "customer", "delivery_method", "city", "branch", "street"],
                name="customers_address_same",
            )
        ]

    def __str__(self) -> str:
        return ", ".join(part for part in (self.city, self.branch, self.street) if part)


class CustomerNote(TenantModel):
    """What a member wrote down about a customer."""

    customer = TenantForeignKey(Customer, models.CASCADE, related_name="notes")
    author = TenantForeignKey(Membership, models.PROTECT, related_name="+", null=True)
    text = models.TextField(max_length=4000)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.text[:40]


class CustomerTag(TenantModel):
    """A label on a customer."""

    customer = TenantForeignKey(Customer, models.CASCADE, related_name="tags", db_index=False)
    name = models.CharField(max_length=40)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "customer", "name"], name="customers_tag_once"
            )
        ]
        indexes = [models.Index(fields=["tenant", "name"], name="customers_tag_name")]

    def __str__(self) -> str:
        return self.name


class CustomerSearch(TenantModel):
    """The text by which a customer is found: folded names, phones, e-mails.

    Read only through the database function customer_search(): trigram operators can't use an
    index under row-level security (docs/search.md).
    """

    customer = TenantForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    doc = models.TextField()

    class Meta(TenantModel.Meta):
        db_table = "customers_search"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "customer"], name="customers_search_one")
        ]
        indexes = [
            GinIndex("tenant", OpClass("doc", "gin_trgm_ops"), name="customers_search_doc"),
        ]

    def __str__(self) -> str:
        return self.doc[:40]
