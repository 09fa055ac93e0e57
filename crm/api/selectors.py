"""Reads of API keys."""

from dataclasses import dataclass
from datetime import datetime

from crm.api.models import ApiKey, Scope
from crm.api.ports import list_channels


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as a line of the table."""

    key: ApiKey
    state: str  # "live", "ending", "expired" or "revoked"
    scopes: list[str]
    channel: str  # its name; empty: any

    @property
    def is_live(self) -> bool:
        return self.state in {"live", "ending"}


def list_keys(now: datetime) -> list[KeyRow]:
    """Return the company's keys, those that work first, then the newest. Two queries."""
    keys = ApiKey.objects.select_related("created_by").order_by("-id")
    names = {channel.code: channel.name for channel in list_channels()}
    rows = [_row(key, names, now) for key in keys]
    return sorted(rows, key=lambda row: not row.is_live)


def _row(key: ApiKey, names: dict[str, str], now: datetime) -> KeyRow:
    if key.revoked_at is not None:
        state = "revoked"
    elif key.expires_at is None:
        state = "live"
    else:
        state = "ending" if key.expires_at > now else "expired"
    labels = dict(Scope.choices)
    scopes = [str(labels.get(scope, scope)) for scope in key.scopes]
    return KeyRow(key, state, scopes, names.get(key.channel_code, key.channel_code))
