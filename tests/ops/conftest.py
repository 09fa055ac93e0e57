"""A second, empty database beside the test's own, to restore into."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from config.runtime import roles
from tests import databases

ROOT = Path(__file__).resolve().parents[2]


class Elsewhere:
    """An empty database with the product's tables, and commands that run on it."""

    def __init__(self, name: str, media: Path) -> None:
        self.name = name
        self.admin_url = os.environ["KRAM_TEST_ADMIN_URL"]
        self.env = {
            **os.environ,
            **{
                key: os.environ[key].rpartition("/")[0] + f"/{name}"
                for key in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_SYSTEM_URL")
            },
            "MEDIA_ROOT": str(media),
        }

    def run(self, *arguments: str, **told: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**self.env, **told},
            capture_output=True,
            text=True,
            check=False,
        )

    def sql(self, query: str) -> list[tuple]:
        """Run a statement as the owner; return its rows."""
        with roles.connect(self.env["DATABASE_OWNER_URL"]) as owner:
            cursor = owner.execute(query)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []


@pytest.fixture
def elsewhere(transactional_db: Any, tmp_path: Path) -> Iterator[Elsewhere]:
    name = f"{connections['default'].settings_dict['NAME']}_back"
    base = os.environ.get("KRAM_TEST_DB") or "test_kram"
    with roles.connect(os.environ["KRAM_TEST_ADMIN_URL"]) as admin:
        # Another run drops what nobody holds.
        admin.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", [7215, name])
        roles.drop_database(admin, name)
        roles.create_database(admin, name, template=f"{base}_t{databases.schema_hash()}")
        try:
            yield Elsewhere(name, tmp_path / "media-there")
        finally:
            roles.drop_database(admin, name)
