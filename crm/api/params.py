"""Parameters of an address, declared once: read by the view, shown by the schema."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from crm.api.problems import Problem, parameter_error

Kind = Literal["text", "int", "id", "ids", "bool", "moment", "choice", "choices", "own"]
_MAX_TEXT = 1000
_MAX_ID = 10**18
_MAX_OWN = 20
_OWN = re.compile(r"custom\[([^\[\]]{1,40})\]")


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter. `ids` and `choices` take several values with commas between them; `own`
    stands for `custom[code]`, any number of the company's own fields."""

    name: str
    kind: Kind
    about: str
    choices: tuple[str, ...] = ()
    example: str = ""
    least: int = 0
    most: int = _MAX_ID - 1


def read_params(request: HttpRequest, allowed: Sequence[Param]) -> dict[str, Any]:
    """Return the values that were given. Unknown and wrong ones are refused together."""
    known = {param.name: param for param in allowed}
    found: dict[str, Any] = {}
    errors = []
    for name, values in request.GET.lists():
        own = _OWN.fullmatch(name) if "custom" in known else None
        param = known["custom"] if own else known.get(name)
        if param is None or (param.kind == "own" and own is None):
            errors.append(parameter_error(name[:100], "unknown_parameter"))
            continue
        try:
            value = _read(param, ",".join(values) if _is_many(param) else values[-1])
        except ValueError:
            code = "invalid_choice" if param.choices else "invalid"
            errors.append(parameter_error(name, code, _wanted(param)))
            continue
        if own is None:
            found[name] = value
        elif len(chosen := found.setdefault("custom", {})) < _MAX_OWN:
            chosen[own[1]] = value
        else:
            errors.append(parameter_error(name, "too_many_fields"))
    if errors:
        raise Problem("invalid_parameter", errors=errors)
    return found


def _wanted(param: Param) -> str:
    """What the parameter would have to be, for whoever gave something else."""
    match param.kind:
        case "int":
            facts = {"least": param.least, "most": param.most}
            return _("Must be a whole number from %(least)s to %(most)s.") % facts
        case "id" | "ids":
            return _("Must be an id, a string of digits.")
        case "bool":
            return _("Must be true or false.")
        case "moment":
            return _("Must be a day or a time with its offset: 2026-03-02T09:00:00+02:00.")
        case "choice" | "choices":
            return _("Must be one of: {words}.").format(words=", ".join(param.choices))
        case "text" | "own":
            return _("Must be from 1 to %(most)s characters long.") % {"most": _MAX_TEXT}


def _is_many(param: Param) -> bool:
    return param.kind in {"ids", "choices"}


def _read(param: Param, text: str) -> Any:
    if "\x00" in text:
        raise ValueError
    match param.kind:
        case "text" | "own":
            if not text.strip() or len(text) > _MAX_TEXT:
                raise ValueError
            return text.strip()
        case "int":
            return _read_int(text, param.least, param.most)
        case "id":
            return _read_int(text, 1, _MAX_ID - 1)
        case "ids":
            return [_read_int(part, 1, _MAX_ID - 1) for part in text.split(",")]
        case "bool":
            return {"true": True, "false": False}[text] if text in {"true", "false"} else _refuse()
        case "moment":
            return _read_moment(text)
        case "choice":
            return text if text in param.choices else _refuse()
        case "choices":
            parts = text.split(",")
            return parts if set(parts) <= set(param.choices) else _refuse()


def _refuse() -> Any:
    raise ValueError


def _read_int(text: str, least: int, most: int) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise ValueError
    number = int(text)
    if not least <= number <= most:
        raise ValueError
    return number


def _read_moment(text: str) -> datetime:
    """A moment with its offset, or a day (its beginning in UTC)."""
    day = parse_date(text) if len(text) == 10 else None
    if day is not None:
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    # A plus sign that was not escaped arrives as a space.
    moment = parse_datetime(text.replace(" ", "+") if "T" in text else text)
    if moment is None or moment.tzinfo is None:
        raise ValueError
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError from None


def own_param() -> Param:
    return Param(
        "custom",
        "own",
        "With these values of the company's own fields: `custom[code]=value`. Text is found by"
        " its beginning; numbers and days take a range (`10..20`, `10..`, `..2026-03-31`), lists"
        " several keys with commas between them.",
    )


# --- Sparse fields and expansions -------------------------------------------------------------


def fields_param(names: Sequence[str]) -> Param:
    return Param(
        "fields", "choices", "Only these members of each object, with commas between them.",
        choices=tuple(names),
    )  # fmt: skip


def expand_param(names: Sequence[str]) -> Param:
    return Param(
        "expand", "choices", "Related things to include, with commas between them.",
        choices=tuple(names),
    )  # fmt: skip


def keep_fields(data: Mapping[str, Any], names: Sequence[str] | None) -> Mapping[str, Any]:
    """Leave only the wanted members of an object."""
    return data if not names else {name: data[name] for name in names if name in data}
