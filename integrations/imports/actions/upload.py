"""Taking a file in, and saying what its columns hold."""

import tempfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import IO, Any

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from crm.accounts.models import Membership
from crm.audit.actor import Actor
from crm.audit.record import record
from integrations.imports.kinds.guess import fingerprint, guess_mapping
from integrations.imports.kinds.registry import kind_of, known_words
from integrations.imports.models import Chunk, Import, ImportState, KnownColumns
from integrations.imports.reading.errors import FileRefused
from integrations.imports.reading.table import find_layout, read_head
from integrations.imports.storage import measure, open_file, store_file

MAX_SIZE = 100 * 1024 * 1024
# Of all files of a company that are still kept.
MAX_KEPT = 2 * 1024 * 1024 * 1024


class ImportRefused(Exception):
    """An import can't be worked on so. `code` is "wrong_state", "unknown_field", "field_twice" or
    "fields_missing", with the texts of what is `missing`."""

    def __init__(self, code: str, missing: Sequence[Any] = ()) -> None:
        self.code = code
        self.missing = list(missing)
        super().__init__(code)


def begin_import(
    *,
    kind: str,
    file_name: str,
    pieces: Iterable[bytes],
    member: Membership,
    now: datetime,
) -> Import:
    """Keep a file and find out how it is written and what its columns hold.

    Raises FileRefused. What the company said of the same columns before is taken again.
    """
    with tempfile.TemporaryFile() as file:
        size, digest, lines = measure(pieces, MAX_SIZE, file)
        if size > MAX_SIZE:
            raise FileRefused("too_big")
        if _kept() + size > MAX_KEPT:
            raise FileRefused("quota")
        layout = find_layout(file, known_words())
        layout["lines"] = lines if layout["format"] == "csv" else 0
        headers, samples = read_head(file, layout, _("Column"))
        return _store(
            file,
            Import(
                kind=kind,
                file_name=file_name[-200:],
                size=size,
                sha256=digest,
                layout=layout,
                headers=headers,
                samples=samples,
                fingerprint=fingerprint(headers),
                created_by=member,
                created_at=now,
            ),
            actor=Actor.member(member),
            now=now,
        )


def _kept() -> int:
    return Import.objects.filter(parts__position=0).aggregate(n=Sum("size"))["n"] or 0


@transaction.atomic
def _store(file: IO[bytes], run: Import, *, actor: Actor, now: datetime) -> Import:
    _guess(run)
    run.save()
    store_file(run, file)
    record(
        "import.uploaded",
        run,
        actor=actor,
        now=now,
        details={"kind": run.kind, "file": run.file_name, "size": run.size},
    )
    return run


def _guess(run: Import) -> None:
    """Fill mapping and options: as the last time, else by names and values."""
    kind = kind_of(run.kind)
    known = KnownColumns.objects.filter(kind=run.kind, fingerprint=run.fingerprint).first()
    if known is not None and len(known.mapping) == len(run.headers):
        # A field of the company's own may have been archived since.
        run.mapping = [name if name in kind.by_name else "" for name in known.mapping]
        run.options = kind.default_options(run) | known.options
        return
    run.mapping = guess_mapping(kind, run.headers, run.samples)
    run.options = kind.default_options(run)


@transaction.atomic
def change_layout(*, import_id: int, changes: dict[str, Any]) -> Import:
    """Read the file's head anew with another encoding, delimiter or row of names."""
    run = lock_import(import_id, ImportState.MAPPING, ImportState.READY, ImportState.FAILED)
    run.layout = run.layout | changes
    with open_file(run) as file:
        run.headers, run.samples = read_head(file, run.layout, _("Column"))
    run.fingerprint = fingerprint(run.headers)
    _guess(run)
    run.state, run.error, run.counts = ImportState.MAPPING, "", {}
    run.save(
        update_fields=[
            "layout", "headers", "samples", "fingerprint", "mapping", "options", "state", "error",
            "counts",
        ]
    )  # fmt: skip
    Chunk.objects.filter(run=run).delete()
    return run


@transaction.atomic
def set_mapping(
    *, import_id: int, mapping: Sequence[str], options: dict[str, Any], actor: Actor, now: datetime
) -> Import:
    """Say what the columns hold; remembered for the next file with the same columns.

    Raises ImportRefused for a field that is unknown, given twice or missing.
    """
    run = lock_import(import_id, ImportState.MAPPING, ImportState.READY, ImportState.FAILED)
    kind = kind_of(run.kind)
    mapping = list(mapping)[: len(run.headers)]
    mapping += [""] * (len(run.headers) - len(mapping))
    taken: set[str] = set()
    for name in mapping:
        if not name:
            continue
        if name not in kind.by_name:
            raise ImportRefused("unknown_field", [name])
        if name in taken and not kind.by_name[name].many:
            raise ImportRefused("field_twice", [kind.by_name[name].label])
        taken.add(name)
    missing = kind.missing(mapping)
    if missing:
        raise ImportRefused("fields_missing", missing)
    run.mapping, run.options = mapping, run.options | options
    run.state, run.error = ImportState.MAPPING, ""
    run.save(update_fields=["mapping", "options", "state", "error"])
    KnownColumns.objects.update_or_create(
        kind=run.kind,
        fingerprint=run.fingerprint,
        defaults={"mapping": mapping, "options": run.options, "used_at": now},
    )
    return run


def lock_import(import_id: int, *states: str) -> Import:
    """Lock an import that is in one of the states; raise ImportRefused("wrong_state")."""
    run = Import.objects.select_for_update(no_key=True).get(pk=import_id)
    if states and run.state not in states:
        raise ImportRefused("wrong_state")
    return run
