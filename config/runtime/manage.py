"""`bin/manage`: Django's command line on the servers of bin/serve, which may run or not."""

import os
import subprocess
import sys

from config.runtime import paths
from config.runtime.problems import run_main
from config.runtime.services import Services, local_defaults, manage
from config.runtime.state import State, file_lock
from config.runtime.supervisor import Supervisor


def main() -> int:
    data = paths.get_data_dir()
    argv = manage(*sys.argv[1:])
    with file_lock(data / "serve.lock", wait=False) as alone:
        if not alone:
            shared = State(data / "run.json").values.get("environment", {})
            return subprocess.run(argv, env={**os.environ, **shared}, check=False).returncode
        supervisor = Supervisor(mark=str(data), logs=data / "logs")
        try:
            env = {**os.environ, **local_defaults(data), **Services(data).start(supervisor)}
            return subprocess.run(argv, env=env, check=False).returncode
        finally:
            supervisor.stop()


if __name__ == "__main__":
    run_main(main)
