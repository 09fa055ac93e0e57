"""Reads of API keys."""

from dataclasses import dataclass
from datetime import datetime

from crm.api.models import ApiKey, Scope


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as a line of the table."""

    key: ApiKey
    state: str  # "live", "ending", "expired" or "revoked"
    scopes: list[str]

    @property
    def is_live(self) -> bool:
        return self.state in {"live", "ending"}


def list_keys(now: datetime) -> list[KeyRow]:
    """Return the company's keys, those that work first, then the newest. One query."""
    keys = ApiKey.objects.select_related("created_by").order_by("-id")
    rows = [_row(key, now) for key in keys]
    return sorted(rows, key=lambda row: not row.is_live)


def _row(key: ApiKey, now: datetime) -> KeyRow:
    if key.revoked_at is not None:
        state = "revoked"
    elif key.expires_at is None:
        state = "live"
    else:
        state = "ending" if key.expires_at > now else "expired"
    labels = dict(Scope.choices)
    return KeyRow(key, state, [str(labels.get(scope, scope)) for scope in key.scopes])
