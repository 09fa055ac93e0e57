"""The quality net around the tests. To add a check, add a line to CHECKS."""

import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from config.runtime import paths

_PYTHON = sys.executable
_APPS = (
    "config",
    "crm",
    "customers",
    "inventory",
    "orders",
    "messaging",
    "analytics",
    "integrations",
)


@dataclass(frozen=True)
class Check:
    """A command that must end with status 0."""

    name: str
    argv: Sequence[str]
    # False: its findings are shown and do not fail the run.
    required: bool = True


def _tool(name: str) -> str:
    return str(paths.ROOT / ".venv" / "bin" / name)


CHECKS = (
    Check("types (mypy)", [_PYTHON, "-m", "mypy"]),
    Check("lint (ruff)", [_tool("ruff"), "check", "."]),
    Check("format (ruff)", [_tool("ruff"), "format", "--check", "."]),
    Check("floors (import-linter)", [_tool("lint-imports"), "--no-cache"]),
    Check("migrations", [_PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"]),
    Check("system check", [_PYTHON, "manage.py", "check", "--fail-level", "WARNING"]),
    Check("translations", [_PYTHON, "-m", "config.i18n"]),
    Check("dependencies", [_PYTHON, "-m", "config.runtime.dependencies"]),
    Check("templates (djlint)", [_tool("djlint"), "templates", "--lint", "--quiet"]),
)


def _run(check: Check, environment: dict[str, str]) -> bool:
    begun = time.monotonic()
    done = subprocess.run(
        list(check.argv),
        cwd=paths.ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    word = "ok    " if done.returncode == 0 else "FAILED"
    line = f"{word} {check.name:<22} {time.monotonic() - begun:5.1f} s"
    if done.returncode != 0:
        line += "\n" + "\n".join("       " + text for text in done.stdout.strip().splitlines())
    print(line, flush=True)
    return done.returncode == 0


def run_checks(environment: dict[str, str]) -> list[str]:
    """Run all checks, two at a time; return the names of those that failed."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        results = list(pool.map(lambda check: _run(check, environment), CHECKS))
    return [
        check.name
        for check, good in zip(CHECKS, results, strict=True)
        if check.required and not good
    ]
