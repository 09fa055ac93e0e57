"""A year of finished orders, written row by row as the actions would have left them.

The books balance by construction: every unit that an order shipped came by a receipt, every
movement is in the ledger (`manage.py verify_stock` proves it).
"""

import random
from datetime import datetime, timedelta
from decimal import Decimal

from config.demo.books import History, flush, write_movement
from config.demo.people import Person, make_person
from config.demo.shape import buys_again, line_count
from config.demo.trails import write_money, write_stock, write_way
from crm.tenancy.batch import draw_ids
from crm.tenancy.models import take_numbers
from customers.models import ContactPoint, Customer
from customers.names import sort_key
from inventory.models import Demand, StockDocument, Variant
from orders.actions.draft import basket_hash
from orders.models import Order, OrderLine, OrderTag, Parcel
from orders.pipeline import Stage

_CHANNELS = {"site": 46, "rozetka": 19, "prom": 14, "instagram": 11, "viber": 4, "phone": 6}
_SOURCES: tuple[dict[str, str], ...] = (
    {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "tea-brand"},
    {"utm_source": "google", "utm_medium": "organic"},
    {"utm_source": "facebook", "utm_medium": "cpc", "utm_campaign": "autumn-gifts"},
    {"utm_source": "instagram", "utm_medium": "stories"},
    {},
)
_WAY = [Stage.NEW, Stage.AGREED, Stage.PICKING, Stage.PACKED, Stage.SHIPPED, Stage.DELIVERED]


def write_history(history: History, moments: list[datetime], *, now: datetime) -> None:
    """Store finished orders for the moments, and the receipts that filled the shelves."""
    count = len(moments)
    demand_ids, order_ids = draw_ids((Demand, count), (Order, count))
    number = take_numbers("order", count)
    restock_day = moments[0] - timedelta(days=3)
    for at, demand_id, order_id in zip(moments, demand_ids, order_ids, strict=True):
        while restock_day < at:
            _restock(history, restock_day)
            restock_day += timedelta(days=14)
        _write_order(history, at, demand_id, order_id, number, now=now)
        number += 1
    _restock(history, now - timedelta(hours=20))
    flush(history)


def _restock(history: History, at: datetime) -> None:
    """A delivery from suppliers: what runs low is filled up for some weeks."""
    for place, warehouse in enumerate(history.warehouses):
        lines = []
        for rank, variant in enumerate(history.wanted):
            target = int(260 * history.weights[rank]) + 8
            target = target if place == 0 else target // 3
            lacking = target - history.shelf[variant.id, warehouse.id]
            # Some goods are simply not to be had for a while.
            if lacking > target // 2 and history.rnd.random() > 0.06:
                lines.append((variant, lacking))
        if not lines:
            continue
        document = StockDocument.objects.create(
            kind="receipt",
            number=take_numbers("receipt"),
            warehouse=warehouse,
            comment="Поставка",
            created_at=at,
            created_by=history.members[0],
        )
        for variant, quantity in lines:
            history.shelf[variant.id, warehouse.id] += quantity
            write_movement(
                history,
                (variant.id, warehouse.id),
                "receipt",
                at,
                on_hand=quantity,
                document_id=document.id,
                unit_cost=variant.cost,
            )


def _customer(history: History, at: datetime) -> tuple[int, Person]:
    if history.people and buys_again(history.rnd):
        # Those who came lately come again; a few are faithful.
        place = int(len(history.people) * history.rnd.betavariate(2.2, 1.3))
        place = min(place, len(history.people) - 1)
        return history.customer_ids[place], history.people[place]
    person = make_person(history.rnd, len(history.people) + 1)
    ((customer_id,),) = draw_ids((Customer, 1))
    history.people.append(person)
    history.customer_ids.append(customer_id)
    history.add(
        Customer(
            id=customer_id,
            tenant_id=history.tenant_id,
            name=person.name,
            sort_name=sort_key(person.name),
            created_at=at,
        )
    )
    for kind, value in (("phone", person.phone), ("email", person.email)):
        digits = value[1:] if kind == "phone" else ""
        if value:
            history.add(
                ContactPoint(
                    tenant_id=history.tenant_id,
                    customer_id=customer_id,
                    kind=kind,
                    value=value,
                    digits=digits,
                    reversed=digits[::-1],
                    is_primary=True,
                )
            )
    return customer_id, person


def _choose_lines(history: History) -> list[tuple[Variant, int, tuple[int, int]]]:
    """Return (variant, quantity, place on the shelf) of what one buyer takes."""
    chosen: dict[int, tuple[Variant, int, tuple[int, int]]] = {}
    for variant in history.rnd.choices(
        history.wanted, history.weights, k=line_count(history.rnd) * 2
    ):
        quantity = history.rnd.choices((1, 2, 3, 5), (74, 18, 6, 2))[0]
        for warehouse in history.warehouses:
            place = (variant.id, warehouse.id)
            if history.shelf[place] >= quantity:
                chosen.setdefault(variant.id, (variant, quantity, place))
                break
        if len(chosen) >= line_count(history.rnd):
            break
    return list(chosen.values())


