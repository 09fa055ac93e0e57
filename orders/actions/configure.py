"""What a company sets up of its orders: channels, reasons, rates, minutes, numbers."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from crm.accounts.models import Membership, Team
from crm.audit.actor import Actor
from crm.audit.changes import Changes, check_stamp, plain, set_fields, stamp, stamp_of
from crm.audit.record import record
from crm.tenancy.models import Counter
from inventory.models import Warehouse
from orders.actions._settings import check_name, made, put_in_order
from orders.currencies import CURRENCIES
from orders.errors import InvalidOrder
from orders.models import (
    CancelReason,
    Channel,
    ChannelMember,
    ExchangeRate,
    OrderSettings,
    ReturnReason,
    Skill,
    Status,
)
from orders.pipeline import Stage

CHANNEL_FIELDS = (
    "name",
    "kind",
    "icon",
    "currency",
    "stock_policy",
    "warehouse_id",
    "default_manager_id",
    "team_id",
    "skill_id",
    "first_status_id",
    "number_prefix",
    "is_active",
)
MINUTES_FIELDS = ("response_minutes", "alarm_minutes", "duplicate_minutes")
# What an id on a channel may name: the model, and the conditions that it must meet.
_NAMED_BY: dict[str, tuple[Any, dict[str, Any], str]] = {
    "warehouse_id": (Warehouse, {}, "unknown_warehouse"),
    "default_manager_id": (Membership, {"is_active": True}, "unknown_member"),
    "team_id": (Team, {}, "unknown_team"),
    "skill_id": (Skill, {}, "unknown_skill"),
    "first_status_id": (Status, {"is_active": True, "stage": Stage.NEW}, "unknown_status"),
}
Reason = CancelReason | ReturnReason


# --- Channels --------------------------------------------------------------------------------


def channel_stamp(channel: Channel) -> str:
    """A mark of what the channel's form shows. One query."""
    people = sorted(channel.members.values_list("member_id", flat=True))
    return stamp([stamp_of(channel, CHANNEL_FIELDS), people])


@transaction.atomic
def save_channel(
    *,
    channel_id: int | None,
    code: str,
    values: Mapping[str, Any],
    member_ids: Collection[int],
    actor: Actor,
    now: datetime,
    expected: str | None = None,
) -> Channel:
    """Make a channel, or change one. Its code, which programs use, never changes."""
    if channel_id is None:
        if Channel.objects.filter(code=code).exists():
            raise InvalidOrder("code_taken", field="code")
        channel = Channel(code=code)
    else:
        found = Channel.objects.select_for_update(no_key=True).filter(id=channel_id).first()
        if found is None:
            raise InvalidOrder("unknown_channel", field="channel")
        channel = found
        check_stamp(expected, channel_stamp(channel))
    values = {**values, "name": check_name(Channel, values["name"], but=channel_id)}
    _check_channel(values)
    before = _named(channel)
    changes = set_fields(channel, CHANNEL_FIELDS, values)
    if channel_id is None:
        channel.save()
        changes = made(channel, "name", "code", "kind", "currency", "stock_policy")
    elif changes:
        channel.save(update_fields=[name.removesuffix("_id") for name in changes])
    for name in _NAMED_BY:
        if name in changes:
            del changes[name]
            changes[name.removesuffix("_id")] = [before.get(name), _named(channel).get(name)]
    people = _set_members(channel, member_ids)
    if people:
        changes["members"] = people
    if changes:
        action = "channel.created" if channel_id is None else "channel.edited"
        record(action, channel, actor=actor, now=now, changes=changes)
    return channel


def _check_channel(values: Mapping[str, Any]) -> None:
    if values.get("currency") not in CURRENCIES:
        raise InvalidOrder("unknown_currency", field="currency")
    for name, (model, conditions, code) in _NAMED_BY.items():
        wanted = values.get(name)
        if not wanted:
            continue
        rows = model.objects.filter(id=wanted, **conditions)
        # Shared, as the channel's foreign key will lock it: the status is not archived meanwhile.
        if name == "first_status_id":
            rows = rows.select_for_update(no_key=True)
        if not list(rows[:1]):
            raise InvalidOrder(code, field=name)


def _named(channel: Channel) -> dict[str, str]:
    """What the channel's ids name, as the audit keeps it for ever."""
    found = {}
    for name, (model, _conditions, _code) in _NAMED_BY.items():
        wanted = getattr(channel, name)
        row = model.objects.filter(id=wanted).first() if wanted else None
        if row is not None:
            found[name] = str(row)
    return found


def _set_members(channel: Channel, member_ids: Collection[int]) -> list[Any]:
    rows = channel.members.select_related("member")
    present = {row.member_id: row.member.display_name for row in rows}
    members = Membership.objects.filter(id__in=member_ids, is_active=True)
    wanted = {member.id: member.display_name for member in members}
    if set(present) == set(wanted):
        return []
    channel.members.exclude(member_id__in=wanted).delete()
    ChannelMember.objects.bulk_create(
        [
            ChannelMember(channel_id=channel.id, member_id=member_id)
            for member_id in sorted(set(wanted) - set(present))
        ]
    )
    return [sorted(present.values()), sorted(wanted.values())]


