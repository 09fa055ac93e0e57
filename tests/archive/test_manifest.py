"""What an archive says of itself is read with care: it comes from outside."""

import json

import pytest
from django.utils import translation

from config.archive.errors import ArchiveRefused
from config.archive.figures import Figure
from config.archive.manifest import Manifest, TableFacts
from config.archive.tables import CARRIED

KEPT = Manifest(
    made_at="2026-03-02T09:00:00+00:00",
    made_by="Kram 1",
    company={
        "slug": "shop",
        "name": "Крамниця",
        "currency": "UAH",
        "time_zone": "Europe/Kyiv",
        "language": "uk",
    },
    tables=[TableFacts(t.name, t.columns, 1, 2, "ab", "3") for t in CARRIED],
    figures=[Figure("orders", "UAH", {"total": "12.50"})],
    left_out={"api_apikey": "opens the company from outside"},
)


def test_it_reads_what_it_wrote():
    assert Manifest.from_text(KEPT.as_text()) == KEPT


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: m.update(version=2), "format 2; this Kram reads format 1"),
        (lambda m: m.update(format="else"), "not an archive"),
        (lambda m: m["tables"][0].update(name="orders_future"), "orders_future is not known"),
        (lambda m: m["tables"][0]["columns"].append("mood"), "mood is not known"),
        (lambda m: m["tables"].append(m["tables"][0]), "damaged: manifest"),
        (lambda m: m["tables"][0]["columns"].remove("id"), "damaged: manifest"),
        (lambda m: m["tables"][0].update(rows="many"), "damaged: manifest"),
        (lambda m: m.pop("figures"), "damaged: manifest"),
        (lambda m: m.update(company=[]), "damaged: manifest"),
        (lambda m: m["company"].update(currency="XXX"), "currency «XXX» is not known"),
        (lambda m: m["company"].update(time_zone="Mars/Base"), "Mars/Base» is not known"),
        (lambda m: m["company"].pop("language"), "language «» is not known"),
    ],
)
def test_what_is_not_for_us_is_refused(change, words):
    kept = json.loads(KEPT.as_text())
    change(kept)
    with pytest.raises(ArchiveRefused) as refused:
        Manifest.from_text(json.dumps(kept))
    with translation.override("en"):
        assert words in str(refused.value)


def test_an_archive_older_than_a_table_or_a_column_is_read():
    kept = json.loads(KEPT.as_text())
    kept["tables"].pop()
    kept["tables"][0]["columns"].remove("logo_hash")
    read = Manifest.from_text(json.dumps(kept))
    assert len(read.tables) == len(CARRIED) - 1
