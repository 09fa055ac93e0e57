"""A process of the product that is stopped in the middle by a lock, and killed there."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connections, transaction

ROOT = Path(__file__).resolve().parents[2]
_SETUP = "import config.wsgi as _; from tests.kill import works; works.{work}(*{args!r})"


@contextmanager
def held(table: str, mode: str) -> Iterator[None]:
    """Hold a table against others, by the owner's login."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(f'LOCK TABLE "{table}" IN {mode} MODE')
        yield


def kill_at(table: str, work: str, *args: int, mode: str = "ACCESS EXCLUSIVE") -> None:
    """Have another process do the work until it comes to the table, and kill it there."""
    with held(table, mode):
        code = _SETUP.format(work=work, args=args)
        process = subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, env={**os.environ}, start_new_session=True
        )
        try:
            end = time.monotonic() + 60
            while not _is_waited_for(table):
                assert process.poll() is None, "ended before it came to the table"
                assert time.monotonic() < end, "never came to the table"
                time.sleep(0.02)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def _is_waited_for(table: str) -> bool:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            # A table has the same number in the databases of the runs beside this one.
            "SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = database"
            " WHERE NOT granted AND relation = %s::regclass AND datname = current_database()",
            [table],
        )
        return cursor.fetchone() is not None
