"""Filters of the orders' lists in the address: reading them, and showing them as chips."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm.accounts.models import Membership
from crm.fields.filters import ENDS, own_names, read_wanted, say_wanted
from crm.fields.values import PREFIX
from crm.shell.formats import day_text
from orders.models import DeliveryMethod
from orders.pipeline import BEFORE_SHIPPED, Stage
from orders.selectors.directory import Directory
from orders.selectors.filters import DEFAULT_SORT, PAYMENTS, SORTS, TROUBLES, Days, OrderFilters

Text = str | Promise

# Every name in the address that narrows the list; the order of the chips too.
PARAMS = (
    "stage", "status", "late", "trouble", "manager", "channel", "payment", "delivery", "tag",
    "placed", "placed_from", "placed_till", "ship", "ship_from", "ship_till", "q",
)  # fmt: skip
PAYMENT_LABELS: dict[str, Text] = {
    "paid": pgettext_lazy("orders", "Paid"),
    "part": pgettext_lazy("orders", "Partly paid"),
    "unpaid": pgettext_lazy("orders", "Not paid"),
}
TROUBLE_LABELS: dict[str, Text] = {
    "problems": gettext_lazy("Has problems"),
    "short": gettext_lazy("Waits for stock"),
    "duplicate": gettext_lazy("Perhaps a repeat"),
}
PLACED_LABELS: dict[str, Text] = {
    "today": gettext_lazy("Today"),
    "yesterday": gettext_lazy("Yesterday"),
    "week": gettext_lazy("Last 7 days"),
    "month": gettext_lazy("Last 30 days"),
}
SHIP_LABELS: dict[str, Text] = {
    "today": gettext_lazy("Today"),
    "tomorrow": gettext_lazy("Tomorrow"),
    "past": gettext_lazy("The day has passed"),
    "none": gettext_lazy("No day yet"),
}


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on, and the address without it."""

    label: Text
    value: Text
    remove_url: str


def read_filters(
    query: QueryDict, *, directory: Directory, me: Membership, today: date
) -> OrderFilters:
    """Read the address. What it can't mean is passed over, so an old link still opens."""
    managers, nobody = _read_managers(query.getlist("manager"), directory, me)
    ship, no_ship_date, stages_of_ship = _read_ship(query, today)
    sort = query.get("sort", "")
    return OrderFilters(
        stages=tuple(_read_stages(query.getlist("stage"))) or stages_of_ship,
        statuses=tuple(_known(query.getlist("status"), directory.statuses)),
        channels=tuple(_known(query.getlist("channel"), directory.channels)),
        managers=managers,
        nobody=nobody,
        placed=_read_placed(query, today),
        ship=ship,
        no_ship_date=no_ship_date,
        payment=_one(query, "payment", PAYMENTS),
        deliveries=tuple(d for d in query.getlist("delivery") if d in DeliveryMethod.values),
        tag=query.get("tag", "").strip()[:40],
        own=read_wanted(query, directory.own) if own_names(query) else (),
        late=query.get("late") == "1",
        troubles=tuple(t for t in TROUBLES if t in query.getlist("trouble")),
        query=query.get("q", "").strip()[:100],
        sort=sort if sort in SORTS else DEFAULT_SORT,
    )


def _read_stages(words: Iterable[str]) -> list[Stage]:
    known = {stage.word: stage for stage in Stage}
    return [known[word] for word in dict.fromkeys(words) if word in known]


def _known(values: Iterable[str], rows: dict[int, Any]) -> list[int]:
    ids = (read_id(value) for value in dict.fromkeys(values))
    return [pk for pk in ids if pk in rows]


def read_id(text: str | None) -> int:
    """A number of the address or a form that can be an id; 0, which nothing has, if it can't."""
    text = text or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _read_managers(
    values: list[str], directory: Directory, me: Membership
) -> tuple[tuple[int, ...], bool]:
    ids = _known(values, directory.members)
    if "me" in values and me.pk not in ids:
        ids.append(me.pk)
    return tuple(ids), "nobody" in values


def _one(query: QueryDict, name: str, allowed: Iterable[str]) -> str:
    value = query.get(name, "")
    return value if value in allowed else ""


def _read_placed(query: QueryDict, today: date) -> Days:
    match query.get("placed"):
        case "today":
            return Days(today, today)
        case "yesterday":
            return Days(today - timedelta(days=1), today - timedelta(days=1))
        case "week":
            return Days(today - timedelta(days=6), today)
        case "month":
            return Days(today - timedelta(days=29), today)
    return Days(_day(query.get("placed_from")), _day(query.get("placed_till")))


