"""What fields there are, and their values as the database finds objects by them."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.tenancy.fields import TenantForeignKey
from crm.tenancy.models import TenantModel


class Kind(models.TextChoices):
    ORDER = "order", _("Orders")
    CUSTOMER = "customer", _("Customers")
    PRODUCT = "product", _("Products")


class FieldType(models.TextChoices):
    TEXT = "text", pgettext_lazy("type of a field", "Text")
    LONG = "long", _("Long text")
    NUMBER = "number", pgettext_lazy("type of a field", "Number")
    DATE = "date", pgettext_lazy("type of a field", "Date")
    BOOL = "bool", _("Yes or no")
    CHOICE = "choice", _("One of a list")
    CHOICES = "choices", _("Several of a list")
    LINK = "link", pgettext_lazy("type of a field", "Link")


LISTS = {FieldType.CHOICE, FieldType.CHOICES}


class FieldDefinition(TenantModel):
    """A field of one kind of object. Its code and type never change: values depend on them."""

    kind = models.CharField(max_length=10, choices=Kind.choices)
    code = models.CharField(max_length=40)
    name = models.CharField(_("name"), max_length=60)
    help = models.CharField(max_length=200, blank=True, default="")
    type = models.CharField(max_length=10, choices=FieldType.choices)
    # [{"key": "gift", "label": "Gift"}, …]; one with "off": true is not offered any more.
    options = models.JSONField(default=list, blank=True)
    # Asked of people in forms; an order of a store is never refused for it.
    required = models.BooleanField(default=False)
    position = models.SmallIntegerField(default=0)
    is_archived = models.BooleanField(default=False)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "kind", "code"], name="fields_code_once")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def labels(self) -> dict[str, str]:
        """The words of all options by their keys, of those switched off too."""
        return {option["key"]: option["label"] for option in self.options}

    @property
    def offered(self) -> list[tuple[str, str]]:
        return [(o["key"], o["label"]) for o in self.options if not o.get("off")]

    @property
    def is_list(self) -> bool:
        return self.type in LISTS

    @property
    def is_found_by(self) -> bool:
        """Objects can be filtered by it."""
        return self.type != FieldType.LONG


class FieldValue(TenantModel):
    """A value as a condition finds it; the object's own column is what is read (docs/fields.md).

    Text and keys of options stand in `text`, folded; numbers in ten-thousandths and days as
    ordinals in `number`: for both the database compares without looking past the policy.
    """

    definition = TenantForeignKey(FieldDefinition, models.PROTECT, related_name="+", db_index=False)
    object_id = models.BigIntegerField()
    text = models.CharField(max_length=100, blank=True, default="", db_collation="C")
    number = models.BigIntegerField(null=True)

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(
                fields=["tenant", "definition", "text", "object_id"], name="fields_value_text"
            ),
            models.Index(
                fields=["tenant", "definition", "number", "object_id"], name="fields_value_number"
            ),
            models.Index(fields=["tenant", "object_id", "definition"], name="fields_value_object"),
        ]

    def __str__(self) -> str:
        return self.text or str(self.number)
