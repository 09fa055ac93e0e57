"""A file is understood by what it holds: encoding, delimiter, names, and XLSX without Excel."""

import io
import zipfile
from datetime import datetime
from decimal import Decimal

import pytest

from integrations.imports.kinds.guess import guess_mapping
from integrations.imports.kinds.registry import KINDS, known_words
from integrations.imports.reading import xlsx
from integrations.imports.reading.detect import (
    find_dialect,
    find_encoding,
    find_format,
    find_header,
)
from integrations.imports.reading.errors import FileRefused
from integrations.imports.reading.table import find_layout, read_head, read_rows
from integrations.imports.values import BadValue, guess_mark, read_decimal, read_moment

TEXT = "Номер;Дата;Артикул;Назва;Кількість;Ціна\n1;01.02.2026;TEA;Чай зелений, лист;2;149,50\n"


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("cp1251", "cp1251"),
        ("cp866", "cp866"),
    ],
)
def test_the_encoding_of_a_ukrainian_file(encoding, expected):
    text = TEXT if encoding != "cp866" else TEXT.replace("і", "и")
    raw = (text * 3).encode(encoding)
    assert find_encoding(raw) == expected
    layout = find_layout(io.BytesIO(raw), known_words())
    assert (layout["delimiter"], layout["header"]) == (";", 0)
    names, rows = read_head(io.BytesIO(raw), layout, "Column")
    assert names[:3] == ["Номер", "Дата", "Артикул"]
    assert rows[0][5] == "149,50"


def test_western_letters_are_not_taken_for_cyrillic():
    raw = "name,city\nJosé Müller,Zürich\nChloë Brontë,Málaga\n".encode("cp1252")
    assert find_encoding(raw) == "cp1252"
    assert find_encoding("ім'я,місто\nОлена,Київ\n".encode("cp1251")) == "cp1251"


def test_a_letter_of_another_encoding_on_the_last_line_is_seen():
    raw = b"sku,name\n" + b"A,tea\n" * 60_000 + "B,чай\n".encode("cp1251")
    layout = find_layout(io.BytesIO(raw))
    assert layout["encoding"] == "cp1251"
    assert list(read_rows(io.BytesIO(raw), layout))[-1] == (60_002, ["B", "чай"])


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_makes_even_rows(delimiter):
    rows = [["a", "b, c; d", "e"], ["1", 'x "y"', "3"], ["4", "many, commas, here", "6"]]
    text = "\n".join(
        delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows
    )
    assert find_dialect(text) == (delimiter, '"')


def test_single_quotes():
    assert find_dialect("'a','b','c'\n'1','x, y','3'\n" * 4) == (",", "'")


def test_the_row_of_names_below_a_title():
    rows = [["Звіт за лютий"], [], ["Артикул", "Назва", "Ціна"], ["TEA", "Чай", "10"]]
    assert find_header(rows, known_words()) == 2
    assert find_header([["1", "TEA", "10.5"], ["2", "CUP", "20"]], known_words()) == -1


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (b"", "empty"),
        (b"\xd0\xcf\x11\xe0rest", "old_excel"),
        (b"%PDF-1.7", "not_a_table"),
        (b"\x89PNG\r\n", "not_a_table"),
        (b"a\0\0\0\0b,c\0\1\2\3", "not_a_table"),
    ],
)
def test_what_is_no_table_is_refused_by_its_content(head, code):
    with pytest.raises(FileRefused) as refused:
        find_format(head)
    assert refused.value.code == code
    assert find_format(b"sku,name\n") == "csv"


