"""What can be done to many orders at once. Each change is made of a job's JSON, says what it
needs, judges orders beforehand without writing, does one order, and puts one back."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.fields.models import FieldDefinition, Kind
from crm.fields.values import show_value as show_own
from crm.jobs.kinds import Run
from orders.actions.assign import assign_manager
from orders.actions.edit import edit_order
from orders.actions.move import move_order
from orders.actions.notes import change_tags, set_tags
from orders.actions.undo import can_go_back, undo_move
from orders.bulk.readiness import find_missing
from orders.bulk.snapshot import Snapshot
from orders.edits import ALWAYS, OrderEdit, custom_code
from orders.errors import OrderClosed, OrderLocked
from orders.missing import own_names
from orders.models import CancelReason, Order, OrderTag, PaymentMethod, Status
from orders.pipeline import MOVES, MoveRefused, Stage
from orders.selectors.snapshot import read_field
from orders.wording import FIELD_LABELS, error_text, field_label, show_value

WILL, SAME, REFUSED = "will", "same", "refused"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What would become of an order; `final`: it could not be taken back."""

    what: str
    text: str = ""
    final: bool = False


_WILL, _FINAL, _SAME = Verdict(WILL), Verdict(WILL, final=True), Verdict(SAME)


class Change(ABC):
    """One kind of change with its parameters."""

    kind: ClassVar[str]
    label: ClassVar[Any]
    icon: ClassVar[str]
    # Whether it locks rows of stock: a batch then locks all of its own first (docs/bulk.md).
    touches_stock: bool = False
    # Fields of an order that judging looks at besides those that it always does.
    also_reads: tuple[str, ...] = ()

    def __init__(self, params: dict[str, Any]) -> None:
        self.params = params

    @property
    @abstractmethod
    def permission(self) -> Permission:
        """What its doer needs, when it is started and when it runs."""

    @abstractmethod
    def describe(self) -> str:
        """What exactly is done, for people."""

    @abstractmethod
    def judge(self, orders: Sequence[Order]) -> dict[int, Verdict]:
        """Say of each order what would become of it. A constant number of queries."""

    @abstractmethod
    def act(self, order_id: int, run: Run) -> None:
        """Do one order, by its action."""

    @abstractmethod
    def put_back(self, order_id: int, before: dict[str, Any], run: Run) -> None:
        """Give one order back what it had, by an action."""

    def is_final(self, before: Snapshot, after: Snapshot) -> bool:
        """Tell whether what was done can't be taken back."""
        return False


class Move(Change):
    """{"status": id} and, for a cancellation, {"reason": id}."""

    kind = "orders.move"
    label = gettext_lazy("Move orders")
    icon = "arrow-right-left"

    @cached_property
    def status(self) -> Status:
        return Status.objects.get(pk=self.params["status"])

    @property
    def target(self) -> Stage:
        return Stage(self.status.stage)

    @property
    def touches_stock(self) -> bool:  # type: ignore[override]
        return self.target in {Stage.CANCELLED, Stage.SHIPPED}

    @cached_property
    def _own_names(self) -> dict[str, str]:
        return own_names(self.status.required)

    @property
    def also_reads(self) -> tuple[str, ...]:  # type: ignore[override]
        return ("custom",) if any(custom_code(code) for code in self.status.required) else ()

    @property
    def permission(self) -> Permission:
        cancels = self.target == Stage.CANCELLED
        return Permission.ORDERS_CANCEL if cancels else Permission.ORDERS_MOVE

    def describe(self) -> str:
        text = _("To «%(status)s»") % {"status": self.status.name}
        if reason := self.params.get("reason"):
            name = CancelReason.objects.filter(pk=reason).values_list("name", flat=True).first()
            return f"{text}: {name}" if name else text
        return text

    def judge(self, orders: Sequence[Order]) -> dict[int, Verdict]:
        target = self.target
        missing = find_missing(orders, self.status)
        told: dict[tuple[int, tuple[str, ...]], Verdict] = {}  # few are different
        found = {}
        for order in orders:
            if order.status_id == self.status.pk:
                found[order.pk] = _SAME
                continue
            key = (order.stage, tuple(missing.get(order.pk, ())))
            if key not in told:
                told[key] = self._verdict(Stage(order.stage), target, key[1])
            found[order.pk] = told[key]
        return found

    def _verdict(self, source: Stage, target: Stage, missing: Sequence[str]) -> Verdict:
        if source != target and target not in MOVES[source]:
            refusal = MoveRefused("move_not_allowed", source=source, target=target)
            return Verdict(REFUSED, error_text(refusal))
        if missing:
            refusal = MoveRefused(
                "move_not_ready",
                source=source,
                target=target,
                missing=missing,
                names=self._own_names,
            )
            return Verdict(REFUSED, error_text(refusal))
        return _WILL if can_go_back(source, target) else _FINAL

    def act(self, order_id: int, run: Run) -> None:
        move_order(
            order_id=order_id,
            status_id=self.status.pk,
            reason_id=self.params.get("reason"),
            actor=run.actor,
            now=run.now,
        )

    def is_final(self, before: Snapshot, after: Snapshot) -> bool:
        return not can_go_back(Stage(before.values["stage"]), Stage(after.values["stage"]))

    def put_back(self, order_id: int, before: dict[str, Any], run: Run) -> None:
        undo_move(order_id=order_id, status_id=before["status_id"], actor=run.actor, now=run.now)


