"""Currencies that prices and orders may have: ISO 4217 codes with two decimals that stores meet."""

CURRENCIES = frozenset(
    [
        "UAH",
        "USD",
        "EUR",
        "PLN",
        "GBP",
        "CZK",
        "HUF",
        "RON",
        "MDL",
        "BGN",
        "TRY",
        "CHF",
        "SEK",
        "NOK",
        "DKK",
        "GEL",
        "AZN",
        "KZT",
        "UZS",
        "ILS",
        "CAD",
        "AUD",
        "CNY",
        "AED",
    ]
)
