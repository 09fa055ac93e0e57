"""The work of an import: read and check, bring in, take back. Each is a job (docs/jobs.md)."""

import time
from collections import Counter
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from crm.accounts.models import Membership
from crm.audit.actor import Actor
from crm.audit.record import record
from crm.jobs.actions import start_job
from crm.jobs.models import OPEN_STATES
from crm.shell.live import publish
from crm.tenancy.context import current_tenant_id
from crm.tenancy.models import Tenant
from integrations.imports.actions.upload import ImportRefused, lock_import
from integrations.imports.kinds.base import CHANGE, NEW, SAME, WRONG, Setup, Verdict
from integrations.imports.kinds.registry import kind_of
from integrations.imports.models import Chunk, FilePart, Import, ImportState, Trace
from integrations.imports.reading.errors import FileRefused
from integrations.imports.split import split
from integrations.imports.storage import open_file, pack, unpack
from orders.actions.configure import save_channel
from orders.models import Channel, ChannelKind

CHECK, RUN, UNDO = "imports.check", "imports.run", "imports.undo"
STATES = (NEW, CHANGE, SAME, WRONG)
_PROGRESS_SECONDS = 3600
_TELL_EVERY = 0.5


def setup_of(run: Import, *, actor: Actor, now: datetime, chunk: int = 0) -> Setup:
    """What the rows of an import need to know."""
    company = Tenant.objects.get(pk=current_tenant_id())
    return Setup(
        run=run,
        mapping=run.mapping,
        options=run.options,
        currency=run.options.get("currency") or company.currency,
        zone=company.time_zone,
        actor=actor,
        now=now,
        chunk=chunk,
    )


@transaction.atomic
def start_check(*, import_id: int, member: Membership, now: datetime) -> Import:
    """Have the whole file read and compared with what there is."""
    run = lock_import(import_id, ImportState.MAPPING, ImportState.READY, ImportState.FAILED)
    missing = kind_of(run.kind).missing(run.mapping)
    if missing:
        raise ImportRefused("fields_missing", missing)
    run.check_job = start_job(kind=CHECK, params={"import": run.pk}, member=member, now=now)
    run.state, run.error, run.counts = ImportState.CHECKING, "", {}
    run.save(update_fields=["check_job", "state", "error", "counts"])
    return run


def check_file(*, import_id: int, actor: Actor, now: datetime) -> Import:
    """Part the file into chunks and say what would become of each record. Safe to repeat."""
    run = Import.objects.select_for_update(no_key=True).get(pk=import_id)
    if run.state != ImportState.CHECKING:
        return run
    kind = kind_of(run.kind)
    setup = setup_of(run, actor=actor, now=now)
    Chunk.objects.filter(run=run).delete()
    counts: Counter[str] = Counter()
    notes: Counter[str] = Counter()
    key = setup.columns()[kind.group_by][0] if kind.group_by else None
    told = 0.0
    try:
        with open_file(run) as file:
            for position, records in enumerate(split(file, run.layout, key)):
                verdicts = kind.check(setup, records)
                rows = sum(len(one) for one in records)
                _store_chunk(run, position, rows, pack(records), verdicts)
                counts["rows"] += rows
                counts["records"] += len(records)
                counts.update(verdict.state for verdict in verdicts)
                notes.update(note for verdict in verdicts for note in verdict.notes)
                told = _tell_progress(run, counts["rows"], told)
    except FileRefused as refusal:
        run.state, run.error = ImportState.FAILED, refusal.code
        run.save(update_fields=["state", "error"])
        return run
    run.counts = {**{state: counts[state] for state in STATES}, **counts, "notes": dict(notes)}
    run.state = ImportState.READY
    run.save(update_fields=["state", "counts"])
    return run


def _tell_progress(run: Import, rows: int, told: float) -> float:
    """Say how far the reading is, twice a second; return when that was last done."""
    now = time.monotonic()
    if now - told < _TELL_EVERY:
        return told
    cache.set(progress_key(run.pk), rows, _PROGRESS_SECONDS)
    publish(tenant_id=current_tenant_id(), topic=f"imports:{run.pk}", payload={"id": str(run.pk)})
    return now


def progress_key(import_id: int) -> str:
    """Where the count of rows read so far stands: the work itself is one transaction."""
    return f"import-rows:{current_tenant_id()}:{import_id}"


def _store_chunk(
    run: Import, position: int, rows: int, data: bytes, verdicts: list[Verdict]
) -> None:
    Chunk.objects.create(
        run=run,
        position=position,
        rows=rows,
        data=data,
        verdicts=[verdict.to_json() for verdict in verdicts],
        wrong=sum(verdict.state == WRONG for verdict in verdicts),
    )


@transaction.atomic
def start_run(*, import_id: int, member: Membership, now: datetime) -> Import:
    """Bring the file in, as a job with a row for each chunk."""
    run = lock_import(import_id, ImportState.READY)
    if run.kind == "orders":
        _open_channel(run, Actor.member(member), now)
    run.run_job = start_job(kind=RUN, params={"import": run.pk}, member=member, now=now)
    run.state = ImportState.RUNNING
    run.save(update_fields=["run_job", "state", "options"])
    record(
        "import.started",
        run,
        actor=Actor.member(member),
        now=now,
        details={"kind": run.kind, "file": run.file_name, **_figures(run.counts)},
    )
    return run


