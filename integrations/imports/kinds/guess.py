"""What the columns of a file hold, by their names and by their values."""

import hashlib
from collections.abc import Sequence

from customers.phones import normalise_phone
from integrations.imports.kinds.base import Kind
from integrations.imports.reading.detect import fold_name
from integrations.imports.values import is_moment


def fingerprint(headers: Sequence[str]) -> str:
    """The same columns in the same order give the same text."""
    folded = "\n".join(fold_name(name) for name in headers)
    return hashlib.sha256(folded.encode()).hexdigest()


def guess_mapping(
    kind: Kind, headers: Sequence[str], samples: Sequence[Sequence[str]]
) -> list[str]:
    """Return a field's name (or "") for each column. A field without `many` is given once.

    An exact name wins over one that only contains the words, and that over the look of values.
    """
    scores: list[tuple[int, int, int, str]] = []
    for place, header in enumerate(headers):
        folded = fold_name(header)
        for one in kind.fields:
            for rank, word in enumerate(one.words):
                if folded == word:
                    scores.append((100 - rank, -place, place, one.name))
                elif len(word) > 3 and f" {word} " in f" {folded} ":
                    scores.append((50 - rank, -place, place, one.name))
    for place in range(len(headers)):
        look = _look(
            [row[place] for row in samples if place < len(row) and row[place]], headers[place]
        )
        for one in kind.fields:
            if look and one.looks_like == look:
                scores.append((10, -place, place, one.name))
    mapping = [""] * len(headers)
    given: set[str] = set()
    for _score, _order, place, name in sorted(scores, key=lambda s: (-s[0], -s[1])):
        if mapping[place] or (name in given and not kind.by_name[name].many):
            continue
        mapping[place] = name
        given.add(name)
    return mapping


def _look(values: Sequence[str], header: str) -> str:
    """What most of the values look like: "email", "phone", "date" or ""."""
    if not values:
        return ""
    most = 0.8 * len(values)
    if sum("@" in value and "." in value for value in values) >= most:
        return "email"
    if sum(is_moment(value) for value in values) >= most:
        return "date"
    if sum(len(v) >= 9 and normalise_phone(v) is not None for v in values) >= most:
        return "phone"
    return ""
