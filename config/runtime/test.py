"""`bin/test`: the whole quality net, then the tests. `--fast` is the inner loop: tests only."""

import argparse
import os
import subprocess
import sys
import time

from config.runtime import paths, testing
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


def run_tests(arguments: list[str], environment: dict[str, str]) -> int:
    """Run pytest; two workers unless one was asked for or a few tests are named."""
    named = any(not argument.startswith("-") for argument in arguments)
    workers = any(argument.startswith("-n") or argument == "--pdb" for argument in arguments)
    argv = [sys.executable, "-m", "pytest", *arguments]
    if not workers and not named:
        argv += ["-n", "2"]
    return subprocess.run(argv, cwd=paths.ROOT, env=environment, check=False).returncode


def main() -> int:
    options, arguments = _parse(sys.argv[1:])
    if options.stop:
        testing.stop_lasting()
        return 0
    begun = time.monotonic()
    base = {**os.environ, "PYTHONDONTWRITEBYTECODE": os.environ.get("PYTHONDONTWRITEBYTECODE", "")}
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