# --- Reasons ---------------------------------------------------------------------------------


def _lock_reasons(model: type[Reason]) -> dict[int, Any]:
    return {row.pk: row for row in model.objects.select_for_update(no_key=True).order_by("id")}


@transaction.atomic
def add_reason(
    *, name: str, actor: Actor, now: datetime, model: type[Reason] = CancelReason
) -> Reason:
    """Add a reason at the end of the list."""
    rows = _lock_reasons(model)
    name = check_name(model, name)
    last = max((row.position for row in rows.values()), default=-1)
    reason = model.objects.create(name=name, position=last + 1)
    action = f"{model._meta.model_name}.created"
    record(action, reason, actor=actor, now=now, changes=made(reason, "name"))
    return reason


@transaction.atomic
def edit_reason(
    *,
    reason_id: int,
    values: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    model: type[Reason] = CancelReason,
    expected: str | None = None,
) -> Reason:
    """Rename a reason, or take it out of use (orders that have it keep it)."""
    reason = _lock_reasons(model).get(reason_id)
    if reason is None:
        raise InvalidOrder("unknown_reason", field="reason")
    if "name" in values:
        check_stamp(expected, stamp_of(reason, ["name"]))
        values = {**values, "name": check_name(model, values["name"], but=reason.id)}
    changes = set_fields(reason, ("name", "is_active"), values)
    if changes:
        reason.save(update_fields=[*changes])
        action = f"{model._meta.model_name}.edited"
        record(action, reason, actor=actor, now=now, changes=changes)
    return reason


@transaction.atomic
def order_reasons(
    *, ids: Collection[int], actor: Actor, now: datetime, model: type[Reason] = CancelReason
) -> None:
    """Put the reasons into this order."""
    rows = _lock_reasons(model)
    if changes := put_in_order(rows, ids):
        action = f"{model._meta.model_name}.ordered"
        record(action, rows[min(rows)], actor=actor, now=now, changes=changes)


# --- Rates and minutes -----------------------------------------------------------------------


@transaction.atomic
def set_rate(
    *, currency: str, rate: Decimal, since: date, actor: Actor, now: datetime
) -> ExchangeRate:
    """Say what a currency is worth from a day on. The same day again replaces it."""
    if currency not in CURRENCIES:
        raise InvalidOrder("unknown_currency", field="currency")
    if not 0 < rate < 10**9:
        raise InvalidOrder("amount_out_of_range", field="rate")
    row, made_now = ExchangeRate.objects.get_or_create(
        currency=currency, since=since, defaults={"rate": rate}
    )
    before = None if made_now else row.rate
    if made_now or row.rate != rate:
        row.rate = rate
        row.save(update_fields=["rate"])
        changes = {currency: [plain(before), str(rate)]}
        record("exchangerate.set", row, actor=actor, now=now, changes=changes)
    return row


def minutes_stamp(settings: OrderSettings) -> str:
    return stamp_of(settings, MINUTES_FIELDS)


@transaction.atomic
def edit_settings(
    *, values: Mapping[str, Any], actor: Actor, now: datetime, expected: str | None = None
) -> OrderSettings:
    """Change the minutes of the pipeline."""
    settings = OrderSettings.objects.select_for_update(no_key=True).get()
    check_stamp(expected, minutes_stamp(settings))
    changes = set_fields(settings, MINUTES_FIELDS, values)
    if changes:
        settings.save(update_fields=[*changes])
        record("ordersettings.edited", settings, actor=actor, now=now, changes=changes)
    return settings


# --- Numbers ---------------------------------------------------------------------------------


def next_number() -> int:
    """The number that the next order will get. One query."""
    row = Counter.objects.filter(kind="order").first()
    return (row.last if row else 0) + 1


def numbers_stamp(settings: OrderSettings) -> str:
    return stamp_of(settings, ["number_prefix"])


@transaction.atomic
def set_numbers(
    *,
    prefix: str,
    next_one: int,
    actor: Actor,
    now: datetime,
    expected: str | None = None,
) -> None:
    """Set what stands before the numbers, and from where they go on. Orders keep theirs.

    From the new beginning on the numbers are as free of gaps as before; they never go back.
    """
    settings = OrderSettings.objects.select_for_update(no_key=True).get()
    check_stamp(expected, numbers_stamp(settings))
    Counter.objects.get_or_create(kind="order", defaults={"last": 0})
    # Waits for the orders that are being placed: they draw their numbers by this row.
    counter = Counter.objects.select_for_update(no_key=True).get(kind="order")
    if next_one <= counter.last:
        raise InvalidOrder("number_given", field="next_one", limit=counter.last)
    changes: Changes = set_fields(settings, ["number_prefix"], {"number_prefix": prefix})
    if changes:
        settings.save(update_fields=["number_prefix"])
    if next_one != counter.last + 1:
        changes["next_number"] = [counter.last + 1, next_one]
        counter.last = next_one - 1
        counter.save(update_fields=["last"])
    if changes:
        record("ordersettings.edited", settings, actor=actor, now=now, changes=changes)
