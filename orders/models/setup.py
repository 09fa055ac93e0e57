"""What a company sets up once: channels, statuses, reasons, rates, its pipeline's hours."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import WEEKDAYS, Membership, Team
from crm.tenancy.fields import TenantForeignKey
from crm.tenancy.models import TenantModel
from inventory.models import Warehouse
from orders.pipeline import Stage


class ChannelKind(models.TextChoices):
    STOREFRONT = "storefront", _("Online store")
    MARKETPLACE = "marketplace", _("Marketplace")
    MESSENGER = "messenger", _("Messenger")
    PHONE = "phone", _("Phone")
    POINT_OF_SALE = "point_of_sale", _("Point of sale")
    IMPORT = "import", _("Import from a file")


class StockPolicy(models.TextChoices):
    BACKORDER = "backorder", _("Take the order, wait for stock")
    REJECT = "reject", _("Refuse what is not in stock")


class Skill(TenantModel):
    """Something that a channel may ask of who works its orders: a language, a kind of goods."""

    name = models.CharField(_("name"), max_length=40)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="orders_skill_name")]

    def __str__(self) -> str:
        return self.name


class MemberSkill(TenantModel):
    """A member has a skill."""

    member = TenantForeignKey(Membership, models.CASCADE, related_name="+")
    skill = TenantForeignKey(Skill, models.CASCADE, related_name="people", db_index=False)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "skill", "member"], name="orders_member_skill_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.skill_id}:{self.member_id}"


class Status(TenantModel):
    """A company's own name for a place inside a stage."""

    name = models.CharField(_("name"), max_length=60)
    # The name in other languages: {"ru": "Новый", "en": "New"}.
    names = models.JSONField(default=dict, db_default={}, blank=True)
    stage = models.SmallIntegerField(choices=[(stage.value, stage.word) for stage in Stage])
    color = models.CharField(_("colour"), max_length=20, default="gray")
    icon = models.CharField(_("icon"), max_length=40, default="circle")
    position = models.SmallIntegerField(default=0)
    is_default = models.BooleanField(_("entered first in its stage"), default=False)
    # How long an order may stand here before it is shown as late; empty: no limit.
    hours_limit = models.SmallIntegerField(_("late after, hours"), null=True, blank=True)
    # What an order must have to come here: words of orders.guards.
    required = ArrayField(models.CharField(max_length=60), default=list, db_default=[], blank=True)
    # The statuses that may follow; empty: all that the pipeline allows. Kept in the row, so that
    # a move reads no further table.
    next_ids = ArrayField(models.BigIntegerField(), default=list, db_default=[], blank=True)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="orders_status_name"),
            models.UniqueConstraint(
                fields=["tenant", "stage"],
                condition=models.Q(is_default=True),
                name="orders_status_default",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def title(self) -> str:
        """The name in the reader's language, where the company gave one."""
        return self.names.get(translation.get_language() or "") or self.name


class Channel(TenantModel):
    """Where orders come from."""

    name = models.CharField(_("name"), max_length=80)
    code = models.CharField(_("code"), max_length=40)
    kind = models.CharField(_("kind"), max_length=16, choices=ChannelKind.choices)
    currency = models.CharField(_("currency"), max_length=3, default="UAH")
    stock_policy = models.CharField(
        _("when stock is short"),
        max_length=10,
        choices=StockPolicy.choices,
        default=StockPolicy.BACKORDER,
    )
    warehouse = TenantForeignKey(
        Warehouse,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("first warehouse"),
    )
    icon = models.CharField(_("icon"), max_length=40, blank=True, default="", db_default="")
    number_prefix = models.CharField(max_length=8, blank=True, default="", db_default="")
    # Who is given its orders first, whatever their load; off work, the pool by load.
    default_manager = TenantForeignKey(
        Membership, models.PROTECT, related_name="+", null=True, blank=True
    )
    team = TenantForeignKey(Team, models.PROTECT, related_name="+", null=True, blank=True)
    skill = TenantForeignKey(Skill, models.PROTECT, related_name="+", null=True, blank=True)
    first_status = TenantForeignKey(Status, models.PROTECT, related_name="+", null=True, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="orders_channel_code")
        ]

    def __str__(self) -> str:
        return self.name


class ChannelMember(TenantModel):
    """A manager who is given the new orders of a channel."""

    channel = TenantForeignKey(Channel, models.CASCADE, related_name="members", db_index=False)
    member = TenantForeignKey(Membership, models.CASCADE, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "channel", "member"], name="orders_channel_member_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel_id}:{self.member_id}"


class CancelReason(TenantModel):
    """Why orders are cancelled or refused, for the report of refusals."""

    name = models.CharField(_("name"), max_length=80)
    position = models.SmallIntegerField(default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="orders_reason_name")
        ]

    def __str__(self) -> str:
        return self.name


class ReturnReason(TenantModel):
    """Why goods come back, offered when they are taken back."""

    name = models.CharField(_("name"), max_length=80)
    position = models.SmallIntegerField(default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="orders_return_reason_name")
        ]

    def __str__(self) -> str:
        return self.name


class Tag(TenantModel):
    """A tag that the company gave a colour. Orders carry names: a tag needs no row here."""

    name = models.CharField(_("name"), max_length=40)
    color = models.CharField(_("colour"), max_length=20, default="gray")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="orders_tag_name_once")
        ]

    def __str__(self) -> str:
        return self.name


class Holiday(TenantModel):
    """A day on which nobody works."""

    day = models.DateField(_("day"))
    name = models.CharField(_("name"), max_length=80)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "day"], name="orders_holiday_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"


class ExchangeRate(TenantModel):
    """What one unit of a currency is worth in the company's, from a day on."""

    currency = models.CharField(_("currency"), max_length=3)
    rate = models.DecimalField(_("rate"), max_digits=18, decimal_places=8)
    since = models.DateField(_("from"))

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "currency", "since"], name="orders_rate_day")
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.rate}"


class OrderSettings(TenantModel):
    """The hours and minutes of a company's pipeline; one row a company."""

    cut_off = models.TimeField(_("picking begins at"), default="09:00")
    work_days = models.SmallIntegerField(default=WEEKDAYS)
    work_start = models.TimeField(_("working day from"), default="09:00")
    work_end = models.TimeField(_("working day till"), default="18:00")
    # Days with hours of their own: {"5": ["10:00", "15:00", "12:00"]}, the last is the cut-off.
    day_hours = models.JSONField(default=dict, db_default={}, blank=True)
    number_prefix = models.CharField(max_length=8, blank=True, default="", db_default="")
    response_minutes = models.SmallIntegerField(_("first answer within, minutes"), default=30)
    alarm_minutes = models.SmallIntegerField(_("remind again every, minutes"), default=15)
    duplicate_minutes = models.SmallIntegerField(_("same order within, minutes"), default=60)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant"], name="orders_settings_one")]

    def __str__(self) -> str:
        return f"settings of {self.tenant_id}"
