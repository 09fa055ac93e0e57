"""What the example holds: a small shop of tea and coffee, customers out of fairy tales, two weeks.

Names are data, not interface: like what a shop's own people write down, they are in its language.
Nobody can be reached by the phones (no subscriber's number in Kyiv begins with 0) and the e-mails
(.invalid is a domain that never is).
"""

from decimal import Decimal
from typing import NamedTuple

from inventory.actions.example import ExampleProduct, ExampleVariant
from orders.models import DeliveryMethod, PaymentMethod
from orders.pipeline import Stage


class Trade(NamedTuple):
    """An order: of whom, what, how far it came, and when; `lines` are (SKU's end, units)."""

    stage: Stage
    hours_ago: int
    customer: int
    lines: tuple[tuple[str, int], ...]
    delivery: DeliveryMethod = DeliveryMethod.NOVA_POSHTA_BRANCH
    payment: PaymentMethod = PaymentMethod.CASH_ON_DELIVERY
    channel: int = 0
    discount: int = 0
    comment: str = ""


def _variant(
    sku: str, price: int, cost: int, stock: int, cell: str, name: str = ""
) -> ExampleVariant:
    return ExampleVariant(
        sku=sku, price=Decimal(price), cost=Decimal(cost), stock=stock, cell=cell, name=name
    )


PRODUCTS: tuple[ExampleProduct, ...] = (
    ExampleProduct(
        "Чай чорний «Ранок»",
        "Чайна лавка",
        "Цейлонський чай з чебрецем, міцний і теплий.",
        (
            _variant("TEA-RANOK-100", 145, 78, 42, "A-1", "100 г"),
            _variant("TEA-RANOK-250", 320, 172, 18, "A-1", "250 г"),
        ),
    ),
    ExampleProduct(
        "Чай зелений «Роса»",
        "Чайна лавка",
        "Сенча з квітами липи.",
        (
            _variant("TEA-ROSA-100", 165, 91, 35, "A-2", "100 г"),
            _variant("TEA-ROSA-250", 365, 204, 12, "A-2", "250 г"),
        ),
    ),
    ExampleProduct(
        "Трав’яний збір «Карпати»",
        "Чайна лавка",
        "М’ята, чебрець, листя малини. Без кофеїну.",
        (_variant("TEA-KARPATY-80", 120, 58, 60, "A-3"),),
    ),
    ExampleProduct(
        "Кава в зернах «Львівська»",
        "Обсмажка №1",
        "Арабіка, середнє обсмажування, нотки шоколаду.",
        (
            _variant("COF-LVIV-250", 285, 160, 24, "B-1", "250 г"),
            _variant("COF-LVIV-1000", 980, 590, 9, "B-1", "1 кг"),
        ),
    ),
    ExampleProduct(
        "Кава мелена «Одеса»",
        "Обсмажка №1",
        "Для турки, темне обсмажування.",
        (_variant("COF-ODESA-250", 265, 149, 20, "B-2", "250 г"),),
    ),
    ExampleProduct(
        "Чашка керамічна",
        "Глина і вогонь",
        "Ручна робота, 300 мл. Можна мити в посудомийній машині.",
        (
            _variant("CUP-WHITE", 390, 210, 16, "C-1", "біла"),
            _variant("CUP-BLUE", 390, 210, 7, "C-1", "синя"),
            _variant("CUP-GREEN", 390, 210, 0, "C-1", "зелена"),
        ),
    ),
    ExampleProduct(
        "Чайник скляний",
        "Глина і вогонь",
        "Жаростійке скло, 800 мл, із ситечком.",
        (_variant("POT-800", 640, 355, 8, "C-2"),),
    ),
    ExampleProduct(
        "Турка мідна",
        "Глина і вогонь",
        "На дві чашки, ручне карбування.",
        (_variant("POT-TURKA", 890, 520, 5, "C-3"),),
    ),
    ExampleProduct(
        "Мед гречаний",
        "Пасіка діда Панаса",
        "Зібраний цього літа.",
        (
            _variant("HONEY-250", 135, 70, 30, "D-1", "250 г"),
            _variant("HONEY-500", 240, 128, 14, "D-1", "500 г"),
        ),
    ),
    ExampleProduct(
        "Подарунковий набір «Чаювання»",
        "Чайна лавка",
        "Два чаї, чашка і мед у коробці зі стрічкою.",
        (_variant("GIFT-TEA", 1150, 640, 6, "D-2"),),
    ),
)

