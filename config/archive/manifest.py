"""What an archive says of itself: its format, its tables and figures."""

import json
from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings

from config.archive.errors import ArchiveRefused
from config.archive.figures import Figure
from config.archive.tables import carried_table
from crm.currencies import CURRENCIES

FORMAT = "kram-company-archive"
VERSION = 1
FILE = "manifest.json"


@dataclass(slots=True)
class TableFacts:
    """A table in the file. `fingerprint` is of its rows as the database says them."""

    name: str
    columns: list[str]
    rows: int
    bytes: int
    sha256: str
    fingerprint: str

    @property
    def file(self) -> str:
        return f"tables/{self.name}.jsonl"

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "file": self.file,
            "columns": self.columns,
            "rows": self.rows,
            "bytes": self.bytes,
            "sha256": self.sha256,
            "fingerprint": self.fingerprint,
        }

    @classmethod
    def from_json(cls, kept: Any) -> "TableFacts":
        return cls(
            str(kept["name"]),
            [str(column) for column in kept["columns"]],
            int(kept["rows"]),
            int(kept["bytes"]),
            str(kept["sha256"]),
            str(kept["fingerprint"]),
        )


@dataclass(slots=True)
class Manifest:
    made_at: str
    made_by: str
    company: dict[str, str]
    tables: list[TableFacts] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)

    def as_text(self) -> str:
        return json.dumps(
            {
                "format": FORMAT,
                "version": VERSION,
                "made_at": self.made_at,
                "made_by": self.made_by,
                "company": self.company,
                "tables": [table.as_json() for table in self.tables],
                "figures": [figure.as_json() for figure in self.figures],
                "left_out": self.left_out,
            },
            ensure_ascii=False,
            indent=1,
        )

    @classmethod
    def from_text(cls, text: str) -> "Manifest":
        """Read what an archive says of itself; raise ArchiveRefused where it is not for us."""
        try:
            kept = json.loads(text)
            if kept["format"] != FORMAT:
                raise ArchiveRefused("not_an_archive")
            if kept["version"] != VERSION:
                raise ArchiveRefused(
                    "unknown_version", version=str(kept["version"])[:20], known=VERSION
                )
            manifest = cls(
                made_at=str(kept["made_at"]),
                made_by=str(kept["made_by"]),
                company={str(name): str(value) for name, value in kept["company"].items()},
                tables=[TableFacts.from_json(table) for table in kept["tables"]],
                figures=[Figure.from_json(figure) for figure in kept["figures"]],
                left_out={str(name): str(why) for name, why in kept["left_out"].items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise ArchiveRefused("damaged", what=FILE) from error
        manifest._check_company()
        manifest._check_tables()
        return manifest

    def _check_company(self) -> None:
        """What every page of the company asks for must be known here."""
        known: dict[str, Container[str]] = {
            "currency": CURRENCIES,
            "language": {code for code, _name in settings.LANGUAGES},
            "time_zone": available_timezones(),
        }
        if not self.company.get("slug") or not 0 < len(self.company.get("name", "")) <= 120:
            raise ArchiveRefused("damaged", what=FILE)
        for name, values in known.items():
            value = self.company.get(name, "")
            if value not in values:
                raise ArchiveRefused("newer", what=f"{name} «{value[:40]}»")

    def _check_tables(self) -> None:
        """Every table and column must be known here; those that the file lacks may be younger."""
        names = [table.name for table in self.tables]
        if len(set(names)) < len(names):
            raise ArchiveRefused("damaged", what=FILE)
        for facts in self.tables:
            table = carried_table(facts.name)
            if table is None:
                raise ArchiveRefused("newer", what=facts.name[:60])
            for column in facts.columns:
                if column not in table.columns:
                    raise ArchiveRefused("newer", what=f"{facts.name[:60]}.{column[:60]}")
            if len(set(facts.columns)) < len(facts.columns) or "id" not in facts.columns:
                raise ArchiveRefused("damaged", what=FILE)
