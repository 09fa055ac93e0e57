"""The texts people read: found in the code, kept in locale/*.po, checked (docs/i18n.md).

    python -m config.i18n             what is missing, stale, fuzzy or broken (status 1 if anything)
    python -m config.i18n --update    bring the .po files up to date; new texts are left empty

In pure Python, because many machines lack gettext's tools, and without line numbers, because
those would change every .po file with every commit.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation.template import templatize

from config.runtime import paths
from config.runtime.problems import run_main
from config.runtime.translations import Entry, read_po

LANGUAGES = ("uk", "ru")
APPS = (
    "config", "crm", "customers", "inventory", "orders", "messaging", "analytics", "integrations",
)  # fmt: skip
_PLURAL_FORMS = (
    "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4"
    " && (n%100<10 || n%100>=20) ? 1 : 2);"
)
# Function -> places of (context, singular, plural) among its arguments.
_PLACES: dict[str, tuple[int | None, int, int | None]] = {
    "gettext": (None, 0, None),
    "ngettext": (None, 0, 1),
    "pgettext": (0, 1, None),
    "npgettext": (0, 1, 2),
}
_ALIASES = {"_": "gettext", "gettext_noop": "gettext", "N_": "gettext"} | {
    f"{name}_lazy": name for name in _PLACES
}
_STRING = r"u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
_TEMPLATE_CALL = re.compile(
    rf"\b(n?p?gettext|_)\(\s*{_STRING}(?:\s*,\s*{_STRING})?(?:\s*,\s*{_STRING})?", re.DOTALL
)
_PLACEHOLDER = re.compile(r"%\(\w+\)[sdf]|\{\w*\}")

MessageKey = tuple[str | None, str]


def _entry(function: str, texts: list[str]) -> Entry | None:
    context, single, plural = _PLACES[_ALIASES.get(function, function)]
    needed = max(place for place in (context, single, plural) if place is not None)
    if len(texts) <= needed:
        return None
    return Entry(
        context=None if context is None else texts[context],
        single=texts[single],
        plural=None if plural is None else texts[plural],
    )


def find_in_python(source: str) -> Iterator[Entry]:
    """Yield the texts that a Python file marks for translation."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name: str = getattr(node.func, "id", "") or getattr(node.func, "attr", "")
        if _ALIASES.get(name, name) not in _PLACES:
            continue
        texts = []
        for argument in node.args:
            if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
                break
            texts.append(argument.value)
        entry = _entry(name, texts)
        if entry and entry.single:
            yield entry


def find_in_template(source: str) -> Iterator[Entry]:
    """Yield the texts that a template marks for translation."""
    for match in _TEMPLATE_CALL.finditer(templatize(source)):
        texts = [ast.literal_eval(text) for text in match.groups()[1:] if text]
        entry = _entry(match[1], texts)
        if entry and entry.single:
            yield entry


def find_messages() -> dict[MessageKey, tuple[Entry, list[str]]]:
    """Return every marked text with the files it stands in."""
    found: dict[MessageKey, tuple[Entry, list[str]]] = {}
    sources = [
        path
        for app in APPS
        for path in sorted((paths.ROOT / app).rglob("*.py"))
        if "migrations" not in path.parts and "runtime" not in path.parts
    ]
    for path in [*sources, *sorted((paths.ROOT / "templates").rglob("*.*"))]:
        text = path.read_text(encoding="utf-8")
        entries = find_in_python(text) if path.suffix == ".py" else find_in_template(text)
        name = str(path.relative_to(paths.ROOT))
        for entry in entries:
            known, places = found.setdefault((entry.context, entry.single), (entry, []))
            known.plural = known.plural or entry.plural
            if name not in places:
                places.append(name)
    return found


# --- .po files ---------------------------------------------------------------------------------


def po_path(language: str) -> Path:
    return paths.ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def read_language(language: str) -> dict[MessageKey, Entry]:
    path = po_path(language)
    if not path.exists():
        return {}
    return {(entry.context, entry.single): entry for entry in read_po(path) if entry.single}


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    lines = escaped.split("\n")
    if len(lines) == 1:
        return f'"{escaped}"'
    parts = [f'"{line}\\n"' for line in lines[:-1]]
    parts += [f'"{lines[-1]}"'] if lines[-1] else []
    return '""\n' + "\n".join(parts)


def _block(entry: Entry, places: list[str], old: Entry | None) -> str:
    lines = [f"#: {place}" for place in places]
    if old and old.fuzzy:
        lines.append("#, fuzzy")
    if entry.context is not None:
        lines.append(f"msgctxt {_quote(entry.context)}")
    lines.append(f"msgid {_quote(entry.single)}")
    texts = old.texts if old else {}
    if entry.plural is None:
        lines.append(f"msgstr {_quote(texts.get(0, ''))}")
    else:
        lines.append(f"msgid_plural {_quote(entry.plural)}")
        lines += [f"msgstr[{index}] {_quote(texts.get(index, ''))}" for index in range(3)]
    return "\n".join(lines)


def update() -> None:
    """Write every language's file anew: old translations kept, new texts empty, stale ones out."""
    found = find_messages()
    order = sorted(found, key=lambda key: (found[key][1][0], key[1], key[0] or ""))
    for language in LANGUAGES:
        old = read_language(language)
        blocks = [
            'msgid ""\nmsgstr ""\n'
            f'"Language: {language}\\n"\n'
            '"MIME-Version: 1.0\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
            f'"Content-Transfer-Encoding: 8bit\\n"\n"Plural-Forms: {_PLURAL_FORMS}\\n"'
        ]
        blocks += [_block(*found[key], old.get(key)) for key in order]
        path = po_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
        empty = sum(1 for key in order if not (key in old and old[key].is_complete))
        print(f"{path.relative_to(paths.ROOT)}: {len(order)} texts, {empty} to translate")


def _placeholder_fault(entry: Entry, wanted: Entry) -> bool:
    allowed = set(_PLACEHOLDER.findall(wanted.single + (wanted.plural or "")))
    for text in entry.texts.values():
        used = set(_PLACEHOLDER.findall(text))
        # A plural form may leave the number out («один замовник»), and nothing else.
        if not used <= allowed or (wanted.plural is None and used != allowed):
            return True
    return False


def check(language: str, found: dict[MessageKey, tuple[Entry, list[str]]]) -> list[str]:
    """Return what is wrong with a language, a line for each text."""
    have = read_language(language)
    faults = []
    for key, (wanted, places) in found.items():
        entry = have.get(key)
        where = f"{language}: {key[1]!r} ({places[0]})"
        if entry is None or not entry.is_complete:
            faults.append(f"{where} is not translated")
            continue
        if entry.fuzzy:
            faults.append(f"{where} is fuzzy")
        elif wanted.plural is not None and len(entry.texts) != 3:
            faults.append(f"{where} needs three plural forms")
        elif _placeholder_fault(entry, wanted):
            faults.append(f"{where} has other placeholders than the text")
    faults += [f"{language}: {key[1]!r} is stale" for key in have if key not in found]
    return faults


def main() -> int:
    if "--update" in sys.argv[1:]:
        update()
        return 0
    found = find_messages()
    faults = [fault for language in LANGUAGES for fault in check(language, found)]
    for fault in faults[:60]:
        print(fault)
    if len(faults) > 60:
        print(f"… and {len(faults) - 60} more; python -m config.i18n --update makes room for them")
    return 1 if faults else 0


if __name__ == "__main__":
    run_main(main)
