"""Where things lie: the checkout, and the folder for everything that running makes."""

import os
from pathlib import Path

from config.runtime.problems import Problem, explain_os_error

ROOT = Path(__file__).resolve().parent.parent.parent


def get_data_dir() -> Path:
    """Return the data folder (`KRAM_DATA`, or `.kram` in the checkout), made if missing."""
    path = Path(os.environ.get("KRAM_DATA") or ROOT / ".kram").absolute()
    try:
        # The Postgres of a root user runs as nobody, who must pass through but may not look.
        path.mkdir(parents=True, exist_ok=True, mode=0o711 if os.geteuid() == 0 else 0o700)
    except OSError as error:
        raise Problem(explain_os_error(error) or f"Can't make {path}: {error}") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise Problem(f"Can't write to {path}. Set KRAM_DATA to a folder that you may write to.")
    return path
