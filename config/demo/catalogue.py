"""What the demo store sells: (category, brand, name, picture, options); pictures are our own.

An option is (suffix of the SKU, its name, price, cost, weight in grams).
"""

from decimal import Decimal
from typing import NamedTuple


class Option(NamedTuple):
    code: str
    name: str
    price: Decimal
    cost: Decimal
    weight_g: int


class Goods(NamedTuple):
    category: str
    brand: str
    name: str
    sku: str
    picture: str
    options: tuple[Option, ...]


def _weights(price: int, cost: int) -> tuple[Option, ...]:
    return (
        Option("50", "50 г", Decimal(price), Decimal(cost), 80),
        Option("100", "100 г", Decimal(price * 19 // 10), Decimal(cost * 18 // 10), 140),
        Option("250", "250 г", Decimal(price * 45 // 10), Decimal(cost * 42 // 10), 300),
    )


def _beans(price: int, cost: int) -> tuple[Option, ...]:
    return (
        Option("B250", "зерно, 250 г", Decimal(price), Decimal(cost), 270),
        Option("G250", "мелена, 250 г", Decimal(price), Decimal(cost), 270),
        Option("B1K", "зерно, 1 кг", Decimal(price * 37 // 10), Decimal(cost * 36 // 10), 1040),
    )


def _one(price: int, cost: int, weight: int) -> tuple[Option, ...]:
    return (Option("", "", Decimal(price), Decimal(cost), weight),)


def _pair(names: tuple[str, str], price: int, cost: int, weight: int) -> tuple[Option, ...]:
    return tuple(
        Option(str(n), name, Decimal(price), Decimal(cost), weight) for n, name in enumerate(names)
    )


GOODS: tuple[Goods, ...] = (
    Goods("Чай", "Гай", "Сенча «Ранкова роса»", "T-SEN", "tea-green", _weights(120, 62)),
    Goods("Чай", "Гай", "Жасминова перлина", "T-JAS", "tea-green", _weights(210, 118)),
    Goods("Чай", "Гай", "Матча церемоніальна", "T-MAT", "tin-carpathian", _weights(480, 290)),
    Goods("Чай", "Гай", "Ассам «Золоті бруньки»", "T-ASS", "tea-black", _weights(110, 55)),
    Goods("Чай", "Гай", "Ерл Грей з бергамотом", "T-EGR", "tin-earl", _weights(125, 60)),
    Goods("Чай", "Гай", "Дарджилінг, перший збір", "T-DAR", "tea-black", _weights(260, 160)),
    Goods("Чай", "Гай", "Білий пай му дань", "T-PAI", "tea-white", _weights(190, 105)),
    Goods("Чай", "Гай", "Улун молочний", "T-OOL", "tea-oolong", _weights(170, 90)),
    Goods("Чай", "Гай", "Да Хун Пао", "T-DHP", "tea-oolong", _weights(330, 205)),
    Goods(
        "Чай", "Полонина", "Карпатський трав’яний збір", "T-KAR", "tin-carpathian", _weights(95, 38)
    ),
    Goods("Чай", "Полонина", "Іван-чай з чебрецем", "T-IVA", "tea-herbal", _weights(85, 34)),
    Goods("Чай", "Полонина", "Липа та м’ята", "T-LYP", "tea-herbal", _weights(80, 30)),
    Goods("Чай", "Полонина", "Каркаде з апельсином", "T-KRK", "tea-fruit", _weights(90, 36)),
    Goods("Чай", "Полонина", "Лісова ягода", "T-YAG", "tea-fruit", _weights(98, 40)),
    Goods("Кава", "Світанок", "Бразилія Сантос", "C-BRA", "coffee-brazil", _beans(260, 165)),
    Goods("Кава", "Світанок", "Ефіопія Іргачеф", "C-ETH", "coffee-ethiopia", _beans(340, 220)),
    Goods("Кава", "Світанок", "Колумбія Супремо", "C-COL", "coffee-colombia", _beans(310, 200)),
    Goods(
        "Кава", "Світанок", "Еспресо-суміш «Подвір’я»", "C-POD", "coffee-blend", _beans(240, 150)
    ),
    Goods("Кава", "Світанок", "Без кофеїну", "C-DEC", "coffee-decaf", _beans(320, 215)),
    Goods(
        "Посуд",
        "Опішня",
        "Чашка глиняна, 250 мл",
        "D-CLY",
        "cup-clay",
        _pair(("теракота", "молочна"), 280, 140, 340),
    ),
    Goods(
        "Посуд",
        "Опішня",
        "Піала, 80 мл",
        "D-PIA",
        "cup-white",
        _pair(("біла", "синя"), 145, 62, 130),
    ),
    Goods("Посуд", "Тиша", "Горнятко «Небо», 350 мл", "D-NEB", "cup-blue", _one(320, 155, 390)),
    Goods("Посуд", "Тиша", "Горнятко «Трава», 350 мл", "D-TRA", "cup-green", _one(320, 155, 390)),
    Goods("Посуд", "Тиша", "Чайник чавунний, 0,8 л", "D-CAS", "pot-cast", _one(1890, 1120, 1750)),
    Goods("Посуд", "Опішня", "Чайник глиняний, 0,6 л", "D-POT", "pot-clay", _one(960, 520, 780)),
    Goods("Посуд", "Тиша", "Чайник скляний, 1 л", "D-GLS", "pot-glass", _one(740, 410, 620)),
    Goods("Посуд", "Тиша", "Млинок для кави ручний", "D-MIL", "mill", _one(1450, 880, 690)),
    Goods(
        "Смаколики",
        "Пасіка Бджілка",
        "Мед липовий",
        "S-LIP",
        "honey",
        (
            Option("250", "250 г", Decimal(140), Decimal(80), 420),
            Option("500", "500 г", Decimal(250), Decimal(150), 780),
        ),
    ),
    Goods("Смаколики", "Пасіка Бджілка", "Мед акацієвий", "S-AKA", "honey", _one(295, 180, 780)),
    Goods("Смаколики", "Комора", "Варення з чорниці", "S-CHO", "jam", _one(165, 82, 480)),
    Goods("Смаколики", "Комора", "Горіхи в меду", "S-HOR", "nuts", _one(230, 128, 410)),
    Goods(
        "Набори",
        "Чайна Крамниця",
        "Подарунковий набір «Затишок»",
        "G-ZAT",
        "gift",
        _one(1190, 640, 1300),
    ),
    Goods(
        "Набори",
        "Чайна Крамниця",
        "Набір «Знайомство з чаєм»",
        "G-ZNA",
        "gift-green",
        _one(590, 310, 560),
    ),
    Goods(
        "Набори",
        "Чайна Крамниця",
        "Святковий кошик",
        "G-KOS",
        "tin-festive",
        _one(2350, 1390, 2600),
    ),
)

BOOKS: tuple[Goods, ...] = tuple(
    Goods(
        "Книги", "Сусідня книгарня", name, f"B-{n:02d}", "book", _one(price, price * 6 // 10, 400)
    )
    for n, (name, price) in enumerate(
        (
            ("Тигролови", 280),
            ("Місто", 310),
            ("Лісова пісня", 240),
            ("Записки українського самашедшого", 350),
            ("Фелікс Австрія", 330),
            ("Інтернат", 300),
        )
    )
)
