"""The orders of the last days, placed and moved by the product's own actions, so that every
stage has work in it: lists to pick, parcels to hand over, goods that are awaited."""

import random
from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from config.demo.people import Person, make_person
from config.demo.shape import demand_weights, line_count
from crm.accounts.models import Membership
from crm.audit.actor import Actor
from inventory.models import Variant
from orders.actions.assign import assign_manager
from orders.actions.edit import edit_order
from orders.actions.move import move_order
from orders.actions.notes import add_note
from orders.actions.payments import record_payment
from orders.actions.picking import set_picked
from orders.actions.place import place_order
from orders.actions.transition import ParcelInput
from orders.edits import OrderEdit
from orders.inputs import BuyerInput, DeliveryInput, LineInput, OrderInput, PaymentInput
from orders.models import Order, PickItem
from orders.pipeline import MoveRefused, Stage

_CHANNELS = ("site", "site", "site", "rozetka", "prom", "instagram", "viber", "phone")
_NOTES = (
    "Просить передзвонити після 18:00",
    "Постійна клієнтка, покласти пробник",
    "Уточнити помел: під френч-прес",
    "Подарункове пакування, без чека в коробці",
)


def fill_pipeline(
    rnd: random.Random,
    *,
    variants: list[Variant],
    members: dict[str, Membership],
    people: list[Person],
    now: datetime,
    new: int = 26,
    agreed: int = 34,
    picking: int = 9,
    packed: int = 7,
    shipped: int = 22,
) -> None:
    """Place the open orders of the demo and bring each to its stage."""
    plan = (
        [(Stage.SHIPPED, 60)] * shipped
        + [(Stage.PACKED, 30)] * packed
        + [(Stage.PICKING, 26)] * picking
        + [(Stage.AGREED, 30)] * agreed
        + [(Stage.NEW, 9)] * new
    )
    moments = sorted(
        ((now - timedelta(hours=rnd.uniform(0.02, hours)), stage) for stage, hours in plan),
        key=lambda pair: pair[0],
    )
    managers = [m for m in members.values() if m.takes_orders]
    for number, (at, stage) in enumerate(moments):
        person = (
            rnd.choice(people)
            if people and rnd.random() < 0.4
            else make_person(rnd, 900_000 + number)
        )
        data = _input(rnd, variants, person)
        if stage == Stage.NEW:
            data = _spoil(rnd, data, number)
        placed = place_order(data=data, actor=Actor.system("demo"), now=at)
        if stage != Stage.NEW or rnd.random() < 0.6:
            manager = rnd.choice(managers)
            assign_manager(
                order_id=placed.order.id,
                manager_id=manager.id,
                actor=Actor.system("demo"),
                now=at,
            )
            _bring_to(rnd, placed.order, stage, manager, at=at, now=now)
        if stage == Stage.NEW and number % 9 == 0 and at < now - timedelta(minutes=20):
            # The buyer pressed the button twice.
            place_order(data=data, actor=Actor.system("demo"), now=at + timedelta(minutes=4))


def _input(rnd: random.Random, variants: list[Variant], person: Person) -> OrderInput:
    chosen = {
        v.id: v for v in rnd.choices(variants, demand_weights(len(variants)), k=line_count(rnd))
    }
    goods = sum((v.price for v in chosen.values()), Decimal(0))
    return OrderInput(
        channel_code=rnd.choice(_CHANNELS),
        lines=tuple(
            LineInput(sku=v.sku, quantity=rnd.choices((1, 2, 3), (78, 17, 5))[0])
            for v in chosen.values()
        ),
        buyer=BuyerInput(name=person.name, phone=person.phone, email=person.email),
        delivery=DeliveryInput(
            method=person.method,
            city=person.city,
            branch=person.branch,
            street=person.street,
            price=Decimal(0) if goods >= 1500 or person.method == "pickup" else Decimal(80),
        ),
        payment_method=rnd.choices(("cod", "card", ""), (50, 38, 12))[0],
        customer_comment=rnd.choice(("", "", "", "Не дзвоніть, будь ласка, пишіть у Viber")),
        attribution=rnd.choice(
            (
                {},
                {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "tea-brand"},
                {"utm_source": "facebook", "utm_medium": "cpc", "utm_campaign": "autumn-gifts"},
            )
        ),
    )


def _spoil(rnd: random.Random, data: OrderInput, number: int) -> OrderInput:
    """What really comes: an article nobody knows, a phone of four digits, no price."""
    match number % 11:
        case 1:
            odd = LineInput(sku="TSHIRT-XL", name="Футболка з лого", quantity=1, price=Decimal(450))
            return replace(data, lines=(*data.lines, odd))
        case 4:
            return replace(data, buyer=replace(data.buyer, phone="0671", email=""))
        case 7:
            return replace(data, lines=(replace(data.lines[0], quantity=180), *data.lines[1:]))
        case _:
            return data


def _bring_to(
    rnd: random.Random,
    order: Order,
    stage: Stage,
    member: Membership,
    *,
    at: datetime,
    now: datetime,
) -> None:
    actor = Actor.member(member)
    step = (now - at) / 8
    moment = at + step * rnd.uniform(0.2, 1)
    if rnd.random() < 0.18:
        add_note(order_id=order.id, text=rnd.choice(_NOTES), actor=actor, now=moment)
    if stage == Stage.NEW:
        return
    local = now.astimezone(ZoneInfo("Europe/Kyiv")).date()
    days = rnd.choice((0, 1, 1, 2)) if stage == Stage.AGREED else 0
    fields = {
        "payment_method": order.payment_method or "cod",
        "ship_date": local + timedelta(days=days),
        "ship_from": time(rnd.choice((10, 12, 14))),
        "ship_till": time(rnd.choice((16, 18))),
    }
    edit_order(order_id=order.id, edit=OrderEdit(fields), actor=actor, now=moment)
    order.refresh_from_db()
    if order.payment_method == "card" and (stage > Stage.AGREED or rnd.random() < 0.6):
        pay = PaymentInput(amount=order.total, method="card", comment="LiqPay")
        record_payment(order_id=order.id, payment=pay, actor=actor, now=moment)
    for target in (Stage.AGREED, Stage.PICKING, Stage.PACKED, Stage.SHIPPED):
        if target > stage:
            return
        moment = min(moment + step, now)
        if target == Stage.PACKED:
            for item in PickItem.objects.filter(pick_list__order_id=order.id):
                set_picked(
                    pick_list_id=item.pick_list_id,
                    item_id=item.id,
                    picked=item.quantity,
                    actor=actor,
                    now=moment,
                )
        try:
            move_order(
                order_id=order.id,
                target=target,
                parcel=ParcelInput(
                    tracking_number=f"2045{rnd.randrange(10**10):010d}", weight_g=800
                ),
                actor=actor,
                now=moment,
            )
        except MoveRefused:
            # Its goods have not come or it is not paid: it waits, as in life.
            return
