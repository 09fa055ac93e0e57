"""A pytest plugin, loaded before Django's: gives every test process its databases.

Set in pyproject.toml. Under xdist each worker imports it anew and gets names of its own.
"""

import os

from config.runtime import testing

if "KRAM_TEST_ADMIN_URL" not in os.environ:
    os.environ.update(testing.start_lasting())
_run = os.environ.setdefault("KRAM_TEST_RUN", str(os.getpid()))
os.environ.update(
    testing.name_databases(
        dict(os.environ), run=_run, worker=os.environ.get("PYTEST_XDIST_WORKER", "main")
    )
)
