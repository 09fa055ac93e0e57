"""Codes by RFC 6238 (its own vectors) and the QR code that carries the secret."""

import base64
import hashlib

import pytest

from crm.accounts import totp
from crm.accounts.qr import TooLong, make_qr, qr_path

# RFC 6238, Appendix B.
SECONDS = (59, 1111111109, 1111111111, 1234567890, 2000000000, 20000000000)
VECTORS = {
    "sha1": (20, "94287082 07081804 14050471 89005924 69279037 65353130"),
    "sha256": (32, "46119246 68084774 67062674 91819424 90698825 77737706"),
    "sha512": (64, "90693936 25091201 99943326 93441116 38618901 47863826"),
}


@pytest.mark.parametrize("algorithm", VECTORS)
def test_the_vectors_of_the_rfc(algorithm):
    length, codes = VECTORS[algorithm]
    secret = base64.b32encode((b"1234567890" * 7)[:length]).decode()
    made = [
        totp.code_at(secret, totp.step_at(second), digits=8, algorithm=algorithm)
        for second in SECONDS
    ]
    assert made == codes.split()


def test_a_code_is_good_for_its_step_and_one_on_each_side():
    secret = totp.new_secret()
    code = totp.code_at(secret, 1000)
    near = [totp.find_step(secret, code, seconds=30 * step) for step in range(998, 1003)]
    assert near == [None, 1000, 1000, 1000, None]


def test_a_code_is_good_once():
    secret = totp.new_secret()
    code = totp.code_at(secret, 1000)
    assert totp.find_step(secret, code, seconds=30_000, after=999) == 1000
    assert totp.find_step(secret, code, seconds=30_000, after=1000) is None


def test_the_address_of_a_key():
    uri = totp.key_uri("ABCD", account="o@shop.example", issuer="Kram")
    assert uri == "otpauth://totp/Kram:o@shop.example?secret=ABCD&issuer=Kram"


def test_recovery_codes_differ_and_are_compared_as_people_type_them():
    codes = totp.new_recovery_codes()
    assert len(set(codes)) == 10
    typed = codes[0].upper().replace("-", " ")
    kept = totp.hash_recovery_codes(codes[:2])
    assert totp.find_recovery_code(typed, kept) == kept[0]
    assert totp.find_recovery_code(codes[2], kept) is None
    assert max(map(len, kept)) <= 64  # the column's


def test_recovery_codes_are_salted_and_old_ones_still_good():
    code = totp.new_recovery_codes()[0]
    [one], [other] = totp.hash_recovery_codes([code]), totp.hash_recovery_codes([code])
    assert one != other
    old = hashlib.sha256(totp.clean_code(code).encode()).hexdigest()
    assert totp.find_recovery_code(code, [one.replace("a", "b"), old]) in {one, old}
    assert totp.find_recovery_code(code, [old]) == old


def digest(text):
    rows = "\n".join("".join("#" if dark else "." for dark in row) for row in make_qr(text, 3))
    return hashlib.sha256(rows.encode()).hexdigest()[:16]


# Compared with those of another encoder when this one was written: versions 1, 6, 7 and 20.
@pytest.mark.parametrize(
    ("length", "size", "expected"),
    [
        (5, 21, "92d97024320297f8"),
        (100, 41, "281e61f035a3de2a"),
        (120, 45, "24040c02a433c86e"),
        (660, 97, "b81be09e3018583e"),
    ],
)
def test_qr_codes(length, size, expected):
    text = ("otpauth://totp/Kram:" * 40)[:length]
    assert len(make_qr(text)) == size
    assert digest(text) == expected


def test_a_qr_code_has_its_three_finders_and_a_path():
    grid = make_qr("otpauth://totp/Kram:o@shop.example?secret=ABCD&issuer=Kram")
    finder = ["#######", "#.....#", "#.###.#", "#.###.#", "#.###.#", "#.....#", "#######"]

    def corner(x, y):
        return ["".join("#" if grid[y + r][x + c] else "." for c in range(7)) for r in range(7)]

    last = len(grid) - 7
    assert corner(0, 0) == corner(last, 0) == corner(0, last) == finder
    assert corner(last, last) != finder
    assert qr_path([[True, True, False], [False, False, True]]) == "M0 0h2v1H0zM2 1h1v1H2z"


def test_what_does_not_fit_is_said():
    with pytest.raises(TooLong):
        make_qr("x" * 700)