def _read_ship(query: QueryDict, today: date) -> tuple[Days, bool, tuple[Stage, ...]]:
    match query.get("ship"):
        case "today":
            return Days(today, today), False, ()
        case "tomorrow":
            return Days(today + timedelta(days=1), today + timedelta(days=1)), False, ()
        case "past":
            return Days(None, today - timedelta(days=1)), False, tuple(sorted(BEFORE_SHIPPED))
        case "none":
            return Days(), True, tuple(sorted(BEFORE_SHIPPED))
    return Days(_day(query.get("ship_from")), _day(query.get("ship_till"))), False, ()


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def make_chips(
    request: HttpRequest,
    filters: OrderFilters,
    *,
    directory: Directory,
    me: Membership,
    told: Collection[str] = (),
) -> list[Chip]:
    """The filters that are on, but the stage (the tabs show it), the text (the box does) and
    those of the names in `told`."""
    query = request.GET
    chips = []

    def add(label: Text, value: Text, *names: str) -> None:
        if names[0] in told:
            return
        chips.append(Chip(label, value, address(query, **dict.fromkeys(names))))

    if filters.statuses:
        names = [directory.statuses[pk].title for pk in filters.statuses]
        add(_("Status"), _several(names), "status")
    if filters.managers or filters.nobody:
        people = [
            str(_("Mine")) if pk == me.pk else directory.members[pk].display_name
            for pk in filters.managers
        ]
        add(_("Manager"), _several(people + ([_("nobody")] if filters.nobody else [])), "manager")
    if filters.channels:
        add(
            _("Channel"),
            _several(directory.channels[pk].name for pk in filters.channels),
            "channel",
        )
    if filters.payment:
        add(_("Payment"), PAYMENT_LABELS[filters.payment], "payment")
    if filters.deliveries:
        labels = (str(DeliveryMethod(value).label) for value in filters.deliveries)
        add(_("Delivery"), _several(labels), "delivery")
    if filters.tag:
        add(_("Tag"), filters.tag, "tag")
    for code, text in filters.own:
        definition = directory.own[code]
        name = f"{PREFIX}{code}"
        add(definition.name, say_wanted(definition, text), name, *(name + end for end in ENDS))
    if placed := _say_days(query.get("placed", ""), PLACED_LABELS, filters.placed):
        add(_("Placed"), placed, "placed", "placed_from", "placed_till")
    if ship := _say_days(query.get("ship", ""), SHIP_LABELS, filters.ship):
        add(_("Ship on"), ship, "ship", "ship_from", "ship_till")
    if filters.late:
        add(_("Late"), "", "late")
    if filters.troubles:
        add(_several(str(TROUBLE_LABELS[t]) for t in filters.troubles), "", "trouble")
    return chips


def _several(names: Iterable[str]) -> str:
    names = list(names)
    if len(names) <= 2:
        return ", ".join(names)
    return f"{names[0]} +{len(names) - 1}"


def _say_days(preset: str, labels: dict[str, Text], days: Days) -> Text:
    if preset in labels:
        return labels[preset]
    if days.start and days.end:
        if days.start == days.end:
            return day_text(days.start, year=True)
        return f"{day_text(days.start, year=True)} – {day_text(days.end, year=True)}"
    if days.start:
        return _("from %(day)s") % {"day": day_text(days.start, year=True)}
    if days.end:
        return _("till %(day)s") % {"day": day_text(days.end, year=True)}
    return ""


def clear_address(query: QueryDict) -> str:
    """The address without any filter."""
    return address(query, **dict.fromkeys([*PARAMS, *own_names(query)]))


def address(query: QueryDict, **changes: Any) -> str:
    """The query with the changes, from the first page; None takes a name away."""
    changed = query.copy()
    for name in ("after", "before", "panel"):
        changed.pop(name, None)
    for name, value in changes.items():
        changed.pop(name, None)
        if isinstance(value, (list, tuple)):
            changed.setlist(name, [str(item) for item in value])
        elif value is not None:
            changed[name] = str(value)
    return "?" + changed.urlencode()


def carried(query: QueryDict) -> list[tuple[str, str]]:
    """What a search carries along: everything but the text and the place in the list."""
    left_out = {"q", "n", "after", "before", "panel"}
    return [(n, value) for n, values in query.lists() for value in values if n not in left_out]


def toggled(query: QueryDict, name: str, value: str) -> tuple[str, bool]:
    """The address with a quick filter pressed, and whether it is on now."""
    is_on = query.getlist(name) == [value]
    return address(query, **{name: None if is_on else value}), is_on
