"""Which tables an archive carries, in the order in which they can be filled, and which it leaves.

Every table of a company is in exactly one of the two lists: tests/archive/test_tables.py.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import models

from crm.accounts.models import (
    CompanyRole,
    Invitation,
    Membership,
    SecurityRules,
    Team,
    TeamMember,
    ViewAs,
)
from crm.api.models import ApiKey, IdempotencyRecord
from crm.audit.models import AuditEntry, PersonalRead
from crm.fields.models import FieldDefinition, FieldValue
from crm.jobs.models import Job, JobPart, JobRow
from crm.ops.models import CompanyUsage
from crm.outbox.models import OutboxEvent
from crm.shell.models import NoticeChoice, Notification
from crm.tenancy.fields import TenantForeignKey
from crm.tenancy.models import CompanyProfile, Counter, TenantModel
from crm.views.models import ListChoice, SavedView
from crm.webhooks.models import Delivery, DeliveryAttempt, FeedEvent, WebhookEndpoint
from customers.models import (
    Address,
    ContactPoint,
    Customer,
    CustomerNote,
    CustomerSearch,
    CustomerTag,
)
from integrations.imports.models import Chunk, FilePart, Import, KnownColumns, Trace
from integrations.models import Connection, ExternalLink, InboundDelivery
from integrations.onboarding.models import Example, ExampleRow, FirstSteps
from inventory.models import (
    Barcode,
    Demand,
    Product,
    ProductSearch,
    Reservation,
    StockDocument,
    StockItem,
    StockMovement,
    Variant,
    Warehouse,
)
from messaging.models import MessageAttempt, NoticeSettings, OutgoingMessage
from orders import models as orders


@dataclass(frozen=True, slots=True)
class Table:
    """A table that the archive carries.

    `settled`: an empty company has such rows already; the archive's take their place.
    `set_here`: columns to which the import gives values of its own, so they are not compared.
    `new_ids`: rows that nothing refers to, numbered anew after those that may not be deleted.
    `extra`: columns of the file that the table has not, by the SQL that reads them.
    """

    model: type[TenantModel]
    settled: bool = False
    set_here: frozenset[str] = frozenset()
    new_ids: bool = False
    where: str = "true"
    without: frozenset[str] = frozenset()
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.model._meta.db_table

    @property
    def own_columns(self) -> list[str]:
        """The table's columns that the file has, in the model's order."""
        left = {"tenant_id", *self.without}
        return [str(f.column) for f in self.model._meta.concrete_fields if f.column not in left]

    @property
    def columns(self) -> list[str]:
        """The file's columns."""
        return [*self.own_columns, *self.extra]

    @property
    def to_itself(self) -> list[str]:
        """Columns that refer to another row of the same table."""
        return [
            str(field.column)
            for field in self.model._meta.concrete_fields
            if isinstance(field, TenantForeignKey) and field.related_model is self.model
        ]

    def select(self, tenant_id: int, columns: Iterable[str], *, also: str = "true") -> str:
        """Return the SELECT of the company's rows, as the file says them.

        Sums are texts: whoever reads the file must not make binary fractions of them.
        """
        fields = {f.column: f for f in self.model._meta.concrete_fields}
        words = []
        for column in columns:
            if column in self.extra:
                words.append(f'{self.extra[column]} AS "{column}"')
            elif isinstance(fields[column], models.DecimalField):
                words.append(f'"{column}"::text AS "{column}"')
            else:
                words.append(f'"{column}"')
        return (
            f'SELECT {", ".join(words)} FROM "{self.name}"'  # noqa: S608 - names of our models
            f" WHERE tenant_id = {int(tenant_id)} AND ({self.where}) AND ({also})"
        )


_USER = "(SELECT u.{} FROM auth_user u WHERE u.id = user_id)"
_MEMBER = Table(
    Membership,
    # Who has access is decided by the company that the archive comes into.
    set_here=frozenset(
        {"role", "own_role_id", "granted", "role_scope", "own_scope", "is_active", "access_until"}
        | {"email"}
    ),
    without=frozenset({"user_id"}),
    extra={"email": _USER.format("email")},
)
MEMBERS = _MEMBER.name

