"""`manage.py prove [--against FILE]`: the walls, the books, and every table of an archive."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crm.ops.backup.archive import open_archive, read_manifest
from crm.ops.backup.compare import Line, compare_with
from crm.ops.backup.errors import BackupProblem
from crm.ops.proofs import prove_everything


class Command(BaseCommand):
    help = "Prove a database: exit code 1 where its books or an archive disagree with it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--against", type=Path, metavar="FILE", help="compare every table with this archive"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        bad = self._compare(options["against"]) if options["against"] else 0
        for verdict in prove_everything():
            self.stdout.write(
                f"{'ok    ' if verdict.good else 'WRONG '} {verdict.name}: {verdict.text}"
            )
            bad += not verdict.good
        if bad:
            sys.exit(1)

    def _compare(self, path: Path) -> int:
        try:
            with open_archive(path) as archive:
                manifest = read_manifest(archive)
        except BackupProblem as problem:
            raise CommandError(str(problem)) from problem
        lines = compare_with(manifest)
        width = max(len(line.table) for line in lines)
        self.stdout.write(
            f"{'':6} {'table':<{width}} {'saved':>10} {'now':>10}  sums of its numbers"
        )
        for line in lines:
            self._tell(line, width)
        bad = sum(not line.equal for line in lines)
        rows = sum(line.then.rows for line in lines)
        self.stdout.write(f"{len(lines)} tables, {rows} rows compared: {bad or 'none'} differ")
        return bad

    def _tell(self, line: Line, width: int) -> None:
        if line.differing_sums:
            sums = f"differ: {', '.join(line.differing_sums)}"
        else:
            sums = ", ".join(f"{name} {total}" for name, total in line.now.sums.items())
        self.stdout.write(
            f"{'ok    ' if line.equal else 'WRONG '} {line.table:<{width}}"
            f" {line.then.rows:>10} {line.now.rows:>10}  {sums}".rstrip()
        )
