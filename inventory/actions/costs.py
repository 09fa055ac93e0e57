"""What a unit costs: the weighted average of what lay there and what came."""

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

from crm.audit.actor import Actor
from crm.audit.models import AuditEntry
from crm.audit.record import record
from inventory import events
from inventory.models import StockDocument, Variant

_CENT = Decimal("0.01")


class PricedLine(Protocol):
    """Units of a variant that came in, and what one of them cost."""

    @property
    def variant_id(self) -> int: ...
    @property
    def quantity(self) -> int: ...
    @property
    def unit_cost(self) -> Decimal | None: ...


def average_costs(
    lines: Sequence[PricedLine], totals: dict[int, int], *, actor: Actor, now: datetime
) -> dict[str, list[str | None]]:
    """Move each variant's cost to the weighted average of what lay there and what came.

    Returns {variant id: [before, after]} of those that changed.
    """
    priced = [line for line in lines if line.unit_cost is not None]
    changed: dict[str, list[str | None]] = {}
    if not priced:
        return changed
    variants = {
        row.pk: row
        for row in Variant.objects.select_for_update(no_key=True)
        .filter(pk__in={line.variant_id for line in priced})
        .order_by("id")
    }
    for variant in variants.values():
        came = [line for line in priced if line.variant_id == variant.pk]
        units = sum(line.quantity for line in came)
        value = sum((line.quantity * (line.unit_cost or Decimal(0)) for line in came), Decimal(0))
        lying = totals[variant.pk] if variant.cost is not None else 0
        value += lying * (variant.cost or 0)
        cost = (value / (units + lying)).quantize(_CENT, ROUND_HALF_UP)
        if cost == variant.cost:
            continue
        changed[str(variant.pk)] = _set_cost(variant, cost, actor=actor, now=now)
    return changed


def _set_cost(
    variant: Variant, cost: Decimal | None, *, actor: Actor, now: datetime
) -> list[str | None]:
    before, variant.cost = variant.cost, cost
    change = [None if value is None else str(value) for value in (before, cost)]
    variant.save(update_fields=["cost", "updated_at"])
    record(
        events.VARIANT_EDITED,
        variant,
        actor=actor,
        now=now,
        changes={"cost": change},
        details={"product": variant.product_id},
    )
    return change


def put_costs_back(document: StockDocument, *, actor: Actor, now: datetime) -> None:
    """Restore the costs that the receipt moved, where nobody has changed them since."""
    entry = AuditEntry.objects.filter(
        object_type="stockdocument", object_id=document.pk, action=events.STOCK_RECEIVED
    ).first()
    costs = entry.details.get("costs", {}) if entry else {}
    variants = Variant.objects.select_for_update(no_key=True).filter(pk__in=map(int, costs))
    for variant in variants.order_by("id"):
        before, after = costs[str(variant.pk)]
        if variant.cost is not None and str(variant.cost) == after:
            cost = None if before is None else Decimal(before)
            _set_cost(variant, cost, actor=actor, now=now)