def _open_channel(run: Import, actor: Actor, now: datetime) -> None:
    """Make the channel of imported orders when the first of them come."""
    code = run.options.get("channel") or "import"
    if not Channel.objects.filter(code=code).exists():
        company = Tenant.objects.get(pk=current_tenant_id())
        with translation.override(company.language):
            name = _("Import from a file")
        save_channel(
            channel_id=None,
            code=code,
            values={"name": name, "kind": ChannelKind.IMPORT, "currency": company.currency},
            member_ids=(),
            actor=actor,
            now=now,
        )


def list_positions(params: dict[str, Any]) -> list[int]:
    """The chunks of an import in their order."""
    return list(
        Chunk.objects.filter(run_id=params["import"])
        .order_by("position")
        .values_list("position", flat=True)
    )


def bring_in(*, import_id: int, position: int, actor: Actor, now: datetime) -> Counter[str]:
    """Bring one chunk in; return how many records became what."""
    run = Import.objects.get(pk=import_id)
    chunk = Chunk.objects.get(run=run, position=position)
    setup = setup_of(run, actor=actor, now=now, chunk=position)
    verdicts = kind_of(run.kind).run(setup, unpack(chunk))
    chunk.verdicts = [verdict.to_json() for verdict in verdicts]
    chunk.wrong = sum(verdict.state == WRONG for verdict in verdicts)
    chunk.save(update_fields=["verdicts", "wrong"])
    return Counter(verdict.state for verdict in verdicts)


@transaction.atomic
def start_undo(*, import_id: int, member: Membership, now: datetime) -> Import:
    """Take an import back as far as nothing was built on it, the last chunk first."""
    run = lock_import(import_id, ImportState.DONE)
    run.undo_job = start_job(kind=UNDO, params={"import": run.pk}, member=member, now=now)
    run.state = ImportState.UNDOING
    run.save(update_fields=["undo_job", "state"])
    record(
        "import.undo_started",
        run,
        actor=Actor.member(member),
        now=now,
        details={"kind": run.kind, "file": run.file_name},
    )
    return run


def take_back(
    *, import_id: int, position: int, actor: Actor, now: datetime
) -> tuple[int, list[tuple[str, str, str]]]:
    """Undo one chunk; return how many things went back, and (kind, label, why) of the others."""
    run = Import.objects.get(pk=import_id)
    setup = setup_of(run, actor=actor, now=now, chunk=position)
    traces = list(Trace.objects.filter(run=run, chunk=position, undone=False).order_by("id"))
    stay = kind_of(run.kind).undo(setup, traces)
    kept = {trace.pk for trace, _label, _why in stay}
    gone = [trace.pk for trace in traces if trace.pk not in kept]
    Trace.objects.filter(pk__in=gone).update(undone=True)
    for trace, label, why in stay:
        trace.label, trace.why = label[:100], why[:30]
    Trace.objects.bulk_update([trace for trace, _label, _why in stay], ["label", "why"])
    return len(gone), [(trace.object_type, label, why) for trace, label, why in stay]


@transaction.atomic
def settle(*, import_id: int) -> Import:
    """Bring the import's state in line with its job's: over is over, whoever notices first."""
    run = Import.objects.select_for_update(no_key=True).get(pk=import_id)
    after = {
        ImportState.RUNNING: (run.run_job, ImportState.DONE),
        ImportState.UNDOING: (run.undo_job, ImportState.UNDONE),
        ImportState.CHECKING: (run.check_job, ImportState.MAPPING),
    }.get(ImportState(run.state))
    if after is None or after[0] is None or after[0].state in OPEN_STATES:
        return run
    run.state = after[1]
    if run.state == ImportState.DONE:
        run.counts = run.counts | _count(run)
    run.save(update_fields=["state", "counts"])
    return run


def _count(run: Import) -> dict[str, int]:
    """Add up what became of the records."""
    counts: Counter[str] = Counter()
    for verdicts in (
        Chunk.objects.filter(run=run).values_list("verdicts", flat=True).iterator(chunk_size=50)
    ):
        counts.update(verdict["s"] for verdict in verdicts)
    return {state: counts[state] for state in STATES}


def _figures(counts: dict[str, Any]) -> dict[str, int]:
    return {name: counts.get(name, 0) for name in ("rows", "records", *STATES)}


@transaction.atomic
def discard_import(*, import_id: int, actor: Actor, now: datetime) -> None:
    """Throw away a file of which nothing was brought in."""
    run = lock_import(import_id, ImportState.MAPPING, ImportState.READY, ImportState.FAILED)
    record("import.discarded", run, actor=actor, now=now, details={"file": run.file_name})
    Chunk.objects.filter(run=run).delete()
    FilePart.objects.filter(run=run).delete()
    run.delete()
