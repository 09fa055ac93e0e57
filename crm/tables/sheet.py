"""The XML of a workbook: its sheets, styles and cells."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from django.utils import timezone
from django.utils.translation import gettext as _

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEETML = "application/vnd.openxmlformats-officedocument.spreadsheetml"

# Places of styles in cellXfs below.
_PLAIN, _HEAD, _MONEY, _DAY, _MOMENT = range(5)
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    + "".join(
        f'<xf numFmtId="{number}" fontId="0" fillId="0" borderId="0" xfId="0"'
        ' applyNumberFormat="1"/>'
        for number in (4, 164, 165)
    )
    + '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/>'
    "</cellStyles></styleSheet>"
)
_EPOCH = datetime(1899, 12, 30, tzinfo=UTC)
_DAY_SECONDS = 86_400
_MAX_TEXT = 32_767  # signs of a cell
_MAX_EXACT = 10**15  # a spreadsheet's numbers have fifteen digits
_NARROW, _WIDE = 8, 50
# What XML can't say at all.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def make_front(sheets: int) -> Iterator[tuple[str, bytes]]:
    """Give the parts that tell of so many sheets, by name."""
    places = range(1, sheets + 1)
    kinds = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_SHEETML}.worksheet+xml"/>'
        for n in places
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{_RELATIONS}/worksheet"'
        f' Target="worksheets/sheet{n}.xml"/>'
        for n in places
    )
    title = escape(_("Sheet"), {'"': "&quot;"})
    listed = "".join(f'<sheet name="{title} {n}" sheetId="{n}" r:id="rId{n}"/>' for n in places)
    parts = {
        "[Content_Types].xml": (
            f'<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels"'
            ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEETML}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{_SHEETML}.styles+xml"/>'
            f"{kinds}</Types>"
        ),
        "_rels/.rels": (
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1"'
            f' Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": (
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{listed}</sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": (
            f'<Relationships xmlns="{_PACKAGE}/relationships">{links}'
            f'<Relationship Id="rId{sheets + 1}" Type="{_RELATIONS}/styles" Target="styles.xml"/>'
            "</Relationships>"
        ),
    }
    for name, text in parts.items():
        yield name, (_XML + text).encode()
    yield "xl/styles.xml", _STYLES.encode()


def sheet_head(headers: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """The beginning of a sheet: headings that stay in sight, columns as wide as these rows."""
    widths = [_width(place, header, rows) for place, header in enumerate(headers)]
    columns = "".join(
        f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>'
        for n, width in enumerate(widths, start=1)
    )
    cells = "".join(_text(_name(place), 1, header, _HEAD) for place, header in enumerate(headers))
    return (
        f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        '</sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/>'
        f'<cols>{columns}</cols><sheetData><row r="1">{cells}</row>'
    ).encode()


class Grid:
    """Rows of cells as XML, numbered from `first`."""

    def __init__(self, *, first: int) -> None:
        self._first = first

    def rows(self, rows: Iterable[Sequence[Any]]) -> bytes:
        return "".join(
            f'<row r="{number}">{"".join(_cells(number, row))}</row>'
            for number, row in enumerate(rows, start=self._first)
        ).encode()


def _cells(number: int, row: Sequence[Any]) -> Iterator[str]:
    for place, value in enumerate(row):
        if value is None or value == "":
            continue
        name = _name(place)
        if isinstance(value, str):
            yield _text(name, number, value)
        elif isinstance(value, bool):
            yield f'<c r="{name}{number}" t="b"><v>{int(value)}</v></c>'
        elif isinstance(value, Decimal):
            yield _number(name, number, value, _MONEY)
        elif isinstance(value, int):
            yield _number(name, number, value, _PLAIN)
        elif isinstance(value, datetime):
            seconds = _seconds(timezone.localtime(value))
            yield _number(name, number, f"{seconds / _DAY_SECONDS:.9f}", _MOMENT)
        elif isinstance(value, date):
            days = _seconds(datetime(value.year, value.month, value.day, tzinfo=UTC))
            yield _number(name, number, days // _DAY_SECONDS, _DAY)
        else:
            yield _text(name, number, str(value))


def _seconds(moment: datetime) -> int:
    """The clock's own reading since the day that spreadsheets count from."""
    return int((moment.replace(tzinfo=UTC, microsecond=0) - _EPOCH).total_seconds())


def _number(name: str, number: int, value: int | Decimal | str, style: int) -> str:
    if not isinstance(value, str) and not -_MAX_EXACT < value < _MAX_EXACT:
        return _text(name, number, str(value))
    styled = f' s="{style}"' if style else ""
    return f'<c r="{name}{number}"{styled}><v>{value}</v></c>'


def _text(name: str, number: int, text: str, style: int = _PLAIN) -> str:
    """A cell whose text is there itself. It is text by its kind: never a formula."""
    said = escape(_NOT_XML.sub("", text)[:_MAX_TEXT])
    kept = ' xml:space="preserve"' if said != said.strip() or "\n" in said else ""
    styled = f' s="{style}"' if style else ""
    return f'<c r="{name}{number}"{styled} t="inlineStr"><is><t{kept}>{said}</t></is></c>'


@cache
def _name(place: int) -> str:
    """A for 0, AA for 26."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _width(place: int, header: str, rows: Sequence[Sequence[Any]]) -> int:
    longest = max((_length(row[place]) for row in rows if place < len(row)), default=0)
    return max(_NARROW, min(_WIDE, max(len(header), longest) + 2))


def _length(value: Any) -> int:
    if isinstance(value, datetime):
        return 19
    return max(map(len, str(value).splitlines()), default=0) if value is not None else 0
