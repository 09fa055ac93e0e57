"""Ukrainian in Latin letters, by the Cabinet's own examples."""

import csv
import os
from pathlib import Path

import pytest

from crm.accounts.translit import suggest_slug, transliterate

ROOT = Path(__file__).resolve().parents[2]


def official_pairs() -> list[tuple[str, str]]:
    folder = Path(os.environ.get("KRAM_DATA_DIR") or ROOT.parent / "shared" / "data")
    path = folder / "translit" / "kmu55_2010_official_examples.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as file:
        return [(row["ukrainian"], row["latin_kmu2010"]) for row in csv.DictReader(file)]


def test_the_official_examples():
    pairs = official_pairs()
    if not pairs:
        pytest.skip("The official examples are not beside this checkout (KRAM_DATA_DIR).")
    wrong = {
        (word, transliterate(word), latin) for word, latin in pairs if transliterate(word) != latin
    }
    assert wrong == set()
    assert len(pairs) >= 70


@pytest.mark.parametrize(
    ("word", "latin"),
    [
        ("Єнакієве", "Yenakiieve"),
        ("Згурський", "Zghurskyi"),
        ("Знам'янка", "Znamianka"),
        ("Щербухи", "Shcherbukhy"),
        ("ЮЛІЯ", "YULIIA"),
        ("Café 2000", "Café 2000"),
    ],
)
def test_a_word(word, latin):
    assert transliterate(word) == latin


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Чайна «Їжак»", "chaina-yizhak"),
        ("ТОВ «Згода & Ко»", "tov-zghoda-ko"),
        ("  --- ", ""),
        ("日本", ""),
        ("А" * 60, "a" * 40),
        ("Крамниця №1", "kramnytsia-1"),
    ],
)
def test_an_address_of_a_name(name, slug):
    assert suggest_slug(name) == slug
