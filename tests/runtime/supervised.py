"""A little supervisor for the tests: `python -m tests.runtime.supervised FOLDER SERVICE...`."""

import subprocess
import sys
from pathlib import Path

from config.runtime import paths, processes
from config.runtime.problems import run_main
from config.runtime.supervisor import Service, Stopped, Supervisor

# Deaf to SIGTERM, with a child that is deaf too and in a session of its own.
STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
time.sleep(60)
"""
# Deaf to all that can be said to it.
DEAF = """
import signal, time
for number in (signal.SIGTERM, signal.SIGQUIT):
    signal.signal(number, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(60)
"""
POLITE = "import time; time.sleep(60)"
DYING = "import sys; sys.exit('out of cheese')"
PROGRAMS = {
    "stubborn": STUBBORN,
    "deaf": DEAF,
    "deaf-server": DEAF,
    "polite": POLITE,
    "dying": DYING,
}


def make_service(name: str, mark: str) -> Service:
    # Servers don't carry the mark: they are ended after all that does.
    env = {} if name.endswith("-server") else {"KRAM_SUPERVISED": mark}

    def start(log: Path) -> "subprocess.Popen[bytes]":
        with log.open("ab") as output:
            return processes.spawn(
                [sys.executable, "-c", PROGRAMS[name]],
                env=env,
                cwd=paths.ROOT,
                output=output,
            )

    if name.startswith("deaf"):  # as patient as with a program of the product
        return Service(
            name,
            start,
            is_ready=lambda pid: "deaf" in (Path(mark) / f"{name}.log").read_text(),
            is_server=name.endswith("-server"),
        )
    return Service(name, start, grace=1)


def main() -> int:
    mark = sys.argv[1]
    supervisor = Supervisor(mark=mark, logs=Path(mark))
    supervisor.catch_signals()
    supervisor.start_guard()
    try:
        for name in sys.argv[2:]:
            supervisor.add(make_service(name, mark))
        print("READY", flush=True)
        supervisor.run()
    except Stopped:
        pass
    finally:
        supervisor.stop()
    return 0


if __name__ == "__main__":
    run_main(main)
