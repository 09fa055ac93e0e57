"""What the actions of settings share: what changed, and whether somebody changed it meanwhile."""

import json
from collections.abc import Collection, Mapping
from hashlib import blake2b
from typing import Any

Changes = dict[str, list[Any]]


class StaleSettings(Exception):
    """Somebody saved after this form was opened; the form shows both and may be sent again."""

    code = "stale_settings"


def plain(value: Any) -> Any:
    """A value as the audit keeps it: JSON only."""
    if value is None or isinstance(value, str | int | bool):
        return value
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {plain(item)}" for key, item in sorted(value.items()))
    return str(value)


def set_fields(row: Any, fields: Collection[str], values: Mapping[str, Any]) -> Changes:
    """Set the named values on a row; return what changed as {field: [before, after]}."""
    changes: Changes = {}
    for name in fields:
        if name in values and getattr(row, name) != values[name]:
            changes[name] = [plain(getattr(row, name)), plain(values[name])]
            setattr(row, name, values[name])
    return changes


def stamp_of(row: Any, fields: Collection[str]) -> str:
    """A mark of what a row holds, which a form carries from its showing to its saving."""
    return stamp({name: getattr(row, name) for name in fields})


def stamp(values: Any) -> str:
    """A mark of any values that JSON can hold, or that have a text."""
    text = json.dumps(values, sort_keys=True, default=str)
    return blake2b(text.encode(), digest_size=8).hexdigest()


def check_stamp(expected: str | None, present: str) -> None:
    """Raise StaleSettings where the form was shown something else; None: nobody looked."""
    if expected is not None and expected != present:
        raise StaleSettings
