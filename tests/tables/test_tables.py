"""Files of tables: no formulas, values by their kind, made in pieces by whoever goes on."""

import io
import json
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from crm.tables.cells import bare_cell, safe_cell
from crm.tables.csv import CsvTable
from crm.tables.formats import content_type
from crm.tables.xlsx import XlsxTable
from integrations.imports.reading.xlsx import Workbook

HEADERS = ["№", "Placed", "Day", "Sum", "Units", "Text", "=1+1"]
ROWS = [
    ["1", datetime(2026, 7, 1, 21, 30, 5, tzinfo=UTC), date(2026, 7, 2), Decimal("1250.50"), 3,
     "<Чай> & «мед»", ""],
    ["2", None, None, None, 10**16, "=cmd|' /C calc'!A0", " a\nb\x0b"],
]  # fmt: skip


@pytest.fixture(autouse=True)
def _kyiv():
    with timezone.override(ZoneInfo("Europe/Kyiv")):
        yield


def write(kind, pieces, **more):
    """Write each piece by a writer of its own, which has the state of the one before as JSON."""
    parts: dict[int, bytes] = {}

    def put(place, data):
        assert place not in parts
        parts[place] = data

    table = kind(put, **more)
    table.begin(HEADERS)
    for rows in pieces:
        table = kind(put, json.loads(json.dumps(table.state)), **more)
        table.add(rows)
    kind(put, table.state, **more).end()
    return b"".join(parts[place] for place in sorted(parts))


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+SUM(A1)", "'+SUM(A1)"),
        ("-2+3", "'-2+3"),
        ("@cmd", "'@cmd"),
        ("\t=1", "'\t=1"),
        ("  =HYPERLINK(1)", "'  =HYPERLINK(1)"),
        ("\r=1", "'\r=1"),
        ("+380671234567", "+380671234567"),
        ("+380671234567, +380501112233", "+380671234567, +380501112233"),
        ("+380 •• ••• 45 67", "+380 •• ••• 45 67"),
        ("+1, +A1()", "'+1, +A1()"),
        ("+1-2", "'+1-2"),
        ("-12.50", "-12.50"),
        ("Чай = добре", "Чай = добре"),
        ("'так", "'так"),
        ("", ""),
    ],
)
def test_what_would_be_a_formula_is_text_and_comes_back(text, cell):
    assert safe_cell(text) == cell
    assert bare_cell(cell) == text


def test_csv_is_what_excel_in_ukrainian_opens():
    text = write(CsvTable, [ROWS[:1], ROWS[1:]]).decode()
    assert text.startswith("\ufeff№;Placed;Day;Sum;Units;Text;'=1+1\r\n")
    assert text.splitlines()[1] == "1;2026-07-02 00:30:05;2026-07-02;1250.50;3;<Чай> & «мед»;"
    assert text.count("\ufeff") == 1
    assert ";'=cmd" in text


def test_xlsx_has_values_by_their_kind():
    data = write(XlsxTable, [ROWS])
    book = zipfile.ZipFile(io.BytesIO(data))
    assert book.testzip() is None
    sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    cells = {cell.get("r"): cell for cell in sheet.iter(f"{space}c")}
    kinds = {name: (c.get("t"), c.get("s")) for name, c in cells.items() if name[1:] != "1"}
    assert kinds == {
        "A2": ("inlineStr", None), "B2": (None, "4"), "C2": (None, "3"), "D2": (None, "2"),
        "E2": (None, None), "F2": ("inlineStr", None),
        "A3": ("inlineStr", None), "E3": ("inlineStr", None), "F3": ("inlineStr", None),
        "G3": ("inlineStr", None),
    }  # fmt: skip
    assert not list(sheet.iter(f"{space}f"))
    assert sheet.find(f".//{space}pane").get("state") == "frozen"
    widths = [float(column.get("width")) for column in sheet.iter(f"{space}col")]
    assert widths == [8, 21, 12, 9, 19, 20, 8]


def test_xlsx_comes_back_through_our_own_reader():
    rows = list(Workbook(io.BytesIO(write(XlsxTable, [ROWS[:1], ROWS[1:]]))).rows())
    assert rows[0] == HEADERS
    assert rows[1] == ["1", "2026-07-02 00:30:05", "2026-07-02", "1250.5", "3", "<Чай> & «мед»"]
    assert rows[2] == ["2", "", "", "", "1" + "0" * 16, "=cmd|' /C calc'!A0", "a\nb"]


@pytest.mark.parametrize("kind", [CsvTable, XlsxTable])
def test_pieces_make_the_same_table_as_one(kind):
    many = [[str(n), None, None, Decimal(n), n, "рядок", ""] for n in range(100)]
    whole = write(kind, [many])
    assert write(kind, [many[:1], many[1:40], [], many[40:]]) == whole or kind is XlsxTable
    if kind is XlsxTable:
        pieces = write(kind, [many[:1], many[1:40], [], many[40:]])
        assert [*Workbook(io.BytesIO(pieces)).rows()] == [*Workbook(io.BytesIO(whole)).rows()]


def test_a_full_sheet_is_followed_by_another():
    many = [[str(n)] for n in range(7)]
    book = Workbook(io.BytesIO(write(XlsxTable, [many[:2], many[2:]], max_rows=4)))
    assert len(book.sheets) == 3
    found = [list(book.rows(sheet)) for sheet in range(3)]
    assert [rows[0] for rows in found] == [HEADERS] * 3
    assert [[row[0] for row in rows[1:]] for rows in found] == [
        ["0", "1", "2"], ["3", "4", "5"], ["6"],
    ]  # fmt: skip


def test_a_table_without_rows_has_its_head():
    assert list(Workbook(io.BytesIO(write(XlsxTable, []))).rows()) == [HEADERS]
    assert write(CsvTable, []).decode().count("\r\n") == 1


def test_a_file_is_what_its_name_says():
    assert content_type("orders-7.xlsx").endswith("spreadsheetml.sheet")
    assert content_type("orders-7.csv") == "text/csv; charset=utf-8"
    assert content_type("company.zip") == "application/zip"
    assert content_type("what") == "application/octet-stream"
