"""A bulk change of 10,000 orders and its undo, while another company looks at its list.

    python -m bench.bulk [--orders 10000] [--of 100000] [--only move,assign,tag,field] [--seconds 8]

Two companies of `--of` orders each. The whole product runs: two server processes, two workers,
durable commits. One company changes 10,000 of its orders and takes it back; two people of the
other open their list again and again. Prints how long the change and the undo took, whether every
row is as it was, and the other company's list before and during it. The bars: under 60 s, and
95 of 100 lists under 200 ms.
"""

import argparse
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx

from bench.servers import ROOT, manage, running, wsgi

CHANGED, LOOKING = "bulk", "looking"
BAR_SECONDS, BAR_MS = 60.0, 200.0
PASSWORD = "bench-bench"


def main() -> int:
    options = read_options()
    with running(Path(options.home).resolve()) as bench:
        environment = bench.database("kram_bulk")
        manage(environment, "migrate", "--database", "owner", "-v", "0")
        os.environ.update(environment, DJANGO_SETTINGS_MODULE="config.settings")
        seed(options.of)
        with (
            wsgi("config.wsgi:application", environment, folder=ROOT) as (port, _pid),
            worker(environment),
        ):
            return measure(port, options)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--of", type=int, default=100_000)
    parser.add_argument("--only", default="move,assign,tag,field")
    parser.add_argument("--seconds", type=float, default=8, help="of looking before the change")
    parser.add_argument("--home", default=str(ROOT / ".kram" / "bench"))
    return parser.parse_args()


