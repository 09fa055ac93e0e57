"""What the tags print, to the character."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
import time_machine
from django import forms
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory
from django.utils import timezone, translation

from crm.shell import formats
from crm.shell.icons import icon_shapes

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)  # 15:00 in Kyiv


def render(source: str, **context) -> str:
    return Template(source).render(Context(context)).strip()


@pytest.mark.parametrize(
    ("language", "amount", "currency", "text"),
    [
        ("uk", Decimal("1249.5"), "UAH", "1 249,50 ₴"),
        ("ru", Decimal("1249.5"), "UAH", "1 249,50 ₴"),
        ("en", Decimal("1249.5"), "UAH", "₴1,249.50"),
        ("uk", Decimal("-0.5"), "EUR", "−0,50 €"),
        ("en", Decimal("-3"), "PLN", "−3.00 zł"),
        ("uk", Decimal("1000000"), "XAF", "1 000 000,00 XAF"),
        ("uk", Decimal("1500"), "JPY", "1 500 ¥"),
        ("uk", 0, "UAH", "0,00 ₴"),
        ("uk", None, "UAH", "—"),
    ],
)
def test_money(language, amount, currency, text):
    with translation.override(language):
        assert formats.money_text(amount, currency) == text.replace(" ", "\u00a0")


def test_money_without_cents_is_rounded_half_up():
    with translation.override("uk"):
        assert formats.money_text(Decimal("2.50"), "UAH", whole=True) == "3\u00a0₴"


def test_money_tag_marks_what_is_owed():
    with translation.override("uk"):
        assert (
            render('{% money a "UAH" %}', a=Decimal("1"))
            == '<span class="k-money">1,00\u00a0₴</span>'
        )
        assert 'class="k-money k-money--neg"' in render('{% money a "UAH" %}', a=Decimal("-1"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("3.000"), "3"),
        (Decimal("0.250"), "0,25"),
        (Decimal("1E+3"), "1 000"),
        (12345, "12 345"),
        (-2, "−2"),
        (None, "—"),
    ],
)
def test_number(value, text):
    with translation.override("uk"):
        assert formats.number_text(value) == text.replace(" ", "\u00a0")


@pytest.mark.parametrize(
    ("phone", "text", "href"),
    [
        ("+380501234567", "+380 50 123 45 67", "tel:+380501234567"),
        ("0501234567", "+380 50 123 45 67", "tel:+380501234567"),
        ("+48221234567", "+48 22 123 45 67", "tel:+48221234567"),
        ("ask Olena", "ask Olena", ""),
    ],
)
def test_phone(phone, text, href):
    assert formats.phone_text(phone).replace("\u00a0", " ") == text
    assert formats.phone_link(phone) == href


def test_phone_that_is_none_cannot_break_out():
    assert render("{% phone p %}", p="<b>x") == '<span class="k-phone">&lt;b&gt;x</span>'


@pytest.mark.parametrize(
    ("moment", "english", "ukrainian"),
    [
        (NOW - timedelta(seconds=20), "just now", None),
        (NOW - timedelta(minutes=5), "5 min ago", None),
        (NOW + timedelta(minutes=9, seconds=1), "in 10 min", None),
        (NOW - timedelta(hours=3), "12:00", "12:00"),
        (NOW - timedelta(hours=16), "yesterday, 23:00", None),
        (NOW - timedelta(days=9), "11 May", "11 травня"),
        (NOW - timedelta(days=365), "20 May 2025", "20 травня 2025"),
        (date(2026, 5, 21), "tomorrow", None),
        (date(2026, 5, 20), "today", None),
        (date(2026, 12, 1), "1 Dec", "1 грудня"),
    ],
)
def test_when_is_short(moment, english, ukrainian):
    with timezone.override("Europe/Kyiv"):
        with translation.override("en"):
            assert formats.short_moment(moment, NOW) == english
        if ukrainian:
            with translation.override("uk"):
                assert formats.short_moment(moment, NOW) == ukrainian


@time_machine.travel(NOW, tick=False)
def test_when_tag_keeps_the_whole_moment():
    with timezone.override("Europe/Kyiv"), translation.override("en"):
        html = render("{% when m %}", m=NOW - timedelta(minutes=5))
        assert html == (
            '<time datetime="2026-05-20T14:55:00+03:00" title="20 May 2026, 14:55" data-ago>'
            "5 min ago</time>"
        )
        assert "data-ago" not in render("{% when m %}", m=NOW - timedelta(hours=2))
        assert ">20 May 2026, 15:00<" in render('{% when m "full" %}', m=NOW)
        assert render("{% when m %}", m=None) == "—"


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(minutes=12), "12 min"),
        (timedelta(hours=3, minutes=5), "3 h 05 min"),
        (timedelta(days=2, hours=4, minutes=59), "2 d 4 h"),
        (timedelta(seconds=-5), "0 min"),
    ],
)
def test_duration(span, text):
    with translation.override("en"):
        assert formats.duration_text(span) == text


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Олена Шевченко", "ОШ"), ("ТОВ «Дім»", "Т"), ("olena@shop.ua", "OS"), ("", "?")],
)
def test_initials(name, letters):
    assert formats.initials(name) == letters


def test_icon_is_inlined_and_hidden():
    html = render('{% icon "package" %}')
    assert html.startswith('<svg class="k-icon" viewBox="0 0 24 24"')
    assert 'aria-hidden="true"' in html
    assert icon_shapes("package") in html
    labelled = render('{% icon "package" label=l %}', l='A "b"')
    assert 'role="img" aria-label="A &quot;b&quot;"' in labelled


def test_icon_that_does_not_exist(settings):
    settings.DEBUG = False
    assert icon_shapes("circle") in render('{% icon "no-such-thing" %}')
    settings.DEBUG = True
    with pytest.raises(TemplateSyntaxError):
        render('{% icon "no-such-thing" %}')


def test_icon_name_cannot_leave_the_folder(settings):
    settings.DEBUG = True
    with pytest.raises(TemplateSyntaxError):
        render('{% icon "../icons/package" %}')


def test_status_badge_shows_only_known_colours_and_icons():
    good = SimpleNamespace(name="<New>", color="blue", icon="package")
    html = render("{% status_badge s %}", s=good)
    assert html.startswith('<span class="badge k-status k-c-blue"><svg')
    assert html.endswith("<span>&lt;New&gt;</span></span>")
    odd = render("{% status_badge s %}", s=SimpleNamespace(name="Old", color='x" y', icon="zzz"))
    assert "k-c-gray" in odd
    assert icon_shapes("circle") in odd


def query(source: str, address: str) -> str:
    return render(source, request=RequestFactory().get(address)).replace("&amp;", "&")


def test_query_replace_goes_back_to_the_first_page():
    address = "/x/?status=new&after=99&panel=1"
    assert query('{% query_replace status="agreed" %}', address) == "?status=agreed"
    assert query("{% query_replace status=None %}", address) == "?"
    assert query("{% query_replace after=120 %}", address) == "?status=new&after=120"


@pytest.mark.parametrize(
    ("address", "href", "aria"),
    [
        ("/x/", "?sort=-total", ""),
        ("/x/?sort=-total", "?sort=total", "descending"),
        ("/x/?sort=total", "?sort=-total", "ascending"),
    ],
)
def test_sort_link_turns_round(address, href, aria):
    source = '{% sort_link "total" as s %}{{ s.href }}|{{ s.aria }}'
    assert query(source, address) == f"{href}|{aria}"


class _Form(forms.Form):
    phone = forms.CharField(label="Phone", help_text="With the code.")
    note = forms.CharField(label="Note", required=False)
    prepaid = forms.BooleanField(label="Prepaid", required=False)


def test_field_ties_help_and_error_to_the_control():
    form = _Form({"phone": ""})
    with translation.override("en"):
        html = render("{% field form.phone %}", form=form)
    assert 'aria-describedby="id_phone_help id_phone_error"' in html
    assert 'aria-invalid="true"' in html
    assert '<div class="k-field__error" id="id_phone_error">' in html
    assert "This field is required." in html
    assert 'class="form-control"' in html
    clean = render("{% field form.phone %}", form=_Form())
    assert "aria-invalid" not in clean
    assert 'aria-describedby="id_phone_help"' in clean


def test_a_password_can_be_shown_and_a_new_one_is_measured():
    class Passwords(forms.Form):
        old = forms.CharField(widget=forms.PasswordInput({"autocomplete": "current-password"}))
        new = forms.CharField(widget=forms.PasswordInput({"autocomplete": "new-password"}))
        name = forms.CharField()

    form = Passwords()
    old, new, name = (render("{% field f %}", f=form[key]) for key in ("old", "new", "name"))
    assert 'data-reveal="id_old"' in old
    assert 'data-reveal="id_new"' in new
    assert "data-reveal" not in name
    assert 'data-strength="id_new_strength"' in new
    assert 'id="id_new_strength"' in new
    assert "strength" not in old + name


def test_field_says_what_is_optional():
    with translation.override("en"):
        assert "optional" in render("{% field form.note %}", form=_Form())
        assert "optional" not in render("{% field form.phone %}", form=_Form())
        box = render("{% field form.prepaid %}", form=_Form())
    assert 'class="form-check-input"' in box
    assert box.index("<input") < box.index("<label")


def test_list_card_frames_a_table_and_what_stands_below():
    html = render(
        '{% list_card label=label css="k-list-s" walked=True %}<tbody>{{ n }}</tbody>'
        "{% below %}<nav>{{ n }}</nav>{% endlist_card %}",
        label="A & B",
        n="<1>",
    )
    assert html.splitlines()[:2] == [
        '<section class="k-table-card" aria-label="A &amp; B">',
        '  <div class="k-table-wrap"><table class="table k-list-s" data-rows>'
        "<tbody>&lt;1&gt;</tbody></table></div>",
    ]
    assert "<nav>&lt;1&gt;</nav>" in html
    assert "data-rows" not in render('{% list_card label="A" css="k" %}{% endlist_card %}')
    with pytest.raises(TemplateSyntaxError):
        render('{% list_card label="A" %}{% endlist_card %}')
