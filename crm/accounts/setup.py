"""Port: what else a new company begins with. Apps above register it from `config/wiring.py`."""

from datetime import datetime
from typing import Protocol


class CompanySetup(Protocol):
    """Fills the company in scope, within the transaction that founds it. Safe to repeat."""

    def __call__(self, *, now: datetime) -> object: ...


_setups: list[CompanySetup] = []


def register_company_setup(func: CompanySetup) -> CompanySetup:
    """Have `func(now=…)` called for every new company, in its language and transaction."""
    if func not in _setups:
        _setups.append(func)
    return func


def run_company_setups(*, now: datetime) -> None:
    """Call everything that was registered, in the order of registration."""
    for func in _setups:
        func(now=now)
