"""What a company sets up of its orders: statuses, channels, reasons, rates, hours."""

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from crm.accounts.models import Membership
from crm.audit.actor import Actor
from crm.audit.record import record
from inventory.models import Warehouse
from orders.currencies import CURRENCIES
from orders.errors import InvalidOrder
from orders.models import (
    CancelReason,
    Channel,
    ChannelMember,
    ExchangeRate,
    OrderSettings,
    Status,
)
from orders.pipeline import Stage

STATUS_FIELDS = ("name", "color", "icon", "hours_limit")
CHANNEL_FIELDS = ("name", "kind", "currency", "stock_policy", "warehouse_id", "is_active")
SETTINGS_FIELDS = (
    "cut_off",
    "work_days",
    "work_start",
    "work_end",
    "response_minutes",
    "alarm_minutes",
    "duplicate_minutes",
)


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | bool) else str(value)


def _set(row: Any, fields: Collection[str], values: dict[str, Any]) -> dict[str, list[Any]]:
    """Set the named values on a row; return what changed, for the audit."""
    changes = {}
    for name in fields:
        if name in values and getattr(row, name) != values[name]:
            changes[name] = [_plain(getattr(row, name)), _plain(values[name])]
            setattr(row, name, values[name])
    return changes


def _check_name(model: Any, name: str, but: int | None = None) -> str:
    name = " ".join(name.split())
    if not name:
        raise InvalidOrder("required", field="name")
    if model.objects.filter(name=name).exclude(id=but).exists():
        raise InvalidOrder("name_taken", field="name")
    return name


# --- Statuses --------------------------------------------------------------------------------


def _lock_status(status_id: int) -> Status:
    status = Status.objects.select_for_update(no_key=True).filter(id=status_id).first()
    if status is None:
        raise InvalidOrder("unknown_status", field="status")
    return status


@transaction.atomic
def add_status(
    *,
    stage: Stage,
    name: str,
    color: str,
    icon: str,
    hours_limit: int | None,
    actor: Actor,
    now: datetime,
) -> Status:
    """Add a status at the end of a stage."""
    name = _check_name(Status, name)
    last = Status.objects.filter(stage=stage).order_by("-position").first()
    status = Status.objects.create(
        name=name,
        stage=stage,
        color=color,
        icon=icon,
        hours_limit=hours_limit,
        position=last.position + 1 if last else 0,
    )
    record("status.created", status, actor=actor, now=now, details={"name": name})
    return status


@transaction.atomic
def edit_status(*, status_id: int, values: dict[str, Any], actor: Actor, now: datetime) -> Status:
    """Rename a status, or change its colour, icon or limit. Its stage never changes."""
    status = _lock_status(status_id)
    if "name" in values:
        values = {**values, "name": _check_name(Status, values["name"], but=status.id)}
    changes = _set(status, STATUS_FIELDS, values)
    if changes:
        status.save(update_fields=[*changes])
        record("status.edited", status, actor=actor, now=now, changes=changes)
    return status


@transaction.atomic
def order_statuses(*, ids: Collection[int], actor: Actor, now: datetime) -> None:
    """Put the statuses of one stage into this order."""
    rows = {
        row.id: row
        for row in Status.objects.select_for_update(no_key=True).filter(id__in=ids).order_by("id")
    }
    changed = []
    for position, status_id in enumerate(ids):
        row = rows.get(status_id)
        if row is not None and row.position != position:
            row.position = position
            row.save(update_fields=["position"])
            changed.append(row)
    if changed:
        record("status.ordered", changed[0], actor=actor, now=now, details={"ids": list(ids)})


@transaction.atomic
def make_default_status(*, status_id: int, actor: Actor, now: datetime) -> Status:
    """Orders that enter the stage enter this status first."""
    stage = _lock_status(status_id).stage
    rows = list(Status.objects.select_for_update(no_key=True).filter(stage=stage).order_by("id"))
    status = next(row for row in rows if row.id == status_id)
    if status.is_default:
        return status
    if not status.is_active:
        raise InvalidOrder("unknown_status", field="status")
    Status.objects.filter(stage=stage, is_default=True).update(is_default=False)
    status.is_default = True
    status.save(update_fields=["is_default"])
    record("status.made_default", status, actor=actor, now=now)
    return status


@transaction.atomic
def use_status(*, status_id: int, is_active: bool, actor: Actor, now: datetime) -> Status:
    """Take a status out of use, or back. Orders that stand in it stay there."""
    status = _lock_status(status_id)
    if status.is_active == is_active:
        return status
    if status.is_default:
        raise InvalidOrder("default_status", field="status")
    changes = _set(status, ("is_active",), {"is_active": is_active})
    status.save(update_fields=["is_active"])
    record("status.edited", status, actor=actor, now=now, changes=changes)
    return status


# --- Channels --------------------------------------------------------------------------------


