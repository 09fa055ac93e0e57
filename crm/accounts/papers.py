"""What stands on a company's papers, checked as far as its own digits tell. Pure Python."""

import phonenumbers

_IBAN_LENGTHS = {"UA": 29, "PL": 28, "DE": 22, "LT": 20, "LV": 21, "EE": 20, "CZ": 24, "RO": 24}


class BadPaper(ValueError):
    """A detail that can't be right. Codes: tax_id, iban, phone."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def clean_tax_id(text: str) -> str:
    """Return a company's code (EDRPOU, 8 digits) or a person's (RNOKPP, 10), check digit held."""
    digits = "".join(text.split())
    if not digits:
        return ""
    if not digits.isdecimal() or not digits.isascii():
        raise BadPaper("tax_id")
    numbers = [int(digit) for digit in digits]
    if len(digits) == 8 and _edrpou_digit(numbers[:7], int(digits)) == numbers[7]:
        return digits
    if len(digits) == 10 and _rnokpp_digit(numbers[:9]) == numbers[9]:
        return digits
    raise BadPaper("tax_id")


def _edrpou_digit(numbers: list[int], whole: int) -> int:
    usual = whole < 30_000_000 or whole > 60_000_000
    weights = [1, 2, 3, 4, 5, 6, 7] if usual else [7, 1, 2, 3, 4, 5, 6]
    for more in (0, 2):
        rest = sum(n * (w + more) for n, w in zip(numbers, weights, strict=True)) % 11
        if rest < 10:
            return rest
    return 0


def _rnokpp_digit(numbers: list[int]) -> int:
    weights = (-1, 5, 7, 9, 4, 6, 10, 5, 7)
    return sum(n * w for n, w in zip(numbers, weights, strict=True)) % 11 % 10


def clean_iban(text: str) -> str:
    """Return an account number without spaces, its checksum held (ISO 13616)."""
    iban = "".join(text.split()).upper()
    if not iban:
        return ""
    length = _IBAN_LENGTHS.get(iban[:2])
    shaped = iban.isascii() and iban.isalnum() and iban[:2].isalpha() and iban[2:4].isdecimal()
    if not shaped or not 15 <= len(iban) <= 34 or (length and len(iban) != length):
        raise BadPaper("iban")
    if int("".join(str(int(sign, 36)) for sign in iban[4:] + iban[:4])) % 97 != 1:
        raise BadPaper("iban")
    return iban


def clean_phone(text: str) -> str:
    """Return a phone as +380671234567; without a country it is Ukraine's."""
    if not text.strip():
        return ""
    try:
        number = phonenumbers.parse(text, "UA")
    except phonenumbers.NumberParseException:
        raise BadPaper("phone") from None
    if not phonenumbers.is_valid_number(number):
        raise BadPaper("phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
