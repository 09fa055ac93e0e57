"""Whole numbers as they come in addresses and forms."""


def read_whole(text: str) -> int | None:
    """ "12" -> 12; None for what is no number of our kind, and for more than a bigint holds.

    "²" is a digit to str.isdigit() and none to int().
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
