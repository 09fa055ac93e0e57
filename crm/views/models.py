"""A saved view, and what a member made of a list for themselves."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import Membership
from crm.tenancy.fields import TenantForeignKey
from crm.tenancy.models import TenantModel


class Sharing(models.TextChoices):
    PRIVATE = "private", _("Only me")
    ROLE = "role", _("A role")
    ALL = "all", _("Everybody")


class SavedView(TenantModel):
    """Filters and order of a list as its address spells them, its columns and its density."""

    # Which list: "orders". What the query means is known to the app of that list.
    place = models.CharField(max_length=20)
    name = models.CharField(_("name"), max_length=60)
    owner = TenantForeignKey(Membership, models.PROTECT, related_name="+")
    sharing = models.CharField(max_length=8, choices=Sharing.choices, default=Sharing.PRIVATE)
    # With which role: see selectors.role_key.
    role = models.CharField(max_length=30, blank=True, default="")
    query = models.CharField(max_length=2000, blank=True, default="")
    columns = ArrayField(models.CharField(max_length=60), default=list, db_default=[], blank=True)
    density = models.CharField(max_length=10, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "place", "owner", "name"], name="views_view_name"
            )
        ]
        indexes = [models.Index(fields=["tenant", "place", "sharing"], name="views_view_shared")]

    def __str__(self) -> str:
        return self.name


class ListChoice(TenantModel):
    """How a member keeps one list: the order of its views, the first one, and the columns where
    no view says them."""

    member = TenantForeignKey(Membership, models.CASCADE, related_name="+", db_index=False)
    place = models.CharField(max_length=20)
    order = ArrayField(models.BigIntegerField(), default=list, blank=True)
    default = TenantForeignKey(SavedView, models.SET_NULL, related_name="+", null=True, blank=True)
    columns = ArrayField(models.CharField(max_length=60), default=list, db_default=[], blank=True)
    density = models.CharField(max_length=10, blank=True, default="")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "member", "place"], name="views_choice_once")
        ]

    def __str__(self) -> str:
        return f"{self.place} of {self.member_id}"
