"""Watches over the supervisor: when it is killed, ends the children that it can't end any more.

`python -m config.runtime.guard MARK`: standard input is a pipe from the supervisor. It closes
when the supervisor goes, in whatever way. Children have had SIGTERM from the kernel by then; what
still runs after a pause, grandchildren included, is killed.
"""

import os
import signal
import sys

from config.runtime import processes

_GRACE = 3.0


def main() -> None:
    mark = sys.argv[1]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    said = b""
    while part := os.read(0, 4096):
        said += part
    if said.endswith(b"done\n"):
        return
    left = processes.list_marked(mark)
    for pid in left:
        processes.send(pid, signal.SIGTERM)
    if not processes.wait_gone(left, seconds=_GRACE):
        processes.kill_all(processes.list_marked(mark))


if __name__ == "__main__":
    main()
