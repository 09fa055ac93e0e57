"""Troubles that a person can mend: said in one clear sentence, without a traceback."""

import errno
import os
import sys
from collections.abc import Callable

_DISK_FULL = {errno.ENOSPC, errno.EDQUOT}
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}


class Problem(Exception):
    """Something outside the product's code keeps a command from working."""


def told_full(where: object = None) -> str:
    """Return what to tell a person about a full disk."""
    place = f" ({where})" if where else ""
    return f"The disk is full{place}. Free some space and run the command again."


def explain_os_error(error: OSError) -> str | None:
    """Return what to tell a person about a full disk or a tree without write rights, else None."""
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in _DISK_FULL:
        return told_full(error.filename)
    if error.errno in _READ_ONLY:
        return (
            f"Can't write here{where}: {os.strerror(error.errno or 0)}. Run from a checkout"
            " that you may write to; KRAM_DATA names another folder for the data."
        )
    return None


def run_main(main: Callable[[], int]) -> None:
    """Run a command's main(); show a Problem as one line and end with status 1."""
    try:
        status = main()
    except Problem as problem:
        print(f"error: {problem}", file=sys.stderr, flush=True)
        status = 1
    except OSError as error:
        told = explain_os_error(error)
        if told is None:
            raise
        print(f"error: {told}", file=sys.stderr, flush=True)
        status = 1
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)
