"""Ukrainian in Latin letters by the Cabinet's table of 2010, and addresses made from names."""

import re

_FIRST = {"є": "Ye", "ї": "Yi", "й": "Y", "ю": "Yu", "я": "Ya"}
_LETTERS = {
    "а": "a", "б": "b", "в": "v", "г": "h", "ґ": "g", "д": "d", "е": "e", "є": "ie", "ж": "zh",
    "з": "z", "и": "y", "і": "i", "ї": "i", "й": "i", "к": "k", "л": "l", "м": "m", "н": "n",
    "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts",
    "ч": "ch", "ш": "sh", "щ": "shch", "ь": "", "ю": "iu", "я": "ia",
    # Not Ukrainian, but met in the names of companies.
    "ё": "io", "ъ": "", "ы": "y", "э": "e",
}  # fmt: skip
_APOSTROPHES = "'’ʼ`"
_WORD = re.compile(r"[^\W\d_]+(?:['’ʼ`][^\W\d_]+)*")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
SLUG_LENGTH = 40


def transliterate(text: str) -> str:
    """Return the text with its Ukrainian words in Latin letters; the rest stays."""
    return _WORD.sub(lambda match: _word(match[0]), text)


def suggest_slug(name: str) -> str:
    """Return an address for a company's name: `Чайна «Їжак»` -> `chaina-yizhak`."""
    slug = _NOT_SLUG.sub("-", transliterate(name).lower()).strip("-")
    return slug[:SLUG_LENGTH].strip("-")


def _word(word: str) -> str:
    out: list[str] = []
    capitals = len(word) > 1 and word.isupper()
    for place, letter in enumerate(word):
        low = letter.lower()
        if low in _APOSTROPHES:
            continue
        if place == 0 and low in _FIRST:
            latin = _FIRST[low].lower()
        elif low == "г" and place and word[place - 1].lower() == "з":
            latin = "gh"  # зг is zgh, to be told from ж
        elif low in _LETTERS:
            latin = _LETTERS[low]
        else:
            out.append(letter)
            continue
        if letter.isupper():
            latin = latin.upper() if capitals else latin.capitalize()
        out.append(latin)
    return "".join(out)
