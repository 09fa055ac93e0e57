"""Fields made and changed, and the values of one object written."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from crm.accounts.translit import suggest_slug
from crm.audit.actor import Actor
from crm.audit.changes import Changes, check_stamp, set_fields, stamp_of
from crm.audit.record import record
from crm.fields.models import LISTS, FieldDefinition, FieldValue
from crm.fields.selectors import Definitions, check_values, definitions_by_code
from crm.fields.values import change_of, fold, rows_of

MAX_FIELDS = 50
MAX_OPTIONS = 200
EDITABLE = ("name", "help", "required", "options")
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
Options = Sequence[Mapping[str, Any]]


class DefinitionError(Exception):
    """A field can't be so. `code`: "required", "name_taken", "bad_code", "code_taken",
    "no_options", "option_taken", "too_many_options", "too_many_fields" or "not_found"; `field` is
    the input."""

    def __init__(self, code: str, field: str = "") -> None:
        self.code = code
        self.field = field
        super().__init__(f"{code} {field}")


# What other apps forget with a field that is archived; the fields of its kind are locked.
ForgetField = Callable[[FieldDefinition, Actor, datetime], None]
_archive_hooks: list[ForgetField] = []


def register_archive_hook(forget: ForgetField) -> None:
    if forget not in _archive_hooks:
        _archive_hooks.append(forget)


def definition_stamp(definition: FieldDefinition) -> str:
    return stamp_of(definition, EDITABLE)


@transaction.atomic
def create_definition(
    *,
    kind: str,
    name: str,
    type: str,
    code: str = "",
    help: str = "",
    options: Sequence[str] = (),
    required: bool = False,
    actor: Actor,
    now: datetime,
) -> FieldDefinition:
    """Add a field after the others; without a code it gets one of its name."""
    rows = _lock(kind)
    if len(rows) >= MAX_FIELDS:
        raise DefinitionError("too_many_fields")
    name = _clean_name(name, rows)
    taken = {row.code for row in rows}
    if code and not _CODE.fullmatch(code):
        raise DefinitionError("bad_code", "code")
    if code in taken:
        raise DefinitionError("code_taken", "code")
    labels = [{"label": label} for label in options]
    made = FieldDefinition.objects.create(
        kind=kind,
        code=code or _free_code(name, taken),
        name=name,
        help=_words(help, 200),
        type=type,
        options=_arrange([], labels) if type in LISTS else [],
        required=required,
        position=max((row.position for row in rows), default=0) + 1,
    )
    changes: Changes = {"name": [None, made.name], "type": [None, str(made.type)]}
    if made.help:
        changes["help"] = ["", made.help]
    if made.options:
        changes["options"] = [[], _labels(made.options)]
    if made.required:
        changes["required"] = [False, True]
    _told("field.created", made, changes, actor, now)
    return made


@transaction.atomic
def edit_definition(
    *,
    definition_id: int,
    name: str,
    help: str,
    required: bool,
    options: Options = (),
    expected: str | None = None,
    actor: Actor,
    now: datetime,
) -> FieldDefinition:
    """Change a field and its options: `{"key", "label", "off"}`, without a key a new one.

    No option is ever lost: those not named stay, after the others. Raises StaleSettings where
    somebody saved after `expected` was shown.
    """
    row, rows = _lock_one(definition_id)
    check_stamp(expected, definition_stamp(row))
    values: dict[str, Any] = {
        "name": _clean_name(name, rows, but=row.pk),
        "help": _words(help, 200),
        "required": required,
    }
    before = _labels(row.options)
    if row.is_list:
        values["options"] = _arrange(row.options, options)
    changes = set_fields(row, EDITABLE, values)
    if changes:
        if "options" in changes:
            changes["options"] = [before, _labels(row.options)]
        row.save(update_fields=list(EDITABLE))
        _told("field.edited", row, changes, actor, now)
    return row


@transaction.atomic
def archive_definition(
    *, definition_id: int, archived: bool, actor: Actor, now: datetime
) -> FieldDefinition:
    """Take a field out of use, or back into it; the values stay. Repeated, it changes nothing.

    Who asks for a field out of use asks no more, and does not begin again when it comes back.
    """
    row, _rows = _lock_one(definition_id)
    if row.is_archived != archived:
        row.is_archived = archived
        row.save(update_fields=["is_archived"])
        topic = "field.archived" if archived else "field.restored"
        _told(topic, row, {"is_archived": [not archived, archived]}, actor, now)
        if archived:
            for forget in _archive_hooks:
                forget(row, actor, now)
    return row


@transaction.atomic
def order_definitions(*, kind: str, ids: Collection[int], actor: Actor, now: datetime) -> None:
    """Put the fields in use in this order; those not named stay behind them."""
    rows = sorted(
        (row for row in _lock(kind) if not row.is_archived), key=lambda r: (r.position, r.pk)
    )
    ranks = {pk: rank for rank, pk in enumerate(ids)}
    wanted = sorted(rows, key=lambda r: ranks.get(r.pk, len(ranks)))
    if wanted == rows:
        return
    for place, row in enumerate(wanted, start=1):
        row.position = place
    FieldDefinition.objects.bulk_update(wanted, ["position"])
    changes: Changes = {"order": [[r.name for r in rows], [r.name for r in wanted]]}
    _told("field.ordered", wanted[0], changes, actor, now)


def set_values(
    definitions: Definitions, present: Mapping[str, Any], wanted: Mapping[str, Any], object_id: int
) -> tuple[dict[str, Any], Changes]:
    """Write the rows of what differs; return all values as the object keeps them, and the changes.

    The object is locked by the caller, who saves the values and records the changes. Two
    statements; none where nothing differs. Raises FieldError.
    """
    checked = check_values(definitions, wanted)
    changed = {code: value for code, value in checked.items() if present.get(code) != value}
    if not changed:
        return dict(present), {}
    ids = [definitions[code].pk for code in changed]
    FieldValue.objects.filter(object_id=object_id, definition_id__in=ids).delete()
    FieldValue.objects.bulk_create(rows_of(definitions, changed, object_id))
    kept = {code: value for code, value in {**present, **changed}.items() if value is not None}
    changes = dict(
        change_of(definitions[code], present.get(code), value) for code, value in changed.items()
    )
    return kept, changes


def read_new(kind: str, wanted: Mapping[str, Any]) -> tuple[Definitions, dict[str, Any]]:
    """The values of a new object as it keeps them, and the fields. One query where any is given.

    Raises FieldError.
    """
    if not wanted:
        return {}, {}
    definitions = definitions_by_code(kind)
    values = check_values(definitions, wanted)
    return definitions, {code: value for code, value in values.items() if value is not None}


def store_new(definitions: Definitions, kept: Mapping[str, Any], object_id: int) -> Changes:
    """Write the rows of a new object's values; return them as changes. One statement, or none."""
    if not kept:
        return {}
    FieldValue.objects.bulk_create(rows_of(definitions, kept, object_id))
    return dict(change_of(definitions[code], None, value) for code, value in kept.items())


