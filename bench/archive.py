"""A company of N orders into an archive, and the archive into a new company.

    python -m bench.archive [--orders 2000]

Runs the two commands as a person does, each in a process of its own, against a Postgres with
durable commits; prints seconds, the file's megabytes and the peak memory of each process. Every
run fills one more company of the bench's database.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from bench.servers import ROOT, manage, running


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=2000)
    parser.add_argument("--home", default=str(ROOT / ".kram" / "bench"))
    options = parser.parse_args()
    home = Path(options.home).resolve()
    with running(home) as bench:
        environment = bench.database("kram_archive")
        manage(environment, "migrate", "--database", "owner", "-v", "0")
        os.environ.update(environment, DJANGO_SETTINGS_MODULE="config.settings")
        slug = f"archive-{options.orders}"
        seed(slug, options.orders)
        from django.db import connections

        connections.close_all()
        file = home / f"{slug}.zip"
        copy = f"copy-{int(time.time())}"
        measure("export", ["export_company", slug, str(file), "--force"], environment)
        print(f"file: {file.stat().st_size / 1e6:.1f} MB")
        measure(
            "import",
            ["import_company", str(file), "--create", copy, "--owner", f"owner@{slug}.example"],
            environment,
        )
        manage(environment, "verify_stock", "--company", copy)
    return 0


def seed(slug: str, orders: int) -> None:
    """Make the company, once."""
    from django.db import connections

    from bench.seeding import seed_company
    from crm.tenancy.models import Tenant

    if Tenant.objects.filter(slug=slug).exists():
        return
    seed_company(slug, orders=orders, customers=orders * 3 // 10, products=500)
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def measure(name: str, command: list[str], environment: dict[str, str]) -> None:
    """Run one command to its end; print what it said last, its time and its peak memory."""
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
    )
    said = process.stdout.read() if process.stdout else ""
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    print(said)
    if process.returncode:
        raise SystemExit(f"{name}: exit code {process.returncode}")
    seconds = time.monotonic() - begun
    print(f"{name}: {seconds:.1f} s, peak memory {used.ru_maxrss / 1024:.0f} MB", flush=True)


if __name__ == "__main__":
    sys.exit(main())
