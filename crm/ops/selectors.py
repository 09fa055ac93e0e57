"""Reads of the operator: the database, its sessions, backups, disk."""

import os
import re
import shutil
from dataclasses import dataclass

from django.utils import timezone

from crm.ops.backup.log import MADE
from crm.ops.models import PlatformEntry
from crm.tenancy.system import read_for_operator


def list_connections() -> list[tuple[str, int]]:
    return read_for_operator(
        "SELECT usename::text, count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND usename IS NOT NULL GROUP BY 1 ORDER BY 1"
    )


def database_size() -> int:
    return int(read_for_operator("SELECT pg_database_size(current_database())")[0][0])


def find_last_backup() -> PlatformEntry | None:
    return PlatformEntry.objects.filter(action=MADE).order_by("-at").first()


def last_backup_seconds() -> float | None:
    last = find_last_backup()
    return (timezone.now() - last.at).total_seconds() if last else None


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that takes long, without the values that were in it."""

    text: str
    calls: int | None  # None: it is running
    mean_ms: float
    total_s: float


_LITERAL = re.compile(r"'(?:[^']|'')*'|\$\w*\$.*?\$\w*\$|\b\d+(?:\.\d+)?\b", re.DOTALL)


def hide_values(statement: str) -> str:
    """Strings and numbers may be somebody's name or phone: a place is left for each."""
    return re.sub(r"\s+", " ", _LITERAL.sub("?", statement)).strip()[:600]


def list_slow_statements(*, limit: int = 10) -> tuple[str, list[Statement]]:
    """The costliest by pg_stat_statements where it is, else those that run for over a second."""
    if read_for_operator("SELECT to_regclass('pg_stat_statements') IS NOT NULL")[0][0]:
        rows = read_for_operator(
            "SELECT query, calls, mean_exec_time, total_exec_time / 1000 FROM pg_stat_statements"
            " WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " ORDER BY total_exec_time DESC LIMIT %s",
            [limit],
        )
        return "statements", [Statement(hide_values(q), c, m, t) for q, c, m, t in rows]
    rows = read_for_operator(
        "SELECT query, extract(epoch FROM clock_timestamp() - query_start)::float"
        " FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle'"
        " AND pid <> pg_backend_pid() AND query_start < clock_timestamp() - interval '1 s'"
        " ORDER BY query_start LIMIT %s",
        [limit],
    )
    return "activity", [Statement(hide_values(q), None, s * 1000, s) for q, s in rows]


@dataclass(frozen=True, slots=True)
class Disk:
    total: int
    free: int

    @property
    def used_percent(self) -> int:
        return round(100 * (self.total - self.free) / self.total) if self.total else 0


def read_disk() -> Disk:
    """The disk of the process that answers; a database elsewhere has its own."""
    usage = shutil.disk_usage(os.environ.get("KRAM_DATA") or os.getcwd())
    return Disk(usage.total, usage.free)