def seed(orders: int) -> None:
    """Make both companies, once."""
    from django.db import connections

    from bench.seeding import seed_company
    from crm.tenancy.models import Tenant

    # Both before the tables are analysed: with figures of the first company alone the planner
    # takes the second for empty.
    new = [s for s in (CHANGED, LOOKING) if not Tenant.objects.filter(slug=s).exists()]
    for slug in new:
        seed_company(slug, orders=orders, customers=orders * 3 // 10, products=1000)
        print(f"seeded {slug}", flush=True)
    if new:
        with connections["owner"].cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


@contextmanager
def worker(environment: dict[str, str]) -> Iterator[None]:
    """Two workers and the scheduler, as `bin/serve` runs them."""
    command = [sys.executable, "-m", "celery", "-A", "config"]
    started = [
        subprocess.Popen(
            [*command, *more, "--loglevel", "ERROR"], cwd=ROOT, env={**os.environ, **environment}
        )
        for more in (
            ["worker", "--concurrency", "2", "--without-gossip", "--without-mingle"],
            ["beat", "--pidfile", "", "--schedule", "/tmp/kram-bench-beat"],
        )
    ]
    time.sleep(4)
    try:
        yield
    finally:
        for process in started:
            process.terminate()
        for process in started:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


class Looking:
    """Two people of the other company open their list, one page after the other."""

    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.times: list[float] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._look, daemon=True) for _ in range(2)]

    def _sign_in(self) -> httpx.Client:
        client = httpx.Client(base_url=self.base, timeout=30, follow_redirects=True)
        page = client.get("/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        form = {"email": f"owner@{LOOKING}.example", "password": PASSWORD}
        data = {**form, "csrfmiddlewaretoken": token[1] if token else ""}
        client.post("/login/", data=data, headers={"Referer": f"{self.base}/login/"})
        return client

    def _look(self) -> None:
        client = self._sign_in()
        pages = ("", "?stage=new", "?manager=me", "?sort=ship", "?stage=delivered")
        number = 0
        while not self._stop.is_set():
            began = time.perf_counter()
            response = client.get(f"/{LOOKING}/orders/{pages[number % len(pages)]}")
            took = (time.perf_counter() - began) * 1000
            if response.status_code != httpx.codes.OK or 'id="orders-screen"' not in response.text:
                raise SystemExit(f"the list answered {response.status_code}")
            self.times.append(took)
            number += 1
            self._stop.wait(0.15)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    def take(self) -> list[float]:
        times, self.times = self.times, []
        return times


def measure(port: int, options: argparse.Namespace) -> int:
    from crm.tenancy.context import tenant_scope
    from crm.tenancy.models import Tenant

    looking = Looking(port)
    looking.start()
    time.sleep(3)
    looking.take()
    time.sleep(options.seconds)
    say_list("before", looking.take())
    kept = True
    with tenant_scope(Tenant.objects.get(slug=CHANGED).pk):
        for name in options.only.split(","):
            kept &= one(name, looking, options.orders)
    looking.stop()
    return 0 if kept else 1


def one(name: str, looking: Looking, orders: int) -> bool:
    """Do a change and take it back; tell whether it kept its bars."""
    from django.utils import timezone

    from crm.jobs.undo import start_undo

    ids = make_ready(orders)
    before = checksum(ids)
    member, kind, change = changes(name)
    looking.take()
    job = start(kind, change, ids, member)
    done, seconds, first = wait(job.pk)
    times = looking.take()
    changed = checksum(ids)
    undo = start_undo(job_id=job.pk, member=member, now=timezone.now())
    undone, undo_seconds, _first = wait(undo.pk)
    more = looking.take()
    exact = sum(before[pk] == now for pk, now in checksum(ids).items())
    print(
        f"{name}: {done.done} changed, {done.failed} not, in {seconds:.1f} s"
        f" (begun after {first:.1f} s); {sum(before[pk] != changed[pk] for pk in ids)} rows differ"
    )
    print(
        f"  undo: {undone.done} back, {undone.failed} not, in {undo_seconds:.1f} s;"
        f" {exact} of {len(ids)} rows exactly as before"
    )
    late = say_list("  the other's list during the change", times)
    late_undo = say_list("  the other's list during the undo", more)
    return (
        seconds < BAR_SECONDS
        and undo_seconds < BAR_SECONDS
        and exact == len(ids)
        and max(late, late_undo) <= BAR_MS
    )


def make_ready(orders: int) -> list[int]:
    """Put the newest orders where a manager finds them: new, and settled with the customer."""
    from django.db import connections, transaction

    from crm.tenancy.context import current_tenant_id

    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        # What a run before this one left undone would take the workers away from it.
        for table in ("outbox_outboxevent", "messaging_outgoingmessage"):
            cursor.execute(f"DELETE FROM {table} WHERE tenant_id = %s", [current_tenant_id()])
        cursor.execute(
            "UPDATE jobs_job SET state = 'cancelled' WHERE state IN ('queued', 'running')"
        )
        cursor.execute(
            """
            UPDATE orders_order o SET stage = 10, status_since = placed_at,
                ship_date = '2030-01-02', duplicate_state = '',
                status_id = (SELECT id FROM orders_status s
                    WHERE s.tenant_id = o.tenant_id AND s.stage = 10 AND s.is_default)
            WHERE tenant_id = %(t)s AND id IN (SELECT id FROM orders_order WHERE tenant_id = %(t)s
                ORDER BY placed_at DESC, id DESC LIMIT %(n)s)
            RETURNING id
            """,
            {"t": current_tenant_id(), "n": orders},
        )
        return [row[0] for row in cursor.fetchall()]


def changes(name: str) -> tuple[Any, str, dict[str, Any]]:
    from django.db import transaction

    from crm.accounts.models import Membership
    from orders.models import Status
    from orders.pipeline import Stage

    with transaction.atomic():
        owner = Membership.objects.get(role="owner")
        return (
            owner,
            f"orders.{name}",
            {
                "move": {"status": Status.objects.get(stage=Stage.AGREED, is_default=True).pk},
                "assign": {"manager": owner.pk},
                "tag": {"add": ["терміново"]},
                "field": {"field": "manager_comment", "value": "Передзвонити"},
            }[name],
        )


def start(kind: str, change: dict[str, Any], ids: list[int], member: Any) -> Any:
    from django.db import transaction
    from django.utils import timezone

    from crm.jobs.actions import start_job

    selection = {"ids": ids, "query": None, "left_out": []}
    with transaction.atomic():
        return start_job(
            kind=kind,
            params={"change": change, "selection": selection},
            member=member,
            now=timezone.now(),
            expected=len(ids),
        )


def wait(job_id: int) -> tuple[Any, float, float]:
    """Wait for a job's end; return it, its seconds from the press on, and till it began."""
    from django.db import transaction

    from crm.jobs.models import Job

    while True:
        time.sleep(0.25)
        with transaction.atomic():
            job = Job.objects.defer("keys", "params").get(pk=job_id)
        if job.is_over:
            assert job.finished_at is not None
            assert job.started_at is not None
            took = (job.finished_at - job.created_at).total_seconds()
            return job, took, (job.started_at - job.created_at).total_seconds()


def checksum(ids: list[int]) -> dict[int, str]:
    """Every column of every order but the version, and its tags."""
    from django.db import connection, transaction

    from crm.tenancy.context import current_tenant_id

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT o.id, md5((to_jsonb(o) - 'version' - 'updated_at')::text || coalesce((
                SELECT string_agg(t.name, ',' ORDER BY t.name) FROM orders_ordertag t
                WHERE t.tenant_id = o.tenant_id AND t.order_id = o.id), ''))
            FROM orders_order o WHERE o.tenant_id = %s AND o.id = ANY(%s)
            """,
            [current_tenant_id(), ids],
        )
        return dict(cursor.fetchall())


def say_list(what: str, times: list[float]) -> float:
    late = quantiles(times, n=20)[-1]
    print(
        f"{what}: {len(times)} lists, median {median(times):.0f} ms, 95 % under {late:.0f} ms",
        flush=True,
    )
    return late


if __name__ == "__main__":
    raise SystemExit(main())
