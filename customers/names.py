"""Names as people sort and look for them. Pure.

The database sorts by code point, which scatters the Ukrainian alphabet (є, і, ї, ґ stand after
я), so a customer keeps a sort key; and it finds text as it is written, so what is searched is
folded the same way on both sides.
"""

import re
import unicodedata
from collections.abc import Iterable

# One alphabet for both languages: Russian ъ, ы, э stand where a reader looks for them.
CYRILLIC = "абвгґдеєжзиіїйклмнопрстуфхцчшщъыьэюя"
LATIN = "abcdefghijklmnopqrstuvwxyz"
APOSTROPHES = "'`´ʹʻʼʽˈ‘’‛′＇"

# Order: space, digits, Cyrillic, Latin, the rest by code point, no name at all.
_RANKS = {
    " ": "0",
    **{digit: chr(0x31 + rank) for rank, digit in enumerate("0123456789")},
    **{letter: chr(0x100 + rank) for rank, letter in enumerate(CYRILLIC)},
    **{letter: chr(0x140 + rank) for rank, letter in enumerate(LATIN)},
}
_REST = chr(0x160)
_NAMELESS = chr(0xF8FF)

# Ukraine's own table (Cabinet resolution 55 of 2010), with the Russian letters added.
_ROMAN = {
    "а": "a", "б": "b", "в": "v", "г": "h", "ґ": "g", "д": "d", "е": "e", "є": "ie", "ж": "zh",
    "з": "z", "и": "y", "і": "i", "ї": "i", "й": "i", "к": "k", "л": "l", "м": "m", "н": "n",
    "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts",
    "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "iu", "я": "ia",
}  # fmt: skip
_ROMAN_FIRST = {"є": "ye", "ї": "yi", "й": "y", "ю": "yu", "я": "ya"}
_DELETE_APOSTROPHES = str.maketrans("", "", APOSTROPHES)
_SPACES = re.compile(r"[\s\-‐-―]+")


def fold_text(text: str) -> str:
    """Return text for comparing: lower case, ё as е, no apostrophes, no Latin accents."""
    text = unicodedata.normalize("NFKC", text).lower().replace("ё", "е")
    text = text.translate(_DELETE_APOSTROPHES)
    return " ".join("".join(map(_strip_accent, text)).split())


def sort_key(name: str) -> str:
    """Return what sorts like the name in the reader's alphabet when compared by code point."""
    folded = _SPACES.sub(" ", fold_text(name)).strip()
    if not folded:
        return _NAMELESS
    return "".join(_RANKS.get(char, _REST + char) for char in folded)[:400]


def romanise(text: str) -> str:
    """Return folded text in Latin letters, as Ukrainian passports write it."""
    letters: list[str] = []
    before = " "
    for char in text:
        if not before.isalpha() and char in _ROMAN_FIRST:
            letters.append(_ROMAN_FIRST[char])
        elif before == "з" and char == "г":
            letters.append("gh")
        else:
            letters.append(_ROMAN.get(char, char))
        before = char
    return "".join(letters)


def build_search_doc(
    *, name: str, phone_digits: Iterable[str] = (), emails: Iterable[str] = ()
) -> str:
    """Return the text by which a customer is found. Every word of it follows a space."""
    folded = fold_text(name)
    roman = romanise(folded)
    parts = [folded, roman if roman != folded else "", *phone_digits, *map(fold_text, emails)]
    return "".join(f" {part}" for part in parts if part)


def _strip_accent(char: str) -> str:
    """Take the accent off a Latin letter. й and ї are letters of their own and stay."""
    if char.isascii() or "Ѐ" <= char <= "ӿ":
        return char
    base = unicodedata.normalize("NFKD", char)[0]
    return base if base.isascii() else char
