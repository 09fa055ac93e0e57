"""What values of each type are kept, how they are read from text, and what is refused."""

import pytest
from django.utils import translation

from crm.fields.models import FieldDefinition
from crm.fields.values import FieldError, check_value, keys_of, parse_text, show_value

OPTIONS = [
    {"key": "paper", "label": "Папір"},
    {"key": "box", "label": "Коробка", "off": True},
    {"key": "bag", "label": "Торбинка"},
]


def field(type: str) -> FieldDefinition:
    return FieldDefinition(code="x", name="Поле", type=type, options=OPTIONS)


@pytest.mark.parametrize(
    ("type", "given", "kept"),
    [
        ("text", "  два   слова ", "два слова"),
        ("long", "рядок\nрядок ", "рядок\nрядок"),
        ("number", 12, 12),
        ("number", 12.0, 12),
        ("number", -0.25, -0.25),
        ("date", "2026-03-31", "2026-03-31"),
        ("bool", False, False),
        ("choice", "box", "box"),
        ("choices", ["bag", "paper", "bag"], ["paper", "bag"]),
        ("link", "https://example.com/a?b=1", "https://example.com/a?b=1"),
        ("text", "", None),
        ("choices", [], None),
        ("number", None, None),
    ],
)
def test_a_value_is_kept_in_one_way(type, given, kept):
    assert check_value(field(type), given) == kept


@pytest.mark.parametrize(
    ("type", "given", "code"),
    [
        ("text", 5, "wrong_type"),
        ("text", "a\x00", "wrong_type"),
        ("text", "\ud800", "wrong_type"),
        ("text", "a" * 301, "max_length"),
        ("number", "12", "wrong_type"),
        ("number", True, "wrong_type"),
        ("number", 0.00001, "bad_number"),
        ("number", 10**11, "bad_number"),
        ("number", float("nan"), "bad_number"),
        ("date", "2026-02-30", "bad_date"),
        ("date", "20260230", "bad_date"),
        ("date", 20260230, "wrong_type"),
        ("bool", 1, "wrong_type"),
        ("choice", "ribbon", "unknown_option"),
        ("choice", ["paper"], "wrong_type"),
        ("choices", "paper", "wrong_type"),
        ("choices", ["paper", "ribbon"], "unknown_option"),
        ("choices", [["paper"]], "wrong_type"),
        ("link", "javascript:alert(1)", "bad_link"),
        ("link", "https://", "bad_link"),
    ],
)
def test_what_is_no_value_is_refused_with_its_field(type, given, code):
    with pytest.raises(FieldError) as refused:
        check_value(field(type), given)
    assert (refused.value.code, refused.value.field) == (code, "x")


@pytest.mark.parametrize(
    ("type", "text", "kept"),
    [
        ("number", "1 249,50", 1249.5),
        ("date", "31.12.2026", "2026-12-31"),
        ("date", "1.2.2026", "2026-02-01"),
        ("bool", "Так", True),
        ("bool", "no", False),
        ("choice", "папір", "paper"),
        ("choices", "Папір; bag", ["paper", "bag"]),
        ("text", "   ", None),
    ],
)
def test_people_write_values_their_way(type, text, kept):
    assert parse_text(field(type), text) == kept


def test_values_are_shown_in_the_readers_words():
    with translation.override("uk"):
        assert show_value(field("number"), 1249.5) == "1\xa0249,5"
        assert show_value(field("choices"), ["paper", "box"]) == "Папір, Коробка"
        assert show_value(field("date"), "2026-03-31").startswith("31")
    with translation.override("en"):
        assert show_value(field("bool"), False) == "No"
    assert show_value(field("text"), None) == ""


def test_numbers_and_days_are_found_by_whole_numbers():
    assert keys_of(field("number"), -0.25) == [{"number": -2500}]
    assert keys_of(field("date"), "0001-01-02") == [{"number": 2}]
    assert keys_of(field("text"), "Два СЛОВА") == [{"text": "два слова"}]
    assert keys_of(field("long"), "текст") == []