def _write_order(
    history: History, at: datetime, demand_id: int, order_id: int, number: int, *, now: datetime
) -> None:
    rnd = history.rnd
    customer_id, person = _customer(history, at)
    lines = _choose_lines(history) or [(history.wanted[-1], 1, (0, 0))]
    stage = _final_stage(rnd, now - at)
    if lines[0][2] == (0, 0):
        stage = Stage.CANCELLED
    channel = history.channels[rnd.choices(list(_CHANNELS), list(_CHANNELS.values()))[0]]
    manager = rnd.choice([m for m in history.members if m.takes_orders])
    times = _timeline(rnd, at, stage, now)
    rows = _lines(history, order_id, lines, stage)
    goods = sum((row.total for row in rows), Decimal(0))
    delivery = Decimal(0) if goods >= 1500 or person.method == "pickup" else Decimal(80)
    total = goods + delivery
    method = rnd.choices(("cod", "card", "transfer"), (52, 42, 6))[0]
    paid_at = None
    if stage == Stage.DELIVERED or (method != "cod" and stage in {Stage.SHIPPED, Stage.RETURNED}):
        paid_at = times[Stage.AGREED] if method != "cod" else times[Stage.DELIVERED]
    refunded = total if stage == Stage.RETURNED and paid_at else Decimal(0)
    history.add(Demand(id=demand_id, tenant_id=history.tenant_id, number=number, created_at=at))
    history.add(
        Order(
            id=order_id,
            tenant_id=history.tenant_id,
            number=number,
            channel_id=channel.id,
            external_id=f"{channel.code}-{number}" if channel.code in {"rozetka", "prom"} else "",
            basket_hash=basket_hash(rows),
            status_id=history.statuses[stage].id,
            stage=stage,
            status_since=times[stage],
            customer_id=customer_id,
            demand_id=demand_id,
            manager_id=manager.id,
            currency="UAH",
            lines_total=goods,
            delivery_price=delivery,
            total=total,
            total_base=total,
            paid=total if paid_at else Decimal(0),
            refunded=refunded,
            payment_method=method,
            recipient_name=person.name,
            recipient_phone=person.phone,
            delivery_method=person.method,
            delivery_city=person.city,
            delivery_branch=person.branch,
            delivery_street=person.street,
            ship_date=times[Stage.AGREED].date() if Stage.AGREED in times else None,
            attribution=rnd.choice(_SOURCES) if channel.code == "site" else {},
            cancel_reason=rnd.choice(history.reasons[:6]) if stage == Stage.CANCELLED else None,
            placed_at=at,
            respond_by=at + timedelta(minutes=30),
            responded_at=at + timedelta(minutes=rnd.randint(2, 55)),
            created_at=at,
            updated_at=times[stage],
            version=len(times),
        )
    )
    if rnd.random() < 0.06:
        history.add(OrderTag(tenant_id=history.tenant_id, order_id=order_id, name="подарунок"))
    write_money(history, order_id, total, method, paid_at, refunded, times, manager)
    write_way(history, order_id, times, manager)
    write_stock(history, demand_id, rows, lines, times)
    if Stage.PACKED in times:
        history.add(
            Parcel(
                tenant_id=history.tenant_id,
                order_id=order_id,
                tracking_number=f"2045{rnd.randrange(10**10):010d}",
                weight_g=sum((v.weight_g or 0) * q for v, q, _p in lines) + 150,
                packed_at=times[Stage.PACKED],
                packed_by="Петро Ткач",
            )
        )


def _final_stage(rnd: random.Random, age: timedelta) -> Stage:
    if age < timedelta(days=5):
        return rnd.choices((Stage.SHIPPED, Stage.CANCELLED), (88, 12))[0]
    return rnd.choices((Stage.DELIVERED, Stage.CANCELLED, Stage.RETURNED), (835, 105, 60))[0]


def _timeline(
    rnd: random.Random, at: datetime, stage: Stage, now: datetime
) -> dict[Stage, datetime]:
    """When the order entered each stage on its way."""
    times = {Stage.NEW: at}
    if stage == Stage.CANCELLED:
        if rnd.random() < 0.4:
            times[Stage.AGREED] = at + timedelta(hours=rnd.uniform(0.2, 6))
        times[Stage.CANCELLED] = max(times.values()) + timedelta(hours=rnd.uniform(0.5, 20))
    else:
        end = {Stage.RETURNED: Stage.SHIPPED}.get(stage, stage)
        moment = at
        for step, hours in zip(_WAY[1:], (2, 14, 3, 5, 52), strict=True):
            if step > end:
                break
            moment += timedelta(hours=hours * rnd.uniform(0.3, 1.6))
            times[step] = moment
        if stage == Stage.RETURNED:
            times[Stage.RETURNED] = moment + timedelta(days=rnd.uniform(3, 8))
    last = now - timedelta(minutes=5)
    return {step: min(moment, last) for step, moment in times.items()}


def _lines(history: History, order_id: int, lines, stage: Stage) -> list[OrderLine]:
    (ids,) = draw_ids((OrderLine, len(lines)))
    rows = []
    for position, (line_id, (variant, quantity, _place)) in enumerate(zip(ids, lines, strict=True)):
        rows.append(
            OrderLine(
                id=line_id,
                tenant_id=history.tenant_id,
                order_id=order_id,
                position=position,
                variant_id=variant.id,
                sku=variant.sku,
                name=variant.title,
                quantity=quantity,
                price=variant.price,
                total=variant.price * quantity,
                unit_cost=variant.cost,
                returned=quantity if stage == Stage.RETURNED else 0,
            )
        )
        history.add(rows[-1])
    return rows
