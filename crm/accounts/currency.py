"""Port: whether a company may still change its currency. Sums are kept in it, and the apps that
keep them stand above; they register from `config/wiring.py`."""

from datetime import datetime
from typing import Protocol

from crm.accounts.errors import AccountError


class CurrencyFixed(AccountError):
    """Sums are kept in the company's currency already."""

    code = "currency_fixed"
    field = "currency"


class CurrencyKeeper(Protocol):
    """Keeps sums in the company's currency."""

    def is_free(self, *, but_example: bool = False) -> bool:
        """Tell whether nothing is kept yet; `but_example`: nothing besides the example."""
        ...

    def change(self, *, old: str, new: str, now: datetime) -> None:
        """Follow the change, or raise CurrencyFixed. The company's row is locked."""
        ...


_keepers: list[CurrencyKeeper] = []


def register_currency_keeper(keeper: CurrencyKeeper) -> None:
    if keeper not in _keepers:
        _keepers.append(keeper)


def currency_is_free(*, but_example: bool = False) -> bool:
    """Tell whether the company in scope may change its currency; `but_example`: could, if its
    example were removed."""
    return all(keeper.is_free(but_example=but_example) for keeper in _keepers)


def change_currency(*, old: str, new: str, now: datetime) -> None:
    """Have every keeper follow; the first that can't ends it."""
    for keeper in _keepers:
        keeper.change(old=old, new=new, now=now)
