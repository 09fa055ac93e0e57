"""What can be exported: tables and their columns. Apps register theirs from `config/wiring.py`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise

from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.shell.formats import number_text

Text = str | Promise
# What a list shows when it is exported: its address (`query`), or ids that were ticked.
Selection = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asker:
    """For whom the rows are read, with the rights of this moment; `now` is when they asked."""

    member: Membership
    now: datetime


@dataclass(frozen=True, slots=True)
class Column:
    """One column: a name for programs, a heading for people, the right that reading it takes.

    `value(row)` returns text, a number, a day or a moment; crm.tables spells it.
    """

    name: str
    header: Text
    value: Callable[[Any], Any]
    permission: Permission | None = None


@dataclass(frozen=True, slots=True)
class MoreColumns:
    """Columns that another part of the product adds to a table.

    `columns(asker)` names them for a company; `load(rows)` reads for a piece of rows what their
    values need, once, into each row's `extra`.
    """

    columns: Callable[[Asker], Sequence[Column]]
    load: Callable[[Sequence[Any]], None] = lambda _rows: None


@dataclass(frozen=True, slots=True)
class Page:
    """A list whose tables can be exported; `url_name` is where it is."""

    name: str
    label: Text
    url_name: str


@dataclass(slots=True, eq=False)
class Table:
    """Something that can be exported.

    `find(selection, asker)` returns what the list finds, as far as the asker may know of it, in
    no order; `read(selection, ids, asker)` makes rows of so many ids, in their order: one for
    each, more (the lines of an order) or none. A row has a dict `extra`.
    """

    name: str
    page: str
    label: Text
    permission: Permission
    find: Callable[[Selection, Asker], QuerySet[Any]]
    read: Callable[[Selection, Sequence[int], Asker], Sequence[Any]]
    columns: Sequence[Column]
    # The words for so many, where %(count)s stands for the number.
    count: Callable[[int], str]
    # What the job is called.
    job_label: Text
    help: Text = ""
    icon: str = "download"
    # How many objects a piece of the file is made of.
    piece: int = 500
    # The kind of object whose personal data a row shows and its id: for the log of reads.
    person: Callable[[Any], tuple[str, int] | None] = lambda _row: None
    # The columns that the list itself shows, in its order.
    shown: Callable[[Selection, Asker], Sequence[str]] | None = None
    # Days may be asked for that the list has no filter of.
    by_days: bool = False
    more: list[MoreColumns] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """The kind of its jobs."""
        return f"{self.name}.export"

    def counted(self, count: int) -> str:
        """Say how many rows there are, for the preview: "1,204 orders"."""
        return self.count(count) % {"count": number_text(count)}


_tables: dict[str, Table] = {}
_pages: dict[str, Page] = {}


def register_page(page: Page) -> None:
    """Make a list known whose tables are then registered."""
    _pages[page.name] = page


def get_page(name: str) -> Page | None:
    return _pages.get(name)


def tables_of(page: Page, member: Membership) -> list[Table]:
    """The tables of a list that the member may export, in the order of their registration."""
    if not member.can(Permission.DATA_EXPORT):
        return []
    return [t for t in _tables.values() if t.page == page.name and member.can(t.permission)]


def register_table(table: Table) -> None:
    """Make a table known, or replace the one of the same name."""
    _tables[table.name] = table


def add_columns(table: str, more: MoreColumns) -> None:
    """Let a table that is registered have more columns."""
    _tables[table].more.append(more)


def get_table(name: str) -> Table | None:
    return _tables.get(name)


def columns_for(table: Table, asker: Asker, names: Iterable[str] | None = None) -> list[Column]:
    """The columns asked for (all for None) that the asker may read, in the order asked for."""
    known = {column.name: column for column in table.columns}
    for more in table.more:
        known |= {column.name: column for column in more.columns(asker)}
    wanted = known.values() if names is None else [known[n] for n in names if n in known]
    return [c for c in wanted if c.permission is None or asker.member.can(c.permission)]
