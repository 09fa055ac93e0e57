"""The columns of the orders' table: which there are, which a reader sees, and in what order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.fields.models import FieldDefinition, FieldType
from orders.edits import CUSTOM, custom_code

Text = str | Promise
Own = Mapping[str, FieldDefinition]


@dataclass(frozen=True, slots=True)
class Column:
    """`sort`: the key that its head sorts by; `quiet`: the head's text is for the ear only;
    `numeric`: at the right; `fixed`: always there, and first."""

    key: str
    label: Text
    sort: str = ""
    quiet: bool = False
    numeric: bool = False
    fixed: bool = False

    @property
    def css(self) -> str:
        """What its cells are marked with; the company's own fields look alike."""
        return "own" if custom_code(self.key) else "sum" if self.key == "total" else self.key

    @property
    def is_extra(self) -> bool:
        """Not among the usual ones: left out where a row is a card."""
        return self.key not in DEFAULT


# In the order in which they stand where nobody chose another. The cells: orders.web.markup.
COLUMNS: dict[str, Column] = {
    column.key: column
    for column in (
        Column("number", _("№"), fixed=True),
        Column("placed", _("Placed"), sort="placed"),
        Column("status", _("Status"), sort="waiting"),
        Column("customer", _("Customer")),
        Column("phone", _("Phone")),
        Column("goods", _("Goods")),
        Column("delivery", _("Delivery")),
        Column("ship", pgettext_lazy("a column’s head", "Ship on"), sort="ship"),
        Column("manager", _("Manager"), quiet=True),
        Column("total", _("Total"), numeric=True),
        Column("flags", _("Marks and tags"), quiet=True),
        Column("channel", _("Channel")),
        Column("carrier", _("Carrier")),
        Column("payment", _("Payment")),
        Column("due", _("To pay"), numeric=True),
        Column("waited", pgettext_lazy("of an order", "In the status for")),
        Column("tags", _("Tags")),
        Column("units", _("Units"), numeric=True),
        Column("external", _("Number in the store")),
        Column("manager_name", _("Manager’s name")),
    )
}
DEFAULT = (
    "number", "placed", "status", "customer", "phone", "goods", "delivery", "ship", "manager",
    "total", "flags",
)  # fmt: skip
DENSITIES = ("normal", "dense")


def column_of(key: str, own: Own) -> Column | None:
    """A column by its key: one of ours, or one of the company's own fields."""
    definition = own.get(custom_code(key))
    if definition is None:
        return COLUMNS.get(key)
    return Column(key, definition.name, numeric=definition.type == FieldType.NUMBER)


def read_columns(keys: Iterable[str], own: Own) -> list[str]:
    """The columns of these that there are, the fixed ones first; the usual ones for none."""
    known = [column_of(key, own) for key in dict.fromkeys(keys)]
    chosen = [column.key for column in known if column is not None and not column.fixed]
    if not chosen:
        return list(DEFAULT)
    return [key for key, column in COLUMNS.items() if column.fixed] + chosen


def offer_columns(shown: list[str], own: Own) -> list[tuple[Column, bool]]:
    """Every column with whether it is shown: those shown first, in their order."""
    rest = [key for key in [*COLUMNS, *(f"{CUSTOM}{code}" for code in own)] if key not in shown]
    offered = [(column_of(key, own), key in shown) for key in [*shown, *rest]]
    return [(column, on) for column, on in offered if column is not None and not column.fixed]
