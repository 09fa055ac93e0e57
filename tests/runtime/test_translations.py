"""Our compiler of .po files gives what Python's gettext reads."""

import gettext
from pathlib import Path

import pytest

from config.runtime import translations
from config.runtime.problems import Problem

PO = r"""
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 "
"|| n%100>=20) ? 1 : 2);\n"

#: orders/web/views.py:1
msgid "Order \"%(number)s\"\n"
"is placed"
msgstr "Замовлення «%(number)s»\n"
"прийнято"

msgctxt "verb"
msgid "Order"
msgstr "Замовити"

msgid "Order"
msgstr "Замовлення"

msgid "%(n)s order"
msgid_plural "%(n)s orders"
msgstr[0] "%(n)s замовлення"
msgstr[1] "%(n)s замовлення*"
msgstr[2] "%(n)s замовлень"

#, fuzzy
msgid "Guess"
msgstr "Здогад"

msgid "Unfinished"
msgstr ""

#~ msgid "Gone"
#~ msgstr "Зникло"
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> gettext.GNUTranslations:
    source = tmp_path / "django.po"
    source.write_text(PO, encoding="utf-8")
    translations.write_mo(source, tmp_path / "django.mo")
    with (tmp_path / "django.mo").open("rb") as file:
        return gettext.GNUTranslations(file)


def test_texts_contexts_and_plurals(catalogue: gettext.GNUTranslations):
    text = 'Order "%(number)s"\nis placed'
    assert catalogue.gettext(text) == "Замовлення «%(number)s»\nприйнято"
    assert catalogue.gettext("Order") == "Замовлення"
    assert catalogue.pgettext("verb", "Order") == "Замовити"
    forms = [catalogue.ngettext("%(n)s order", "%(n)s orders", n) for n in (1, 3, 5, 11, 22)]
    assert [form[6:] for form in forms] == [
        "замовлення", "замовлення*", "замовлень", "замовлень", "замовлення*",
    ]  # fmt: skip


def test_fuzzy_unfinished_and_removed_messages_stay_untranslated(
    catalogue: gettext.GNUTranslations,
):
    for text in ("Guess", "Unfinished", "Gone"):
        assert catalogue.gettext(text) == text


def test_broken_file_is_named_with_its_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr("config.runtime.paths.ROOT", tmp_path)
    source = tmp_path / "django.po"
    source.write_text('msgid "a"\nmsgstr broken\n')
    with pytest.raises(Problem, match=r"django\.po:2"):
        translations.write_mo(source, tmp_path / "django.mo")
