"""Compares a database with the manifest of the archive that it was restored from."""

from dataclasses import dataclass

from crm.ops.backup.archive import Manifest
from crm.ops.backup.catalogue import Table, list_tables, owner_session
from crm.ops.backup.digest import Digest, digest_table

_NOTHING = Digest(0, "0")


@dataclass(frozen=True, slots=True)
class Line:
    """One table, then and now."""

    table: str
    then: Digest
    now: Digest

    @property
    def equal(self) -> bool:
        return self.then == self.now

    @property
    def differing_sums(self) -> list[str]:
        return [name for name, total in self.then.sums.items() if self.now.sums.get(name) != total]


def compare_with(manifest: Manifest) -> list[Line]:
    """Digest every table of the archive as it is now. Same columns, same order as then."""
    lines = []
    with owner_session() as session:
        here = {table.name for table in list_tables(session)}
        for name, wanted in manifest.tables.items():
            then = Digest(wanted["rows"], wanted["hash"], dict(wanted["sums"]))
            table = Table(name, tuple(wanted["columns"]), tuple(wanted["sums"]))
            now = digest_table(session, table) if name in here else _NOTHING
            lines.append(Line(name, then, now))
    return lines
