"""What waits to be done, and what was given up, over all companies: apps register theirs."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from crm.tenancy.system import read_for_operator


@dataclass(frozen=True, slots=True)
class BacklogKind:
    """A table of work. Its conditions are SQL of ours over the row `r`."""

    key: str
    label: Any  # a word, perhaps a lazy one
    table: str
    waiting: str  # due, and not done
    since: str  # the moment from which it waits
    failed: str  # given up, for a person to see


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much of it there is now."""

    kind: BacklogKind
    waiting: int
    failed: int
    oldest_seconds: float

    @property
    def oldest(self) -> timedelta:
        return timedelta(seconds=self.oldest_seconds)


_kinds: dict[str, BacklogKind] = {}


def register_backlog(kind: BacklogKind) -> None:
    _kinds[kind.key] = kind


def read_backlogs() -> list[Backlog]:
    """One query for each kind. Company by company, so that the tables' indexes are of use."""
    return [_read(kind) for kind in _kinds.values()]


def _read(kind: BacklogKind) -> Backlog:
    [(waiting, failed, oldest)] = read_for_operator(
        f"""
        SELECT coalesce(sum(w.n), 0)::bigint, coalesce(sum(f.n), 0)::bigint,
               coalesce(greatest(extract(epoch FROM now() - min(w.since)), 0), 0)::float
        FROM tenancy_tenant t
        CROSS JOIN LATERAL (SELECT count(*) AS n, min({kind.since}) AS since FROM {kind.table} r
                            WHERE r.tenant_id = t.id AND {kind.waiting}) w
        CROSS JOIN LATERAL (SELECT count(*) AS n FROM {kind.table} r
                            WHERE r.tenant_id = t.id AND {kind.failed}) f
        WHERE t.active
        """  # noqa: S608 - registered by our own code
    )
    return Backlog(kind, waiting, failed, oldest)
