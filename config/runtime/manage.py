"""`bin/manage`: Django's command line on the servers of bin/serve, which may run or not."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.runtime import paths
from config.runtime.problems import run_main
from config.runtime.services import Services, local_defaults, manage
from config.runtime.state import State, file_lock
from config.runtime.supervisor import Supervisor


@contextmanager
def running_servers(data: Path) -> Iterator[dict[str, str]]:
    """Give the environment of the servers of a data folder; start them if they do not run."""
    with file_lock(data / "serve.lock", wait=False) as alone:
        if not alone:
            shared = State(data / "run.json").values.get("environment", {})
            yield {**os.environ, **shared}
            return
        supervisor = Supervisor(mark=str(data), logs=data / "logs")
        try:
            yield {**os.environ, **local_defaults(data), **Services(data).start(supervisor)}
        finally:
            supervisor.stop()


def run(env: dict[str, str], *arguments: str) -> int:
    """Run a management command to its end; return its status."""
    return subprocess.run(manage(*arguments), env=env, check=False).returncode


def main() -> int:
    with running_servers(paths.get_data_dir()) as env:
        return run(env, *sys.argv[1:])


if __name__ == "__main__":
    run_main(main)
