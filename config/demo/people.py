"""Who buys and who works in the demo stores. All made up; phones are of no one's block."""

import random
from typing import NamedTuple

WOMEN = [
    "Олена",
    "Ірина",
    "Наталія",
    "Оксана",
    "Марія",
    "Юлія",
    "Тетяна",
    "Анна",
    "Світлана",
    "Катерина",
    "Людмила",
    "Вікторія",
    "Галина",
    "Дарина",
    "Софія",
    "Христина",
    "Соломія",
    "Зоряна",
]
MEN = [
    "Андрій",
    "Олександр",
    "Сергій",
    "Іван",
    "Дмитро",
    "Володимир",
    "Богдан",
    "Тарас",
    "Максим",
    "Юрій",
    "Роман",
    "Василь",
    "Петро",
    "Назар",
    "Остап",
    "Ярослав",
]
SURNAMES = [
    "Шевченко",
    "Коваленко",
    "Бондаренко",
    "Ткаченко",
    "Кравченко",
    "Мельник",
    "Лисенко",
    "Савченко",
    "Руденко",
    "Марченко",
    "Петренко",
    "Гриценко",
    "Бойко",
    "Мороз",
    "Поліщук",
    "Левченко",
    "Гончар",
    "Яценко",
    "Кузьменко",
    "Заєць",
    "Дячук",
    "Іваненко",
    "Литвин",
    "Гаврилюк",
    "Ґава",
    "Сидоренко",
    "Романюк",
    "Щербак",
    "Ярош",
    "Федорук",
]
# (city, weight, highest branch number)
CITIES = (
    ("Київ", 28, 400),
    ("Львів", 13, 160),
    ("Одеса", 10, 130),
    ("Дніпро", 9, 140),
    ("Харків", 8, 150),
    ("Вінниця", 5, 50),
    ("Івано-Франківськ", 4, 45),
    ("Тернопіль", 4, 35),
    ("Полтава", 4, 40),
    ("Черкаси", 3, 30),
    ("Житомир", 3, 35),
    ("Хмельницький", 3, 40),
    ("Луцьк", 3, 30),
    ("Ужгород", 2, 25),
    ("Чернівці", 2, 35),
    ("Біла Церква", 2, 15),
    ("Кам’янець-Подільський", 1, 12),
)
STREETS = [
    "Шевченка",
    "Франка",
    "Лесі",
    "Українки",
    "Грушевського",
    "Соборна",
    "Садова",
    "Зелена",
    "Київська",
]
_MOBILE = ("50", "63", "66", "67", "68", "73", "93", "95", "96", "97", "98", "99")


class Person(NamedTuple):
    name: str
    phone: str
    email: str
    city: str
    branch: str
    street: str
    method: str


def make_person(rnd: random.Random, number: int) -> Person:
    """Somebody with a home and a habit of delivery; phone and e-mail differ by `number`."""
    first = rnd.choice(WOMEN if rnd.random() < 0.64 else MEN)
    surname = rnd.choice(SURNAMES)
    city, _weight, branches = rnd.choices(CITIES, weights=[c[1] for c in CITIES])[0]
    method = rnd.choices(
        ("np_branch", "np_locker", "np_courier", "ukrposhta", "pickup"), (56, 24, 8, 9, 3)
    )[0]
    branch = street = ""
    place = rnd.randint(1, branches)
    if method == "np_branch":
        branch = f"Відділення №{place}"
    elif method == "np_locker":
        branch = f"Поштомат №{place + 20000}"
    elif method == "ukrposhta":
        branch = f"Індекс {rnd.randint(1000, 95000):05d}"
    else:
        street = f"вул. {rnd.choice(STREETS)}, {rnd.randint(1, 120)}"
    if method == "pickup":
        city, street = "Київ", "вул. Ярославів Вал, 15"
    return Person(
        name=f"{first} {surname}",
        phone=f"+380{rnd.choice(_MOBILE)}{1_000_000 + number * 7919 % 9_000_000:07d}",
        email=f"buyer{number}@example.com" if rnd.random() < 0.55 else "",
        city=city,
        branch=branch,
        street=street,
        method=method,
    )
