"""The example's data as inputs of the actions that store it: in the company's money and days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_UP, Decimal

from django.utils import timezone

from crm.accounts.models import Membership
from customers.actions.example import ExampleCustomer
from customers.models import Customer
from integrations.onboarding.example_data import (
    CUSTOMERS,
    MAIL_NAMES,
    PLACES,
    PRODUCTS,
    TRADES,
    Trade,
)
from inventory.actions.example import ExampleProduct, ExampleVariant
from inventory.models import Variant
from orders.actions.example import ExampleOrder
from orders.inputs import DeliveryInput, LineInput, OrderInput
from orders.models import Channel, ChannelKind, DeliveryMethod, PaymentMethod
from orders.pipeline import Stage

# By what a price in hryvnias is divided where the company counts in other money.
_ABROAD = 40
_TENTH = Decimal("0.1")
_MOST_CHANNELS = 3
_WITH_BRANCH = frozenset({DeliveryMethod.NOVA_POSHTA_BRANCH, DeliveryMethod.NOVA_POSHTA_LOCKER})
_WITH_STREET = frozenset({DeliveryMethod.NOVA_POSHTA_COURIER, DeliveryMethod.UKRPOSHTA})
# An order rests no longer than this in its stage: the example is of a shop that works well.
_MOST_HOURS = {Stage.PICKING: 3, Stage.PACKED: 7, Stage.SHIPPED: 40}
_SETTLED = frozenset({Stage.AGREED, Stage.PICKING, Stage.PACKED})


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes the inputs for one company."""

    currency: str
    member: Membership
    tag: str
    now: datetime

    def products(self) -> list[ExampleProduct]:
        return [
            ExampleProduct(p.name, p.brand, p.description, tuple(map(self._priced, p.variants)))
            for p in PRODUCTS
        ]

    def customers(self) -> list[ExampleCustomer]:
        before = self.now - timedelta(days=15)
        return [
            ExampleCustomer(name, _phone(place), f"{mail}@example.invalid", before)
            for place, (name, mail) in enumerate(zip(CUSTOMERS, MAIL_NAMES, strict=True))
        ]

    def orders(
        self, goods: Mapping[str, Variant], customers: Sequence[Customer]
    ) -> list[ExampleOrder]:
        """From the oldest on, so that the oldest is number one. None without a channel."""
        channels = list(
            Channel.objects.filter(is_active=True, currency=self.currency)
            .exclude(kind=ChannelKind.IMPORT)
            .order_by("pk")
            .values_list("code", flat=True)[:_MOST_CHANNELS]
        )
        if not channels:
            return []
        return [self._order(trade, goods, customers, channels) for trade in reversed(TRADES)]

    def _order(
        self,
        trade: Trade,
        goods: Mapping[str, Variant],
        customers: Sequence[Customer],
        channels: Sequence[str],
    ) -> ExampleOrder:
        customer = customers[trade.customer]
        placed_at = self.now - timedelta(hours=trade.hours_ago, minutes=7 * trade.customer)
        data = OrderInput(
            channel_code=channels[trade.channel % len(channels)],
            lines=tuple(
                LineInput(variant_id=goods[sku].pk, quantity=units) for sku, units in trade.lines
            ),
            delivery=_delivery(trade, customer),
            currency=self.currency,
            discount=self._money(Decimal(trade.discount)),
            payment_method=trade.payment,
            customer_comment=trade.comment,
            ship_date=timezone.localdate(self.now) + timedelta(days=1)
            if trade.stage in _SETTLED
            else None,
            manager_id=self.member.pk,
            tags=(self.tag,),
            placed_at=placed_at,
        )
        is_new = trade.stage == Stage.NEW
        rests = min(trade.hours_ago / 2, _MOST_HOURS.get(trade.stage, trade.hours_ago))
        prepaid = trade.payment != PaymentMethod.CASH_ON_DELIVERY
        return ExampleOrder(
            data=data,
            stage=trade.stage,
            since=placed_at if is_new else self.now - timedelta(hours=rests),
            customer=customer,
            paid=trade.stage == Stage.DELIVERED
            or (prepaid and not is_new and trade.stage != Stage.CANCELLED),
        )

    def _priced(self, one: ExampleVariant) -> ExampleVariant:
        return ExampleVariant(
            sku=one.sku,
            price=self._money(one.price),
            cost=self._money(one.cost),
            stock=one.stock,
            name=one.name,
            cell=one.cell,
        )

    def _money(self, hryvnias: Decimal) -> Decimal:
        if self.currency == "UAH":
            return hryvnias
        return (hryvnias / _ABROAD).quantize(_TENTH, ROUND_UP)


def _phone(place: int) -> str:
    return f"+38044{place + 1:07}"


def _delivery(trade: Trade, customer: Customer) -> DeliveryInput:
    city, branch, street = PLACES[trade.customer % len(PLACES)]
    return DeliveryInput(
        method=trade.delivery,
        city="" if trade.delivery == DeliveryMethod.PICKUP else city,
        branch=branch if trade.delivery in _WITH_BRANCH else "",
        street=street if trade.delivery in _WITH_STREET else "",
        recipient_name=customer.name,
        recipient_phone=_phone(trade.customer),
    )
