"""A made-up order through the very door that real ones come by, to see how it all works."""

import random
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext

from crm.audit.actor import Actor
from inventory.models import StockItem, Variant
from orders.actions.place import PlacedOrder, place_order
from orders.errors import InvalidOrder, UnknownChannel
from orders.inputs import BuyerInput, DeliveryInput, LineInput, OrderInput
from orders.models import Channel, DeliveryMethod, PaymentMethod

_BUYERS = (
    "Олена Шевчук", "Ірина Коваленко", "Андрій Мельник", "Наталія Бондар", "Тарас Гончар",
    "Юлія Савченко", "Максим Ткачук", "Оксана Лисенко", "Дмитро Кравець", "Соломія Яремчук",
    "Богдан Поліщук", "Вікторія Руденко", "Назар Олійник", "Катерина Мороз", "Ярослав Гнатюк",
)  # fmt: skip
_PLACES = (
    ("Київ", "вул. Хрещатик, 22"),
    ("Львів", "вул. Городоцька, 91"),
    ("Одеса", "вул. Дерибасівська, 5"),
    ("Дніпро", "просп. Науки, 14"),
    ("Харків", "вул. Сумська, 37"),
    ("Вінниця", "вул. Соборна, 60"),
    ("Полтава", "вул. Шевченка, 18"),
    ("Чернівці", "вул. Головна, 103"),
    ("Ужгород", "вул. Корзо, 9"),
)
_COMMENTS = (
    "", "", "", "Подзвоніть, будь ласка, після 18:00", "Це подарунок, без чека в коробці",
    "Можна відправити сьогодні?", "Передзвонювати не треба",
)  # fmt: skip
_MOBILE = ("50", "63", "66", "67", "68", "73", "93", "95", "96", "97", "98")


@transaction.atomic
def place_sample_order(
    *, actor: Actor, now: datetime, chance: random.Random | None = None
) -> PlacedOrder:
    """Place an order of one to three goods for a made-up buyer, marked by the tag "test".

    Comes through the channel "site", or the first in use. Raises UnknownChannel or InvalidOrder
    where the company has no channel or no goods.
    """
    chance = chance or random.Random()
    channel = (
        Channel.objects.filter(is_active=True, code="site").first()
        or Channel.objects.filter(is_active=True).order_by("id").first()
    )
    if channel is None:
        raise UnknownChannel(field="channel")
    variants = _choose_goods(chance, channel.currency)
    if not variants:
        raise InvalidOrder("no_goods", field="lines")
    city, street = chance.choice(_PLACES)
    method = chance.choice(
        [
            DeliveryMethod.NOVA_POSHTA_BRANCH,
            DeliveryMethod.NOVA_POSHTA_LOCKER,
            DeliveryMethod.NOVA_POSHTA_COURIER,
            DeliveryMethod.UKRPOSHTA,
        ]
    )
    branch = {
        DeliveryMethod.NOVA_POSHTA_BRANCH: f"Відділення №{chance.randint(1, 60)}",
        DeliveryMethod.NOVA_POSHTA_LOCKER: f"Поштомат №{chance.randint(1000, 9999)}",
        DeliveryMethod.UKRPOSHTA: f"{chance.randint(10000, 99999)}",
    }.get(method, "")
    phone = f"+380{chance.choice(_MOBILE)}{chance.randint(1_000_000, 9_999_999)}"
    return place_order(
        data=OrderInput(
            channel_code=channel.code,
            lines=tuple(
                LineInput(variant_id=variant.pk, quantity=chance.choice((1, 1, 1, 2)))
                for variant in variants
            ),
            buyer=BuyerInput(name=chance.choice(_BUYERS), phone=phone),
            delivery=DeliveryInput(
                method=method,
                city=city,
                branch=branch,
                street=street if method == DeliveryMethod.NOVA_POSHTA_COURIER else "",
                price=Decimal(chance.choice((0, 70, 85))),
            ),
            payment_method=chance.choice((PaymentMethod.CASH_ON_DELIVERY, PaymentMethod.CARD)),
            customer_comment=chance.choice(_COMMENTS),
            tags=(gettext("test"),),
            attribution={"utm_source": "kram", "utm_campaign": "test"},
            all_or_nothing=False,
        ),
        actor=actor,
        now=now,
    )


def _choose_goods(chance: random.Random, currency: str) -> list[Variant]:
    """Some goods on sale, from the shelf where there are any."""
    on_sale = Variant.objects.filter(
        is_active=True, product__is_active=True, currency=currency, price__gt=0
    )
    free = StockItem.objects.filter(on_hand__gt=F("reserved")).values("variant_id")
    ids = list(on_sale.filter(pk__in=free).values_list("pk", flat=True)[:500])
    ids = ids or list(on_sale.values_list("pk", flat=True)[:500])
    chosen = chance.sample(ids, k=min(len(ids), chance.randint(1, 3)))
    return list(Variant.objects.filter(pk__in=chosen))