class Assign(Change):
    """{"manager": id or None}."""

    kind = "orders.assign"
    label = gettext_lazy("Give orders to a manager")
    icon = "user-round"
    permission = Permission.ORDERS_ASSIGN

    def describe(self) -> str:
        manager = self.params["manager"]
        if manager is None:
            return _("Nobody’s")
        return Membership.objects.values_list("display_name", flat=True).get(pk=manager)

    def judge(self, orders: Sequence[Order]) -> dict[int, Verdict]:
        manager = self.params["manager"]
        return {o.pk: _SAME if o.manager_id == manager else _WILL for o in orders}

    def act(self, order_id: int, run: Run) -> None:
        # The manager is told once of all, when the job is done.
        assign_manager(
            order_id=order_id,
            manager_id=self.params["manager"],
            actor=run.actor,
            now=run.now,
            quiet=True,
        )

    def put_back(self, order_id: int, before: dict[str, Any], run: Run) -> None:
        assign_manager(
            order_id=order_id,
            manager_id=before["manager_id"],
            actor=run.actor,
            now=run.now,
            quiet=True,
        )


class Tag(Change):
    """{"add": names, "remove": names}."""

    kind = "orders.tag"
    label = gettext_lazy("Tag orders")
    icon = "tag"
    permission = Permission.ORDERS_EDIT

    def describe(self) -> str:
        parts = [f"+ {name}" for name in self.params.get("add", ())]
        return ", ".join(parts + [f"− {name}" for name in self.params.get("remove", ())])

    def judge(self, orders: Sequence[Order]) -> dict[int, Verdict]:
        add, remove = set(self.params.get("add", ())), set(self.params.get("remove", ()))
        pairs = OrderTag.objects.filter(
            order_id__any_of=[o.pk for o in orders], name__in=[*add, *remove]
        )
        tags: dict[int, set[str]] = {}
        for order_id, name in pairs.values_list("order_id", "name"):
            tags.setdefault(order_id, set()).add(name)
        found = {}
        for order in orders:
            has = tags.get(order.pk, set())
            found[order.pk] = _SAME if add <= has and not remove & has else _WILL
        return found

    def act(self, order_id: int, run: Run) -> None:
        change_tags(
            order_id=order_id,
            add=self.params.get("add", ()),
            remove=self.params.get("remove", ()),
            actor=run.actor,
            now=run.now,
        )

    def put_back(self, order_id: int, before: dict[str, Any], run: Run) -> None:
        set_tags(order_id=order_id, names=before["tags"], actor=run.actor, now=run.now)


class SetField(Change):
    """{"field": name, "value": JSON}: one of FIELDS."""

    kind = "orders.field"
    label = gettext_lazy("Change a field of orders")
    icon = "pencil"
    permission = Permission.ORDERS_EDIT

    FIELDS = ("ship_date", "payment_method", "manager_comment")

    @property
    def field(self) -> str:
        """One of FIELDS, or `custom.` and the code of a field of the company's own."""
        return self.params["field"]

    @cached_property
    def own(self) -> FieldDefinition | None:
        """The company's own field that is meant. One query, for these alone."""
        code = custom_code(self.field)
        if not code:
            return None
        return FieldDefinition.objects.get(kind=Kind.ORDER, code=code)

    @cached_property
    def value(self) -> Any:
        value = self.params["value"]
        if custom_code(self.field):
            return value
        if self.field == "ship_date":
            return date.fromisoformat(value) if value else None
        return value or ""

    def describe(self) -> str:
        if self.own is not None:
            return f"{self.own.name}: {show_own(self.own, self.value) or '—'}"
        return f"{FIELD_LABELS[self.field]}: {show_value(self.field, self.value)}"

    def judge(self, orders: Sequence[Order]) -> dict[int, Verdict]:
        found = {}
        for order in orders:
            verdict = _WILL
            if read_field(order, self.field) == self.value:
                verdict = _SAME
            elif self.field not in ALWAYS and self.own is None:
                if not order.can_be_cancelled:
                    verdict = Verdict(REFUSED, error_text(OrderClosed(stage=order.stage_word)))
                elif order.is_locked:
                    verdict = Verdict(REFUSED, error_text(OrderLocked(stage=order.stage_word)))
            found[order.pk] = verdict
        return found

    def act(self, order_id: int, run: Run) -> None:
        edit = OrderEdit({self.field: self.value})
        edit_order(order_id=order_id, edit=edit, actor=run.actor, now=run.now)

    def put_back(self, order_id: int, before: dict[str, Any], run: Run) -> None:
        code = custom_code(self.field)
        value = before["custom"].get(code) if code else before[self.field]
        if self.field == "ship_date" and value:
            value = date.fromisoformat(value)
        edit = OrderEdit({self.field: value})
        edit_order(order_id=order_id, edit=edit, actor=run.actor, now=run.now)


CHANGES: dict[str, type[Change]] = {c.kind: c for c in (Move, Assign, Tag, SetField)}
PAYMENT_CHOICES = PaymentMethod.choices


def change_of(kind: str, params: dict[str, Any]) -> Change:
    """Return the change that a job's kind and parameters mean."""
    return CHANGES[kind](params)


def say_orders(count: int) -> str:
    """«37 orders», for sentences."""
    return ngettext("%(count)s order", "%(count)s orders", count) % {"count": count}


__all__ = [
    "CHANGES",
    "REFUSED",
    "SAME",
    "WILL",
    "Assign",
    "Change",
    "Move",
    "SetField",
    "Tag",
    "Verdict",
    "change_of",
    "field_label",
]
