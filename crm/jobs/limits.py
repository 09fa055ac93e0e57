"""How much one job may take on, how long it can be taken back, how long its file is kept."""

from datetime import timedelta

MAX_ROWS = 10_000
UNDO_FOR = timedelta(hours=24)
FILE_FOR = timedelta(days=7)
