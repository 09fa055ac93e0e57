"""What is installed is what was locked: an audit that needs no network.

`python -m config.runtime.dependencies`. Says whether every locked line has hashes, whether every
installed package is of the locked version, and whether the packages fit each other (what
`pip check` asks). What was installed by hand beside the lock is told, and fails with `--strict`:
a developer may, an image may not. It can't know of holes found since the lock was made: that
takes an advisory database, which lies outside (docs/security.md).
"""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from config.runtime import paths

_LOCKS = ("base.txt", "dev.txt", "uv.txt", "node.txt")
# What makes environments, not what the product is made of.
_TOOLS = {"pip", "setuptools", "wheel"}
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)")


def read_lock(text: str) -> tuple[dict[str, str], list[str]]:
    """Return the versions that a lock pins by name, and its lines that have no hash."""
    pins: dict[str, str] = {}
    bare = []
    for entry in re.split(r"\n(?=\S)", text):
        found = _PIN.match(entry)
        if not found:
            continue
        pins[canonicalize_name(found[1])] = found[2]
        if "--hash=sha256:" not in entry:
            bare.append(found[1])
    return pins, bare


def find_problems(
    installed: Iterable[Distribution], locks: Iterable[Path]
) -> tuple[list[str], list[str]]:
    """Return what is wrong, and what is there beside the locks, in words."""
    problems: list[str] = []
    strangers: list[str] = []
    allowed: dict[str, dict[str, str]] = {}
    for lock in locks:
        pins, bare = read_lock(lock.read_text())
        problems += [f"{lock.name}: {name} has no hash" for name in bare]
        for name, version in pins.items():
            allowed.setdefault(name, {})[lock.name] = version
    have = {
        canonicalize_name(found.metadata["Name"]): found
        for found in installed
        if found.metadata["Name"]
    }
    for name, found in sorted(have.items()):
        if name in _TOOLS:
            continue
        if name not in allowed:
            strangers.append(f"{name} {found.version} is installed and in no lock")
        elif found.version not in allowed[name].values():
            wanted = ", ".join(sorted(set(allowed[name].values())))
            problems.append(f"{name} {found.version} is installed, {wanted} is locked")
        problems += _find_unfit(name, found, have)
    return problems, strangers


def _find_unfit(name: str, found: Distribution, have: Mapping[Any, Distribution]) -> list[str]:
    problems = []
    for text in found.requires or ():
        needs = Requirement(text)
        if needs.marker and not needs.marker.evaluate({"extra": ""}):
            continue
        other = have.get(canonicalize_name(needs.name))
        if other is None:
            problems.append(f"{name} needs {needs.name}, which is not installed")
        elif not needs.specifier.contains(other.version, prereleases=True):
            problems.append(f"{name} needs {needs}, and {other.version} is installed")
    return problems


def main(argv: Sequence[str]) -> int:
    locks = [paths.ROOT / "requirements" / name for name in _LOCKS]
    problems, strangers = find_problems(distributions(), locks)
    for line in (*problems, *strangers):
        print(line)
    return 1 if problems or (strangers and "--strict" in argv) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
