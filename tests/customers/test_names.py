"""The alphabet's order, folding and Latin letters."""

import pytest

from customers.names import build_search_doc, fold_text, romanise, sort_key


def test_names_stand_in_the_order_of_the_alphabet() -> None:
    names = [
        "10 кроків", "Андрій", "Бойко", "Гончар", "Ґалаґан", "Дяк", "Ежен", "Ємець", "Жук",
        "Зоя", "Иванов", "Іваненко", "Їжак", "Йовенко", "Кіт", "Щука", "Эдуард", "Юрій", "Яна",
        "Adam", "Zoe", "",
    ]  # fmt: skip
    shuffled = sorted(names, key=lambda name: name[::-1])
    assert shuffled != names
    assert sorted(shuffled, key=sort_key) == names


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Іван Франко", "Іванна"),  # a shorter word before a longer one
        ("Мар'ян", "Марянка"),  # the apostrophe does not count
        ("ГОНЧАР а", "Гончар б"),  # nor does the case
        ("Нечуй-Левицький А", "Нечуй Левицький Б"),  # a hyphen is a space
        ("Ёлкин А", "Елкин Б"),
    ],
)
def test_marks_and_case_do_not_break_the_order(first: str, second: str) -> None:
    assert sort_key(first) < sort_key(second)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Мар’яна  ЛЮБКА", "маряна любка"),
        ("Мар'яна", "маряна"),
        ("Марʼяна", "маряна"),
        ("Семёнов", "семенов"),
        ("Йосип Їжак", "йосип їжак"),
        ("José Müller", "jose muller"),
        ("ﬁﬁ", "fifi"),
    ],
)
def test_fold_text(written: str, folded: str) -> None:
    assert fold_text(written) == folded


@pytest.mark.parametrize(
    ("name", "roman"),
    [
        ("Згурський Євген", "zghurskyi yevhen"),
        ("Щербань Юрій", "shcherban yurii"),
        ("Ґалаґан Яна", "galagan yana"),
        ("Любов Їжак", "liubov yizhak"),
    ],
)
def test_latin_letters_follow_the_passport(name: str, roman: str) -> None:
    assert romanise(fold_text(name)) == roman


def test_search_text_has_name_in_both_letters_phones_and_emails() -> None:
    doc = build_search_doc(
        name="Мар'яна Ґ", phone_digits=["380671234567"], emails=["Mariana@Example.com"]
    )
    assert doc == " маряна ґ mariana g 380671234567 mariana@example.com"