def make_book(rows, *, strings=(), extra=None):
    """An .xlsx of one sheet; `rows` hold raw XML cells."""
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    sheet = "".join(f'<row r="{n}">{"".join(cells)}</row>' for n, cells in rows)
    parts = {
        "[Content_Types].xml": "<Types/>",
        "xl/workbook.xml": f'<workbook {main} xmlns:r="http://schemas.openxmlformats.org/'
        'officeDocument/2006/relationships"><sheets><sheet name="Старий" sheetId="2" r:id="r2"'
        ' state="hidden"/><sheet name="Товари" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/'
        'package/2006/relationships"><Relationship Id="r1" Target="worksheets/sheet1.xml"/>'
        '<Relationship Id="r2" Target="worksheets/sheet2.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet {main}><numFmts><numFmt numFmtId="165" '
        'formatCode="dd\\.mm\\.yyyy"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="165"/>'
        '<xf numFmtId="2"/></cellXfs></styleSheet>',
        "xl/sharedStrings.xml": f"<sst {main}>"
        + "".join(f"<si><t>{text}</t></si>" for text in strings)
        + "</sst>",
        "xl/worksheets/sheet1.xml": f"<worksheet {main}><sheetData>{sheet}</sheetData></worksheet>",
        **(extra or {}),
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in parts.items():
            book.writestr(name, text)
    file.seek(0)
    return file


def test_an_xlsx_gives_what_a_person_sees():
    book = xlsx.Workbook(
        make_book(
            [
                (1, ['<c r="A1" t="s"><v>0</v></c>', '<c r="B1" t="s"><v>1</v></c>']),
                (
                    3,
                    [
                        '<c r="A3" s="1"><v>46054</v></c>',
                        '<c r="B3" s="2"><v>2.5499999999999998</v></c>',
                        '<c r="D3" t="inlineStr"><is><t>край</t></is></c>',
                        '<c r="E3" t="b"><v>1</v></c>',
                        '<c r="F3" t="e"><v>#N/A</v></c>',
                    ],
                ),
            ],
            strings=("Дата", "Ціна"),
        )
    )
    assert book.sheets == [("Товари", "xl/worksheets/sheet1.xml")]  # the hidden one is passed over
    assert list(book.rows()) == [
        ["Дата", "Ціна"],
        [],
        ["2026-02-01", "2.55", "", "край", "1"],
    ]


def test_an_xlsx_that_unpacks_to_too_much_is_not_opened(monkeypatch):
    rows = [(n, [f'<c r="A{n}"><v>{n}</v></c>']) for n in range(1, 400)]
    assert len(list(xlsx.Workbook(make_book(rows)).rows())) == 399
    monkeypatch.setattr(xlsx, "MAX_UNPACKED", 10_000)
    with pytest.raises(FileRefused) as refused:
        xlsx.Workbook(make_book(rows))
    assert refused.value.code == "bomb"


def test_the_bound_holds_where_the_directory_lies(monkeypatch):
    rows = [(n, [f'<c r="A{n}"><v>{n}</v></c>']) for n in range(1, 9000)]
    book = xlsx.Workbook(make_book(rows))
    monkeypatch.setattr(xlsx, "MAX_UNPACKED", 10_000)
    with pytest.raises(FileRefused) as refused:
        list(book.rows())
    assert refused.value.code == "bomb"


def test_entities_are_refused():
    bad = '<!DOCTYPE x [<!ENTITY a "b">]><sst><si><t>&a;</t></si></sst>'
    rows = [(1, ['<c r="A1"><v>1</v></c>'])]
    assert list(xlsx.Workbook(make_book(rows)).rows()) == [["1"]]
    with pytest.raises(FileRefused):
        xlsx.Workbook(make_book(rows, extra={"xl/sharedStrings.xml": bad}))


@pytest.mark.parametrize(
    ("text", "mark", "value"),
    [
        ("1 249,50 ₴", ",", "1249.50"),
        ("1\u00a0249,50 грн.", ",", "1249.50"),
        ("$1,249.50", ".", "1249.50"),
        ("1.249,50", ",", "1249.50"),
        ("1,249", ".", "1249"),
        ("1,249", ",", "1.249"),
        ("1.249", ",", "1249"),
        ("0.249", ",", "0.249"),
        ("1,249,000", ".", "1249000"),
        ("1.249.000,5", ",", "1249000.5"),
        ("12,34,567.50", ".", "1234567.50"),
        ("(12.00)", ".", "-12.00"),
        ("-5", ".", "-5"),
    ],
)
def test_numbers_as_people_write_them(text, mark, value):
    assert read_decimal(text, mark) == Decimal(value)


@pytest.mark.parametrize(
    "text", ["", "дві", "1-2", "NaN", "1e5000", "--", "12,5,5", "1.2.3", "12,5.5", "1,2.3,4", ","]
)
def test_what_is_no_number(text):
    with pytest.raises(BadValue):
        read_decimal(text)


def test_the_mark_of_fractions_is_found():
    assert guess_mark(["1,249", "100", "12,5"]) == ","
    assert guess_mark(["1,249", "100", "12.5"]) == "."


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("2010-12-01 08:26:00", "dmy", datetime(2010, 12, 1, 8, 26)),
        ("03.04.2026", "dmy", datetime(2026, 4, 3)),
        ("03/04/2026 2:05 PM", "mdy", datetime(2026, 3, 4, 14, 5)),
        ("12/1/10 8:26", "mdy", datetime(2010, 12, 1, 8, 26)),
    ],
)
def test_days(text, order, expected):
    assert read_moment(text, order, "Europe/London").replace(tzinfo=None) == expected


def test_a_day_that_is_none():
    with pytest.raises(BadValue):
        read_moment("31.02.2026", "dmy", "Europe/Kyiv")


@pytest.mark.parametrize(
    ("kind", "headers", "expected"),
    [
        (
            "orders",
            ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice",
             "CustomerID", "Country"],
            ["number", "sku", "item", "quantity", "date", "price", "code", "tags"],
        ),
        (
            "orders",
            ["Номер замовлення", "Дата", "Артикул", "Товар", "К-сть", "Ціна", "ПІБ", "Телефон",
             "Місто"],
            ["number", "date", "sku", "item", "quantity", "price", "customer", "phone", "city"],
        ),
        (
            "products",
            ["Артикул", "Наименование", "Розничная цена", "Закупочная цена", "Штрихкод"],
            ["sku", "name", "price", "cost", "barcodes"],
        ),
        ("customers", ["First name", "Last name", "E-mail", "Mobile"],
         ["name", "name", "email", "phone"]),
        ("stock", ["Артикул", "Склад", "Залишок", "Комірка"],
         ["sku", "warehouse", "quantity", "cell"]),
    ],
)  # fmt: skip
def test_columns_are_guessed_by_their_names(kind, headers, expected):
    assert guess_mapping(KINDS[kind], headers, []) == expected


def test_columns_without_names_are_guessed_by_their_values():
    samples = [["Олена", "067 123 45 67", "o@example.com"]] * 3
    headers = ["Column 1", "Column 2", "Column 3"]
    assert guess_mapping(KINDS["customers"], headers, samples) == ["", "phone", "email"]
