"""W1-W6 of this product against the bare floors, in one run.

    python -m bench.workloads --floors ../shared/bench [--only w1,w2_list] [--seconds 8] [--runs 3]

The floors (a bare DRF view that only inserts, bare list views, ...) are not part of this
repository: `--floors` names the folder that holds them. Both sides get the same Postgres with
durable commits, two server processes of eight threads, and the same generator.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.servers import ROOT, Bench, manage, running, wsgi

CLIENTS = {"w1": 16}
# workload of ours -> the floor's name in f2_load.py
FLOORS = {
    "w1": "w1",
    "w2_list": "w2_list",
    "w2_filter": "w2_filter",
    "w2_search": "w2_search",
    "w3": "w3",
    "w4": "w4",
}


def main() -> int:
    options = read_options()
    home = Path(options.home).resolve()
    with running(home) as bench:
        environment = bench.database("kram_bench")
        environment["BENCH_KEY_FILE"] = str(home / "key")
        manage(environment, "migrate", "--database", "owner", "-v", "0")
        subprocess.run(
            [sys.executable, "-m", "bench.seeding"],
            cwd=ROOT,
            env={**_environ(), **environment},
            check=True,
        )
        floor = seed_floor(bench, Path(options.floors).resolve())
        results = {}
        for name in options.only.split(","):
            if name == "w6":
                continue
            theirs = measure_floor(bench, floor, name, options, home)
            ours = measure_ours(bench, environment, name, options, home)
            results[name] = (theirs, ours)
        report(results)
        if "w6" in options.only.split(","):
            sell_out(bench, environment, options, home)
    return 0


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--floors", required=True, help="the folder with f2_app.py and load.py")
    parser.add_argument("--only", default=",".join([*FLOORS, "w6"]))
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--home", default=str(ROOT / ".kram" / "bench"))
    return parser.parse_args()


def _environ() -> dict[str, str]:
    import os

    return dict(os.environ)


def seed_floor(bench: Bench, folder: Path) -> dict[str, Any]:
    """The floor's own database beside ours, filled by its own script, once."""
    from config.runtime import roles

    with roles.connect(bench.postgres.admin_url) as admin:
        admin.autocommit = True
        fresh = not roles.database_exists(admin, "floor")
        if fresh:
            admin.execute("CREATE DATABASE floor TEMPLATE template0")
    url = bench.postgres.url("postgres", "bench", "floor")
    user = bench.postgres.admin_url.split("//")[1].split(":")[0]
    url = url.replace("postgres:", f"{user}:", 1) if user != "postgres" else url
    if fresh:
        subprocess.run([sys.executable, "floor_seed.py", url], cwd=folder, check=True)
    host, _, port = url.split("@")[1].split("/")[0].partition(":")
    return {
        "folder": folder,
        "env": {
            "FLOOR_DB_HOST": host,
            "FLOOR_DB_PORT": port,
            "FLOOR_DB_NAME": "floor",
            "FLOOR_DB_USER": user,
            "PGPASSWORD": "bench",
        },
    }


def measure_floor(
    bench: Bench, floor: dict[str, Any], name: str, options: argparse.Namespace, home: Path
) -> dict[str, Any]:
    with wsgi("f2_app:application", floor["env"], folder=floor["folder"]) as (port, pid):
        out = home / "floor.jsonl"
        out.unlink(missing_ok=True)
        subprocess.run(
            [
                *(sys.executable, "f2_load.py", str(port), str(pid), str(bench.pg_pid)),
                *("--only", FLOORS[name], "--tag", "floor", "--out", str(out)),
                *("--seconds", str(options.seconds), "--runs", str(options.runs)),
            ],
            cwd=floor["folder"],
            check=True,
            stdout=subprocess.DEVNULL,
        )
    return json.loads(out.read_text().splitlines()[-1])


def measure_ours(
    bench: Bench,
    environment: dict[str, str],
    name: str,
    options: argparse.Namespace,
    home: Path,
) -> dict[str, Any]:
    with wsgi("config.wsgi:application", environment, folder=ROOT) as (port, pid):
        out = home / "ours.jsonl"
        out.unlink(missing_ok=True)
        subprocess.run(
            [
                *(sys.executable, "-m", "bench.flows", name, str(port), str(pid)),
                *(str(bench.pg_pid), options.floors, environment["BENCH_KEY_FILE"], str(out)),
                *(str(options.seconds), str(options.runs)),
            ],
            cwd=ROOT,
            check=True,
            stdout=subprocess.DEVNULL,
        )
    return json.loads(out.read_text().splitlines()[-1])


def sell_out(
    bench: Bench, environment: dict[str, str], options: argparse.Namespace, home: Path
) -> None:
    """W6, ten times: 64 buyers of one SKU with 50 units."""
    with wsgi("config.wsgi:application", environment, folder=ROOT) as (port, _pid):
        subprocess.run(
            [
                *(sys.executable, "-m", "bench.sell_out", str(port), options.floors),
                environment["BENCH_KEY_FILE"],
            ],
            cwd=ROOT,
            check=True,
        )


def report(results: dict[str, tuple[dict[str, Any], dict[str, Any]]]) -> None:
    head = f"{'':10} {'floor/s':>9} {'ours/s':>9} {'ratio':>6} {'p50':>7} {'p95':>7}"
    print(head + f" {'CPU floor':>10} {'CPU ours':>9} {'ratio':>6} {'errors':>7}")
    for name, (floor, ours) in results.items():
        cpu = [r["srv_cpu_ms"] + r["pg_cpu_ms"] for r in (floor, ours)]
        print(
            f"{name:10} {floor['ops_s']:9.1f} {ours['ops_s']:9.1f}"
            f" {ours['ops_s'] / floor['ops_s']:6.2f} {ours['p50']:7.1f} {ours['p95']:7.1f}"
            f" {cpu[0]:10.2f} {cpu[1]:9.2f} {cpu[0] / cpu[1]:6.2f} {ours['errors']:7d}"
        )


if __name__ == "__main__":
    raise SystemExit(main())
