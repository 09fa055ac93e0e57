"""Rows of the table and cards of the board as markup.

Hundreds of them are drawn for a page, and Django's templates take most of a page's time for it:
here what is the same in all of them (words, icons, addresses) is made once, and a row is a few
joins. Everything that people wrote is escaped where it is put in.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from html import escape  # Django's own is this one behind a wrapper for lazy text

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from crm.fields.models import FieldDefinition, FieldType
from crm.fields.values import show_value
from crm.shell.formats import HUES, duration_text
from crm.shell.icons import render_icon
from crm.shell.links import company_url
from crm.shell.templatetags.kram import avatar, money, phone, status_badge, when
from orders.edits import custom_code
from orders.models import Status
from orders.selectors.rows import OrderRow
from orders.selectors.tags import ColoredTag
from orders.web.columns import DEFAULT, Own

# What the columns of the number and of the sum are made for.
USUAL_NUMBER, USUAL_SUM = 5, 1_000_000
_NUMBER = 987_654_321_987  # stands for an order's number while an address is made


def _hue(tag: str) -> str:
    color = tag.color if isinstance(tag, ColoredTag) else ""
    return f" k-c-{color}" if color in HUES else ""


def width_classes(rows: Iterable[OrderRow]) -> str:
    """What the table is told of rows whose numbers or sums need wider columns than usual."""
    orders = [row.order for row in rows]
    long = any(len(order.label) > USUAL_NUMBER for order in orders)
    big = any(order.total >= USUAL_SUM for order in orders)
    return f"{' o-long' if long else ''}{' o-big' if big else ''}"


class Markup:
    """Draws rows and cards for one reader, in the active language."""

    def __init__(
        self, may: Mapping[str, bool], columns: Iterable[str] = DEFAULT, own: Own | None = None
    ) -> None:
        self.may = may
        shown = set(columns := list(columns))
        # Beneath the name: the tags, which need more room than the marks leave, and the city where
        # a narrow screen has no column for it (order-lists.css).
        self.tags_beneath = {"customer", "flags"} <= shown and "tags" not in shown
        self.city_beneath = "delivery" in shown
        self.cells = [self._cell(key, own or {}) for key in columns]
        self.detail_url = self._address("orders:detail")
        self.step_menu_url = self._address("orders:step-menu")
        self.step_url = self._address("orders:step")
        self.assign_menu_url = self._address("orders:assign-menu")
        self.paid = self._mark("o-paid", "circle-check", pgettext("orders", "Paid"))
        self.part = self._mark("o-part", "circle-dot", pgettext("orders", "Partly paid"))
        self.no_answer = self._flag("k-down", "phone-missed", _("The customer waits for an answer"))
        self.late = self._flag("k-down", "alarm-clock", pgettext("orders", "Late"))
        self.short = self._flag("o-flag--warn", "package-x", _("Waits for stock"))
        self.problems = self._flag("o-flag--warn", "triangle-alert", _("Has problems"))
        self.suspected = self._flag("o-flag--warn", "copy", _("Perhaps a repeat"))
        self.no_manager = _("No manager")
        self.nobody = f'<span class="o-nobody">{render_icon("plus")}</span>'
        self.select_order = _("Select order %(number)s")
        self.move_order = _("Move order %(number)s")
        self.clock, self.truck = render_icon("clock"), render_icon("truck")
        self.dots = render_icon("ellipsis")
        self.ship_on, self.in_status = _("Ship on"), _("Time in this status")
        self.allowed = _("%(spent)s in this status, %(allowed)s allowed")
        self._statuses: dict[int, tuple[str, str]] = {}
        self._managers: dict[int, str] = {}

    # --- A row of the table ----------------------------------------------------------------------

    def row(self, row: OrderRow) -> SafeString:
        order = row.order
        check = ""
        if self.may["bulk"]:
            label = escape(self.select_order % {"number": order.number})
            check = (
                '<td class="k-check o-a-check"><input type="checkbox" class="form-check-input"'
                f' name="orders" value="{order.pk}" aria-label="{label}"></td>'
            )
        cells = "".join([cell(row) for cell in self.cells])
        return mark_safe(  # noqa: S308 - every part is markup or escaped
            f'<tr data-row id="order-{order.pk}">{check}{cells}</tr>\n'
        )

    def _cell_number(self, row: OrderRow) -> str:
        return (
            f'<td class="k-fit o-a-number"><a class="k-strong" href="{self.detail_url(row)}"'
            f" data-panel>{escape(row.order.label)}</a></td>"
        )

    def _cell_placed(self, row: OrderRow) -> str:
        return (
            f'<td class="k-fit k-2 o-placed o-a-placed" title="{escape(row.channel.name)}">'
            f"{when(row.order.placed_at)}</td>"
        )

    def _cell_status(self, row: OrderRow) -> str:
        return f'<td class="o-status o-a-status">{self._status(row)}</td>'

    def _cell_customer(self, row: OrderRow) -> str:
        name = escape(row.name)
        return (
            f'<td class="k-cut o-customer o-a-customer">'
            f'<span class="k-trunc" title="{name}">{name or "—"}</span>{self._beneath(row)}</td>'
        )

    def _beneath(self, row: OrderRow) -> str:
        city = row.order.delivery_city if self.city_beneath else ""
        tags = self._first_tag(row) if self.tags_beneath else ""
        if city:
            city = f'<span class="o-city k-trunc">{escape(city)}</span>'
        return f'<span class="o-beneath">{city}{tags}</span>' if city or tags else ""

    def _cell_phone(self, row: OrderRow) -> str:
        return f'<td class="k-fit o-phone o-a-phone">{phone(row.phone)}</td>'

    def _cell_goods(self, row: OrderRow) -> str:
        return f'<td class="k-cut k-2 o-goods o-a-goods">{self._goods(row, titled=True)}</td>'

    def _cell_delivery(self, row: OrderRow) -> str:
        city = row.order.delivery_city
        full = escape(", ".join(part for part in (row.delivery, city) if part))
        return (
            f'<td class="k-cut k-2 o-delivery o-a-delivery"><span class="k-trunc"'
            f' title="{full}">{escape(city or row.delivery)}</span></td>'
        )

    def _cell_ship(self, row: OrderRow) -> str:
        return f'<td class="k-fit o-ship o-a-ship">{self._ship(row)}</td>'

    def _cell_manager(self, row: OrderRow) -> str:
        return f'<td class="k-fit o-manager o-a-manager">{self._manager(row)}</td>'

    def _cell_total(self, row: OrderRow) -> str:
        return (
            f'<td class="k-num o-a-total"><span class="o-total">{self._payment(row)}'
            f'<b class="k-strong">{money(row.order.total, row.order.currency)}</b></span></td>'
        )

    def _cell_flags(self, row: OrderRow) -> str:
        tags = "" if self.tags_beneath else self._first_tag(row)
        return (
            f'<td class="k-fit o-flags o-a-flags"><span class="o-flags__line">'
            f"{self._flags(row)}{tags}</span></td>"
        )

    def _cell_channel(self, row: OrderRow) -> str:
        return self._extra("channel", row.channel.name)

    def _cell_carrier(self, row: OrderRow) -> str:
        return self._extra("carrier", row.delivery)

    def _cell_payment(self, row: OrderRow) -> str:
        return self._extra("payment", row.payment_word)

    def _cell_due(self, row: OrderRow) -> str:
        due = money(row.due, row.order.currency) if row.due else "—"
        return f'<td class="k-num o-due o-extra">{due}</td>'

    def _cell_waited(self, row: OrderRow) -> str:
        css = " k-down" if row.is_late else ""
        return f'<td class="k-fit k-2 o-waited o-extra{css}">{duration_text(row.in_status)}</td>'

    def _cell_tags(self, row: OrderRow) -> str:
        return self._extra("tags", ", ".join(row.tags))

    def _cell_units(self, row: OrderRow) -> str:
        return f'<td class="k-num o-units o-extra">{row.goods.units}</td>'

    def _cell_external(self, row: OrderRow) -> str:
        return self._extra("external", row.order.external_number)

    def _cell_manager_name(self, row: OrderRow) -> str:
        return self._extra("manager_name", row.manager.display_name if row.manager else "")

    def _cell(self, key: str, own: Own) -> Callable[[OrderRow], str]:
        definition = own.get(custom_code(key))
        if definition is None:
            return getattr(self, f"_cell_{key}")
        return partial(self._own, definition)

    def _own(self, definition: FieldDefinition, row: OrderRow) -> str:
        """A cell of one of the company's own fields."""
        value = row.order.custom.get(definition.code)
        words = show_value(definition, value)
        if definition.type == FieldType.NUMBER:
            return f'<td class="k-num o-own o-extra">{escape(words)}</td>'
        if definition.type == FieldType.LINK and words:
            text, short = escape(words), escape(words.split("://", 1)[1])
            return (
                f'<td class="k-cut k-2 o-own o-extra"><a class="k-trunc" href="{text}"'
                f' target="_blank" rel="noopener noreferrer nofollow" title="{text}">'
                f"{short}</a></td>"
            )
        return self._extra("own", words)

    @staticmethod
    def _extra(key: str, text: str) -> str:
        text = escape(text)
        return (
            f'<td class="k-cut k-2 o-{key} o-extra"><span class="k-trunc" title="{text}">'
            f"{text}</span></td>"
        )

    def _status(self, row: OrderRow) -> str:
        status = row.status
        before, after = self._statuses.get(status.pk) or self._status_parts(row)
        if not self.may["move"]:
            return before
        age = escape(duration_text(row.in_status))
        return (
            f'{before}data-menu="{self.step_menu_url(row)}"'
            f' title="{escape(status.title)}, {age}">{after}'
        )

    def _status_parts(self, row: OrderRow) -> tuple[str, str]:
        status: Status = row.status
        if self.may["move"]:
            parts = (
                f'<button type="button" class="badge k-status k-c-{row.hue}"'
                ' popovertarget="step-menu" aria-haspopup="menu" ',
                f"{render_icon(row.glyph)}<span>{escape(status.title)}</span></button>",
            )
        else:
            parts = (status_badge(status), "")
        self._statuses[status.pk] = parts
        return parts

    def _first_tag(self, row: OrderRow) -> str:
        if not row.tags:
            return ""
        more = f'<span class="k-muted">+{len(row.tags) - 1}</span>' if len(row.tags) > 1 else ""
        return (
            f'<span class="k-tag{_hue(row.tags[0])}" title="{escape(", ".join(row.tags))}">'
            f'<span class="k-trunc">{escape(row.tags[0])}</span>{more}</span>'
        )

    # --- A card of the board ---------------------------------------------------------------------

    def card(self, row: OrderRow) -> SafeString:
        order = row.order
        css = " is-late" if row.is_late else " is-soon" if row.is_soon else ""
        city = escape(order.delivery_city)
        tags = "".join(
            f'<span class="k-tag{_hue(tag)}"><span class="k-trunc">{escape(tag)}</span></span>'
            for tag in row.tags[:3]
        )
        return mark_safe(  # noqa: S308 - every part is markup or escaped
            f'<article class="k-board__card{css}" data-row id="card-{order.pk}"'
            f' data-number="{order.number}" data-version="{order.version}"'
            f' data-stage="{order.stage}" data-step="{self.step_url(row)}">'
            f'<div class="k-row k-row--between"><a class="k-strong k-cover"'
            f' href="{self.detail_url(row)}" data-panel>№{escape(order.label)}</a>'
            f'<span class="o-total">{self._payment(row)}'
            f"<b>{money(order.total, order.currency)}</b></span></div>"
            f'<div class="k-trunc">{escape(row.name) or "—"}'
            + (f'<span class="k-muted"> · {city}</span>' if city else "")
            + f'</div><div class="k-row k-2">{self._goods(row)}</div>'
            + (f'<div class="o-card__tags">{tags}</div>' if tags else "")
            + self._dots(row)
            + f'<div class="k-row o-card__foot">{self._age(row)}{self._card_ship(row)}'
            f'<span class="o-flags__line">{self._flags(row, aged=True)}</span>'
            f'<span class="o-card__end k-above">{self._manager(row)}</span></div>'
            "</article>\n"
        )

    def _dots(self, row: OrderRow) -> str:
        if not self.may["move"]:
            return ""
        label = escape(self.move_order % {"number": row.order.number})
        return (
            '<button type="button" class="o-dots k-above" popovertarget="step-menu"'
            f' aria-haspopup="menu" data-menu="{self.step_menu_url(row)}"'
            f' aria-label="{label}">{self.dots}</button>'
        )

    def _age(self, row: OrderRow) -> str:
        css = " k-down" if row.is_late else " o-age--soon" if row.is_soon else ""
        spent = duration_text(row.in_status)
        title = self.in_status
        if row.allowed is not None:
            title = self.allowed % {"spent": spent, "allowed": duration_text(row.allowed)}
        return (
            f'<span class="o-age{css}" title="{escape(title)}">{self.clock}{escape(spent)}</span>'
        )

    def _card_ship(self, row: OrderRow) -> str:
        if row.order.ship_date is None:
            return ""
        css = "k-down" if row.ship_is_past else "k-muted"
        return (
            f'<span class="{css} o-age" title="{self.ship_on}">{self.truck}{self._day(row)}</span>'
        )

    # --- Both ------------------------------------------------------------------------------------

    def _goods(self, row: OrderRow, *, titled: bool = False) -> str:
        first = escape(row.goods.first)
        title = f' title="{first}"' if titled else ""
        more = f'<span class="o-more">+{row.goods.more}</span>' if row.goods.more else ""
        return (
            f'<span class="o-goods__line"{title}><span class="k-trunc">{first}</span>{more}</span>'
        )

    def _payment(self, row: OrderRow) -> str:
        return {"paid": self.paid, "part": self.part}.get(row.payment, "")

    def _flags(self, row: OrderRow, *, aged: bool = False) -> str:
        """Marks of what needs a hand; on a card its age tells that it is late."""
        marks = ""
        if row.no_answer:
            marks = self.no_answer
        elif row.is_late and not aged:
            marks = self.late
        if row.is_short:
            marks += self.short
        if row.order.has_problems:
            marks += self.problems
        if row.is_suspected:
            marks += self.suspected
        return marks

    def _ship(self, row: OrderRow) -> str:
        if row.order.ship_date is None:
            return ""
        css = ' class="k-down"' if row.ship_is_past else ""
        return f"<span{css}>{self._day(row)}</span>"

    def _day(self, row: OrderRow) -> str:
        day = row.order.ship_date
        assert day is not None
        if row.ship_is_near:
            return when(day)
        text = f"{day:%d.%m}" if row.ship_is_this_year else f"{day:%d.%m.%y}"
        return f'<time datetime="{day.isoformat()}">{text}</time>'

    def _manager(self, row: OrderRow) -> str:
        manager = row.manager
        key = manager.pk if manager else 0
        known = self._managers.get(key)
        if known is None:
            name = manager.display_name if manager else self.no_manager
            if self.may["assign"]:
                face = avatar(name, "s") if manager else self.nobody
                words = escape(name)
                known = (
                    f'title="{words}">{face}<span class="visually-hidden">{words}</span></button>'
                )
            else:
                known = avatar(name, "s", named=True) if manager else ""
            self._managers[key] = known
        if not self.may["assign"]:
            return known
        return (
            '<button type="button" class="o-who" popovertarget="assign-menu"'
            f' aria-haspopup="menu" data-menu="{self.assign_menu_url(row)}" {known}'
        )

    @staticmethod
    def _address(name: str) -> Callable[[OrderRow], str]:
        before, after = escape(company_url(name, number=_NUMBER)).split(str(_NUMBER))
        return lambda row: f"{before}{row.order.number}{after}"

    @staticmethod
    def _mark(css: str, icon: str, text: str) -> str:
        words = escape(text)
        return (
            f'<span class="{css}" title="{words}">{render_icon(icon)}'
            f'<span class="visually-hidden">{words}</span></span>'
        )

    def _flag(self, css: str, icon: str, text: str) -> str:
        return self._mark(f"o-flag {css}", icon, text)
