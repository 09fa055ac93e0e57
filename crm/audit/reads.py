"""The log of reads: who opened or took away personal data.

A page says it while it is made (`note_reads`), and it is written after the view in one statement,
what this process has just written not at all: an endpoint's within the transaction that read
(`write_noted`), a page's in one of its own (ReadLog).
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from crm.audit.actor import Actor
from crm.audit.models import PersonalRead
from crm.audit.record import request_id
from crm.tenancy.context import current_tenant_id
from crm.tenancy.models import TenantModel
from crm.tenancy.sql import execute

_ATTRIBUTE = "_kram_reads"
_MAX_KNOWN = 100_000
_FAILED = 400
Key = tuple[int, datetime, str, int, str, int, str]
_known: set[Key] = set()

# Nobody waits for the disk: a crash of the database may cost the log its last half second.
_WRITE = """
WITH soon AS (SELECT CASE WHEN %s THEN set_config('synchronous_commit', 'off', true) END)
INSERT INTO audit_personalread (tenant_id, hour, at, actor_kind, actor_id, actor_label,
                                object_type, object_id, via, request_id)
SELECT %s, %s, %s, r.*, %s
FROM soon, unnest(%s::text[], %s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::text[]) r
ON CONFLICT DO NOTHING
"""


class Via(StrEnum):
    """How the data came to the reader."""

    PAGE = "page"
    API = "api"
    EXPORT = "export"


@dataclass(frozen=True, slots=True)
class Read:
    """An object that was read, and by whom."""

    reader: Actor
    object_type: str
    object_id: int
    via: Via


def note_reads(
    request: HttpRequest, object_type: str, object_ids: Iterable[int], *, via: Via = Via.PAGE
) -> None:
    """Say that this request's answer shows the personal data of these objects."""
    reader = _reader_of(request)
    noted: list[Read] = request.__dict__.setdefault(_ATTRIBUTE, [])
    noted += [Read(reader, object_type, pk, via) for pk in object_ids]


def record_reads(reads: Iterable[Read], *, now: datetime, writes_nothing_else: bool = False) -> int:
    """Write reads, once for each hour, and return how many were new to this process.

    Where the transaction `writes_nothing_else`, its commit does not wait for the disk.
    """
    tenant_id, hour = current_tenant_id(), now.replace(minute=0, second=0, microsecond=0)
    fresh = {key: read for read in reads if (key := _key(tenant_id, hour, read)) not in _known}
    if not fresh:
        return 0
    # In one order for all, or two who read the same might wait for each other in a ring.
    keys = sorted(fresh)
    labels = [fresh[key].reader.label[:120] for key in keys]
    _tenants, _hours, kinds, ids, object_types, object_ids, vias = zip(*keys, strict=True)
    columns = [kinds, ids, labels, object_types, object_ids, vias]
    with transaction.atomic(savepoint=False):
        execute(
            _WRITE,
            [writes_nothing_else, tenant_id, hour, now, request_id.get(), *map(list, columns)],
        )
        # What is rolled back has not been written.
        transaction.on_commit(lambda: _learn(keys))
    return len(keys)


def _learn(keys: Collection[Key]) -> None:
    if len(_known) + len(keys) > _MAX_KNOWN:
        _known.clear()
    _known.update(keys)


def write_noted(request: HttpRequest, *, writes_nothing_else: bool) -> None:
    """Write what the request's view noted, once."""
    noted = request.__dict__.pop(_ATTRIBUTE, None)
    if noted:
        record_reads(noted, now=timezone.now(), writes_nothing_else=writes_nothing_else)


@transaction.atomic
def record_reads_of_all(model: type[TenantModel], *, reader: Actor, via: Via, now: datetime) -> int:
    """Write that every row of a model was read, by one statement; return how many were new."""
    read, table = PersonalRead._meta.db_table, model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {read} (tenant_id, hour, at, actor_kind, actor_id, actor_label,"  # noqa: S608
            " object_type, object_id, via, request_id)"
            f" SELECT tenant_id, %s, %s, %s, %s, %s, %s, id, %s, %s FROM {table}"
            " WHERE tenant_id = %s ORDER BY id ON CONFLICT DO NOTHING",
            [
                now.replace(minute=0, second=0, microsecond=0),
                now,
                reader.kind.value,
                reader.id or 0,
                reader.label[:120],
                model._meta.model_name,
                via.value,
                request_id.get(),
                current_tenant_id(),
            ],
        )
        return cursor.rowcount


def forget_reads() -> None:
    """Begin anew; for tests."""
    _known.clear()


class ReadLog:
    """Middleware, inside the tenant's scope: writes what the view noted, if it answered well."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code < _FAILED:
            write_noted(request, writes_nothing_else=True)
        return response


def _reader_of(request: HttpRequest) -> Actor:
    # An owner who looks through a member's eyes reads as themselves.
    own = getattr(request, "own_membership", None)
    return Actor.member(own) if own is not None else request.user.actor  # type: ignore[union-attr]


def _key(tenant_id: int, hour: datetime, read: Read) -> Key:
    reader = read.reader
    return (
        tenant_id,
        hour,
        reader.kind.value,
        reader.id or 0,
        read.object_type,
        read.object_id,
        read.via.value,
    )
