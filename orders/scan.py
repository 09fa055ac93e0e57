"""What a scanner types. It sends keys, so a Ukrainian keyboard layout turns Latin codes into
Cyrillic ones; the keys are the same. Pure Python."""

_CYRILLIC = "йцукенгшщзхїфівапролджєячсмитьбюґ"
_LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,.\\"
_KEYS = str.maketrans(
    _CYRILLIC + _CYRILLIC.upper() + "ыъэёЫЪЭЁ",
    _LATIN + _LATIN.upper() + "s]'`S]'`",
)


def spellings(code: str) -> list[str]:
    """Return the code as it came, and as the same keys write it in Latin, if that differs."""
    code = " ".join(code.split())[:64]
    latin = code.translate(_KEYS)
    return [code] if latin == code else [code, latin]