CUSTOMERS: tuple[str, ...] = (
    "Котигорошко Іван", "Дереза Коза", "Телесик Івасик", "Микита Лис", "Рябенька Курочка",
    "Солом’яний Бичок", "Мудра Марійка", "Кирило Кожум’яка", "Пан Коцький", "Летючий Корабель",
    "Царівна Жаба", "Колобок Круглий", "Вовчик-Братик Сірий", "Яйце-Райце Ганна",
    "Рукавичка Дідова",
)  # fmt: skip
MAIL_NAMES: tuple[str, ...] = (
    "kotyhoroshko", "dereza", "telesyk", "lys", "kurochka", "bychok", "mariika", "kozhumiaka",
    "kotskyi", "korabel", "tsarivna", "kolobok", "vovchyk", "raitse", "rukavychka",
)  # fmt: skip
PLACES: tuple[tuple[str, str, str], ...] = (
    ("Київ", "Відділення №12", "вул. Казкова, 1"),
    ("Львів", "Відділення №7", "вул. Вигадана, 22"),
    ("Одеса", "Відділення №30", "вул. Примарна, 5"),
    ("Полтава", "Відділення №3", "вул. Небувала, 18"),
    ("Чернівці", "Відділення №9", "вул. Зразкова, 40"),
    ("Ужгород", "Відділення №2", "вул. Прикладна, 14"),
)

_LOCKER, _COURIER = DeliveryMethod.NOVA_POSHTA_LOCKER, DeliveryMethod.NOVA_POSHTA_COURIER
_UKRPOSHTA, _PICKUP = DeliveryMethod.UKRPOSHTA, DeliveryMethod.PICKUP
_CARD, _TRANSFER, _CASH = PaymentMethod.CARD, PaymentMethod.TRANSFER, PaymentMethod.CASH
# The newest first: so their numbers read as a shop's, the oldest number one.
TRADES: tuple[Trade, ...] = (
    Trade(Stage.NEW, 0, 3, (("TEA-RANOK-100", 2), ("HONEY-250", 1))),
    Trade(Stage.NEW, 0, 5, (("CUP-BLUE", 1),), channel=2, comment="Чи є синя в наявності?"),
    Trade(Stage.NEW, 5, 7, (("COF-LVIV-1000", 1),), payment=_CARD),
    Trade(Stage.NEW, 8, 11, (("GIFT-TEA", 1), ("TEA-KARPATY-80", 2)), channel=1,
          comment="Це подарунок, без чека в коробці"),
    Trade(Stage.NEW, 20, 2, (("TEA-ROSA-250", 1),), delivery=_LOCKER),
    Trade(Stage.AGREED, 26, 0, (("POT-800", 1), ("TEA-RANOK-250", 1)), delivery=_COURIER),
    Trade(Stage.AGREED, 30, 8, (("COF-ODESA-250", 2),), payment=_CARD, channel=1),
    Trade(Stage.AGREED, 33, 1, (("HONEY-500", 2), ("CUP-WHITE", 2)), discount=60),
    Trade(Stage.AGREED, 46, 13, (("POT-TURKA", 1), ("COF-LVIV-250", 1)), payment=_TRANSFER),
    Trade(Stage.PICKING, 50, 4, (("TEA-KARPATY-80", 3), ("TEA-ROSA-100", 1), ("HONEY-250", 1))),
    Trade(Stage.PICKING, 54, 9, (("CUP-WHITE", 4),), payment=_CARD, channel=2),
    Trade(Stage.PACKED, 70, 6, (("COF-LVIV-250", 3),), delivery=_UKRPOSHTA, payment=_CARD),
    Trade(Stage.PACKED, 76, 10, (("GIFT-TEA", 1),), delivery=_LOCKER),
    Trade(Stage.SHIPPED, 98, 12, (("TEA-RANOK-100", 4), ("TEA-ROSA-100", 2))),
    Trade(Stage.SHIPPED, 106, 14, (("POT-800", 1),), payment=_CARD, channel=1),
    Trade(Stage.SHIPPED, 121, 0, (("COF-ODESA-250", 1), ("POT-TURKA", 1)), channel=2),
    Trade(Stage.SHIPPED, 130, 5, (("HONEY-500", 1),), delivery=_LOCKER),
    Trade(Stage.DELIVERED, 150, 2, (("COF-LVIV-1000", 1),), payment=_CARD),
    Trade(Stage.DELIVERED, 171, 7, (("CUP-GREEN", 2), ("TEA-RANOK-100", 1)), channel=1),
    Trade(Stage.DELIVERED, 196, 4, (("TEA-KARPATY-80", 2),), delivery=_PICKUP, payment=_CASH),
    Trade(Stage.RETURNED, 218, 11, (("CUP-BLUE", 1),), channel=2),
    Trade(Stage.DELIVERED, 240, 3, (("GIFT-TEA", 2),), payment=_TRANSFER),
    Trade(Stage.CANCELLED, 262, 9, (("COF-LVIV-250", 1),)),
    Trade(Stage.DELIVERED, 290, 1, (("HONEY-250", 2), ("TEA-ROSA-100", 1)), discount=30),
    Trade(Stage.DELIVERED, 322, 6, (("TEA-RANOK-250", 1), ("CUP-WHITE", 1)), channel=1),
)  # fmt: skip