def delete_values(kind: str, object_ids: Sequence[int]) -> None:
    """Forget the values of objects that are deleted. One statement."""
    FieldValue.objects.filter(
        object_id__in=list(object_ids), definition__in=FieldDefinition.objects.filter(kind=kind)
    ).delete()


def lock_in_use(kind: str) -> Definitions:
    """Lock the fields of a kind against every change of them; return those in use by code."""
    return {row.code: row for row in _lock(kind) if not row.is_archived}


def _lock(kind: str) -> list[FieldDefinition]:
    return list(
        FieldDefinition.objects.select_for_update(no_key=True).filter(kind=kind).order_by("id")
    )


def _lock_one(definition_id: int) -> tuple[FieldDefinition, list[FieldDefinition]]:
    kind = FieldDefinition.objects.filter(pk=definition_id).values_list("kind", flat=True).first()
    rows = _lock(kind) if kind else []
    row = next((row for row in rows if row.pk == definition_id), None)
    if row is None:
        raise DefinitionError("not_found")
    return row, rows


def _told(topic: str, row: FieldDefinition, changes: Changes, actor: Actor, now: datetime) -> None:
    details = {"kind": str(row.kind), "code": row.code}
    record(topic, row, actor=actor, now=now, changes=changes, details=details)


def _words(text: str, length: int) -> str:
    return " ".join(text.split())[:length]


def _clean_name(name: str, rows: Sequence[FieldDefinition], *, but: int | None = None) -> str:
    name = _words(name, 60)
    if not name:
        raise DefinitionError("required", "name")
    if any(fold(r.name) == fold(name) and r.pk != but for r in rows):
        raise DefinitionError("name_taken", "name")
    return name


def _free_code(name: str, taken: Collection[str]) -> str:
    base = suggest_slug(name).replace("-", "_").lstrip("0123456789_")[:36].rstrip("_") or "field"
    codes = [base, *(f"{base}_{n}" for n in range(2, len(taken) + 3))]
    return next(code for code in codes if code not in taken)


def _arrange(present: Options, wanted: Options) -> list[dict[str, Any]]:
    """The options as they shall be. None is ever removed: values may hold it."""
    known = {option["key"]: option for option in present}
    keys = set(known)
    arranged: dict[str, dict[str, Any]] = {}
    for option in wanted:
        key, label = option.get("key", ""), _words(option["label"], 100)
        old = known.get(key)
        if old is None and not label:
            continue
        if old is None:
            key = _free_code(label, keys)
            keys.add(key)
        row: dict[str, Any] = {"key": key, "label": label or (old or {})["label"]}
        if option.get("off"):
            row["off"] = True
        arranged.setdefault(key, row)
    options = [*arranged.values(), *(dict(o) for key, o in known.items() if key not in arranged)]
    labels = [fold(option["label"]) for option in options]
    if len(set(labels)) < len(labels):
        raise DefinitionError("option_taken", "options")
    if len(options) > MAX_OPTIONS:
        raise DefinitionError("too_many_options", "options")
    if all(option.get("off") for option in options):
        raise DefinitionError("no_options", "options")
    return options


def _labels(options: Options) -> list[str]:
    return [option["label"] for option in options if not option.get("off")]
