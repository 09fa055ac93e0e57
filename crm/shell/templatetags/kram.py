"""The tags every page uses. `{% load kram %}`."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.conf import settings
from django.forms import (
    BoundField,
    CheckboxInput,
    CheckboxSelectMultiple,
    PasswordInput,
    RadioSelect,
    Select,
)
from django.http import QueryDict
from django.template import Context, TemplateSyntaxError
from django.template.base import FilterExpression, NodeList, Parser, Token, token_kwargs
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crm.shell import formats
from crm.shell.hints import hint_for
from crm.shell.icons import FALLBACK, UnknownIcon, is_icon, render_icon
from crm.shell.links import company_url

register = template.Library()
_CURSORS = ("after", "before", "page")


@register.simple_tag
def curl(name: str, **kwargs: Any) -> str:
    """`{% curl 'orders:detail' number=5 %}`: an address inside the current company."""
    return company_url(name, **kwargs)


@register.simple_tag
def icon(name: str, size: int | None = None, cls: str = "", label: str = "") -> SafeString:
    """`{% icon "package" %}`: a Lucide icon, inlined and hidden from screen readers."""
    try:
        return render_icon(name, size=size, css=cls, label=label)
    except UnknownIcon:
        if settings.DEBUG or not name:
            raise TemplateSyntaxError(f"There is no icon named {name!r}.") from None
        return render_icon(FALLBACK, size=size, css=cls, label=label)


@register.inclusion_tag("shell/_hint.html", takes_context=True)
def hint(context: Context, name: str) -> dict[str, Any]:
    """`{% hint "orders" %}`: the hint of a screen, until its reader has closed it."""
    request = context.get("request")
    return {
        "hint": hint_for(name, request),
        "name": name,
        "request": request,
        "csrf_token": context.get("csrf_token"),
    }


@register.simple_tag
def money(amount: Decimal | int | None, currency: str, whole: bool = False) -> SafeString:
    """`{% money order.total order.currency %}`: `1 249,50 ₴`, never wrapped."""
    css = "k-money k-money--neg" if amount is not None and amount < 0 else "k-money"
    return format_html(
        '<span class="{}">{}</span>', css, formats.money_text(amount, currency, whole=whole)
    )


@register.filter
def money_text(amount: Decimal | int | None, currency: str) -> str:
    """`{{ total|money_text:currency }}`: the same without markup."""
    return formats.money_text(amount, currency)


@register.filter
def number(value: Decimal | int | float | None) -> str:
    """`{{ quantity|number }}`: grouped as the language does, no trailing zeros."""
    return formats.number_text(value)


@register.simple_tag
def phone(value: str | None) -> SafeString | str:
    """`{% phone customer.phone %}`: formatted, and a link that calls."""
    if not value:
        return ""
    text, href = formats.phone_text(value), formats.phone_link(value)
    if not href:
        return format_html('<span class="k-phone">{}</span>', text)
    return format_html('<a class="k-phone" href="{}">{}</a>', href, text)


@register.simple_tag
def when(moment: datetime | date | None, style: str = "short") -> SafeString | str:
    """`{% when order.created_at %}`: short text, the whole date on hover; style "full" or "day"."""
    if moment is None:
        return formats.NONE
    full = formats.full_moment(moment)
    live = ""
    if style == "full":
        text = full
    elif style == "day":
        day = timezone.localtime(moment).date() if isinstance(moment, datetime) else moment
        text = formats.day_text(day, year=day.year != timezone.localdate().year)
    else:
        now = timezone.now()
        text = formats.short_moment(moment, now)
        if isinstance(moment, datetime) and abs(now - moment) < timedelta(hours=1):
            live = " data-ago"
    machine = (
        moment.astimezone(timezone.get_current_timezone())
        if isinstance(moment, datetime)
        else moment
    )
    return format_html(
        '<time datetime="{}" title="{}"{}>{}</time>', machine.isoformat(), full, live, text
    )


@register.filter
def duration(span: timedelta | None) -> str:
    """`{{ order.age|duration }}`: the two biggest units."""
    return formats.NONE if span is None else formats.duration_text(span)


@register.simple_tag
def status_badge(status: Any, label: str = "") -> SafeString:
    """`{% status_badge order.status %}`: anything with .name .color .icon; one look everywhere."""
    color = status.color if status.color in formats.HUES else "gray"
    glyph = status.icon if status.icon and is_icon(status.icon) else FALLBACK
    return format_html(
        '<span class="badge k-status k-c-{}">{}<span>{}</span></span>',
        color, render_icon(glyph), label or getattr(status, "title", status.name),
    )  # fmt: skip


@register.simple_tag
def badge(text: str, color: str = "gray", glyph: str = "") -> SafeString:
    """`{% badge _("Prepaid") "green" "check" %}`."""
    hue = color if color in formats.HUES else "gray"
    mark = icon(glyph) if glyph else ""
    return format_html('<span class="badge k-c-{}">{}{}</span>', hue, mark, text)


@register.simple_tag
def avatar(name: str, size: str = "", named: bool = False) -> SafeString:
    """`{% avatar member.display_name %}`: initials; sizes "s" and "l". Decorative unless named."""
    css = f"k-avatar k-c-{formats.hue_of(name)}" + (f" k-avatar--{size}" if size else "")
    if named:
        return format_html(
            '<span class="{}" role="img" aria-label="{}" title="{}">{}</span>',
            css, name, name, formats.initials(name),
        )  # fmt: skip
    return format_html('<span class="{}" aria-hidden="true">{}</span>', css, formats.initials(name))


@register.simple_tag(takes_context=True)
def query_replace(context: Context, **changes: Any) -> str:
    """`{% query_replace status="new" %}`: this page's query with the changes; None takes away.

    Changing anything but the cursor goes back to the first page.
    """
    query: QueryDict = context["request"].GET.copy()
    query.pop("panel", None)
    if not set(changes) & set(_CURSORS):
        for name in _CURSORS:
            query.pop(name, None)
    for name, value in changes.items():
        if value is None or value == "":
            query.pop(name, None)
        elif isinstance(value, (list, tuple)):
            query.setlist(name, [str(item) for item in value])
        else:
            query[name] = str(value)
    return "?" + query.urlencode()


@register.simple_tag(takes_context=True)
def sort_link(context: Context, key: str, param: str = "sort") -> dict[str, str]:
    """`{% sort_link "total" as sort %}`: href, aria (aria-sort) and icon of a sortable header."""
    current = context["request"].GET.get(param, "")
    direction = {key: "ascending", f"-{key}": "descending"}.get(current, "")
    target = key if direction == "descending" else f"-{key}"
    return {
        "href": query_replace(context, **{param: target}),
        "aria": direction,
        "icon": {"ascending": "arrow-up", "descending": "arrow-down"}.get(direction, "arrow-down"),
    }


class ListCard(template.Node):
    """The frame of a list around its table, and around what stands below it: pages, a sum."""

    def __init__(
        self, options: dict[str, FilterExpression], table: NodeList, below: NodeList
    ) -> None:
        self.options = options
        self.table = table
        self.below = below

    def render(self, context: Context) -> SafeString:
        parts = {name: value.resolve(context) for name, value in self.options.items()}
        parts |= {"table": self.table.render(context), "below": self.below.render(context)}
        assert context.template is not None
        frame = context.template.engine.get_template("components/_list_card.html")
        return frame.render(context.new(parts))


@register.tag
def list_card(parser: Parser, token: Token) -> ListCard:
    """`{% list_card label=_("Goods") css="k-list-s" %}<thead>…{% below %}…{% endlist_card %}`.

    `walked=True`: the keys j and k walk along its rows. `below` may be left out.
    """
    name, *bits = token.split_contents()
    options = token_kwargs(bits, parser)
    if bits or not {"label", "css"} <= set(options) <= {"label", "css", "walked"}:
        raise TemplateSyntaxError(f"{name} takes label, css and walked, by name.")
    table = parser.parse(("below", "endlist_card"))
    below = NodeList()
    if parser.next_token().contents == "below":
        below = parser.parse(("endlist_card",))
        parser.delete_first_token()
    return ListCard(options, table, below)


@register.inclusion_tag("components/_field.html")
def field(
    bound: BoundField, label: str = "", help: str = "", css: str = "", optional: bool = True
) -> dict[str, Any]:
    """`{% field form.phone %}`: label, control, help and the error beside it, tied together."""
    widget = bound.field.widget
    check = isinstance(widget, CheckboxInput)
    group = isinstance(widget, (CheckboxSelectMultiple, RadioSelect))
    secret = isinstance(widget, PasswordInput)
    measured = secret and widget.attrs.get("autocomplete") == "new-password"
    help_text = help or bound.help_text
    base = bound.id_for_label or bound.auto_id or bound.html_name
    described = [f"{base}_help"] if help_text else []
    described += [f"{base}_error"] if bound.errors else []
    attrs: dict[str, Any] = {}
    if not group:
        kind = (
            "form-check-input"
            if check
            else "form-select"
            if isinstance(widget, Select)
            else "form-control"
        )
        attrs["class"] = f"{widget.attrs.get('class', '')} {kind}".strip()
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if bound.errors:
        attrs["aria-invalid"] = "true"
    if measured:
        attrs["data-strength"] = f"{base}_strength"
    return {
        "field": bound,
        "control": bound.as_widget(attrs=attrs),
        "label": label or bound.label,
        "help": help_text,
        "base": base,
        "check": check,
        "group": group,
        "secret": secret,
        "measured": measured,
        "css": css,
        "optional": optional and not bound.field.required and not check,
    }
