"""A year of a real store through the import: all lines of Online Retail, twice, to the penny.

    python -m bench.import_retail [--data DIR] [--rows N]

Uploads the file as a person does (decompressed CSV), checks it, brings it in by the very jobs
that the worker runs, prints time, memory and counts, compares the totals with the published
ones, and imports the same file again: nothing may change. `--data` is the folder that holds
online_retail/online_retail.csv.gz (default: KRAM_DATA_DIR or shared/data beside the checkout).
"""

import argparse
import gzip
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from bench.servers import ROOT, manage, running

PIECE = 1 << 20
# Of the whole file: shared knowledge about this data set (UCI 352).
EXPECTED = {
    "lines": 541_909,
    "invoices": 25_900,
    "customers": 4_372,
    "revenue, all signed": Decimal("9747747.93"),
    "revenue S": Decimal("10655622.48"),
    "revenue CS": Decimal("8911407.90"),
    "revenue, identified and signed": Decimal("8300065.81"),
    "orders S": 19_959,
    "orders CS": 18_532,
    "orders not C": 22_064,
    "customers CS": 4_338,
    "returning customers": 2_845,
    "lines of C": 9_288,
    "lines without a customer": 135_080,
}


def main() -> int:
    options = read_options()
    if options.inside:
        return measure(options)
    with running(Path(options.home).resolve()) as bench:
        environment = bench.database("kram_import")
        manage(environment, "migrate", "--database", "owner", "-v", "0")
        return subprocess.run(
            [sys.executable, "-m", "bench.import_retail", "--inside", *sys.argv[1:]],
            cwd=ROOT,
            env={**os.environ, **environment},
            check=False,
        ).returncode


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=os.environ.get("KRAM_DATA_DIR") or "")
    parser.add_argument("--rows", type=int, default=0, help="only the first so many lines")
    parser.add_argument("--home", default=str(ROOT / ".kram" / "bench"))
    parser.add_argument("--undo", action="store_true", help="take everything back at the end")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def measure(options: argparse.Namespace) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from bench.import_parts import Store, totals_of

    folder = Path(options.data) if options.data else ROOT.parent / "shared" / "data"
    path = folder / "online_retail" / "online_retail.csv.gz"
    if not path.exists():
        raise SystemExit(f"{path} is not there: give --data or KRAM_DATA_DIR")
    store = Store(f"retail-{int(time.time())}")
    begin = time.monotonic()
    first = store.bring_in(pieces(path, options.rows), say)
    whole = time.monotonic() - begin
    say("first time", f"{whole:.0f} s", counts=first.counts)
    totals = totals_of(store)
    again = time.monotonic()
    second = store.bring_in(pieces(path, options.rows), say)
    say("second time", f"{time.monotonic() - again:.0f} s", counts=second.counts)
    used = resource.getrusage(resource.RUSAGE_SELF)
    say("peak memory of the process", f"{used.ru_maxrss / 1024:.0f} MB")
    say("its processor time", f"{used.ru_utime + used.ru_stime:.0f} s")
    good = compare(totals, whole_file=not options.rows)
    if totals_of(store) != totals:
        good = False
        say("the second import changed something", "WRONG")
    if options.undo:
        begin = time.monotonic()
        left = store.undo(first)
        say("undone", f"{time.monotonic() - begin:.0f} s", left=left)
    return 0 if good else 1


def pieces(path: Path, rows: int) -> Iterator[bytes]:
    with gzip.open(path) as file:
        if rows:
            for _line in range(rows + 1):
                yield file.readline()
            return
        while piece := file.read(PIECE):
            yield piece


def compare(totals: dict[str, Any], *, whole_file: bool) -> bool:
    good = True
    for name, value in totals.items():
        expected = EXPECTED.get(name) if whole_file else None
        verdict = "" if expected is None else ("ok" if value == expected else f"NOT {expected:,}")
        good = good and not verdict.startswith("NOT")
        say(f"  {name}", f"{value:,}", verdict)
    return good


def say(*parts: Any, **facts: Any) -> None:
    told = [f"{parts[0]:<40}", *map(str, parts[1:]), *(f"{k}={v}" for k, v in facts.items())]
    print(" ".join(told), flush=True)


if __name__ == "__main__":
    sys.exit(main())
