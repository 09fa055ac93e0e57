"""A company's own small tables that every list of orders needs: read once, looked up often."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.fields.models import FieldDefinition, Kind
from crm.fields.selectors import fields_in_use
from orders.edits import custom_code
from orders.models import Channel, Status
from orders.pipeline import OPEN, Stage


@dataclass(frozen=True)
class Directory:
    """Statuses (in the pipeline's order), channels and members by id, those out of use too."""

    statuses: dict[int, Status]
    channels: dict[int, Channel]
    members: dict[int, Membership]

    def statuses_of(self, *stages: Stage) -> list[Status]:
        """The statuses in use of these stages."""
        return [s for s in self.statuses.values() if s.is_active and s.stage in stages]

    @cached_property
    def own(self) -> dict[str, FieldDefinition]:
        """The company's own fields of orders, those in use, by code. One query, where asked."""
        return fields_in_use(Kind.ORDER)

    def own_names(self, codes: Iterable[str]) -> dict[str, str]:
        """The names of the own fields among what a move lacks. No query where there is none."""
        wanted = {custom_code(code) for code in codes} - {""}
        return {code: self.own[code].name for code in wanted if code in self.own}

    @property
    def limited(self) -> list[Status]:
        """The statuses of open stages in which an order can be late."""
        return [s for s in self.statuses.values() if s.stage in OPEN and s.hours_limit]

    @property
    def managers(self) -> list[Membership]:
        """The members who can be given orders."""
        return [m for m in self.members.values() if m.can(Permission.ORDERS_EDIT)]


def read_directory() -> Directory:
    """Three queries."""
    return Directory(
        {s.pk: s for s in Status.objects.order_by("stage", "position", "id")},
        {c.pk: c for c in Channel.objects.order_by("id")},
        {m.pk: m for m in Membership.objects.order_by("display_name", "id")},
    )