CARRIED: tuple[Table, ...] = (
    Table(CompanyProfile, settled=True),
    # The feed of events is the company's own on each side: so is the number of its last event.
    Table(Counter, settled=True, where="kind <> 'webhook_event'"),
    Table(SecurityRules, settled=True),
    Table(CompanyRole),
    _MEMBER,
    Table(FieldDefinition, settled=True),
    Table(FieldValue),
    Table(Team, settled=True),
    Table(TeamMember, settled=True),
    Table(NoticeChoice, settled=True),
    Table(SavedView, settled=True),
    Table(ListChoice, settled=True),
    Table(FirstSteps, settled=True),
    Table(Example),
    Table(ExampleRow),
    Table(KnownColumns, settled=True),
    Table(Warehouse, settled=True),
    Table(orders.Skill, settled=True),
    Table(orders.MemberSkill, settled=True),
    Table(orders.Status, settled=True),
    Table(orders.Channel, settled=True),
    Table(orders.ChannelMember, settled=True),
    Table(orders.CancelReason, settled=True),
    Table(orders.ReturnReason, settled=True),
    Table(orders.Tag, settled=True),
    Table(orders.Holiday, settled=True),
    Table(orders.ExchangeRate, settled=True),
    Table(orders.OrderSettings, settled=True),
    Table(NoticeSettings, settled=True),
    Table(Customer),
    Table(ContactPoint),
    Table(Address),
    Table(CustomerNote),
    Table(CustomerTag),
    Table(Product),
    Table(Variant),
    Table(Barcode),
    Table(StockItem),
    Table(Demand),
    Table(Reservation),
    Table(StockDocument),
    Table(StockMovement),
    Table(orders.Order),
    Table(orders.OrderLine),
    Table(orders.OrderTag),
    Table(orders.OrderTransition),
    Table(orders.Payment),
    Table(orders.ReturnLine),
    Table(orders.OrderNote),
    Table(orders.EditRequest),
    Table(orders.PickList),
    Table(orders.PickItem),
    Table(orders.Parcel),
    # A letter that waits is sent by the company that wrote it, and by no other.
    Table(OutgoingMessage, set_here=frozenset({"state", "error", "settled_at"})),
    Table(MessageAttempt),
    Table(AuditEntry, new_ids=True),
    Table(PersonalRead, new_ids=True),
)

_ANEW = "made anew from the rows that came"
_CONNECTED = "holds secrets; what is connected is connected to one company"
_DONE = "work that was done here; what it made is in the tables"
_SENT = "what other programs were told; telling them again would be a repeat"
LEFT_OUT: dict[type[models.Model], str] = {
    CustomerSearch: _ANEW,
    ProductSearch: _ANEW,
    orders.OrderSearch: _ANEW,
    ApiKey: "opens the company from outside",
    IdempotencyRecord: "answers kept for a day, for keys that are not carried",
    Invitation: "its link would let somebody in",
    ViewAs: "an owner's look at the company of that time",
    Connection: _CONNECTED,
    InboundDelivery: _CONNECTED,
    ExternalLink: "belongs to a connection; the channel and the outside number are on the order",
    WebhookEndpoint: _CONNECTED,
    Delivery: _SENT,
    DeliveryAttempt: _SENT,
    FeedEvent: _SENT,
    OutboxEvent: "effects that wait happen in the company where they were caused",
    Notification: "news for a member of the day; its addresses name this company",
    Job: _DONE,
    JobRow: _DONE,
    JobPart: _DONE,
    Import: _DONE,
    FilePart: _DONE,
    Chunk: _DONE,
    Trace: _DONE,
    CompanyUsage: "measured every day",
}


def carried_table(name: str) -> Table | None:
    """Return the table of this name, if archives carry it."""
    return _BY_NAME.get(name)


_BY_NAME = {table.name: table for table in CARRIED}
