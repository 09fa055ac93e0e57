"""2,000 deliveries a minute to 50 receivers, of which 5 hang and 5 answer 500.

`python -m bench.webhooks` prints how long the 40 good ones wait from the event to its receipt, and
whether each got every event once. `--seconds`, `--rate` (deliveries a minute), `--kill` (the sender
is killed with SIGKILL in the middle and started anew; leases then run out for half a minute).
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from bench import servers

COMPANIES, GOOD, HANGING, BROKEN = 5, 40, 5, 5
ENDPOINTS = GOOD + HANGING + BROKEN


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=float, default=2000)
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--act", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.act:
        return act(options)
    home = Path(os.environ.get("BENCH_HOME", servers.ROOT / ".kram" / "bench-webhooks"))
    with servers.running(home) as bench:
        environment = {**bench.database("webhooks"), "WEBHOOKS_ALLOW_LOCAL": "true"}
        servers.manage(environment, "migrate", "--database", "owner", "-v", "0")
        return run(home, environment, options)


def run(home: Path, environment: dict[str, str], options: argparse.Namespace) -> int:
    """Start receivers, a worker, a beat and a sender; have things happen; judge what came."""
    everything = {**os.environ, **environment, "PYTHONPATH": str(servers.ROOT)}
    out = home / "got.jsonl"

    def start(*argv: str, **more: object) -> subprocess.Popen[str]:
        return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
            [sys.executable, *argv], cwd=servers.ROOT, env=everything, text=True, **more
        )

    numbers = [str(n) for n in (GOOD, HANGING, BROKEN)]
    receivers = start("-m", "bench.webhook_receivers", *numbers, str(out), stdout=subprocess.PIPE)
    ports = json.loads(receivers.stdout.readline())  # type: ignore[union-attr]
    celery = ("-m", "celery", "-A", "config", "--quiet")
    quiet = ("--without-gossip", "--without-mingle", "--loglevel", "ERROR")
    sender = start("manage.py", "send_webhooks")
    others = [
        start(*celery, "worker", "--concurrency", "2", *quiet),
        start(*celery, "beat", "--loglevel", "ERROR", "--pidfile", "", "-s", str(home / "beat")),
    ]
    try:
        time.sleep(8)
        words = [f"--seconds={options.seconds}", f"--rate={options.rate}"]
        acting = start("-m", "bench.webhooks", *words, "--act", json.dumps(ports))
        if options.kill:
            time.sleep(options.seconds / 2)
            sender.send_signal(signal.SIGKILL)
            sender.wait()
            print("the sender was killed; a new one starts", flush=True)
            sender = start("manage.py", "send_webhooks")
        if acting.wait():
            return 1
        time.sleep(40 if options.kill else 8)
    finally:
        for process in (sender, *others, receivers):
            process.terminate()
        for process in (sender, *others, receivers):
            process.wait(30)
    return judge(out, json.loads((home / "events.json").read_text()), options)


def judge(out: Path, events: int, options: argparse.Namespace) -> int:
    """Print the figures; 0 where the bar is held."""
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    waits = sorted(wait for _port, _id, wait in rows)
    got = Counter((port, name) for port, name, _wait in rows)
    wanted = events * GOOD // COMPANIES
    lost, twice = wanted - len(got), sum(got.values()) - len(got)
    p95 = waits[int(len(waits) * 0.95)]
    print(
        f"{events} events, {events * ENDPOINTS // COMPANIES} deliveries in {options.seconds:.0f} s"
    )
    print(f"good receivers: {len(got)} of {wanted} came, {lost} lost, {twice} twice")
    print(f"wait: p50 {statistics.median(waits):.3f} s, p95 {p95:.3f} s, max {waits[-1]:.3f} s")
    held = not lost and (options.kill or (p95 < 5 and not twice))
    print("held" if held else "NOT HELD")
    return 0 if held else 1


# --- Inside the product: what happens ------------------------------------------------------------


def act(options: argparse.Namespace) -> int:
    """Make companies with their endpoints, then have something happen at an even pace."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.db import transaction
    from django.utils import timezone

    from crm.audit.actor import Actor
    from crm.audit.record import record
    from crm.tenancy.context import tenant_scope
    from crm.tenancy.models import Tenant
    from crm.webhooks.actions.endpoints import create_endpoint

    actor = Actor.system("bench")
    ports = json.loads(options.act)
    companies = []
    for number in range(COMPANIES):
        slug = f"bench-{number}-{int(time.time())}"
        tenant = Tenant.objects.create(slug=slug, name=slug)
        companies.append(tenant)
        with tenant_scope(tenant.pk), transaction.atomic():
            for kind in ("good", "hanging", "broken"):
                for port in ports[kind][number::COMPANIES]:
                    create_endpoint(
                        url=f"http://127.0.0.1:{port}/hook",
                        events=["customer.created"],
                        actor=actor,
                        now=timezone.now(),
                    )
    pause = 60 / (options.rate / (ENDPOINTS / COMPANIES))
    begun, events = time.monotonic(), 0
    while time.monotonic() - begun < options.seconds:
        tenant = companies[events % COMPANIES]
        with tenant_scope(tenant.pk), transaction.atomic():
            record("customer.created", tenant, actor=actor, now=timezone.now())
        events += 1
        time.sleep(max(0.0, begun + events * pause - time.monotonic()))
    home = Path(os.environ.get("BENCH_HOME", servers.ROOT / ".kram" / "bench-webhooks"))
    (home / "events.json").write_text(json.dumps(events))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
