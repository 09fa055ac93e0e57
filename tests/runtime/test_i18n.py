"""Marked texts are found wherever they stand, and nothing wrong with a translation gets through."""

from pathlib import Path

import pytest

from config import i18n

PYTHON = """
from django.utils.translation import gettext_lazy as _, ngettext, pgettext
TITLE = _("Orders")
def count(n): return ngettext("%(n)s order", "%(n)s orders", n) % {"n": n}
def verb(): return pgettext("verb", "Order")
def made_up(name): return _(name)
"""
TEMPLATE = """
{% load i18n %}<h1>{% translate "Customers" %}</h1>
{% translate "Order" context "verb" as verb %}
<a title="{{ _("Close") }}">{% include "x.html" with label=_("Open") %}</a>
{% blocktranslate count n=total trimmed %}
  {{ n }} customer
{% plural %}
  {{ n }} customers
{% endblocktranslate %}
"""
PO = """msgid ""
msgstr "Plural-Forms: nplurals=3; plural=0;\\n"

msgid "Orders"
msgstr "Замовлення"

msgctxt "verb"
msgid "Order"
msgstr "Замовити"

msgid "%(n)s order"
msgid_plural "%(n)s orders"
msgstr[0] "одне замовлення"
msgstr[1] "%(n)s замовлення"
msgstr[2] "%(n)s замовлень"
"""


def keys(entries):
    return [(entry.context, entry.single, entry.plural) for entry in entries]


def test_texts_of_a_python_file():
    assert sorted(keys(i18n.find_in_python(PYTHON)), key=str) == [
        ("verb", "Order", None),
        (None, "%(n)s order", "%(n)s orders"),
        (None, "Orders", None),
    ]


def test_texts_of_a_template():
    assert keys(i18n.find_in_template(TEMPLATE)) == [
        (None, "Customers", None),
        ("verb", "Order", None),
        (None, "Close", None),
        (None, "Open", None),
        (None, "%(n)s customer", "%(n)s customers"),
    ]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("config.runtime.paths.ROOT", tmp_path)
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders" / "texts.py").write_text(PYTHON)
    folder = tmp_path / "locale" / "uk" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text(PO)
    return tmp_path


def faults(tree: Path, po: str = PO) -> list[str]:
    (tree / "locale" / "uk" / "LC_MESSAGES" / "django.po").write_text(po)
    return i18n.check("uk", i18n.find_messages())


def test_complete_translation_has_no_fault(tree: Path):
    assert faults(tree) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('msgstr "Замовити"', 'msgstr ""', "'Order' (orders/texts.py) is not translated"),
        ('msgid "Orders"', '#, fuzzy\nmsgid "Orders"', "'Orders' (orders/texts.py) is fuzzy"),
        ("%(n)s замовлень", "%(m)s замовлень", "has other placeholders than the text"),
        ('msgstr[2] "%(n)s замовлень"\n', "", "needs three plural forms"),
        ('msgid "Orders"', 'msgid "Gone"\nmsgstr "x"\n\nmsgid "Orders"', "'Gone' is stale"),
    ],
)
def test_faults_are_named(tree: Path, old: str, new: str, fault: str):
    assert old in PO
    [found] = faults(tree, PO.replace(old, new))
    assert fault in found


def test_update_keeps_translations_drops_stale_ones_and_makes_room(tree: Path):
    stale = PO + '\nmsgid "Gone"\nmsgstr "Зникло"\n'
    assert any("stale" in fault for fault in faults(tree, stale))
    (tree / "orders" / "more.py").write_text('_("Line one\\nline \\"two\\"")')
    i18n.update()
    found = i18n.check("uk", i18n.find_messages())
    assert found == ["uk: 'Line one\\nline \"two\"' (orders/more.py) is not translated"]
    assert i18n.read_language("uk")[("verb", "Order")].texts == {0: "Замовити"}


# Where "Name" is a person's. A thing's is pgettext("of a thing", "Name"): «Назва», not «Ім’я».
OF_PEOPLE = {
    "crm/accounts/web/forms.py",
    "customers/web/forms.py",
    "customers/web/words.py",
    "integrations/imports/kinds/customers.py",
    "customers/exports.py",
    "orders/web/order_form.py",
}


def test_a_thing_is_not_named_like_a_person():
    found = i18n.find_messages()
    assert set(found[None, "Name"][1]) <= OF_PEOPLE
    for language, words in (("uk", ("Ім’я", "Назва")), ("ru", ("Имя", "Название"))):
        have = i18n.read_language(language)
        keys = ((None, "Name"), ("of a thing", "Name"))
        assert tuple(have[key].texts[0] for key in keys) == words