@transaction.atomic
def save_channel(
    *,
    channel_id: int | None,
    code: str,
    values: dict[str, Any],
    member_ids: Collection[int],
    actor: Actor,
    now: datetime,
) -> Channel:
    """Make a channel, or change one. Its code, which programs use, never changes."""
    _check_channel(values)
    name = _check_name(Channel, values["name"], but=channel_id)
    values = {**values, "name": name}
    if channel_id is None:
        if Channel.objects.filter(code=code).exists():
            raise InvalidOrder("code_taken", field="code")
        channel = Channel(code=code)
        changes = _set(channel, CHANNEL_FIELDS, values)
        channel.save()
    else:
        found = Channel.objects.select_for_update(no_key=True).filter(id=channel_id).first()
        if found is None:
            raise InvalidOrder("unknown_channel", field="channel")
        channel = found
        changes = _set(channel, CHANNEL_FIELDS, values)
        if changes:
            channel.save(update_fields=[name.removesuffix("_id") for name in changes])
    people = _set_members(channel, member_ids)
    if people:
        changes["members"] = people
    if changes:
        action = "channel.created" if channel_id is None else "channel.edited"
        record(action, channel, actor=actor, now=now, changes=changes)
    return channel


def _check_channel(values: dict[str, Any]) -> None:
    if values.get("currency") not in CURRENCIES:
        raise InvalidOrder("unknown_currency", field="currency")
    warehouse_id = values.get("warehouse_id")
    if warehouse_id and not Warehouse.objects.filter(id=warehouse_id).exists():
        raise InvalidOrder("unknown_warehouse", field="warehouse")


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


@transaction.atomic
def add_reason(*, name: str, actor: Actor, now: datetime) -> CancelReason:
    """Add a reason at the end of the list."""
    name = _check_name(CancelReason, name)
    last = CancelReason.objects.order_by("-position").first()
    reason = CancelReason.objects.create(name=name, position=last.position + 1 if last else 0)
    record("cancelreason.created", reason, actor=actor, now=now, details={"name": name})
    return reason


@transaction.atomic
def edit_reason(
    *, reason_id: int, values: dict[str, Any], actor: Actor, now: datetime
) -> CancelReason:
    """Rename a reason, or take it out of use (orders that have it keep it)."""
    reason = CancelReason.objects.select_for_update(no_key=True).filter(id=reason_id).first()
    if reason is None:
        raise InvalidOrder("unknown_reason", field="reason")
    if "name" in values:
        values = {**values, "name": _check_name(CancelReason, values["name"], but=reason.id)}
    changes = _set(reason, ("name", "is_active"), values)
    if changes:
        reason.save(update_fields=[*changes])
        record("cancelreason.edited", reason, actor=actor, now=now, changes=changes)
    return reason


@transaction.atomic
def order_reasons(*, ids: Collection[int], actor: Actor, now: datetime) -> None:
    """Put the reasons into this order."""
    rows = {
        row.id: row
        for row in CancelReason.objects.select_for_update(no_key=True)
        .filter(id__in=ids)
        .order_by("id")
    }
    changed = []
    for position, reason_id in enumerate(ids):
        row = rows.get(reason_id)
        if row is not None and row.position != position:
            row.position = position
            row.save(update_fields=["position"])
            changed.append(row)
    if changed:
        record("cancelreason.ordered", changed[0], actor=actor, now=now)


# --- Rates and hours -------------------------------------------------------------------------


@transaction.atomic
def set_rate(
    *, currency: str, rate: Decimal, since: date, actor: Actor, now: datetime
) -> ExchangeRate:
    """Say what a currency is worth from a day on. The same day again replaces it."""
    if currency not in CURRENCIES:
        raise InvalidOrder("unknown_currency", field="currency")
    if not 0 < rate < 10**9:
        raise InvalidOrder("amount_out_of_range", field="rate")
    row, made = ExchangeRate.objects.get_or_create(
        currency=currency, since=since, defaults={"rate": rate}
    )
    before = None if made else row.rate
    if made or row.rate != rate:
        row.rate = rate
        row.save(update_fields=["rate"])
        changes = {currency: [_plain(before), str(rate)]}
        record("exchangerate.set", row, actor=actor, now=now, changes=changes)
    return row


@transaction.atomic
def edit_settings(*, values: dict[str, Any], actor: Actor, now: datetime) -> OrderSettings:
    """Change the hours and minutes of the pipeline."""
    settings = OrderSettings.objects.select_for_update(no_key=True).get()
    changes = _set(settings, SETTINGS_FIELDS, values)
    if settings.work_end <= settings.work_start:
        raise InvalidOrder("interval_reversed", field="work_end")
    if changes:
        settings.save(update_fields=[*changes])
        record("ordersettings.edited", settings, actor=actor, now=now, changes=changes)
    return settings
