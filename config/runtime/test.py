"""`bin/test`: the whole quality net, then the tests. `--fast` is the inner loop: tests only."""

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from config.runtime import paths, testing, translations
from config.runtime.checks import run_checks
from config.runtime.problems import run_main


def _parse(argv: list[str]) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        prog="bin/test",
        description="Lint, types, floors, migrations, translations, templates, tests.",
        epilog="Everything else is given to pytest: paths, -k, -x, -n, ...",
    )
    parser.add_argument(
        "--fast", action="store_true", help="tests only, on servers that stay up between runs"
    )
    parser.add_argument("--checks", action="store_true", help="everything but the tests")
    parser.add_argument("--stop", action="store_true", help="end the servers that --fast left up")
    return parser.parse_known_args(argv)


# They start the product's own processes, and wait for them more than they compute.
PROCESSES = (
    "tests/kill",
    "tests/ops/test_backup.py",
    "tests/ops/test_drill.py",
    "tests/outbox/test_kill.py",
    "tests/runtime/test_serve.py",
    "tests/webhooks/test_kill.py",
)


def suites_apart() -> list[list[str]]:
    """Pytest's arguments for each suite that has a process of its own, the longest first.

    A browser's event loop stays in its process: other tests, and other browsers, can't share it.
    """
    axe = "tests/browser/test_axe.py"
    suites = [list(PROCESSES), [axe], ["tests/browser", f"--ignore={axe}"]]
    found = sorted((paths.ROOT / "tests").glob("*/test_browser.py"))
    return suites + [[str(path.relative_to(paths.ROOT))] for path in found]


def run_tests(arguments: list[str], environment: dict[str, str]) -> int:
    """Run pytest; two workers unless one was asked for or a few tests are named.

    Without named tests the suites apart run one after another beside the two workers, which they
    leave most of the machine to; two at a time when those have ended.
    """
    named = any(not argument.startswith("-") for argument in arguments)
    workers = any(argument.startswith("-n") or argument == "--pdb" for argument in arguments)
    if named:
        return _pytest(arguments, environment)
    suites = suites_apart()
    apart = [f"--ignore={path}" for suite in suites for path in suite if path[0] != "-"]
    runs = [[*apart, *([] if workers else ["-n", "2", "--dist", "worksteal"])], *suites]

    def run(place: int) -> int:
        # Numbers side by side: their databases of Valkey are as well (testing.name_databases).
        numbered = {**environment, "KRAM_TEST_RUN": str(os.getpid() * 32 + place)}
        whole = [*arguments, *runs[place]]
        return _pytest(whole, numbered) if place == 0 or workers else _suite(whole, numbered)

    with ThreadPoolExecutor(max_workers=1 if workers else 2) as pool:
        return max(pool.map(run, range(len(runs))))


def _pytest(arguments: list[str], environment: dict[str, str]) -> int:
    argv = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(argv, cwd=paths.ROOT, env=environment, check=False).returncode


def _suite(arguments: list[str], environment: dict[str, str]) -> int:
    """Run pytest beside another one: what it says is shown when it has ended."""
    argv = [sys.executable, "-m", "pytest", *arguments]
    done = subprocess.run(
        argv,
        cwd=paths.ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    print(done.stdout, end="", flush=True)
    return done.returncode


def main() -> int:
    options, arguments = _parse(sys.argv[1:])
    if options.stop:
        testing.stop_lasting()
        return 0
    begun = time.monotonic()
    # Else the first bin/serve of a test would do it, and later tests would read other words.
    translations.compile_stale()
    base = dict(os.environ)
    if options.fast:
        return run_tests(arguments, {**base, **testing.start_lasting()})
    with testing.fresh() as servers:
        environment = {**base, **servers}
        print(f"ok     servers                {time.monotonic() - begun:5.1f} s", flush=True)
        failed = run_checks(environment)
        status = 0
        if not options.checks:
            status = run_tests(arguments, environment)
    if failed:
        # Above pytest's closing line people look for red first: say it where they end.
        print(f"FAILED checks: {', '.join(failed)}", file=sys.stderr, flush=True)
    return status or (1 if failed else 0)


if __name__ == "__main__":
    run_main(main)
