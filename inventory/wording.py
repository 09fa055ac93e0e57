"""How names of goods are folded for search and put in order. Pure text, no Django."""

import unicodedata

# The order of a Ukrainian dictionary; Russian letters stand where a reader looks for them. The
# database's own order is by code point, which puts є, і, ї and ґ after я.
_ALPHABET = "абвгґдеєёжзиіїйклмнопрстуфхцчшщъыьэюя"
_ORDER = {ord(letter): chr(0x0430 + place) for place, letter in enumerate(_ALPHABET)}
_FOLD = str.maketrans({"ё": "е", "ґ": "г", "’": "'", "ʼ": "'", "`": "'", "‘": "'", "\u00a0": " "})


def fold_text(text: str) -> str:
    """Return text as search compares it: lower case, one kind of apostrophe, single spaces."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_FOLD)
    return " ".join(folded.split())


def sort_key(text: str, length: int = 120) -> str:
    """Return a text whose order by code points is the order of names for people."""
    folded = unicodedata.normalize("NFKC", text).casefold().strip(" «»\"'“”")
    return " ".join(folded.split()).translate(_ORDER)[:length]


def search_words(query: str, limit: int = 6) -> list[str]:
    """Return the words that all must occur in what is found."""
    return fold_text(query).split()[:limit]


def like_pattern(word: str) -> str:
    """Return a LIKE pattern that finds the word anywhere; its own wildcards mean themselves."""
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
