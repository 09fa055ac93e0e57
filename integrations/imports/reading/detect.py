"""How a file of text is written: its encoding, what parts its columns, where its names stand."""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from integrations.imports.reading.errors import FileRefused

SAMPLE = 256 * 1024
DELIMITERS = ",;\t|"
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Letters side by side beyond ASCII: usual in Cyrillic, rare in Western languages.
_RUN = re.compile(rb"[\x80-\xff]{2,}")
_HIGH = re.compile(rb"[\x80-\xff]")
_NUMBER = re.compile(r"[-+]?[\d\s.,  ]*\d[\d\s.,  ]*%?")
_DATE = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}([ T]\d.*)?")
_LOOK_FOR_NAMES = 15


def find_format(head: bytes) -> str:
    """Return "xlsx" or "csv" by what the file holds; its name is not asked."""
    if not head.strip():
        raise FileRefused("empty")
    if head.startswith(_ZIP):
        return "xlsx"
    if head.startswith(_OLE):
        # An .xls of old, or an .xlsx behind a password.
        raise FileRefused("old_excel")
    if find_encoding(head).startswith("utf-16"):
        return "csv"
    if head.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8", b"GIF8", b"\x1f\x8b")) or b"\0" in head:
        raise FileRefused("not_a_table")
    return "csv"


def find_encoding(sample: bytes, *, is_utf8: bool | None = None) -> str:
    """Return the encoding of a text. `is_utf8` says whether the whole file is; None: the sample."""
    for bom, name in _BOMS:
        if sample.startswith(bom):
            return name
    wide = _wide_without_bom(sample)
    if wide:
        return wide
    if is_utf8 is None:
        is_utf8 = looks_utf8(sample)
    if is_utf8:
        return "utf-8"
    high = len(_HIGH.findall(sample))
    in_runs = sum(len(run) for run in _RUN.findall(sample))
    if high and in_runs / high < 0.5:
        return "cp1252"
    dos = sum(1 for byte in sample if 0x80 <= byte <= 0xAF)
    return "cp866" if dos > 0.4 * high else "cp1251"


def looks_utf8(sample: bytes) -> bool:
    """Tell whether the bytes are UTF-8; a letter cut off at the end is forgiven."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return False
    return True


def _wide_without_bom(sample: bytes) -> str:
    """UTF-16 without its mark: ASCII (delimiters, digits, spaces) has a zero beside each byte."""
    sample = sample[:4096]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) / 2
    # A binary file has zeros on both sides.
    if max(even, odd) < 0.1 * half or min(even, odd) > 0.02 * half:
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def find_dialect(text: str) -> tuple[str, str]:
    """Return the delimiter and the quote of a sample of text."""
    quote = '"'
    for delimiter in DELIMITERS:
        if text.count(f"'{delimiter}'") > max(3, text.count(f'"{delimiter}"')):
            quote = "'"
    best, found = (0.0, 0), ","
    for delimiter in DELIMITERS:
        widths = Counter(len(row) for row in read_sample(text, delimiter, quote) if any(row))
        if not widths:
            continue
        width, count = max(widths.items(), key=lambda pair: (pair[1], pair[0]))
        score = (count / widths.total(), width)
        if width > 1 and score > best:
            best, found = score, delimiter
    return found, quote


def read_sample(text: str, delimiter: str, quote: str, rows: int = 60) -> list[list[str]]:
    """Return the first rows of a sample; the last line of a long one may be cut and is left."""
    lines = text.splitlines(keepends=True)
    if len(lines) > 1 and not lines[-1].endswith(("\n", "\r")) and len(text) >= SAMPLE // 4:
        lines.pop()
    found = []
    try:
        for row in csv.reader(lines, delimiter=delimiter, quotechar=quote):
            found.append([cell.strip() for cell in row])
            if len(found) == rows:
                break
    except csv.Error:
        pass
    return found


def find_header(rows: Sequence[Sequence[str]], known: Iterable[str] = ()) -> int:
    """Return the place of the row that names the columns; -1 where there is none.

    `known` are words that such names are made of, folded.
    """
    words = set(known)
    width = max((sum(1 for cell in row if cell) for row in rows), default=0)
    for place, row in enumerate(rows[:_LOOK_FOR_NAMES]):
        filled = [cell for cell in row if cell]
        if len(filled) < max(1, 0.6 * width) or len({c.casefold() for c in filled}) < len(filled):
            continue
        if any(_is_value(cell) for cell in filled):
            if place + 1 < _LOOK_FOR_NAMES and len(filled) < width:
                continue  # a title with a date above the table
            return -1
        if words and not any(fold_name(cell) in words for cell in filled):
            # No word is known: a row of names still differs from the rows of values below it.
            below = [cell for later in rows[place + 1 : place + 6] for cell in later if cell]
            if below and not any(_is_value(cell) for cell in below):
                return place if place == 0 else -1
        return place
    return -1


def fold_name(name: str) -> str:
    """A column's name for comparing: "Unit Price, £" and "unit_price" are alike."""
    spaced = re.sub(r"(?<=[a-zа-яіїєґ])(?=[A-ZА-ЯІЇЄҐ])", " ", name.strip())
    spaced = spaced.replace("’", "'").replace("`", "'").replace("ʼ", "'").replace("№", " номер ")
    return " ".join(re.sub(r"[^\w']+|_", " ", spaced.casefold()).split())


def _is_value(cell: str) -> bool:
    return bool(_NUMBER.fullmatch(cell) or _DATE.fullmatch(cell))
