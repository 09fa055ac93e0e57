"""Every table of a company of N orders into files: how long, how big, in how much memory.

    python -m bench.export [--orders 100000] [--only orders,order_lines]

Each file is made by the job as a worker makes it, in a process of its own, against a Postgres
with durable commits. Prints rows, seconds, the file's megabytes, and by how much the process grew
over what it took before the job. The orders are exported once more with a filter, and the biggest
file is fetched from a running server.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.servers import ROOT, manage, running, wsgi

TABLES = ("orders", "order_lines", "customers", "products", "stock", "movements", "audit")
PASSWORD = "bench-bench"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--only", default=",".join(TABLES))
    parser.add_argument("--home", default=str(ROOT / ".kram" / "bench"))
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        return export(*options.child)
    with running(Path(options.home).resolve()) as bench:
        environment = bench.database("kram_export")
        manage(environment, "migrate", "--database", "owner", "-v", "0")
        os.environ.update(environment, DJANGO_SETTINGS_MODULE="config.settings")
        slug = f"export-{options.orders}"
        seed(slug, options.orders)
        from django.db import connections

        connections.close_all()
        jobs = {}
        for table in options.only.split(","):
            for kind in ("csv", "xlsx"):
                jobs[table, kind] = measure(slug, table, kind, "")
        if ("orders", "xlsx") in jobs:
            measure(slug, "orders", "xlsx", "stage=delivered&payment=paid")
        biggest = max(jobs.values(), key=lambda told: told["mb"])
        with wsgi("config.wsgi:application", environment, folder=ROOT) as (port, _pid):
            fetch(port, slug, biggest)
    return 0


def seed(slug: str, orders: int) -> None:
    """Make the company, once."""
    from django.db import connections

    from bench.seeding import seed_company
    from crm.tenancy.models import Tenant

    if Tenant.objects.filter(slug=slug).exists():
        return
    began = time.monotonic()
    seed_company(slug, orders=orders, customers=orders * 3 // 10, products=1000)
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    print(f"seeded {slug} in {time.monotonic() - began:.0f} s", flush=True)


def measure(slug: str, table: str, kind: str, query: str) -> dict[str, Any]:
    """Make one file in a process of its own; print what it took."""
    command = [sys.executable, "-m", "bench.export", "--child", slug, table, kind, query]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(
        f"{table:12} {kind:4} {query or 'all':28} {told['rows']:>8,} found"
        f" {told['seconds']:7.1f} s ({told['cpu']:.1f} s of processor)"
        f" {told['mb']:7.1f} MB, memory {told['before']:.0f} + {told['grown']:.0f} MB",
        flush=True,
    )
    return told


def export(slug: str, table: str, kind: str, query: str) -> int:
    """Start one job and do it, as a worker does; say what it took as JSON."""
    import django

    django.setup()
    from django.db import transaction
    from django.db.models import Sum
    from django.db.models.functions import Length
    from django.utils import timezone

    from crm.accounts.models import Membership
    from crm.exports.registry import Asker, get_table
    from crm.jobs.models import Job, JobPart
    from crm.jobs.run import run_job
    from crm.tenancy.context import tenant_scope
    from crm.tenancy.models import Tenant

    found = get_table(table)
    assert found is not None
    with tenant_scope(Tenant.objects.get(slug=slug).pk):
        with transaction.atomic():
            member = Membership.objects.get(role="owner")
            selection = {"query": query}
            total = found.find(selection, Asker(member, timezone.now())).count()
            # Not by start_job(): it would call a worker, and there is none.
            job = Job.objects.create(
                kind=found.kind,
                params={"selection": selection, "format": kind, "columns": None},
                total=total,
                created_by=member,
            )
        before, used, began = _peak(), time.process_time(), time.monotonic()
        run_job(job_id=job.pk)
        seconds, cpu = time.monotonic() - began, time.process_time() - used
        grown = _peak() - before
        with transaction.atomic():
            job.refresh_from_db()
            assert job.state == "done", (job.state, job.error)
            size = JobPart.objects.filter(job=job).aggregate(n=Sum(Length("data")))["n"]
    told = {"job": job.pk, "rows": job.done, "seconds": seconds, "cpu": cpu}
    print(json.dumps({**told, "mb": size / 1e6, "before": before, "grown": grown}))
    return 0


def _peak() -> float:
    """The most memory that this program has had so far, in MB: getrusage tells the parent's too."""
    status = Path("/proc/self/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def fetch(port: int, slug: str, told: dict[str, Any]) -> None:
    """Download a file as its maker does."""
    import httpx

    base = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=base, timeout=60, follow_redirects=True) as client:
        page = client.get("/login/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        form = {"email": f"owner@{slug}.example", "password": PASSWORD}
        data = {**form, "csrfmiddlewaretoken": token[1] if token else ""}
        client.post("/login/", data=data, headers={"Referer": f"{base}/login/"})
        began, got, first = time.monotonic(), 0, 0.0
        with client.stream("GET", f"/{slug}/jobs/{told['job']}/file/") as answer:
            answer.raise_for_status()
            for piece in answer.iter_raw():
                first = first or time.monotonic() - began
                got += len(piece)
    assert got == round(told["mb"] * 1e6), (got, told)
    print(
        f"fetched {got / 1e6:.1f} MB in {time.monotonic() - began:.2f} s, first byte {first:.2f} s"
    )


if __name__ == "__main__":
    sys.exit(main())
