"""`bin/lock`: remakes the hashed locks in requirements/. `--upgrade` takes newer versions."""

import re
import subprocess
import sys

from config.runtime import bootstrap, paths
from config.runtime.problems import Problem, run_main

_LOCKS = ("uv", "node", "base", "dev")
# A host name or a path would tie the lock to one machine.
_FOREIGN = re.compile(
    r"://|file:|^\s*--(index|extra|find)|/(home|root|tmp|work|opt)/", re.MULTILINE
)


def compile_lock(name: str, extra: list[str]) -> None:
    """Turn requirements/NAME.in into NAME.txt with the hashes of every file."""
    folder = paths.ROOT / "requirements"
    target = folder / f"{name}.txt"
    argv = [str(bootstrap.VENV / "bin" / "uv"), "pip", "compile", f"requirements/{name}.in"]
    argv += ["--universal", "--generate-hashes", "--no-emit-index-url", "--no-header", "--quiet"]
    argv += [
        "--python-version",
        "3.11",
        "--no-annotate",
        "--output-file",
        f"requirements/{name}.txt",
    ]
    if name == "dev":
        argv += ["--constraint", "requirements/base.txt"]
    done = subprocess.run(
        [*argv, *extra],
        cwd=paths.ROOT,
        env=bootstrap.index_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Problem(f"uv could not lock {name}.in:\n{bootstrap.explain(done.stderr)}")
    found = _FOREIGN.search(target.read_text())
    if found:
        raise Problem(f"{target.name} names a host or a path: {found[0]!r}")
    pinned = sum(1 for line in target.read_text().splitlines() if re.match(r"\S+==", line))
    print(f"{target.relative_to(paths.ROOT)}: {pinned} packages")


def main() -> int:
    for name in _LOCKS:
        compile_lock(name, sys.argv[1:])
    return 0


if __name__ == "__main__":
    run_main(main)
